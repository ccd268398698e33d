"""What is known of many patients at one moment, in one statement."""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import AnyRecordedFact, Fact
from app.ledger.tables import PRACTICE_STREAM

_WHOLE: Final = msgspec.json.Decoder(list[AnyRecordedFact])

# Stream by stream: with the LIMIT, which nobody reaches, the planner cannot read the whole practice's facts instead.
_KNOWN: Final = """
    SELECT known.stream, known.source, max(known.position), '[' || string_agg(known.payload, ',') || ']'
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT fact.stream, fact.source, fact.position, fact.payload FROM fact
        WHERE fact.tenant = :tenant AND fact.stream = asked.stream {until}
        LIMIT 1000000000
    ) AS known
    GROUP BY known.stream, known.source
"""
# By two indexes that each hold a part of a ledger; what neither finds is work of long ago. Who has nothing else is there.
_RECENT: Final = text("""
    SELECT head.stream, head.position, head.entry_programs, recent.source, count(recent.payload),
        '[' || string_agg(recent.payload, ',') || ']'
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT stream, position, CASE WHEN entry_programs_to = position THEN entry_programs END AS entry_programs
        FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1
    ) AS head
    LEFT JOIN LATERAL (
        SELECT fact.source, fact.payload FROM fact
        WHERE fact.tenant = :tenant AND fact.stream = asked.stream
            AND (fact.kind <> 'time_entry' OR fact.corrected_id IS NOT NULL)
        UNION ALL
        SELECT fact.source, fact.payload FROM fact
        WHERE fact.tenant = :tenant AND fact.stream = asked.stream
            AND fact.kind = 'time_entry' AND fact.corrected_id IS NULL AND fact.occurred_until > :work_from
        LIMIT 1000000000
    ) AS recent ON true
    WHERE head.position > 0
    GROUP BY head.stream, head.position, head.entry_programs, recent.source
""")
_LONG_AGO: Final = text("""
    SELECT past.stream, past.source, '[' || string_agg(past.payload, ',') || ']'
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT fact.stream, fact.source, fact.payload FROM fact
        WHERE fact.tenant = :tenant AND fact.stream = asked.stream
            AND fact.kind = 'time_entry' AND fact.corrected_id IS NULL AND fact.occurred_until <= :work_from
        LIMIT 1000000000
    ) AS past
    GROUP BY past.stream, past.source
""")
_KNOWN_NOW: Final = text(_KNOWN.format(until=""))
_KNOWN_AS_OF: Final = text(_KNOWN.format(until="AND fact.recorded_at <= :as_of")).bindparams(
    bindparam("as_of", type_=TIMESTAMP(timezone=True))
)
_PRACTICE: Final = text("""
    SELECT coalesce((SELECT position FROM stream WHERE tenant = :tenant AND stream = ''), 0) AS position
""")


Stated = tuple[tuple[str, str], ...]
"""What each source stated, as JSON."""


def facts_stated(stated: Stated) -> list[Fact]:
    """The facts, in no order. They take longer to decode than to read."""
    found: list[Fact] = []
    for source, payloads in stated:
        facts = _WHOLE.decode(payloads)
        for one in facts:
            msgspec.structs.force_setattr(one, "source", source)
        found += facts
    return found


class Known(Struct, frozen=True):
    """A ledger as it was read, up to a position.

    `unread`: the programs of the entries of long ago that were perhaps not read; None: of any.
    """

    stated: Stated
    position: int
    unread: frozenset[str] | None = frozenset()

    def facts(self) -> list[Fact]:
        """All facts that were read, also those corrected or retracted since."""
        return facts_stated(self.stated)


_NOTHING: Final = Known((), 0)


class KnownPatients(Struct, frozen=True):
    """What is known of the practice and of those patients of whom anything is, all of one moment."""

    practice: Known
    patients: dict[str, Known]


async def known(
    connection: AsyncConnection, tenant: UUID, patients: Sequence[str], *, known_as_of: dt.datetime | None = None
) -> KnownPatients:
    """With `known_as_of`, in a transaction of `as_of.reading` that names the practice's stream and the patients'."""
    asked: dict[str, object] = {"tenant": tenant, "streams": [PRACTICE_STREAM, *patients]}
    if known_as_of is None:
        rows = await connection.execute(_KNOWN_NOW, asked)
    else:
        rows = await connection.execute(_KNOWN_AS_OF, asked | {"as_of": known_as_of})
    stated: dict[str, list[tuple[str, str]]] = {PRACTICE_STREAM: []}
    positions = {PRACTICE_STREAM: 0}
    for stream, source, position, payloads in rows:
        stated.setdefault(stream, []).append((source, payloads))
        positions[stream] = max(positions.get(stream, 0), position)
    found = {stream: Known(tuple(texts), positions[stream]) for stream, texts in stated.items()}
    return KnownPatients(found.pop(PRACTICE_STREAM), found)


async def recent(
    connection: AsyncConnection, tenant: UUID, patients: Sequence[str], work_from: dt.date
) -> KnownPatients:
    """The same now, without the entries that ended before the day `work_from` in every time zone.

    Those that correct others are there all the same.
    """
    asked = {"tenant": tenant, "streams": [PRACTICE_STREAM, *patients], "work_from": work_from}
    stated: dict[str, Stated] = {}
    unread: dict[str, int] = {}
    heads: dict[str, tuple[int, Sequence[str] | None]] = {PRACTICE_STREAM: (0, ())}
    for stream, position, programs, source, count, payloads in await connection.execute(_RECENT, asked):
        heads[stream] = position, programs
        unread[stream] = unread.get(stream, position) - count
        if source is not None:
            stated[stream] = (*stated.get(stream, ()), (source, payloads))
    found = {
        stream: Known(stated.get(stream, ()), position, _left(programs) if unread.get(stream) else frozenset())
        for stream, (position, programs) in heads.items()
    }
    return KnownPatients(found.pop(PRACTICE_STREAM), found)


def _left(programs: Sequence[str] | None) -> frozenset[str] | None:
    return None if programs is None else frozenset(programs)


async def long_ago(
    connection: AsyncConnection, tenant: UUID, patients: Sequence[str], work_from: dt.date
) -> dict[str, Stated]:
    """What `recent` leaves of the patients' ledgers, at the same moment."""
    asked = {"tenant": tenant, "streams": patients, "work_from": work_from}
    found: dict[str, Stated] = {}
    for stream, source, payloads in await connection.execute(_LONG_AGO, asked):
        found[stream] = (*found.get(stream, ()), (source, payloads))
    return found


async def practice_position(connection: AsyncConnection, tenant: UUID) -> int:
    """How many facts the practice's own ledger has."""
    position: int = (await connection.execute(_PRACTICE, {"tenant": tenant})).scalar_one()
    return position
