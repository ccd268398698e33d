"""What the application holds for as long as it runs.

Dependencies are coroutines, here and elsewhere: the framework would send a plain function to a thread, for each request.
"""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection, Request

from app.access.lookups import Lookups
from app.api.inbox import Inbox
from app.errors import Unavailable


def engine_of(request: HTTPConnection) -> AsyncEngine:
    """The database's engine. `Unavailable` where none is configured."""
    engine = request.app.state.engine
    if not isinstance(engine, AsyncEngine):
        raise Unavailable("No database is configured.", headers={"Retry-After": "60"})
    return engine


def lookups_of(request: HTTPConnection) -> Lookups:
    """Where callers are looked up."""
    lookups = request.app.state.lookups
    assert isinstance(lookups, Lookups), "where there is an engine there are lookups"
    return lookups


def inbox_of(request: HTTPConnection) -> Inbox:
    """Where small writes gather."""
    inbox = request.app.state.inbox
    assert isinstance(inbox, Inbox), "where there is an engine there is an inbox"
    return inbox


async def _engine(request: Request) -> AsyncEngine:
    return engine_of(request)


Engine = Annotated[AsyncEngine, Depends(_engine)]
