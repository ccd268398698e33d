"""One transaction of one practice: the only way the application touches a practice's rows."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Executable, Row, text
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import Unavailable

T = TypeVar("T")

APPLICATION_ROLE: Final = "care_month_app"
CHECKPOINT_ROLE: Final = "care_month_checkpoint"
"""Sees the heads of all ledgers, and nothing else of anybody."""

# Local to the transaction: nothing leaks to whoever has the connection next, behind a pooler or not.
_BEGIN: Final = text(
    "SELECT set_config('role', :role, true), set_config('app.tenant', :tenant, true),"
    " set_config('lock_timeout', :lock_timeout, true),"
    " set_config('idle_in_transaction_session_timeout', :longest_idle, true)"
)
_PRACTICES: Final = text("SELECT every_practice()")
LOCK_TIMEOUT: Final = "2s"
LONGEST_IDLE: Final = "20s"
"""In the midst of a transaction: who is silent for longer has been cut off, and holds others up with its locks."""
_RETRIES: Final = 3
_SERIALIZATION_FAILURES: Final = frozenset({"40001", "40P01"})
# Connection lost or refused, or silent for too long; out of connections, memory or disk; shut down or cancelled.
_UNAVAILABLE_CLASSES: Final = frozenset({"08", "28", "53", "57", "58"})
# A lock not had in time; a server that fell back to being a read-only standby.
_UNAVAILABLE_STATES: Final = frozenset({"55P03", "25006", "25P03"})


class Superseded(Unavailable):
    """Another transaction came first. Doing it again from the start will likely work; `retrying` does."""


@asynccontextmanager
async def transaction(
    engine: AsyncEngine,
    tenant: UUID | None,
    *,
    snapshot: bool = False,
    role: str = APPLICATION_ROLE,
    lock_timeout: str = LOCK_TIMEOUT,
) -> AsyncIterator[AsyncConnection]:
    """A transaction as the application's role that sees one practice's rows; with no tenant, nobody's.

    Commits at the end, rolls back when anything is raised. `snapshot`: everything read in it is of one moment
    (REPEATABLE READ). No lock is waited for longer than `lock_timeout`. `Unavailable` where the database cannot serve now, `Superseded` where a retry is due.
    """
    async with (
        _connected(engine, "REPEATABLE READ" if snapshot else "READ COMMITTED") as connection,
        connection.begin(),
    ):
        whose = "" if tenant is None else str(tenant)
        begun = {"role": role, "tenant": whose, "lock_timeout": lock_timeout, "longest_idle": LONGEST_IDLE}
        await connection.execute(_BEGIN, begun)
        yield connection


async def every_practice(engine: AsyncEngine) -> list[UUID]:
    """All practices, for whoever looks after all of them: nothing else of them is told."""
    async with transaction(engine, None) as connection:
        return list((await connection.execute(_PRACTICES)).scalars())


async def alone(engine: AsyncEngine, statement: Executable, parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
    """The rows of a statement that is a transaction of its own, in one round trip: it takes the role itself.

    Raises as `transaction` does.
    """
    async with _connected(engine, "AUTOCOMMIT") as connection:
        return (await connection.execute(statement, parameters)).all()


@asynccontextmanager
async def _connected(engine: AsyncEngine, isolation: IsolationLevel) -> AsyncIterator[AsyncConnection]:
    connected = False
    try:
        async with engine.connect() as connection:
            connected = True
            await connection.execution_options(isolation_level=isolation)
            yield connection
    except DBAPIError as error:
        if (problem := _problem(error.orig, lost=error.connection_invalidated)) is None:
            raise
        raise problem from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        # Whoever uses the driver's connection itself (`jobs`) meets its own errors.
        problem = _problem(error, lost=not isinstance(error, asyncpg.PostgresError))
        if connected and problem is None:
            raise
        raise problem or _unavailable() from error
    except (OSError, PoolTimeoutError) as error:
        if connected:  # then it is not about reaching the database
            raise
        raise _unavailable() from error


async def retrying(attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` returns, which holds one whole transaction; done again up to three times where others came first."""
    for retry in range(_RETRIES):
        try:
            return await attempt()
        except Superseded:
            # Uneven pauses, so that two that collided do not collide again.
            await asyncio.sleep(random.uniform(0.005, 0.02) * 2**retry)  # noqa: S311
    return await attempt()


def _problem(error: BaseException | None, *, lost: bool) -> Unavailable | None:
    """What the failure means for who asked, where the connection was `lost` or not; None: a mistake of ours."""
    state = getattr(error, "sqlstate", None) or ""
    if state in _SERIALIZATION_FAILURES:
        return Superseded("Others were changing the same records.", headers={"Retry-After": "1"})
    if lost or state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES:
        return _unavailable()
    return None


def _unavailable() -> Unavailable:
    return Unavailable("The database cannot serve this now.", headers={"Retry-After": "2"})
