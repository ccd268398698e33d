"""The worker: what is done beside the requests, by processes of their own: runs, housekeeping, checkpoints, the worklist."""

import asyncio
import datetime as dt
import logging
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import logs
from app.access.idempotency import forget_expired
from app.access.tokens import forget_expired_tokens
from app.audit.checkpoint_file import Busy
from app.audit.checkpointing import Checkpointer, Contradiction
from app.audit.checkpoints import Broken
from app.cli.audit import checkpointer
from app.cli.errors import CannotRun
from app.cli.settling import settle
from app.errors import Unavailable
from app.months.runs.stored import RANGE_JOB, have_left_ones_done
from app.months.runs.working import work_on
from app.months.worklist_keeping import Keeper
from app.postgres import jobs
from app.postgres.engine import create_engine
from app.postgres.transaction import every_practice, transaction
from app.settings import Settings

BATCH: Final = 500
"""Rows a transaction removes, few enough to be over in milliseconds and to hold up nobody."""
PAUSE_SECONDS: Final = 60
WORKLIST_PAUSE_SECONDS: Final = 1
LOOKING_SHARE: Final = 10
"""Of its time the worker spends at most a tenth on looking for rows of the worklist that are behind."""
SHORTEST_BACKOFF_SECONDS: Final = 1
LONGEST_BACKOFF_SECONDS: Final = 60
STOPPING_SECONDS: Final = 5
MOST_BY_THEMSELVES: Final = 24
"""Workers without being told how many: each takes up to six connections, and our own Postgres has 200."""
RUN_PAUSE_SECONDS: Final = 2
"""Between two ranges of a run at most; after it, the run has ended or others do the rest."""
LEFT_FOR: Final = dt.timedelta(minutes=1)
"""After that time a range without a job is put into the queue again."""

Turn = Callable[[], Awaitable[float]]
"""Everything of a sort that is due, once; how many seconds later it is due again."""

_log = logging.getLogger(__name__)


