"""What is logged: that something happened, with ids and counts. Never a fact's content, never a patient.

Our own log calls name an event and give its fields: `log.info("facts stored", extra={"stored": 12})`. Field values
that could be content are withheld; so are the words of exceptions and of other people's log calls, which like to quote
the row or the body at hand. The place where it happened stays.
"""

import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from logging.config import dictConfig
from types import TracebackType
from typing import Final, Literal
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STANDARD: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message", "taskName"})
OURS: Final = ("app", "__main__", "uvicorn")
PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_./:{}+-]{1,128}")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(level: str = "info", form: Literal["plain", "json"] = "plain") -> None:
    """One handler on standard error; uvicorn is to be run with `log_config=None, access_log=False`.

    What Python itself would write there comes the same way: warnings, and the exception that ends the process or a thread.
    """
    logging.captureWarnings(capture=True)
    sys.excepthook = _ended
    threading.excepthook = lambda ended: _ended(ended.exc_type, ended.exc_value, ended.exc_traceback)
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"ours": {"()": Json if form == "json" else Plain}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {
                # It writes whole paths, and those name patients.
                "uvicorn.access": {"level": "CRITICAL", "propagate": False},
            },
        }
    )


def _ended(kind: type[BaseException], error: BaseException | None, way: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit) or error is None:
        return
    logging.getLogger(__name__).critical("ended by an exception", exc_info=(kind, error, way))


class Plain(logging.Formatter):
    """`2026-11-22T09:00:00Z INFO app.main: request method=GET route=/healthz status=200`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record))
        where = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{_at(record)} {record.levelname} {record.name}: {_event(record)}{fields}{where}"

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the name logging calls
        """The way to the exception and its type, without its words."""
        return "\n".join(_ways(ei[1]))


class Json(Plain):
    """The same, one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": _at(record), "level": record.levelname.lower(), "logger": record.name, "event": _event(record)}
        where = {"exception": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps(line | dict(_fields(record)) | where)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _event(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    return f"something at {record.module}:{record.lineno}"


def _fields(record: logging.LogRecord) -> Iterable[tuple[str, int | float | str | None]]:
    for name, value in vars(record).items():
        if name in STANDARD or name.startswith("_"):
            continue
        if value is None or isinstance(value, int | float):
            yield name, value
        elif isinstance(value, UUID) or (isinstance(value, str) and PLAIN_VALUE.fullmatch(value)):
            yield name, str(value)
        else:
            yield name, "withheld"


def _ways(error: BaseException | None) -> Iterable[str]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield f"{type(error).__module__}.{type(error).__qualname__}, raised by way of"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        error = error.__cause__ or error.__context__


class AccessLog:
    """One line a request: method, the route's template (its path would name the patient), status, milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = logging.getLogger("app.access_log")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting_status)
        finally:
            self.log.info(
                "request",
                extra={
                    "method": scope["method"] if scope["method"] in METHODS else "other",
                    "route": getattr(scope.get("route"), "path", "none"),
                    "status": status,
                    "milliseconds": round((time.perf_counter() - started) * 1000),
                    "request_id": scope.get("request_id"),
                },
            )
