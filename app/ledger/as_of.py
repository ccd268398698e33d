"""Reading what was known at an instant: once read, the same for ever."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import FieldError, Invalid
from app.postgres.transaction import transaction

# In the order of appends: waits for those under way, and none begins until we end.
_HOLD: Final = text("""
    SELECT held.stream
    FROM unnest(CAST(:streams AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1 FOR SHARE
    ) AS held
""")
_OPEN: Final = text("INSERT INTO stream (tenant, stream) VALUES (:tenant, :stream) ON CONFLICT DO NOTHING")
_PAST: Final = text("SELECT :instant < clock_timestamp()").bindparams(
    bindparam("instant", type_=TIMESTAMP(timezone=True))
)

# Whoever opens a patient's ledger shares the practice's head until it is committed: this waits for all of them.
_ALONE: Final = text("SELECT 1 FROM stream WHERE tenant = :tenant AND stream = '' FOR NO KEY UPDATE")
_PATIENTS: Final = text("""
    SELECT head.stream
    FROM stream AS head
    CROSS JOIN LATERAL (
        SELECT * FROM fact
        WHERE fact.tenant = head.tenant AND fact.stream = head.stream AND fact.position = 1
        LIMIT 1
    ) AS first
    WHERE head.tenant = :tenant AND head.stream > :after AND head.position > 0 AND first.recorded_at <= :as_of
    ORDER BY head.stream LIMIT :limit
""").bindparams(bindparam("as_of", type_=TIMESTAMP(timezone=True)))


@asynccontextmanager
async def reading(
    engine: AsyncEngine, tenant: UUID, streams: Sequence[str], known_as_of: dt.datetime | None
) -> AsyncIterator[AsyncConnection]:
    """A transaction of one moment that sees all that is ever recorded in the streams at or before the instant.

    `Invalid` for an instant still to come.
    """
    if known_as_of is not None:
        # In a transaction before: one of one moment would fail where somebody wrote since it began.
        async with transaction(engine, tenant) as connection:
            await _settle(connection, tenant, streams, known_as_of)
    async with transaction(engine, tenant, snapshot=True) as connection:
        yield connection


async def patients_known(
    engine: AsyncEngine, tenant: UUID, known_as_of: dt.datetime, *, after: str, limit: int
) -> list[str]:
    """The patients of whom something was recorded at or before the instant, by name, from the one that follows `after`."""
    async with transaction(engine, tenant) as connection:
        await _refuse_future(connection, known_as_of)
        await connection.execute(_ALONE, {"tenant": tenant})
        asked = {"tenant": tenant, "after": after, "limit": limit, "as_of": known_as_of}
        return list((await connection.execute(_PATIENTS, asked)).scalars())


async def _settle(connection: AsyncConnection, tenant: UUID, streams: Sequence[str], known_as_of: dt.datetime) -> None:
    """Wait until nothing more can be recorded at or before the instant.

    An append reads the clock under its locks. One that read it before ours already had them then, so it is waited for
    below; any other records later than the instant.
    """
    await _refuse_future(connection, known_as_of)
    rows = await connection.execute(_HOLD, {"tenant": tenant, "streams": sorted(set(streams))})
    for missing in sorted(set(streams) - set(rows.scalars())):
        # Perhaps it is just being opened. Opening it ourselves waits for whoever does, and is undone at once.
        async with connection.begin_nested() as attempt:
            await connection.execute(_OPEN, {"tenant": tenant, "stream": missing})
            await attempt.rollback()


async def _refuse_future(connection: AsyncConnection, known_as_of: dt.datetime) -> None:
    if not (await connection.execute(_PAST, {"instant": known_as_of})).scalar_one():
        detail = "Must lie in the past: what will be known later is not known yet."
        raise Invalid("The instant is still to come.", errors=[FieldError(detail, parameter="known_as_of")])
