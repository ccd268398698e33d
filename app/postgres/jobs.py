"""Jobs in Postgres, under an engine of others (pgqueuer): put there in the caller's transaction, taken by any worker.

A job is an order, not a record: it may be carried out twice, when a worker is killed between its work and saying so, and so
whatever it does must notice that it is done. Of a worker that is not heard from any more another takes over what it had taken.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import asyncpg
from msgspec import Struct
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as TakenJob
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel, QueueExecutionMode
from pgqueuer.queries import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import Unavailable
from app.postgres.transaction import APPLICATION_ROLE, transaction

# All of them: what is not said here the engine reads from variables of the environment as common as TRIGGER.
NAMES: Final = DBSettings(
    prefix="",
    db_schema="jobs",
    channel=Channel("care_month_jobs"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
UNHEARD_FOR: Final = dt.timedelta(seconds=6)
"""After that long without a sign of life another worker takes over."""
LOOK_AGAIN: Final = dt.timedelta(seconds=5)
"""How often the queue is looked at, told of something new or not."""
AT_ONCE: Final = 2
"""Jobs a worker has in hand: while Postgres reads and writes for one, the other is worked out."""

STOPPING: Final = dt.timedelta(seconds=3)
"""For what is in hand when we are told to stop."""
LONGEST_PAUSE: Final = dt.timedelta(minutes=1)
"""Before what failed is tried again."""
_MOST_DOUBLINGS: Final = 6
KEPT_FOR: Final = dt.timedelta(days=7)
"""What the engine notes of jobs that are over."""

_FORGET: Final = tuple(
    text(f"""
        DELETE FROM jobs.{table} WHERE id IN (
            SELECT id FROM jobs.{table} WHERE created < clock_timestamp() - CAST(:kept_for AS interval) LIMIT :at_most
        )
    """)  # noqa: S608 - names of ours
    for table in (NAMES.queue_table_log, NAMES.statistics_table)
)

_log = logging.getLogger(__name__)

Work = Callable[[bytes], Awaitable[dt.timedelta | None]]
"""Carries out a job, given what it says. A time: not yet, it is to come again after that."""


class Job(Struct, frozen=True):
    """An order. `key`: while one of that key waits or is in hand, another is not put there. The higher the `priority` the sooner."""

    entrypoint: str
    payload: bytes
    key: str
    priority: int = 0


async def enqueue(connection: AsyncConnection, jobs: Sequence[Job]) -> None:
    """Put jobs into the queue, once the caller's transaction commits."""
    if not jobs:
        return
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    await _queries(driver).enqueue(
        [job.entrypoint for job in jobs],
        [job.payload for job in jobs],
        [job.priority for job in jobs],
        dedupe_key=[job.key for job in jobs],
        on_conflict="skip",
    )


async def forget_old(engine: AsyncEngine, *, at_most: int) -> int:
    """Remove what the engine noted of jobs that are long over, so many rows at most; how many it were."""
    async with transaction(engine, None) as connection:
        return sum([
            (await connection.execute(forget, {"kept_for": KEPT_FOR, "at_most": at_most})).rowcount for forget in _FORGET
        ])  # fmt: skip


async def work(url: str, entrypoints: Mapping[str, Work], *, until_empty: bool = False) -> None:
    """Take jobs and carry them out until cancelled, or until there is none left. `Unavailable` once the database cannot serve.

    `url` leads to the server itself: behind a pooler in transaction mode nobody is told that there is something to do.
    """
    try:
        connection = await asyncpg.connect(url, server_settings={"application_name": "care-month jobs"})
        try:
            await connection.execute(f"SET ROLE {APPLICATION_ROLE}")
            await _work_on(connection, entrypoints, until_empty=until_empty)
            ended = not connection.is_closed()
        finally:
            # Not politely: it may be gone, or in the midst of something.
            connection.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _lost() from error
    if not (until_empty and ended):
        raise _lost()


async def _work_on(connection: asyncpg.Connection, entrypoints: Mapping[str, Work], *, until_empty: bool) -> None:
    manager = QueueManager(_queries(connection), channel=NAMES.channel)
    connection.add_termination_listener(lambda _: manager.shutdown.set())
    for name, carry_out in entrypoints.items():
        manager.entrypoint(name, accepts_context=False)(_carried_out(carry_out))
    try:
        await manager.verify_structure()
    except RuntimeError as error:
        raise Unavailable("The database lacks what the jobs' engine needs.", headers={"Retry-After": "60"}) from error
    running = asyncio.ensure_future(
        manager.run(
            dequeue_timeout=LOOK_AGAIN,
            batch_size=1,
            mode=QueueExecutionMode.drain if until_empty else QueueExecutionMode.continuous,
            max_concurrent_tasks=AT_ONCE,
            heartbeat_timeout=UNHEARD_FOR,
        )
    )
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        # What is in hand is carried out: the engine would take a job that is broken off for one that nobody wants.
        manager.shutdown.set()
        await asyncio.wait([running], timeout=STOPPING.total_seconds())
        running.cancel()
        raise


def _lost() -> Unavailable:
    return Unavailable("The jobs' database cannot serve now.", headers={"Retry-After": "2"})


def _carried_out(does: Work) -> Callable[[TakenJob], Awaitable[None]]:
    async def carry_out(job: TakenJob) -> None:
        # Before anything can fail: what fails in the midst of an exception takes its words along.
        pause = min(dt.timedelta(seconds=2 ** min(job.attempts + 1, _MOST_DOUBLINGS)), LONGEST_PAUSE)
        try:
            again = await does(job.payload or b"")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged here, and the engine keeps no words of it
            _log.error("a job could not be carried out and is tried again", exc_info=error)
            again = pause
        if again is not None:
            raise RetryRequested(again, "not yet") from None

    return carry_out


def _queries(connection: asyncpg.Connection) -> Queries:
    return Queries(AsyncpgDriver(connection), QueryBuilderEnvironment(NAMES), QueryQueueBuilder(NAMES))
