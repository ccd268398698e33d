"""The time entries of a month, of every patient of a practice."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.ledger.read import decoded, superseded
from app.ledger.tables import fact

# No entry lasts longer than 24 hours, so none speaks of more than four days.
_LONGEST: Final = dt.timedelta(days=4)
_AT_ONCE: Final = 1_000


async def month_entries(
    connection: AsyncConnection, tenant: UUID, month: ServiceMonth
) -> AsyncIterator[Sequence[TimeEntry]]:
    """The standing entries whose days touch the month, some at a time, in no order.

    Putting them in order would cost the database ten times what finding them does: what they say of themselves, it keeps
    as text.
    """
    query = (
        select(fact.c.source, fact.c.payload)
        .where(
            fact.c.tenant == tenant,
            fact.c.kind == "time_entry",
            fact.c.occurred_from >= month.first_day - _LONGEST,
            fact.c.occurred_from < month.day_after,
            fact.c.occurred_until > month.first_day,
            ~superseded(tenant),
        )
        .execution_options(yield_per=_AT_ONCE)
    )
    async with connection.stream(query) as rows:
        async for some in rows.partitions():
            yield [_entry(source, payload) for source, payload in some]


def _entry(source: str, payload: str) -> TimeEntry:
    entry = decoded("time_entry", source, payload)
    assert isinstance(entry, TimeEntry)
    return entry
