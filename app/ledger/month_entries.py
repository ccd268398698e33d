"""The time entries of a month, of every patient of a practice: person by person, in the order in which they worked."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.ledger.read import decoded, superseded
from app.ledger.tables import fact

_stated: Final = cast(fact.c.payload, JSON)
_performer: Final = _stated["performer"].astext.collate("C")
# One spelling an instant, in UTC: sorted as text, they are in order.
_started_at: Final = _stated["started_at"].astext.collate("C")
_day: Final = _stated["on"].astext
# No entry lasts longer than 24 hours, so none speaks of more than four days.
_LONGEST: Final = dt.timedelta(days=4)
_AT_ONCE: Final = 1_000


async def entries_by_performer(
    connection: AsyncConnection, tenant: UUID, month: ServiceMonth, *, after: str = "", performer: str | None = None
) -> AsyncIterator[Sequence[TimeEntry]]:
    """The standing entries whose days touch the month, some at a time: by performer, then start; by day only, last.

    `after`: only of performers that follow this one. `performer`: only of this one.
    """
    query = (
        _of(select(fact.c.source, fact.c.payload), tenant, month, performer)
        .where(_performer > after)
        .order_by(_performer, _started_at, fact.c.source, fact.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    async with connection.stream(query) as rows:
        async for some in rows.partitions():
            yield [_entry(source, payload) for source, payload in some]


async def count_by_day_only(
    connection: AsyncConnection, tenant: UUID, month: ServiceMonth, *, performer: str | None = None
) -> int:
    """How many standing entries of the month name their day and no instants."""
    query = _of(select(func.count()), tenant, month, performer).where(_day.is_not(None))
    count: int = (await connection.execute(query)).scalar_one()
    return count


def _of(query: Select[Any], tenant: UUID, month: ServiceMonth, performer: str | None) -> Select[Any]:
    """Standing work of people in the month; what software did is nobody's time."""
    query = query.where(
        fact.c.tenant == tenant,
        fact.c.kind == "time_entry",
        fact.c.occurred_from >= month.first_day - _LONGEST,
        fact.c.occurred_from < month.day_after,
        fact.c.occurred_until > month.first_day,
        ~superseded(tenant),
        _stated["automated"].astext.is_distinct_from("true"),
    )
    return query if performer is None else query.where(_performer == performer)


def _entry(source: str, payload: str) -> TimeEntry:
    entry = decoded("time_entry", source, payload)
    assert isinstance(entry, TimeEntry)
    return entry
