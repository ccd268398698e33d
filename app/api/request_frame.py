"""What surrounds every request: an id, security headers and an answer whatever happens."""

import logging
import uuid
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems

HEADER: Final = "X-Request-ID"
# The documentation's pages write their own scripts and styles, draw icons from data and work in blobs.
_NOTHING_FROM_ELSEWHERE: Final = "default-src 'self' 'unsafe-inline' data: blob:; frame-ancestors 'none'"
_log = logging.getLogger(__name__)


class RequestFrame:
    """Inside the access log, outside everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Always ours: it is logged, and what a client would send in its place may name a patient.
        request_id = uuid.uuid4().hex
        scope["request_id"] = request_id
        # What those inside wish told in the header of whatever answer they come to.
        told: dict[str, str] = scope.setdefault("told", {})
        status = 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                headers.setdefault("Cache-Control", "no-store")
                headers.update(told)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Content-Security-Policy", _NOTHING_FROM_ELSEWHERE)
            await send(message)

        try:
            await self.app(scope, receive, send_framed)
        except Exception:
            _log.exception("request failed", extra={"request_id": request_id})
            if status:
                raise
            answer = problems.answer(problems.Internal("The request failed; its id is in the header X-Request-ID."))
            await answer(scope, receive, send_framed)
