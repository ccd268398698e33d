"""What every resource answers besides its own calls: HEAD wherever there is a GET, and OPTIONS with what is allowed."""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def methods_here(scope: Scope) -> list[str]:
    """The methods a path answers; none for a path that nothing is at."""
    if scope["path"] == "*":
        # The service as a whole.
        return ["GET", "HEAD", "POST", "OPTIONS"]
    found = {method for method in METHODS if _is_routed(scope, method)}
    if "GET" in found:
        found.add("HEAD")
    return [method for method in METHODS if method in found or (found and method == "OPTIONS")]


def _is_routed(scope: Scope, method: str) -> bool:
    # A path's methods are spread over several routes, and a folder of files takes any method to refuse it itself.
    # Inside such a folder the way to it was taken off the path; routes are matched from the root.
    asked = {**scope, "method": method, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}
    return any(
        route.matches(asked)[0] is Match.FULL and not (isinstance(route, Mount) and method != "GET")
        for route in scope["app"].router.routes
    )


class Methods:
    """Answers OPTIONS, and HEAD by what GET would answer, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "OPTIONS" and (allowed := methods_here(scope)):
            await Response(status_code=204, headers={"Allow": ", ".join(allowed)})(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        streamed = asyncio.Event()

        async def without_body(message: Message) -> None:
            if streamed.is_set():
                return
            if message["type"] == "http.response.body":
                if message.get("more_body", False):
                    streamed.set()
                message = {**message, "body": b"", "more_body": False}
            await send(message)

        # A scope of its own: the server must go on knowing that HEAD was asked, or it waits for the body.
        asked = {**scope, "method": "GET"}
        answering = asyncio.ensure_future(self.app(asked, receive, without_body))
        waiting = asyncio.ensure_future(streamed.wait())
        try:
            await asyncio.wait([answering, waiting], return_when=asyncio.FIRST_COMPLETED)
            if streamed.is_set():
                # The rest of a stream, which may never end, is for nobody.
                answering.cancel()
                await asyncio.wait([answering])
            else:
                answering.result()
        finally:
            for task in (answering, waiting):
                task.cancel()
            scope.update({name: value for name, value in asked.items() if name != "method"})
