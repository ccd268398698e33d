"""How the application reaches Postgres."""

from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_UNNAMED = ""


def create_engine(url: str, *, pool_size: int = 20, statement_cache: bool = True) -> AsyncEngine:
    """An engine for a libpq URL (`postgres://` or `postgresql://`, unix sockets by `?host=`).

    `statement_cache=False`: a pooler in transaction mode stands between, so no prepared statement outlives its use.
    """
    kept: dict[str, Any] = {} if statement_cache else {"statement_cache_size": 0}

    async def connect(**_: Any) -> asyncpg.Connection:
        # asyncpg reads the URL as libpq does; passing it through SQLAlchemy's would lose sslmode and socket directories.
        return await asyncpg.connect(url, **kept)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,  # what overflows is opened and closed again for each use: milliseconds, and a new Postgres process
        pool_timeout=5,
        connect_args={}
        if statement_cache
        else {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: _UNNAMED},
        # What was sent may be a patient's: never in an exception's text.
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Costs no round trip, and a server that was restarted is found before a request fails on it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
