"""Runs and their ranges as they are stored: planned in one transaction, each range done in one."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Unavailable
from app.postgres.jobs import Job, enqueue

RANGE_JOB: Final = "run_range"
FIRST_RANGES: Final = 20
"""Which come before the later ones of other runs."""

Patients = Literal["all", "listed", "changed"]

_PLAN: Final = text("""
    INSERT INTO run (tenant, run, service_month, patients, compared_with, known_on)
    VALUES (:tenant, :run, :month, :patients, :compared_with, :known_on)
""")
# One look at the names, in their order. The first range begins before all names, the last has no end.
_PLAN_RANGES: Final = text("""
    WITH named AS (
        SELECT stream, row_number() OVER (ORDER BY stream) - 1 AS place
        FROM stream WHERE tenant = :tenant AND stream > '' AND position > 0
    ), cut AS (
        SELECT place / :size AS number, min(stream) AS first, count(*) AS patients FROM named GROUP BY place / :size
    )
    INSERT INTO run_range (tenant, run, number, first, until, patients)
    SELECT :tenant, :run, number, CASE WHEN number = 0 THEN '' ELSE first END, lead(first) OVER (ORDER BY number), patients
    FROM cut
    RETURNING number
""")
_PLAN_LISTED: Final = text("""
    INSERT INTO run_range (tenant, run, number, first, listed, patients)
    VALUES (:tenant, :run, :number, :first, CAST(:listed AS text[]), :patients)
""")
_RUN: Final = """
    SELECT run.run, run.service_month, run.patients, run.compared_with, run.known_on, run.asked_at, run.cancelled_at,
        counted.*
    FROM run
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.patients), 0) AS total,
            coalesce(sum(r.patients) FILTER (WHERE r.done_at IS NOT NULL), 0) AS done,
            coalesce(sum(r.determined), 0) AS determined, coalesce(sum(r.unchanged), 0) AS unchanged,
            coalesce(sum(r.failed), 0) AS failed,
            count(*) FILTER (WHERE r.done_at IS NULL) AS ranges_to_do,
            max(r.done_at) AS last_done_at,
            coalesce(sum(r.patients) FILTER (WHERE r.done_at > clock_timestamp() - CAST(:lately AS interval)), 0) AS done_lately,
            clock_timestamp() AS now
        FROM run_range AS r WHERE r.tenant = run.tenant AND r.run = run.run
    ) AS counted
    WHERE run.tenant = :tenant
"""
_ONE: Final = text(f"{_RUN} AND run.run = :run")
_OF_MONTH: Final = text(f"""{_RUN} AND run.service_month = :month
    AND (CAST(:before AS timestamptz) IS NULL OR (run.asked_at, run.run) < (:before, :before_run))
    ORDER BY run.asked_at DESC, run.run DESC LIMIT :limit
""")
# A run of everybody that came to its end: whatever it says nothing of it says was not there.
_LAST_OF_ALL: Final = text("""
    SELECT run.run FROM run
    WHERE run.tenant = :tenant AND run.service_month = :month AND run.patients = 'all'
        AND NOT EXISTS (
            SELECT FROM run_range AS r WHERE r.tenant = run.tenant AND r.run = run.run AND r.done_at IS NULL
        )
    ORDER BY run.asked_at DESC LIMIT 1
""")
_UNDER_WAY: Final = text("""
    SELECT count(*) FROM run WHERE run.tenant = :tenant AND run.cancelled_at IS NULL AND EXISTS (
        SELECT FROM run_range AS r WHERE r.tenant = run.tenant AND r.run = run.run AND r.done_at IS NULL
    )
""")
_CANCEL: Final = text("""
    UPDATE run SET cancelled_at = clock_timestamp() WHERE tenant = :tenant AND run = :run AND cancelled_at IS NULL
""")
_RANGE: Final = text("""
    SELECT run.service_month, run.patients AS of, run.compared_with, run.known_on,
        r.first, r.until, r.listed
    FROM run_range AS r JOIN run ON run.tenant = r.tenant AND run.run = r.run
    WHERE r.tenant = :tenant AND r.run = :run AND r.number = :number
        AND r.done_at IS NULL AND run.cancelled_at IS NULL
