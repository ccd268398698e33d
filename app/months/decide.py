"""The use case everything serves: read a patient's month, determine it, explain it."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import answer, succession
from app.determination.determine import determine
from app.determination.explanation import encode, explain
from app.determination.facts import Day, Fact, Month, Policy, Practice, Reference, canonical
from app.determination.patient_month import PatientMonth
from app.determination.policy import PolicyChoices, resolve
from app.determination.service_month import DEFAULT_TIME_ZONE, ServiceMonth, is_time_zone, local_day, service_month
from app.errors import FieldError, Invalid, NotFound
from app.ledger.read import snapshot
from app.postgres.transaction import transaction
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


def evaluate(request: EvaluationRequest) -> bytes:
    """The determination of facts sent along, as JSON. `Invalid` for what is not one patient's well-formed facts."""
    stated = [fact for fact in request.facts if isinstance(fact, Practice)]
    time_zone = request.time_zone or (stated[0].time_zone if stated else DEFAULT_TIME_ZONE)
    month = covered_month(request.service_month, time_zone)
    distinct, breaches = succession.distinct(request.facts)
    breaches += succession.breaches(distinct)
    patients = {patient for fact in distinct if (patient := getattr(fact, "patient", None)) is not None}
    errors = [FieldError(breach.detail, pointer=f"/facts/{breach.index}/{breach.field}") for breach in breaches]
    if len(patients) > 1:
        errors.append(FieldError("The facts name more than one patient.", pointer="/facts"))
    if errors:
        raise Invalid("The facts contradict each other.", errors=errors)
    return _answer(
        month,
        distinct,
        known_on=request.known_on,
        billing_practitioner=request.billing_practitioner,
        asked=request.policy,
        patient=next(iter(patients), None),
    )


async def decide(
    engine: AsyncEngine, tenant: UUID, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime
) -> bytes:
    """The determination of a stored patient's month, as JSON. `NotFound` for a patient without facts in the practice."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        stored = await snapshot(connection, tenant, patient, known_as_of=known_as_of)
    if stored is None:
        raise NotFound("No such patient.")
    practice = [fact for fact in succession.standing(stored.facts) if isinstance(fact, Practice)]
    time_zone = practice[0].time_zone if practice else DEFAULT_TIME_ZONE
    return _answer(
        covered_month(month, time_zone),
        stored.facts,
        known_on=local_day(known_as_of or now, time_zone),
        patient=patient,
        positions=answer.Positions(patient=stored.patient_position, practice=stored.practice_position),
        known_as_of=known_as_of,
    )


def covered_month(written: str, time_zone: str) -> ServiceMonth:
    """A month the rule book covers, in a zone the IANA tables know; `Invalid` otherwise."""
    book = loader.book()
    if not is_time_zone(time_zone):
        raise Invalid("Unknown time zone.", errors=[FieldError("No IANA time zone.", pointer="/time_zone")])
    try:
        month = service_month(written, time_zone)
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError(str(error), pointer="/service_month")]) from error
    if not book.covers(written):
        detail = f"The rule book covers {book.first_month} to {book.last_month}."
        raise Invalid(detail, errors=[FieldError(detail, pointer="/service_month")])
    return month


def _answer(
    month: ServiceMonth,
    recorded: Sequence[Fact],
    *,
    known_on: dt.date | None = None,
    billing_practitioner: str | None = None,
    asked: PolicyChoices | None = None,
    patient: str | None = None,
    positions: answer.Positions | None = None,
    known_as_of: dt.datetime | None = None,
) -> bytes:
    law = loader.law(month.written)
    standing = succession.standing(recorded)
    policies = [fact for fact in standing if isinstance(fact, Policy)]
    patient_month = PatientMonth(
        month,
        standing,
        policy=resolve(law.default_policy, policies, month.written, asked),
        known_on=known_on,
        billing_practitioner=billing_practitioner,
    )
    explained = explain(
        determine(patient_month, law),
        law,
        inputs_digest=inputs_digest(patient_month),
        patient=patient,
        positions=positions,
        known_as_of=known_as_of,
    )
    return encode(explained)


def inputs_digest(month: PatientMonth) -> str:
    """A fingerprint of everything read but the law and the policy, whatever order the facts came in."""
    digest = hashlib.sha256()
    asked = (month.month.written, month.month.time_zone, str(month.known_on), month.billing_practitioner or "")
    for part in [*(one.encode() for one in asked), *sorted(canonical(fact) for fact in month.everything())]:
        digest.update(len(part).to_bytes(8) + part)
    return f"sha256:{digest.hexdigest()}"
