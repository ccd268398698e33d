"""Before an answer leaves, the access log tells of it; where it cannot, the answer is that, and nothing of the other."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.noting import note_alone
from app.api import problems
from app.errors import TooManyRequests, Unavailable

_UNTOLD: Final = frozenset({TooManyRequests.status})
"""Refused before anything was looked at, so as to spare the database just this."""


class AccessNoting:
    """Inside everything but the routes and what makes problems of their exceptions. A write has noted itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        withheld = False

        async def send_noted(message: Message) -> None:
            nonlocal withheld
            if message["type"] == "http.response.start":
                try:
                    await _note(scope, message["status"])
                except Unavailable as problem:
                    withheld = True
                    await problems.answer(problem)(scope, receive, send)
            if not withheld:
                await send(message)

        await self.app(scope, receive, send_noted)


async def _note(scope: Scope, status: int) -> None:
    caller = scope.get("caller")
    if caller is None or caller.access is None or caller.access.noted:
        return
    # What failed on our side told nothing and did nothing.
    if status < 500 and status not in _UNTOLD:
        await note_alone(scope["app"].state.engine, caller, status)
