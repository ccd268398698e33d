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
_KNOWN_NOW: Final = text(_KNOWN.format(until=""))
_KNOWN_AS_OF: Final = text(_KNOWN.format(until="AND fact.recorded_at <= :as_of")).bindparams(
    bindparam("as_of", type_=TIMESTAMP(timezone=True))
)
_PRACTICE: Final = text("""
    SELECT coalesce((SELECT position FROM stream WHERE tenant = :tenant AND stream = ''), 0) AS position
""")


class Known(Struct, frozen=True):
    """A ledger as it was read, up to a position: what each source stated, as JSON."""

    stated: tuple[tuple[str, str], ...]
    position: int

    def facts(self) -> list[Fact]:
        """All facts, also those corrected or retracted since; in no order. They take longer to decode than to read."""
        found: list[Fact] = []
        for source, payloads in self.stated:
            facts = _WHOLE.decode(payloads)
            for one in facts:
                msgspec.structs.force_setattr(one, "source", source)
            found += facts
        return found


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


async def practice_position(connection: AsyncConnection, tenant: UUID) -> int:
    """How many facts the practice's own ledger has."""
    position: int = (await connection.execute(_PRACTICE, {"tenant": tenant})).scalar_one()
    return position