""")
# Not a lock of the run's row: that is granted to further sharers while somebody waits to change the row, who may wait for ever.
# Of this one nobody gets a further share while a cancellation waits; and nobody waits for a share.
_SHARE: Final = text("SELECT pg_try_advisory_xact_lock_shared(:lock)")
_ALONE: Final = text("SELECT pg_advisory_xact_lock(:lock)")
_STILL_TO_DO: Final = text("""
    SELECT r.number FROM run_range AS r JOIN run ON run.tenant = r.tenant AND run.run = r.run
    WHERE r.tenant = :tenant AND r.run = :run AND r.number = :number
        AND r.done_at IS NULL AND run.cancelled_at IS NULL
    FOR NO KEY UPDATE OF r
""")
_NUMBERS_ALONE: Final = text("SELECT FROM run WHERE tenant = :tenant AND run = :run FOR NO KEY UPDATE")
_LEAVE: Final = text("""
    WITH shorter AS (
        UPDATE run_range SET until = :rest WHERE tenant = :tenant AND run = :run AND number = :number
    )
    INSERT INTO run_range (tenant, run, number, first, until, patients)
    SELECT :tenant, :run, (SELECT max(number) + 1 FROM run_range WHERE tenant = :tenant AND run = :run), :rest, :until, (
        SELECT count(*) FROM stream
        WHERE tenant = :tenant AND stream >= :rest AND (CAST(:until AS text) IS NULL OR stream < :until) AND position > 0
    )
    RETURNING number
""")
_DONE: Final = text("""
    UPDATE run_range SET done_at = clock_timestamp(), patients = :patients, determined = :determined,
        unchanged = :unchanged, failed = :failed
    WHERE tenant = :tenant AND run = :run AND number = :number
""")
_LEFT: Final = text("""
    SELECT r.run, r.number FROM run_range AS r JOIN run ON run.tenant = r.tenant AND run.run = r.run
    WHERE r.tenant = :tenant AND r.done_at IS NULL AND run.cancelled_at IS NULL
        AND run.asked_at < clock_timestamp() - CAST(:older_than AS interval)
    ORDER BY r.number, r.run LIMIT :limit
""")


class Planned(Struct, frozen=True):
    """A run that is asked for."""

    run: UUID
    month: str
    patients: Patients
    compared_with: UUID | None
    known_on: dt.date


class StoredRun(Struct, frozen=True):
    """A run, and what its ranges come to at the moment `now`; `done_lately` counts the patients of a time before it."""

    run: UUID
    service_month: str
    patients: Patients
    compared_with: UUID | None
    known_on: dt.date
    asked_at: dt.datetime
    cancelled_at: dt.datetime | None
    total: int
    done: int
    determined: int
    unchanged: int
    failed: int
    ranges_to_do: int
    last_done_at: dt.datetime | None
    done_lately: int
    now: dt.datetime


class Range(Struct, frozen=True):
    """A part of a run that is still to be done: patients by name from `first` to before `until`, or those listed."""

    tenant: UUID
    run: UUID
    number: int
    month: str
    of: Patients
    compared_with: UUID | None
    known_on: dt.date
    first: str
    until: str | None
    listed: tuple[str, ...] | None


async def plan(
    connection: AsyncConnection, tenant: UUID, planned: Planned, listed: Sequence[str] | None, size: int
) -> None:
    """Store the run and its ranges of about `size` patients, and have each be worked on once the transaction commits."""
    asked = {
        "tenant": tenant, "run": planned.run, "month": planned.month, "patients": planned.patients,
        "compared_with": planned.compared_with, "known_on": planned.known_on,
    }  # fmt: skip
    await connection.execute(_PLAN, asked)
    if listed is None:
        rows = await connection.execute(_PLAN_RANGES, {"tenant": tenant, "run": planned.run, "size": size})
        numbers = sorted(rows.scalars())
    else:
        parts = [listed[at : at + size] for at in range(0, len(listed), size)]
        numbers = list(range(len(parts)))
        for number, part in zip(numbers, parts, strict=True):
            of_part = {"number": number, "first": part[0], "listed": list(part), "patients": len(part)}
            await connection.execute(_PLAN_LISTED, {"tenant": tenant, "run": planned.run, **of_part})
    await enqueue(connection, [job(tenant, planned.run, number) for number in numbers])


def job(tenant: UUID, run: UUID, number: int) -> Job:
    """The first ranges of several runs come in turn, so a small one does not wait for a large one; then who asked first."""
    return Job(RANGE_JOB, f"{tenant} {run} {number}".encode(), f"{run} {number}", priority=-min(number, FIRST_RANGES))


def named_by(payload: bytes) -> tuple[UUID, UUID, int]:
    """The practice, run and range that a job is about."""
    tenant, run, number = payload.decode().split()
    return UUID(tenant), UUID(run), int(number)


async def one(connection: AsyncConnection, tenant: UUID, run: UUID, lately: dt.timedelta) -> StoredRun | None:
    """A run, if there is one."""
    row = (await connection.execute(_ONE, {"tenant": tenant, "run": run, "lately": lately})).one_or_none()
    return None if row is None else StoredRun(*row)


async def of_month(
    connection: AsyncConnection,
    tenant: UUID,
    month: str,
    lately: dt.timedelta,
    before: tuple[dt.datetime, UUID] | None,
    limit: int,
) -> list[StoredRun]:
    """A month's runs, the newest first, from the one that follows an instant and a run."""
    at, run = before or (None, None)
    asked = {"tenant": tenant, "month": month, "lately": lately, "before": at, "before_run": run, "limit": limit}
    return [StoredRun(*row) for row in await connection.execute(_OF_MONTH, asked)]


