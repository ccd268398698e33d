"""For which months a practice's worklist is kept current: this one, the one before, and those somebody asked for of late."""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.rulebook import loader

KEPT_FOR: Final = dt.timedelta(days=7)
"""After it was last asked for."""
MOST_ASKED_FOR: Final = 6
"""Beside this month and the one before; of more, those asked for last."""
OFTEN_ENOUGH: Final = dt.timedelta(hours=1)
"""To say of a month that is always kept that it is."""
AT_ONCE: Final = dt.timedelta(seconds=1)
"""To say of any other, so that of many asked for in a row the last are kept, and its readers do not wait for one another."""

_ASKED: Final = text("""
    SELECT service_month FROM worklist_month
    WHERE tenant = :tenant AND asked_at > clock_timestamp() - CAST(:kept_for AS interval)
    ORDER BY asked_at DESC, service_month LIMIT :limit
""")
# Held until the transaction ends: nobody asks for one of them while it is being judged and forgotten.
_LISTED: Final = text(
    "SELECT service_month FROM worklist_month WHERE tenant = :tenant ORDER BY service_month FOR UPDATE"
)
_ASK: Final = text("""
    INSERT INTO worklist_month AS listed (tenant, service_month) SELECT :tenant, unnest(CAST(:months AS text[]))
    ON CONFLICT (tenant, service_month) DO UPDATE SET asked_at = excluded.asked_at
    WHERE listed.asked_at < excluded.asked_at - CAST(:often_enough AS interval)
""")
# Before the first row goes: without it whoever comes in between would believe the rest to be all.
_NOT_CURRENT: Final = text("""
    UPDATE worklist_month SET current_to = NULL, current_basis = NULL WHERE tenant = :tenant AND service_month = :month
""")
_FORGET_ROWS: Final = text("""
    DELETE FROM worklist_row WHERE tenant = :tenant AND service_month = :month AND patient IN (
        SELECT patient FROM worklist_row WHERE tenant = :tenant AND service_month = :month LIMIT :at_most
    )
""")
_FORGET_MONTH: Final = text("DELETE FROM worklist_month WHERE tenant = :tenant AND service_month = :month")


def always_kept(today: dt.date) -> tuple[str, ...]:
    """The month of a day and the one before, as far as the rule book covers them."""
    before = today.replace(day=1) - dt.timedelta(days=1)
    return tuple(month for month in (f"{today:%Y-%m}", f"{before:%Y-%m}") if loader.book().covers(month))


async def kept_months(connection: AsyncConnection, tenant: UUID, today: dt.date) -> Sequence[str]:
    """The months whose rows are kept current, the one of the day first."""
    always = always_kept(today)
    asked = {"tenant": tenant, "kept_for": KEPT_FOR, "limit": MOST_ASKED_FOR + len(always)}
    found = (await connection.execute(_ASKED, asked)).scalars().all()
    covered = [month for month in found if month not in always and loader.book().covers(month)]
    return [*always, *covered[:MOST_ASKED_FOR]]


async def ask_for(
    connection: AsyncConnection, tenant: UUID, months: Sequence[str], often_enough: dt.timedelta = AT_ONCE
) -> None:
    """Have months be kept current for some days from now; nothing is written where that was said within `often_enough`."""
    await connection.execute(_ASK, {"tenant": tenant, "months": list(months), "often_enough": often_enough})


async def forget_others(connection: AsyncConnection, tenant: UUID, today: dt.date, at_most: int) -> int:
    """Remove so many rows at most of one month that is not kept any more; how many it were."""
    listed = (await connection.execute(_LISTED, {"tenant": tenant})).scalars().all()
    kept = await kept_months(connection, tenant, today)
    for month in sorted(set(listed) - set(kept)):
        asked = {"tenant": tenant, "month": month}
        await connection.execute(_NOT_CURRENT, asked)
        removed = (await connection.execute(_FORGET_ROWS, {**asked, "at_most": at_most})).rowcount
        if removed:
            return removed
        await connection.execute(_FORGET_MONTH, asked)
    return 0
