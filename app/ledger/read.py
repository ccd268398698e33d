"""Reading the ledger: a stream in order, and what was known of a patient at a moment.

With `known_as_of`, in a transaction of `as_of.reading`.
"""

import datetime as dt
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Exists, Select, bindparam, exists, or_, select, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import RECORDED_KINDS, AnyRecordedFact, Fact, Practice
from app.determination.service_month import ServiceMonth
from app.ledger.tables import PRACTICE_STREAM, fact
from app.ledger.time_zone import zone_of

_DECODERS: Final = {kind: msgspec.json.Decoder(struct) for kind, struct in RECORDED_KINDS.items()}

_WHOLE: Final = msgspec.json.Decoder(list[AnyRecordedFact])

# The two streams one by one: asked for both at once, the planner may read the whole practice's instead. The facts of a
# source come as one JSON text: a row for each would cost as much again as the facts themselves.
_KNOWN: Final = """
    SELECT stream, source, max(position), '[' || string_agg(payload, ',') || ']'
    FROM fact WHERE tenant = :tenant AND stream = '' {until} GROUP BY stream, source
    UNION ALL
    SELECT stream, source, max(position), '[' || string_agg(payload, ',') || ']'
    FROM fact WHERE tenant = :tenant AND stream = :patient {until} GROUP BY stream, source
"""
_KNOWN_NOW: Final = text(_KNOWN.format(until=""))
_KNOWN_AS_OF: Final = text(_KNOWN.format(until="AND recorded_at <= :as_of")).bindparams(
    bindparam("as_of", type_=TIMESTAMP(timezone=True))
)


class StoredFact(Struct, frozen=True):
    """A fact as recorded. `payload` is RFC 8785 JSON as the sender stated it, without the source."""

    fact: Fact
    position: int
    recorded_at: dt.datetime
    payload: bytes


class Snapshot(Struct, frozen=True):
    """All facts about a patient and the practice at one moment, also those corrected or retracted since; in no order."""

    facts: tuple[Fact, ...]
    patient_position: int
    practice_position: int


async def page(
    connection: AsyncConnection,
    tenant: UUID,
    stream: str,
    *,
    kind: str | None = None,
    month: ServiceMonth | None = None,
    known_as_of: dt.datetime | None = None,
    after_position: int = 0,
    limit: int = 100,
) -> list[StoredFact]:
    """The facts of a stream in order, after a position. `month`: those whose days touch it."""
    query = (
        _facts(tenant, stream, known_as_of)
        .where(fact.c.position > after_position)
        .order_by(fact.c.position)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(fact.c.kind == kind)
    if month is not None:
        query = query.where(
            or_(fact.c.occurred_from.is_(None), fact.c.occurred_from < month.day_after),
            or_(fact.c.occurred_until.is_(None), fact.c.occurred_until > month.first_day),
        )
    rows = await connection.execute(query)
    return [
        StoredFact(decoded(row.kind, row.source, row.payload), row.position, row.recorded_at, row.payload.encode())
        for row in rows
    ]


async def snapshot(
    connection: AsyncConnection, tenant: UUID, patient: str, *, known_as_of: dt.datetime | None = None
) -> Snapshot | None:
    """What is known of a patient and the practice, in a transaction of one moment. None: the patient is unknown.

    Both positions are of the same moment; with `known_as_of`, of that one, for ever.
    """
    streams = (PRACTICE_STREAM, patient)
    if known_as_of is None:
        rows = await connection.execute(_KNOWN_NOW, {"tenant": tenant, "patient": patient})
    else:
        asked = {"tenant": tenant, "patient": patient, "as_of": known_as_of}
        rows = await connection.execute(_KNOWN_AS_OF, asked)
    facts: list[Fact] = []
    positions = dict.fromkeys(streams, 0)
    for stream, source, position, payloads in rows:
        stated = _WHOLE.decode(payloads)
        for one in stated:
            msgspec.structs.force_setattr(one, "source", source)
        facts += stated
        positions[stream] = max(positions[stream], position)
    if not positions[patient]:
        return None
    return Snapshot(tuple(facts), positions[patient], positions[PRACTICE_STREAM])


async def practice_time_zone(
    connection: AsyncConnection, tenant: UUID, *, known_as_of: dt.datetime | None = None
) -> str:
    """The zone in which the practice's days begin; New York's where it stated none."""
    return zone_of((await stated_zones(connection, tenant, known_as_of=known_as_of)).values())


async def stated_zones(
    connection: AsyncConnection, tenant: UUID, *, known_as_of: dt.datetime | None = None
) -> dict[tuple[str, str], str]:
    """The zone of each `practice` fact neither corrected nor retracted, by source and id. Appends keep them equal."""
    query = _facts(tenant, PRACTICE_STREAM, known_as_of).where(
        fact.c.kind == "practice", ~superseded(tenant, known_as_of=known_as_of)
    )
    stated: dict[tuple[str, str], str] = {}
    for row in await connection.execute(query):
        practice = decoded(row.kind, row.source, row.payload)
        assert isinstance(practice, Practice)
        stated[row.source, practice.id] = practice.time_zone
    return stated


def superseded(tenant: UUID, *, known_as_of: dt.datetime | None = None) -> Exists:
    """Whether a fact is corrected or retracted: it does not stand (`app/determination/succession.py`)."""
    later = fact.alias("later")
    replaced = exists().where(
        later.c.tenant == tenant,
        later.c.source == fact.c.source,
        later.c.corrected_kind == fact.c.kind,
        later.c.corrected_id == fact.c.id,
    )
    return replaced if known_as_of is None else replaced.where(later.c.recorded_at <= known_as_of)


def decoded(kind: str, source: str, payload: str) -> Fact:
    """A fact as it was sent, with the source that sent it."""
    sent = _DECODERS[kind].decode(payload)
    msgspec.structs.force_setattr(sent, "source", source)
    return sent


def _facts(tenant: UUID, stream: str, known_as_of: dt.datetime | None) -> Select[Any]:
    query = select(
        fact.c.stream, fact.c.position, fact.c.kind, fact.c.source, fact.c.recorded_at, fact.c.payload
    ).where(fact.c.tenant == tenant, fact.c.stream == stream)
    return query if known_as_of is None else query.where(fact.c.recorded_at <= known_as_of)
