"""The statements an append is made of: a fixed number however many facts it carries."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ledger.candidates import Key, Recorded
from app.ledger.read import stated_zones
from app.ledger.tables import PRACTICE_STREAM
from app.ledger.time_zone import ZoneInForce


class Head(Struct, frozen=True, gc=False):
    """The last fact of a stream: its position, instant and hash. Position 0: none yet.

    `entry_programs`: those of all time entries that were ever recorded in it, also of those corrected or retracted since.
    """

    position: int
    recorded_at: dt.datetime | None
    chain_hash: bytes
    entry_programs: frozenset[str] = frozenset()


# Everything is found key by key: LATERAL with a LIMIT is one look into an index a key. A plain join, EXISTS or ANY is
# planned as a scan of all the practice has wherever the planner's statistics are behind, and after a bulk load they are.
_OPENED: Final = text("""
    SELECT found.stream
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1
    ) AS found
    WHERE found.position > 0
""")
_OPEN: Final = text(
    "INSERT INTO stream (tenant, stream) SELECT :tenant, unnest(CAST(:streams AS text[])) ON CONFLICT DO NOTHING"
)
_SHARE_PRACTICE: Final = text("SELECT 1 FROM stream WHERE tenant = :tenant AND stream = '' FOR SHARE")
# In the order asked: a loop over the names is the only way to join with LATERAL.
_LOCK: Final = text("""
    SELECT found.stream, found.position, found.recorded_at, found.chain_hash,
        CASE WHEN found.entry_programs_to = found.position THEN found.entry_programs END AS entry_programs
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1 FOR UPDATE
    ) AS found
""")
_RECORDED: Final = text("""
    SELECT asked.kind, asked.id, found.stream, found.position, found.recorded_at, found.payload_digest,
        later.position IS NOT NULL AS superseded
    FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS text[])) AS asked (kind, id)
    CROSS JOIN LATERAL (
        SELECT * FROM fact
        WHERE fact.tenant = :tenant AND fact.source = :source AND fact.kind = asked.kind AND fact.id = asked.id
        LIMIT 1
    ) AS found
    LEFT JOIN LATERAL (
        SELECT * FROM fact
        WHERE fact.tenant = :tenant AND fact.source = :source
            AND fact.corrected_kind = asked.kind AND fact.corrected_id = asked.id
        LIMIT 1
    ) AS later ON true
""")
_SETTLED: Final = text("SELECT EXISTS (SELECT FROM stream WHERE tenant = :tenant AND stream <> '' AND position > 0)")
_ADD: Final = text("""
    INSERT INTO fact (
        tenant, source, stream, position, kind, id, occurred_from, occurred_until, recorded_at,
        payload, payload_digest, corrected_kind, corrected_id, chain_hash
    )
    SELECT :tenant, :source, added.* FROM unnest(
        CAST(:stream AS text[]), CAST(:position AS bigint[]), CAST(:kind AS text[]), CAST(:id AS text[]),
        CAST(:occurred_from AS date[]), CAST(:occurred_until AS date[]), CAST(:recorded_at AS timestamptz[]),
        CAST(:payload AS text[]), CAST(:payload_digest AS bytea[]),
        CAST(:corrected_kind AS text[]), CAST(:corrected_id AS text[]), CAST(:chain_hash AS bytea[])
    ) AS added
    ON CONFLICT DO NOTHING
    RETURNING position
""")
_ENTRY_PROGRAMS: Final = text("""
    SELECT asked.stream, named.programs
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT CAST(payload AS json) ->> 'program') AS programs FROM fact
        WHERE fact.tenant = :tenant AND fact.stream = asked.stream AND fact.kind = 'time_entry'
    ) AS named
    WHERE named.programs IS NOT NULL
