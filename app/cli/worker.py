"""The worker: what is done beside the requests, by a process of its own. Today that is housekeeping."""

import asyncio
import logging
import multiprocessing
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import logs
from app.access.idempotency import forget_expired
from app.cli.errors import CannotRun
from app.errors import Unavailable
from app.postgres.engine import create_engine
from app.settings import Settings

BATCH: Final = 500
"""Rows a transaction removes, few enough to be over in milliseconds and to hold up nobody."""
PAUSE_SECONDS: Final = 60
SHORTEST_BACKOFF_SECONDS: Final = 1
LONGEST_BACKOFF_SECONDS: Final = 60
STOPPING_SECONDS: Final = 5

_log = logging.getLogger(__name__)


def work(settings: Settings, *, once: bool = False) -> None:
    """Keep house until told to stop. `once`: do what is due and leave; CannotRun where that cannot be done."""
    if settings.database_url is None:
        raise CannotRun(
            "`worker` needs DATABASE_URL, the address of a migrated database.\n"
            "`run` starts a Postgres of its own where there is none, and a worker beside it."
        )
    logs.configure(settings.log_level, settings.log_format)
    asyncio.run(_work(settings.database_url, statement_cache=settings.statement_cache, once=once))


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """A worker in a process of its own for as long as this one needs it, and no longer than this one lives."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(settings,), name="worker")
    # Ctrl-C in a terminal is meant for us, and we tell the worker, which may be only just starting.
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        process.terminate()
        process.join(STOPPING_SECONDS)
        process.kill()
        process.join()


async def _work(url: str, *, statement_cache: bool, once: bool) -> None:
    engine = create_engine(url, pool_size=1, statement_cache=statement_cache)
    try:
        if once:
            await _once(engine)
        else:
            await _until_told_to_stop(engine)
    finally:
        await engine.dispose()


async def _once(engine: AsyncEngine) -> None:
    try:
        await keep_house(engine)
    except (Unavailable, DBAPIError):
        raise CannotRun("The database cannot be reached, or is not migrated. See DATABASE_URL.") from None


async def _until_told_to_stop(engine: AsyncEngine) -> None:
    """Whatever is under way when we are told is one short transaction, which is rolled back."""
    working = asyncio.ensure_future(keep_house_for_ever(engine))
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, working.cancel)
    if (parent := multiprocessing.parent_process()) is not None:
        # Who started us may be killed, and then tells us nothing.
        loop.add_reader(parent.sentinel, working.cancel)
    _log.info("worker started")
    await asyncio.wait([working])
    if not working.cancelled():
        working.result()
    _log.info("worker stopped")


async def keep_house_for_ever(engine: AsyncEngine) -> None:
    """Keep house every minute; while the database cannot serve, ask again less and less often."""
    backoff = SHORTEST_BACKOFF_SECONDS
    while True:
        try:
            await keep_house(engine)
        except (Unavailable, DBAPIError) as error:
            # Not migrated yet, or by a newer version: that will change as well.
            _log.warning("the database cannot serve", exc_info=error, extra={"seconds": backoff})
            # Uneven, so that many workers do not come back together.
            await asyncio.sleep(backoff * random.uniform(0.5, 1))  # noqa: S311
            backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
        else:
            backoff = SHORTEST_BACKOFF_SECONDS
            await asyncio.sleep(PAUSE_SECONDS)


async def keep_house(engine: AsyncEngine) -> None:
    """Remove the first answers whose time is over, in small transactions."""
    total = 0
    while forgotten := await forget_expired(engine, at_most=BATCH):
        total += forgotten
    if total:
        _log.info("expired idempotency keys removed", extra={"removed": total})
