"""One month, determined and explained: what stored facts and facts sent along have in common."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from app.determination import answer
from app.determination.determine import determine
from app.determination.explanation import encode, explain
from app.determination.facts import Fact, Policy, Practice, canonical
from app.determination.gaps import gaps
from app.determination.law import Law
from app.determination.patient_month import PatientMonth
from app.determination.policy import PolicyChoices, resolve
from app.determination.practice_month import PracticeMonth, practice_month
from app.determination.service_month import ServiceMonth, is_time_zone, service_month
from app.errors import FieldError, Invalid
from app.rulebook import loader


def time_zones(standing: Sequence[Fact]) -> list[str]:
    """The zones the practice's facts state, in order."""
    return sorted({fact.time_zone for fact in standing if isinstance(fact, Practice)})


def covered_month(written: str, time_zone: str) -> ServiceMonth:
    """A month the rule book covers, in a zone the IANA tables know; `Invalid` otherwise."""
    if not is_time_zone(time_zone):
        raise Invalid("Unknown time zone.", errors=[FieldError("No IANA time zone.", pointer="/time_zone")])
    try:
        month = service_month(written, time_zone)
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError(str(error), pointer="/service_month")]) from error
    refuse_uncovered(written, "/service_month")
    return month


def refuse_uncovered(written: str, pointer: str) -> None:
    """`Invalid` for a month without a law."""
    book = loader.book()
    if not book.covers(written):
        detail = f"The rule book covers {book.first_month} to {book.last_month}."
        raise Invalid(detail, errors=[FieldError(detail, pointer=pointer)])


def month_of(
    month: ServiceMonth,
    standing: Sequence[Fact],
    *,
    known_on: dt.date | None = None,
    billing_practitioner: str | None = None,
    asked: PolicyChoices | None = None,
) -> PatientMonth:
    """The standing facts as they bear on a month, under the practice's policy and what was asked."""
    return PatientMonth(
        practice_of(month, [fact for fact in standing if not fact.about_patient], asked=asked),
        [fact for fact in standing if fact.about_patient],
        known_on=known_on,
        billing_practitioner=billing_practitioner,
    )


def practice_of(
    month: ServiceMonth, about_practice: Sequence[Fact], *, asked: PolicyChoices | None = None
) -> PracticeMonth:
    """The standing facts about the practice as they bear on a month, under its policy and what was asked."""
    policies = [fact for fact in about_practice if isinstance(fact, Policy)]
    defaults = loader.law(month.written).default_policy
    return practice_month(month, tuple(about_practice), resolve(defaults, policies, month.written, asked))


def answered(
    month: PatientMonth,
    *,
    patient: str | None,
    rulebook_month: str | None = None,
    comparison: tuple[answer.ComparedProgram, ...] | None = None,
) -> bytes:
    """The determination of a month in sentences, as JSON: under its own law, or as it would be under another month's."""
    return encode(explained(month, patient=patient, rulebook_month=rulebook_month, comparison=comparison))


def explained(
    month: PatientMonth,
    *,
    patient: str | None,
    rulebook_month: str | None = None,
    positions: answer.Positions | None = None,
    known_as_of: dt.datetime | None = None,
    comparison: tuple[answer.ComparedProgram, ...] | None = None,
) -> answer.Answer:
    """The determination of a month in sentences: under its own law, or as it would be under another month's."""
    law = loader.law(rulebook_month or month.month.written)
    determination = determine(month, law)
    return explain(
        determination,
        law,
        gaps=gaps(determination, law),
        inputs_digest=inputs_digest(month),
        patient=patient,
        positions=positions,
        known_as_of=known_as_of,
        comparison=comparison,
    )


def inputs_digest(month: PatientMonth) -> str:
    """A fingerprint of all facts that bear on the month, whatever order they came in: all that is read but law and policy.

    From the day after the month on no day changes anything: it is the same on all of them.
    """
    day = min(month.known_on, month.month.day_after)
    asked = (month.month.written, month.month.time_zone, str(day), month.billing_practitioner or "")
    parts = [*(one.encode() for one in asked), *sorted(map(canonical, month.everything()))]
    return f"sha256:{hashlib.sha256(b''.join([len(part).to_bytes(8) + part for part in parts])).hexdigest()}"


def book_digest(law: Law, by: Path) -> bytes:
    """A fingerprint of what makes something that is kept of a month: law and wording, the code that puts it into words, and
    the module `by` that reads it off the determination.
    """
    made = f"{law.digests.law} {law.digests.wording} {_code((*loader.wording_modules(), by))}"
    return hashlib.sha256(made.encode()).digest()


@cache
def _code(modules: tuple[Path, ...]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in modules)).hexdigest()
