"""A month determined from the ledger: what is stored of a patient and the practice, now or as it was known then."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import answer, succession
from app.determination.explanation import encode
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day
from app.errors import NotFound
from app.ledger.as_of import reading
from app.ledger.read import Snapshot
from app.ledger.tables import PRACTICE_STREAM
from app.months import revisions
from app.months.answering import covered_month, explained, month_of, time_zones
from app.months.bearing import known_for
from app.months.computing import LIGHT_FACTS, aside
from app.months.paths import frozen_answer


class GivenThen(Struct, frozen=True, gc=False, kw_only=True):
    """The answer that was frozen when the month was closed or amended: made under another law, or worded otherwise."""

    revision: Annotated[int, Meta(ge=1)]
    law_digest: str
    wording_digest: str
    answer: Annotated[str, Meta(description="Where it is read, byte for byte.")]


class StoredAnswer(answer.Answer, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Which codes may be billed for this patient's month, and why.

    `hypothetical`: made under the rules of another month than the service month; nothing to bill by. `given_then`: asked as
    of an instant by which the month had been closed under another law or wording than ours; there, what was given.
    """

    given_then: GivenThen | None = None


async def decide(
    engine: AsyncEngine, tenant: UUID, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime
) -> bytes:
    """The determination of a stored patient's month, as JSON. `NotFound` for a patient without facts in the practice."""
    frozen = None
    async with reading(engine, tenant, (PRACTICE_STREAM, patient), known_as_of) as connection:
        stored = await known_for(connection, tenant, patient, month, now, known_as_of=known_as_of)
        if known_as_of is not None:
            frozen = await revisions.frozen_by(connection, tenant, patient, month, known_as_of)
    if stored is None:
        raise NotFound("No such patient.")
    if len(stored.facts) <= LIGHT_FACTS:
        return decided(stored, patient, month, known_as_of, now, frozen)
    return await aside(decided, stored, patient, month, known_as_of, now, frozen)


def decided(
    stored: Snapshot,
    patient: str,
    month: str,
    known_as_of: dt.datetime | None,
    now: dt.datetime,
    frozen: revisions.Fingerprints | None = None,
) -> bytes:
    """The determination of what was known of a patient and the practice at a moment, as JSON.

    `frozen`: what had been given of the month by then; told where that was under another law or in other words.
    """
    found = answer_to(stored, patient, month, known_as_of, now)
    law = found.rulebook
    if frozen is None or (frozen.law_digest, frozen.wording_digest) == (law.law_digest, law.wording_digest):
        return encode(found)
    given = GivenThen(
        revision=frozen.revision,
        law_digest=frozen.law_digest,
        wording_digest=frozen.wording_digest,
        answer=frozen_answer(patient, month, frozen.revision),
    )
    return encode(StoredAnswer(**{name: getattr(found, name) for name in found.__struct_fields__}, given_then=given))


def answer_to(
    stored: Snapshot, patient: str, month: str, known_as_of: dt.datetime | None, now: dt.datetime
) -> answer.Answer:
    """The determination of what was known of a patient and the practice at a moment."""
    standing = succession.standing(stored.facts)
    time_zone = next(iter(time_zones(standing)), DEFAULT_TIME_ZONE)  # the ledger keeps it to one
    known_on = local_day(known_as_of or now, time_zone)
    return explained(
        month_of(covered_month(month, time_zone), standing, known_on=known_on),
        patient=patient,
        positions=answer.Positions(patient=stored.patient_position, practice=stored.practice_position),
        known_as_of=known_as_of,
    )
