"""The worklist kept current: rows that are behind their ledgers are found by comparing positions, and worked out again.

Of a month that is known to be current up to an instant only the ledgers that moved since are compared; all of them now and
then, and where the practice, the day or the law is another.

Any number of workers do so at once. A practice's month is divided into parts by the patients' names; whoever works on some
of a part holds its advisory lock until the rows are committed, and nobody waits for it. A lock of rows would not do: the
row of a new patient is not there yet, and the ledger's head belongs to whoever records something.
"""

import datetime as dt
import hashlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.determination.service_month import local_day, service_month
from app.errors import Unavailable
from app.ledger.read import practice_time_zone
from app.ledger.read_many import KnownPatients, known, practice_position
from app.ledger.statements import clock
from app.months import outbox, revisions
from app.months.computing import aside
from app.months.worklist_months import OFTEN_ENOUGH, always_kept, ask_for, forget_others, kept_months
from app.months.worklist_row import WorklistRow
from app.months.worklist_rows import Rows
from app.months.worklist_stored import (
    Basis,
    basis,
    behind,
    behind_among,
    billed_digest,
    current_to,
    keep,
    set_current,
)
from app.postgres.transaction import every_practice, transaction

AT_ONCE: Final = 200
"""Patients a transaction works out: a few tenths of a second."""
MOST_FOUND: Final = 5_000
"""Patients found behind at a time; the rest are found when these are done."""
PARTS: Final = 64
"""Into which a practice's month is divided among workers."""
FAILED_PAUSE_SECONDS: Final = 300
"""How long a patient whose row could not be worked out is left alone: nothing will have changed a second later."""

LOOK_AT_ALL_SECONDS: Final = 60
"""How often all ledgers of a practice are compared with their rows; in between only those that moved."""

# In the order asked, none waited for; held until the transaction ends.
_TRY: Final = text("""
    SELECT part FROM unnest(CAST(:parts AS integer[]), CAST(:locks AS bigint[])) AS asked (part, lock)
    WHERE pg_try_advisory_xact_lock(asked.lock)
""")

_log = logging.getLogger(__name__)


class Look(Struct, frozen=True):
    """What was found behind of a practice's month at an instant; whether changes of the month are told."""

    of: Basis
    patients: list[str]
    instant: dt.datetime
    told: bool


class Done(Struct, frozen=True):
    """Of some patients: how many rows were worked out, and of how many it is known that they are not behind any more."""

    made: int
    settled: int


class Turn(Struct, frozen=True):
    """What a turn did: rows worked out, whether more are known to be behind, and how long looking for them took."""

    rows: int
    more: bool
    looking_seconds: float


