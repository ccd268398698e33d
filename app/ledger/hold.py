"""Holding patients' ledgers still while somebody decides on what is in them."""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ledger.statements import clock

# The order of appends: the practice's stream, then patients by name. Sharing the practice's keeps its facts as they are.
_SHARE_PRACTICE: Final = text("SELECT recorded_at FROM stream WHERE tenant = :tenant AND stream = '' FOR SHARE")
_HOLD: Final = """
    SELECT held.stream, held.recorded_at
    FROM unnest(CAST(:patients AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream
        WHERE stream.tenant = :tenant AND stream.stream = asked.stream AND stream.position > 0
        LIMIT 1 FOR UPDATE {otherwise}
    ) AS held
"""
_HOLD_EACH: Final = text(_HOLD.format(otherwise=""))
_HOLD_FREE: Final = text(_HOLD.format(otherwise="SKIP LOCKED"))
_KNOWN: Final = text("""
    SELECT known.stream
    FROM unnest(CAST(:patients AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1
    ) AS known
    WHERE known.position > 0
""")
_AFTER: Final = text("""
    SELECT stream FROM stream WHERE tenant = :tenant AND stream > :after AND position > 0 ORDER BY stream LIMIT :limit
""")


class Held(Struct, frozen=True):
    """Ledgers that nobody else adds to until the transaction ends.

    Everything recorded of them and of the practice stands at or before `instant`, and everything still to come after it:
    what is read now is what will be read as of that instant, for ever.
    """

    patients: frozenset[str]
    instant: dt.datetime


async def hold(connection: AsyncConnection, tenant: UUID, patients: Sequence[str], *, skip_busy: bool = False) -> Held:
    """Hold the ledgers of those patients who have one, in a READ COMMITTED transaction. `skip_busy`: wait for nobody."""
    practice = (await connection.execute(_SHARE_PRACTICE, {"tenant": tenant})).scalar_one()
    statement = _HOLD_FREE if skip_busy else _HOLD_EACH
    rows = (await connection.execute(statement, {"tenant": tenant, "patients": sorted(patients)})).all()
    # Read under the locks, so that whoever records something next reads it later.
    now = await clock(connection)
    instants = [now, *(row.recorded_at for row in rows), *([] if practice is None else [practice])]
    return Held(frozenset(row.stream for row in rows), max(instants))


async def known_patients(connection: AsyncConnection, tenant: UUID, named: Sequence[str]) -> frozenset[str]:
    """Those of them of whom something is recorded."""
    return frozenset((await connection.execute(_KNOWN, {"tenant": tenant, "patients": list(named)})).scalars())


async def patients_after(connection: AsyncConnection, tenant: UUID, after: str, limit: int) -> list[str]:
    """The patients of whom something is recorded, by name, from the one that follows `after`."""
    return list((await connection.execute(_AFTER, {"tenant": tenant, "after": after, "limit": limit})).scalars())
