"""Serving the application on one address until told to stop."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from app import logs
from app.cli.database import reach, refuse_unmigrated
from app.cli.errors import CannotRun
from app.cli.request_heads import RequestHeads
from app.cli.settling import settle
from app.main import create_app
from app.settings import Settings


def serve(settings: Settings) -> None:
    """Serve a database that somebody else keeps and has migrated."""
    if settings.database_url is None:
        raise CannotRun(
            "`serve` needs DATABASE_URL, the address of a migrated database.\n"
            "`run` starts a Postgres of its own where there is none."
        )
    with listening(settings) as listener:
        reach(settings.database_url, "DATABASE_URL")
        refuse_unmigrated(settings.database_url, statement_cache=settings.statement_cache)
        serve_on(listener, settings, lambda: None)


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The address taken, before anything else is started. Raises CannotRun when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotRun(_help(error, settings)) from None
        yield listener


def address(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reached}:{port}"


def serve_on(listener: socket.socket, settings: Settings, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is called once requests are answered."""
    logs.configure(settings.log_level, settings.log_format)
    reached = settings.public_url or address(listener)
    server(create_app(settings.model_copy(update={"public_url": reached})), announce).run(sockets=[listener])


def server(app: FastAPI, announce: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """The server every application of ours is served by. `announce` is called once requests are answered."""

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            settle()
            announce()

    config = uvicorn.Config(
        app, http=RequestHeads, ws="none", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    return Announcing(config)


def _help(error: OSError, settings: Settings) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {settings.port} of {settings.host} is taken by another program, perhaps by a Care Month that runs.\n"
                f"Stop that one, or choose another port: PORT={min(settings.port + 1, 65535)} make run"
            )
        case errno.EACCES:
            return f"Port {settings.port} may not be used by this account. Choose one above 1023: PORT=8000 make run"
        case _:
            return f"HOST cannot be listened on: {error.strerror}. HOST=127.0.0.1 always can."