class Keeper:
    """What one worker does for the worklists of all practices, or of those named."""

    def __init__(
        self,
        engine: AsyncEngine,
        practices: Sequence[UUID] | None = None,
        *,
        gives_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """`gives_way`: whether something more pressing is being done; then what is left is left for the next turn."""
        self._engine = engine
        self._named = practices
        self._gives_way = gives_way
        self._zones: dict[UUID, tuple[int, str]] = {}
        self._looked_at_all: dict[tuple[UUID, str], float] = {}
        self._failed: dict[tuple[UUID, str, str], float] = {}

    async def turn(self) -> Turn:
        """Look for rows that are behind, in every practice, and work them out.

        One practice that cannot be served, say because of a lock, keeps no other waiting; a second ends the turn: then it is
        the database.
        """
        rows, more, looking = 0, False, 0.0
        refused: Unavailable | DBAPIError | None = None
        for tenant in await self._practices():
            try:
                done = await self._practice(tenant)
            except (Unavailable, DBAPIError) as error:
                if refused is not None:
                    raise
                refused = error
            except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and the other practices go on
                _log.error("a practice's worklist cannot be kept", exc_info=error)
            else:
                rows, more, looking = rows + done.rows, more or done.more, looking + done.looking_seconds
        if refused is not None:
            raise refused
        return Turn(rows, more, looking)

    async def _practice(self, tenant: UUID) -> Turn:
        rows, more, began = 0, False, time.monotonic()
        looks = await self._look(tenant)
        looking = time.monotonic() - began
        for look in looks:
            done = await self._bring_up(tenant, look)
            rows += done.made
            if len(look.patients) == MOST_FOUND:
                more = more or done.made > 0
                self._looked_at_all.pop((tenant, look.of.month.written), None)  # there may be others, moved or not
            elif done.settled == len(look.patients):
                async with transaction(self._engine, tenant) as connection:
                    await set_current(connection, tenant, look.of, look.instant)
        return Turn(rows, more, looking)

    async def forget(self, at_most: int) -> int:
        """Remove the rows of months that are kept no more, few at a time; how many it were."""
        total = 0
        for tenant in await self._practices():
            removed = at_most
            while removed == at_most:
                async with transaction(self._engine, tenant) as connection:
                    removed = await forget_others(connection, tenant, await _today(connection, tenant), at_most)
                total += removed
        return total

    async def _practices(self) -> list[UUID]:
        if self._named is not None:
            return [*self._named]
        tenants = await every_practice(self._engine)
        # So that several workers begin in different places.
        random.shuffle(tenants)
        return tenants

    async def _look(self, tenant: UUID) -> list[Look]:
        """The kept months of a practice that have rows which are behind, or of which nobody knows that they have none."""
        looks = []
        async with transaction(self._engine, tenant) as connection:
            instant = await clock(connection)
            position = await practice_position(connection, tenant)
            zone = await self._zone(connection, tenant, position)
            today = local_day(dt.datetime.now(dt.UTC), zone)
            always = always_kept(today)
            for month in await kept_months(connection, tenant, today):
                of = basis(service_month(month, zone), today, position)
                current = await current_to(connection, tenant, of)
                moved_since = current if self._need_not_look_at_all(tenant, month) else None
                patients = await behind(connection, tenant, of, MOST_FOUND, moved_since)
                if patients or current is None:
                    looks.append(Look(of, patients, instant, month in always))
            if looks:
                await ask_for(connection, tenant, [look.of.month.written for look in looks if look.told], OFTEN_ENOUGH)
        return looks

    def _need_not_look_at_all(self, tenant: UUID, month: str) -> bool:
        """Whether it is not yet time to look at every ledger again, moved or not. It is, where we never did."""
        now, last = time.monotonic(), self._looked_at_all.get((tenant, month))
        if last is not None and now - last < LOOK_AT_ALL_SECONDS:
            return True
        self._looked_at_all[tenant, month] = now
        return False

    async def _zone(self, connection: AsyncConnection, tenant: UUID, position: int) -> str:
        """The practice's time zone, read anew where its ledger has moved."""
        known_zone = self._zones.get(tenant)
        if known_zone is None or known_zone[0] != position:
            known_zone = self._zones[tenant] = position, await practice_time_zone(connection, tenant)
        return known_zone[1]

    async def _bring_up(self, tenant: UUID, look: Look) -> Done:
        first, done = random.randrange(PARTS), Done(0, 0)  # noqa: S311 - where to begin, so that several begin apart
        waiting = self._not_failed(tenant, look.of, look.patients)
        ordered = sorted(waiting, key=lambda patient: ((part_of(patient) - first) % PARTS, patient))
        for start in range(0, len(ordered), AT_ONCE):
            if self._gives_way():
                break
            some = await self._work_out(tenant, look, ordered[start : start + AT_ONCE])
            done = Done(done.made + some.made, done.settled + some.settled)
        return done

    async def _work_out(self, tenant: UUID, look: Look, patients: Sequence[str]) -> Done:
        """Work out the rows of those patients who are behind and nobody else's, all in one transaction."""
        of, month = look.of, look.of.month.written
        async with transaction(self._engine, tenant) as connection:
            ours = await _ours(connection, tenant, month, patients)
            # Once more: somebody may have done them since we looked.
            before = await behind_among(connection, tenant, of, ours)
            if not before:
                return Done(0, len(ours))
            read = await known(connection, tenant, list(before))
            closed = await revisions.closed(connection, tenant, list(before), month)
            made, failed = await aside(_made, read, of, closed)
            await keep(connection, tenant, replace(of, practice_position=read.practice.position), made)
            if look.told:
                billed = {row.patient: billed_digest(row.status, row.claim_lines) for row in made}
                changed = [patient for patient, digest in billed.items() if digest != before[patient]]
                await outbox.add(connection, tenant, outbox.DETERMINATION_CHANGED, month, changed)
        for patient in failed:
            self._failed[tenant, month, patient] = time.monotonic()
        return Done(len(made), len(ours) - len(before) + len(made))

    def _not_failed(self, tenant: UUID, of: Basis, patients: Sequence[str]) -> list[str]:
        since = time.monotonic() - FAILED_PAUSE_SECONDS
        self._failed = {key: at for key, at in self._failed.items() if at > since}
        return [patient for patient in patients if (tenant, of.month.written, patient) not in self._failed]


def part_of(patient: str) -> int:
    """The part of the practice's month a patient belongs to."""
    return hashlib.sha256(patient.encode()).digest()[0] % PARTS


async def _ours(connection: AsyncConnection, tenant: UUID, month: str, patients: Sequence[str]) -> list[str]:
    """Those patients whose part nobody else works on, which then is ours."""
    by_part: dict[int, list[str]] = {}
    for patient in patients:
        by_part.setdefault(part_of(patient), []).append(patient)
    asked = {"parts": list(by_part), "locks": [_lock(tenant, month, part) for part in by_part]}
    free = (await connection.execute(_TRY, asked)).scalars().all()
    return [patient for part in free for patient in by_part[part]]


def _lock(tenant: UUID, month: str, part: int) -> int:
    named = hashlib.sha256(b"worklist" + tenant.bytes + f"{month} {part}".encode())
    return int.from_bytes(named.digest()[:8], signed=True)


def _made(read: KnownPatients, of: Basis, closed: frozenset[str]) -> tuple[list[WorklistRow], list[str]]:
    """The rows, and the patients of whom none could be made: one bad month never keeps the others waiting."""
    rows = Rows(read, of.month, of.computed_for, closed)
    made: list[WorklistRow] = []
    failed: list[str] = []
    for patient in rows.patients:
        try:
            made.append(rows.row(patient))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and the others go on
            failed.append(patient)
            _log.error("a month could not be worked out for the worklist", exc_info=error)
    return made, failed


async def _today(connection: AsyncConnection, tenant: UUID) -> dt.date:
    return local_day(dt.datetime.now(dt.UTC), await practice_time_zone(connection, tenant))
