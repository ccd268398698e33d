"""What happened to a practice's months, in the order in which it was committed: read by whoever asks, and to be sent.

Numbers have no holes and no later one is committed before an earlier one: whoever adds events holds the practice's head
until they are committed, and a number that is rolled back is given again. So whoever has read up to a number has missed
nothing before it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

DETERMINATION_CHANGED: Final = "determination.changed"

_ADD: Final = text("""
    WITH head AS (
        INSERT INTO event_head AS head (tenant, number) VALUES (:tenant, :added)
        ON CONFLICT (tenant) DO UPDATE SET number = head.number + :added
        RETURNING number
    )
    INSERT INTO event (tenant, number, id, at, type, patient, service_month)
    SELECT :tenant, head.number - :added + added.place, added.id, clock_timestamp(), :type, added.patient, :month
    FROM head CROSS JOIN unnest(CAST(:ids AS uuid[]), CAST(:patients AS text[])) WITH ORDINALITY AS added (id, patient, place)
""")
_READ: Final = text("""
    SELECT number, id, at, type, patient, service_month FROM event
    WHERE tenant = :tenant AND number > :after ORDER BY number LIMIT :limit
""")


class Happened(Struct, frozen=True, gc=False):
    """An event as it was written."""

    number: int
    id: UUID
    at: dt.datetime
    type: str
    patient: str
    service_month: str


async def add(connection: AsyncConnection, tenant: UUID, type_: str, month: str, patients: Sequence[str]) -> None:
    """Add an event for each patient's month. Last in a transaction: all who add to the practice's wait for its end."""
    if patients:
        asked = {
            "tenant": tenant, "type": type_, "month": month, "added": len(patients),
            "ids": [uuid4() for _ in patients], "patients": list(patients),
        }  # fmt: skip
        await connection.execute(_ADD, asked)


async def after(connection: AsyncConnection, tenant: UUID, number: int, limit: int) -> list[Happened]:
    """The events that follow a number, in order."""
    found = await connection.execute(_READ, {"tenant": tenant, "after": number, "limit": limit})
    return [Happened(row.number, row.id, row.at, row.type, row.patient, row.service_month) for row in found]