""")
# The rows are there; an upsert finds each by its key.
_MOVE: Final = text("""
    INSERT INTO stream (tenant, stream, position, recorded_at, chain_hash, entry_programs, entry_programs_to)
    SELECT :tenant, stream, position, recorded_at, chain_hash, string_to_array(entry_programs, ' '), position FROM unnest(
        CAST(:stream AS text[]), CAST(:position AS bigint[]), CAST(:recorded_at AS timestamptz[]),
        CAST(:chain_hash AS bytea[]), CAST(:entry_programs AS text[])
    ) AS moved (stream, position, recorded_at, chain_hash, entry_programs)
    ON CONFLICT (tenant, stream) DO UPDATE
    SET position = excluded.position, recorded_at = excluded.recorded_at, chain_hash = excluded.chain_hash,
        entry_programs = excluded.entry_programs, entry_programs_to = excluded.position
""")


async def locked_heads(connection: AsyncConnection, tenant: UUID, streams: Sequence[str]) -> dict[str, Head]:
    """The heads of the streams, opened where new, held until the transaction ends.

    Everywhere in this order: the practice's stream, then new streams by name, then all by name; so two appends wait for
    each other but never both. Opening a patient's stream shares the practice's, which a `practice` fact holds alone:
    whether a patient's fact is stored cannot change while the time zone is being judged.
    """
    opened = set(await _scalars(connection, _OPENED, tenant=tenant, streams=streams))
    new = [stream for stream in streams if stream not in opened and stream != PRACTICE_STREAM]
    if PRACTICE_STREAM in streams:
        await connection.execute(_LOCK, {"tenant": tenant, "streams": [PRACTICE_STREAM]})
    elif new:
        await connection.execute(_SHARE_PRACTICE, {"tenant": tenant})
    if new:
        await connection.execute(_OPEN, {"tenant": tenant, "streams": new})
    rows = await connection.execute(_LOCK, {"tenant": tenant, "streams": streams})
    locked = rows.all()
    named = await _entry_programs(connection, tenant, [row.stream for row in locked if row.entry_programs is None])
    return {
        row.stream: Head(
            row.position,
            row.recorded_at,
            row.chain_hash,
            frozenset(named.get(row.stream, ()) if row.entry_programs is None else row.entry_programs),
        )
        for row in locked
    }


async def _entry_programs(
    connection: AsyncConnection, tenant: UUID, streams: Sequence[str]
) -> dict[str, Sequence[str]]:
    """The programs that time entries name, of ledgers whose heads do not say so."""
    if not streams:
        return {}
    rows = await connection.execute(_ENTRY_PROGRAMS, {"tenant": tenant, "streams": streams})
    return {row.stream: row.programs for row in rows}


async def clock(connection: AsyncConnection) -> dt.datetime:
    """The database's clock, read when the statement runs."""
    now: dt.datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


async def recorded(connection: AsyncConnection, tenant: UUID, source: str, keys: Iterable[Key]) -> dict[Key, Recorded]:
    kinds, ids = zip(*keys, strict=True)
    rows = await connection.execute(
        _RECORDED, {"tenant": tenant, "source": source, "kinds": list(kinds), "ids": list(ids)}
    )
    return {
        (row.kind, row.id): Recorded(row.stream, row.position, row.recorded_at, row.payload_digest, row.superseded)
        for row in rows
    }


async def zone_in_force(connection: AsyncConnection, tenant: UUID) -> ZoneInForce:
    stated = await stated_zones(connection, tenant)
    settled = (await connection.execute(_SETTLED, {"tenant": tenant})).scalar_one()
    return ZoneInForce(stated, settled)


async def add(connection: AsyncConnection, tenant: UUID, source: str, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Whether all went in. If not, another transaction recorded one of the keys meanwhile."""
    rows = await connection.execute(_ADD, {"tenant": tenant, "source": source, **columns})
    return len(rows.all()) == len(columns["id"])


async def move(connection: AsyncConnection, tenant: UUID, heads: Mapping[str, Head]) -> None:
    await connection.execute(
        _MOVE,
        {
            "tenant": tenant,
            "stream": list(heads),
            "position": [head.position for head in heads.values()],
            "recorded_at": [head.recorded_at for head in heads.values()],
            "chain_hash": [head.chain_hash for head in heads.values()],
            "entry_programs": [" ".join(sorted(head.entry_programs)) for head in heads.values()],
        },
    )


async def _scalars(connection: AsyncConnection, statement: TextClause, **parameters: Any) -> Sequence[Any]:
    return (await connection.execute(statement, parameters)).scalars().all()