def work(settings: Settings, *, once: bool = False) -> None:
    """Keep house until told to stop. `once`: do what is due and leave; CannotRun where that cannot be done."""
    if settings.database_url is None:
        raise CannotRun(
            "`worker` needs DATABASE_URL, the address of a migrated database.\n"
            "`run` starts a Postgres of its own where there is none, and a worker beside it."
        )
    logs.configure(settings.log_level, settings.log_format)
    settle()
    asyncio.run(_work(settings, settings.database_url, checkpointer(settings), once=once))


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Workers in processes of their own for as long as this one needs them, and no longer than this one lives."""
    context = multiprocessing.get_context("spawn")
    count = settings.workers or min(os.cpu_count() or 1, MOST_BY_THEMSELVES)
    processes = [context.Process(target=work, args=(settings,), name=f"worker-{number}") for number in range(count)]
    # Ctrl-C in a terminal is meant for us, and we tell the workers, which may be only just starting.
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for process in processes:
            process.start()
    finally:
        signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(STOPPING_SECONDS)
            process.kill()
            process.join()


async def _work(settings: Settings, url: str, maker: Checkpointer | None, *, once: bool) -> None:
    engine = create_engine(url, pool_size=1, statement_cache=settings.statement_cache)
    # Its transactions are longer than those of the house, which need not wait for them.
    worklists = create_engine(url, pool_size=1, statement_cache=settings.statement_cache)
    runs = Runs(create_engine(url, pool_size=jobs.AT_ONCE, statement_cache=settings.statement_cache))
    keeper = Keeper(worklists, gives_way=runs.at_work)
    # The heads are read by whoever may see them, which the application need not.
    heads = create_engine(
        settings.checkpoint_database_url or url, pool_size=1, statement_cache=settings.statement_cache
    )
    if maker is None:
        _log.warning("no checkpoints are made: AUDIT_KEY_FILE names no key")

    async def house() -> float:
        began = time.monotonic()
        await keep_house(engine)
        await keeper.forget(BATCH)
        await have_left_ranges_done(engine)
        if maker is not None:
            await make_checkpoint(heads, maker)
        return PAUSE_SECONDS - (time.monotonic() - began)

    async def worklist() -> float:
        return WORKLIST_PAUSE_SECONDS if runs.at_work() else await keep_worklist(keeper)

    # Whoever waits for a job must be told of it, and no pooler in transaction mode does.
    jobs_url = settings.jobs_database_url or (url if settings.statement_cache else None)
    if jobs_url is None:
        _log.warning("no runs are worked on: JOBS_DATABASE_URL does not name the server behind the pooler")

    async def work_on_jobs() -> float:
        if jobs_url is not None:
            await jobs.work(jobs_url, {RANGE_JOB: runs.work_on}, until_empty=once)
        return PAUSE_SECONDS

    try:
        if once:
            await _once(house, worklist, work_on_jobs)
        else:
            await _until_told_to_stop(house, work_on_jobs, worklist)
    finally:
        for each in (engine, worklists, heads, runs.engine):
            await each.dispose()


async def _once(*turns: Turn) -> None:
    try:
        for turn in turns:
            await turn()
    except (Unavailable, DBAPIError):
        raise CannotRun("The database cannot be reached, or is not migrated. See DATABASE_URL.") from None


async def _until_told_to_stop(*turns: Turn) -> None:
    """Ranges of runs that are in hand when we are told are ended; what else is under way are short transactions, rolled back."""
    working = asyncio.ensure_future(_all_for_ever(turns))
    loop = asyncio.get_running_loop()
    parent = multiprocessing.parent_process()

    def stop() -> None:
        """Once: told again, by the terminal and by who started us, we would break off what we are ending."""
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(told)
            signal.signal(told, signal.SIG_IGN)
        if parent is not None:
            loop.remove_reader(parent.sentinel)
        working.cancel()

    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop)
    if parent is not None:
        # Who started us may be killed, and then tells us nothing.
        loop.add_reader(parent.sentinel, stop)
    _log.info("worker started")
    await asyncio.wait([working])
    if not working.cancelled():
        working.result()
    _log.info("worker stopped")


async def _all_for_ever(turns: Iterable[Turn]) -> None:
    await asyncio.gather(*(_for_ever(turn) for turn in turns))


async def _for_ever(turn: Turn) -> None:
    """A turn whenever it is due; while the database cannot serve, again less and less often."""
    backoff = SHORTEST_BACKOFF_SECONDS
    while True:
        began = time.monotonic()
        try:
            pause = await turn()
        except (Unavailable, DBAPIError) as error:
            if time.monotonic() - began > backoff:  # it has served meanwhile
                backoff = SHORTEST_BACKOFF_SECONDS
            # Not migrated yet, or by a newer version: that will change as well.
            _log.warning("the database cannot serve", exc_info=error, extra={"seconds": backoff})
            # Uneven, so that many workers do not come back together.
            await asyncio.sleep(backoff * random.uniform(0.5, 1))  # noqa: S311
            backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
        else:
            backoff = SHORTEST_BACKOFF_SECONDS
            await asyncio.sleep(max(0, pause))


async def keep_house(engine: AsyncEngine) -> None:
    """Remove what is kept for a time and whose time is over, in small transactions: first answers, tokens, notes of jobs."""
    for forget, event in (
        (forget_expired, "expired idempotency keys removed"),
        (forget_expired_tokens, "expired tokens removed"),
        (jobs.forget_old, "notes of jobs removed"),
    ):
        total = 0
        while forgotten := await forget(engine, at_most=BATCH):
            total += forgotten
        if total:
            _log.info(event, extra={"removed": total})


async def have_left_ranges_done(engine: AsyncEngine) -> None:
    """Have what is left of runs be worked on, where no job says so any more."""
    for tenant in await every_practice(engine):
        async with transaction(engine, tenant) as connection:
            await have_left_ones_done(connection, tenant, LEFT_FOR, BATCH)


class Runs:
    """Ranges of runs, as this worker does them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._in_hand = 0
        self._ended = float("-inf")

    def at_work(self) -> bool:
        """Whether one is in hand, or was a moment ago: somebody waits, and whatever nobody waits for is to stand back."""
        return self._in_hand > 0 or time.monotonic() < self._ended + RUN_PAUSE_SECONDS

    async def work_on(self, payload: bytes) -> dt.timedelta | None:
        """Do the range that a job is about; a time where it is to come again."""
        self._in_hand += 1
        try:
            return await work_on(self.engine, payload)
        finally:
            self._in_hand -= 1
            self._ended = time.monotonic()


async def keep_worklist(keeper: Keeper) -> float:
    """Bring up the worklists' rows that are behind; how many seconds later to look again."""
    while True:
        turn = await keeper.turn()
        if turn.rows:
            _log.debug("worklist rows worked out", extra={"rows": turn.rows})
        if not turn.more:
            return max(WORKLIST_PAUSE_SECONDS, (LOOKING_SHARE - 1) * turn.looking_seconds)


async def make_checkpoint(engine: AsyncEngine, maker: Checkpointer) -> None:
    """A checkpoint if anything was written since the last. Where none can be made that is said, and the house is kept."""
    try:
        made = await maker.make(engine)
    except Busy:
        return  # another worker is at it
    except Contradiction:
        _log.error("the ledgers are not what the last checkpoint saw, see audit verify; none is made")
    except (Broken, OSError, Unavailable, DBAPIError) as error:
        _log.error("no checkpoint could be made", exc_info=error)
    else:
        if made is not None:
            _log.info("checkpoint made", extra={"number": made.number, "ledgers": made.ledgers})
