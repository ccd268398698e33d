"""What surrounds every request: an id, security headers and an answer whatever happens."""

import logging
import uuid
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.content_policy import NOTHING

HEADER: Final = "X-Request-ID"
SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses name patients.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer; no page of another origin reads one, for nothing here allows it (CORS)."""
_OVER_TLS: Final = {"Strict-Transport-Security": "max-age=31536000"}
_log = logging.getLogger(__name__)


class RequestFrame:
    """Inside the access log, outside everything else."""

    def __init__(self, app: ASGIApp, *, over_tls: bool = False) -> None:
        self.app = app
        self.security = SECURITY | (_OVER_TLS if over_tls else {})

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
                headers.update(self.security)
                headers.setdefault("Content-Security-Policy", NOTHING)
            await send(message)

        try:
            await self.app(scope, receive, send_framed)
        except Exception:
            _log.exception("request failed", extra={"request_id": request_id})
            if status:
                raise
            answer = problems.answer(problems.Internal("The request failed; its id is in the header X-Request-ID."))
            await answer(scope, receive, send_framed)
