"""A month determined from facts sent along: nothing is stored, nothing else is read."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.determination import answer, succession
from app.determination.comparison import NobodyBillsError, compare
from app.determination.explanation import compared
from app.determination.facts import PROGRAMS, Day, Fact, Month, Program, Reference
from app.determination.patient_month import PatientMonth
from app.determination.policy import PolicyChoices
from app.determination.service_month import DEFAULT_TIME_ZONE
from app.errors import FieldError, Invalid
from app.months.answering import answered, covered_month, month_of, refuse_uncovered, time_zones
from app.rulebook import loader


class EvaluationRequest(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """Facts and a month, to be determined without storing anything. Fields and defaults: contract, section 2."""

    service_month: Month
    facts: Annotated[tuple[Fact, ...], Meta(max_length=2_000)]
    time_zone: (
        Annotated[str, Meta(min_length=1, max_length=64, description="An IANA time zone; absent: America/New_York.")]
        | None
    ) = None
    billing_practitioner: Annotated[Reference, Meta(description="Overrides who bills, for every program.")] | None = (
        None
    )
    known_on: (
        Annotated[Day, Meta(description="The local day the question is asked; absent: the first day after the month.")]
        | None
    ) = None
    policy: PolicyChoices | None = None
    rulebook_month: (
        Annotated[Month, Meta(description="The month whose rules are applied instead of the service month's own.")]
        | None
    ) = None
    """A shadow run: what the month would be under another month's law. Everything but the law stays the service month's."""
    compare_programs: (
        Annotated[
            tuple[Program, ...],
            Meta(
                min_length=1,
                max_length=len(PROGRAMS),
                description="Programs to compare as they would serve the patient from the month after the service month.",
            ),
        ]
        | None
    ) = None


def evaluate(request: EvaluationRequest) -> bytes:
    """The determination of facts sent along, as JSON. `Invalid` for what is not one patient's well-formed facts."""
    standing, time_zone = _read(request)
    month = _month(request, request.service_month, standing, time_zone, request.known_on)
    if request.rulebook_month is not None:
        refuse_uncovered(request.rulebook_month, "/rulebook_month")
    return answered(
        month,
        patient=next(iter(_patients(request)), None),
        rulebook_month=request.rulebook_month,
        comparison=_comparison(request, standing, time_zone),
    )


def requested_month(request: EvaluationRequest) -> PatientMonth:
    """The month a request asks about. `Invalid` for what is not one patient's well-formed facts."""
    standing, time_zone = _read(request)
    return _month(request, request.service_month, standing, time_zone, request.known_on)


def _comparison(
    request: EvaluationRequest, standing: Sequence[Fact], time_zone: str
) -> tuple[answer.ComparedProgram, ...] | None:
    """The programs asked for, in the month after the service month, as on its first day."""
    if request.compare_programs is None:
        return None
    first = covered_month(request.service_month, time_zone).day_after
    following = f"{first:%Y-%m}"
    refuse_uncovered(following, "/compare_programs")
    law = loader.law(following)
    try:
        offers = compare(_month(request, following, standing, time_zone, first), law, request.compare_programs)
    except NobodyBillsError:
        detail = "Say who would bill: the facts name no practitioner, or several."
        raise Invalid(detail, errors=[FieldError(detail, pointer="/billing_practitioner")]) from None
    return compared(offers, law)


def _month(
    request: EvaluationRequest, written: str, standing: Sequence[Fact], time_zone: str, known_on: dt.date | None
) -> PatientMonth:
    return month_of(
        covered_month(written, time_zone),
        standing,
        known_on=known_on,
        billing_practitioner=request.billing_practitioner,
        asked=request.policy,
    )


def _read(request: EvaluationRequest) -> tuple[list[Fact], str]:
    """The facts that stand, and the zone they are read in."""
    distinct, breaches = succession.distinct(request.facts)
    breaches += succession.breaches(request.facts)
    errors = [FieldError(breach.detail, pointer=f"/facts/{breach.index}/{breach.field}") for breach in breaches]
    if len(_patients(request)) > 1:
        errors.append(FieldError("The facts name more than one patient.", pointer="/facts"))
    standing = succession.standing(distinct)
    zones = time_zones(standing)
    if request.time_zone is None and len(zones) > 1:
        errors.append(FieldError("The practice's facts state two time zones.", pointer="/facts"))
    if errors:
        raise Invalid("The facts contradict each other.", errors=errors)
    return standing, request.time_zone or next(iter(zones), DEFAULT_TIME_ZONE)


def _patients(request: EvaluationRequest) -> set[str]:
    return {patient for fact in request.facts if (patient := getattr(fact, "patient", None)) is not None}
