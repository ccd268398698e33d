"""A month determined from the ledger: what is stored of a patient and the practice, now or as it was known then."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import answer, succession
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day
from app.errors import NotFound
from app.ledger.read import Snapshot, snapshot
from app.months.answering import answered, covered_month, month_of, time_zones
from app.months.computing import LIGHT_FACTS, aside
from app.postgres.transaction import transaction


async def decide(
    engine: AsyncEngine, tenant: UUID, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime
) -> bytes:
    """The determination of a stored patient's month, as JSON. `NotFound` for a patient without facts in the practice."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        stored = await snapshot(connection, tenant, patient, known_as_of=known_as_of)
    if stored is None:
        raise NotFound("No such patient.")
    if len(stored.facts) <= LIGHT_FACTS:
        return decided(stored, patient, month, known_as_of, now)
    return await aside(decided, stored, patient, month, known_as_of, now)


def decided(stored: Snapshot, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime) -> bytes:
    """The determination of what was known of a patient and the practice at a moment, as JSON."""
    standing = succession.standing(stored.facts)
    time_zone = next(iter(time_zones(standing)), DEFAULT_TIME_ZONE)  # the ledger keeps it to one
    known_on = local_day(known_as_of or now, time_zone)
    return answered(
        month_of(covered_month(month, time_zone), standing, known_on=known_on),
        patient=patient,
        positions=answer.Positions(patient=stored.patient_position, practice=stored.practice_position),
        known_as_of=known_as_of,
    )
