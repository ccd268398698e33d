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
from app.determination.gaps import gaps
from app.determination.patient_month import PatientMonth
from app.determination.policy import PolicyChoices, resolve
from app.determination.service_month import DEFAULT_TIME_ZONE, ServiceMonth, is_time_zone, local_day, service_month
from app.errors import FieldError, Invalid, NotFound
from app.ledger.read import Snapshot, snapshot
from app.months.computing import aside
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
    return _answer(requested_month(request), patient=next(iter(_patients(request)), None))


def requested_month(request: EvaluationRequest) -> PatientMonth:
    """The month a request asks about. `Invalid` for what is not one patient's well-formed facts."""
    distinct, breaches = succession.distinct(request.facts)
    breaches += succession.breaches(request.facts)
    errors = [FieldError(breach.detail, pointer=f"/facts/{breach.index}/{breach.field}") for breach in breaches]
    if len(_patients(request)) > 1:
        errors.append(FieldError("The facts name more than one patient.", pointer="/facts"))
    standing = succession.standing(distinct)
    zones = _time_zones(standing)
    if request.time_zone is None and len(zones) > 1:
        errors.append(FieldError("The practice's facts state two time zones.", pointer="/facts"))
    if errors:
        raise Invalid("The facts contradict each other.", errors=errors)
    time_zone = request.time_zone or next(iter(zones), DEFAULT_TIME_ZONE)
    return _patient_month(
        covered_month(request.service_month, time_zone),
        standing,
        known_on=request.known_on,
        billing_practitioner=request.billing_practitioner,
        asked=request.policy,
    )


def _patients(request: EvaluationRequest) -> set[str]:
    return {patient for fact in request.facts if (patient := getattr(fact, "patient", None)) is not None}


def _time_zones(standing: Sequence[Fact]) -> list[str]:
    return sorted({fact.time_zone for fact in standing if isinstance(fact, Practice)})


async def decide(
    engine: AsyncEngine, tenant: UUID, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime
) -> bytes:
    """The determination of a stored patient's month, as JSON. `NotFound` for a patient without facts in the practice."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        stored = await snapshot(connection, tenant, patient, known_as_of=known_as_of)
    if stored is None:
        raise NotFound("No such patient.")
    return await aside(decided, stored, patient, month, known_as_of, now)


def decided(stored: Snapshot, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime) -> bytes:
    """The determination of what was known of a patient and the practice at a moment, as JSON."""
    standing = succession.standing(stored.facts)
    time_zone = next(iter(_time_zones(standing)), DEFAULT_TIME_ZONE)  # the ledger keeps it to one
    known_on = local_day(known_as_of or now, time_zone)
    return _answer(
        _patient_month(covered_month(month, time_zone), standing, known_on=known_on),
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


def _patient_month(
    month: ServiceMonth,
    standing: Sequence[Fact],
    *,
    known_on: dt.date | None = None,
    billing_practitioner: str | None = None,
    asked: PolicyChoices | None = None,
) -> PatientMonth:
    policies = [fact for fact in standing if isinstance(fact, Policy)]
    defaults = loader.law(month.written).default_policy
    return PatientMonth(
        month,
        standing,
        policy=resolve(defaults, policies, month.written, asked),
        known_on=known_on,
        billing_practitioner=billing_practitioner,
    )


def _answer(
    month: PatientMonth,
    *,
    patient: str | None,
    positions: answer.Positions | None = None,
    known_as_of: dt.datetime | None = None,
) -> bytes:
    law = loader.law(month.month.written)
    determination = determine(month, law)
    explained = explain(
        determination,
        law,
        gaps=gaps(determination, law),
        inputs_digest=inputs_digest(month),
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
