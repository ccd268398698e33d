"""The demo practice on a database of our own: invented patients whose months show every kind of answer."""

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import caller_of, create_key, create_practice
from app.cli.demo_facts import FIXED_MONTH, TIME_ZONE, month_facts, standing_facts
from app.determination.facts import Fact
from app.determination.service_month import ServiceMonth, local_day, service_month
from app.ledger.append import append
from app.ledger.read import page
from app.postgres.engine import create_engine
from app.postgres.transaction import transaction

NAME: Final = "Demo practice"
SOURCE: Final = "demo"


class DemoKey(Struct, frozen=True):
    """The demo practice's API key, where it is kept, and the day and month its examples speak of."""

    key: str
    path: Path
    today: dt.date
    month: str


async def seeded(url: str, data_dir: Path, now: dt.datetime) -> DemoKey:
    """Make the demo practice, or find it again, and record what is missing of it."""
    today = local_day(now, TIME_ZONE)
    this_month = service_month(f"{today:%Y-%m}", TIME_ZONE)
    path = data_dir / "demo-key"
    engine = create_engine(url, pool_size=1)
    try:
        tenant, key = await _key(engine, path)
        await _record(engine, tenant, standing_facts())
        for month in (service_month(FIXED_MONTH, TIME_ZONE), _before(this_month), this_month):
            if not await _is_recorded(engine, tenant, month):
                await _record(engine, tenant, month_facts(month, today))
    finally:
        await engine.dispose()
    return DemoKey(key, path, today, this_month.written)


async def _key(engine: AsyncEngine, path: Path) -> tuple[UUID, str]:
    """The key in the file if it still works, else a new one for the practice there is, else for a new practice."""
    kept = _kept(path)
    caller = await caller_of(engine, kept)
    if caller is not None:
        return caller.tenant, kept
    async with engine.connect() as connection:
        # On a server of our own we are its superuser, and see every practice.
        found = await connection.execute(text("SELECT tenant FROM practice WHERE name = :name LIMIT 1"), {"name": NAME})
        tenant = found.scalar_one_or_none()
    if tenant is None:
        tenant = await create_practice(engine, NAME)
    key = await create_key(engine, tenant, SOURCE)
    _keep(path, key)
    return tenant, key


def _kept(path: Path) -> str:
    return path.read_text("ascii", "replace").strip() if path.exists() else ""


def _keep(path: Path, key: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")


async def _record(engine: AsyncEngine, tenant: UUID, facts: Sequence[Fact]) -> None:
    # Partial, so that what somebody corrected meanwhile, or an earlier version wrote otherwise, stays as it is.
    async with transaction(engine, tenant) as connection:
        await append(connection, tenant, SOURCE, facts, partial=True)


async def _is_recorded(engine: AsyncEngine, tenant: UUID, month: ServiceMonth) -> bool:
    async with transaction(engine, tenant) as connection:
        return bool(await page(connection, tenant, "demo-ada", kind="time_entry", month=month, limit=1))


def _before(month: ServiceMonth) -> ServiceMonth:
    return service_month(f"{month.first_day - dt.timedelta(days=1):%Y-%m}", TIME_ZONE)