async def under_way(connection: AsyncConnection, tenant: UUID) -> int:
    """How many runs of the practice are not done. Whoever else asks waits until the transaction ends."""
    await connection.execute(_ALONE, {"lock": _lock(b"runs", tenant)})
    counted: int = (await connection.execute(_UNDER_WAY, {"tenant": tenant})).scalar_one()
    return counted


async def last_of_all(connection: AsyncConnection, tenant: UUID, month: str) -> UUID | None:
    """The newest run of all patients of a month that is done."""
    found: UUID | None = (
        await connection.execute(_LAST_OF_ALL, {"tenant": tenant, "month": month})
    ).scalar_one_or_none()
    return found


async def cancel(connection: AsyncConnection, tenant: UUID, run: UUID) -> None:
    """Have no further range be done; those that are just being stored are waited for."""
    await connection.execute(_ALONE, {"lock": _lock(b"run", run)})
    await connection.execute(_CANCEL, {"tenant": tenant, "run": run})


async def range_to_do(connection: AsyncConnection, tenant: UUID, run: UUID, number: int) -> Range | None:
    """The range, unless it is done or its run cancelled."""
    row = (await connection.execute(_RANGE, {"tenant": tenant, "run": run, "number": number})).one_or_none()
    if row is None:
        return None
    return Range(
        tenant=tenant,
        run=run,
        number=number,
        month=row.service_month,
        of=row.of,
        compared_with=row.compared_with,
        known_on=row.known_on,
        first=row.first,
        until=row.until,
        listed=None if row.listed is None else tuple(row.listed),
    )


async def take(connection: AsyncConnection, part: Range) -> bool:
    """Hold the range until the transaction ends; False where it was done meanwhile, or the run cancelled.

    `Unavailable` while somebody is about to cancel the run.
    """
    if not (await connection.execute(_SHARE, {"lock": _lock(b"run", part.run)})).scalar_one():
        raise Unavailable("The run is being cancelled.")
    asked = {"tenant": part.tenant, "run": part.run, "number": part.number}
    return (await connection.execute(_STILL_TO_DO, asked)).first() is not None


def _lock(about: bytes, which: UUID) -> int:
    return int.from_bytes(hashlib.sha256(about + which.bytes).digest()[:8], signed=True)


async def leave(connection: AsyncConnection, part: Range, rest: str) -> None:
    """Have the range end before a patient, and the rest of it be a range of its own."""
    await connection.execute(_NUMBERS_ALONE, {"tenant": part.tenant, "run": part.run})
    asked = {"tenant": part.tenant, "run": part.run, "number": part.number, "until": part.until, "rest": rest}
    number = (await connection.execute(_LEAVE, asked)).scalar_one()
    await enqueue(connection, [job(part.tenant, part.run, number)])


async def done(connection: AsyncConnection, part: Range, *, determined: int, unchanged: int, failed: int) -> None:
    """State that the range is done: of so many patients each was looked at."""
    asked = {
        "tenant": part.tenant, "run": part.run, "number": part.number, "determined": determined, "unchanged": unchanged,
        "failed": failed, "patients": determined + unchanged + failed,
    }  # fmt: skip
    await connection.execute(_DONE, asked)


async def have_left_ones_done(connection: AsyncConnection, tenant: UUID, older_than: dt.timedelta, limit: int) -> None:
    """Have ranges that are not done be worked on, where no job says so any more: a queue may be emptied by somebody."""
    left = await connection.execute(_LEFT, {"tenant": tenant, "older_than": older_than, "limit": limit})
    await enqueue(connection, [job(tenant, row.run, row.number) for row in left])
