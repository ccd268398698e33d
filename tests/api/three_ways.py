"""The application as it reaches its database in three ways, for tests that two practices never meet in it."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.api.pooler import PROGRAM, pooled

WAYS: Final = ("many connections", "one connection", "a pooler")


@asynccontextmanager
async def reaching(database_url: str, way: str) -> AsyncIterator[FastAPI]:
    """The application as usual, with one connection for everybody, or through a pooler that gives each transaction one."""
    with ExitStack() as cleanup:
        if way == "a pooler":
            if PROGRAM is None:
                pytest.skip("there is no pgbouncer")
            settings = Settings(database_url=cleanup.enter_context(pooled(database_url)), statement_cache=False)
        else:
            connections = 1 if way == "one connection" else 20
            settings = Settings(database_url=database_url, database_pool_size=connections)
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            yield app
