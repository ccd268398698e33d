"""What the application holds for as long as it runs.

Dependencies are coroutines, here and elsewhere: the framework would send a plain function to a thread, for each request.
"""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from app.api.inbox import Inbox
from app.errors import Unavailable


async def _engine(request: Request) -> AsyncEngine:
    engine = request.app.state.engine
    if not isinstance(engine, AsyncEngine):
        raise Unavailable("No database is configured.", headers={"Retry-After": "60"})
    return engine


Engine = Annotated[AsyncEngine, Depends(_engine)]


async def _inbox(request: Request) -> Inbox:
    inbox = request.app.state.inbox
    assert isinstance(inbox, Inbox), "where there is an engine there is an inbox"
    return inbox


SmallWrites = Annotated[Inbox, Depends(_inbox)]
