"""The service as `python -m app serve` runs it, in processes of its own, with more routes: the yardsticks.

One answers with what `SELECT 1` returns, asked in a transaction of the caller's practice, another reads an evaluation's
body, judges it and answers a constant. Everything else is the service's: server, middleware, authentication, pool,
transaction.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import uvloop
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from app import logs
from app.access.credentials import create_key, create_practice
from app.access.scopes import FACTS_READ
from app.api.evaluation_reading import evaluation_request
from app.api.json_body import json_body
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.cli.serve import server
from app.main import create_app
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.transaction import transaction
from app.settings import settings

YARDSTICK = "/benchmark/select-1"
READING_YARDSTICK = "/benchmark/read"
NOTED_YARDSTICK = "/benchmark/noted-select-1"
BARE_YARDSTICK = "/benchmark/bare-select-1"
# What reads nothing leaves no row in the access log.
_REQUIRED = needs(FACTS_READ, leaves_row=False)


@contextmanager
def database() -> Iterator[str]:
    """A migrated database on a durable server of our own, gone afterwards."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        with embedded.start(Path(directory)) as postgres:
            postgres.create_database("benchmark")
            migrate(postgres.url("benchmark"))
            yield postgres.url("benchmark")


def new_key(url: str) -> str:
    """The API key of a new practice."""

    async def made() -> str:
        engine = create_engine(url, pool_size=1)
        key = await create_key(engine, await create_practice(engine, f"Benchmark {secrets.token_hex(4)}"), "ehr")
        await engine.dispose()
        return key

    return uvloop.run(made())


class Service:
    """A port, and the processes behind it."""

    def __init__(self, port: int, processes: list[subprocess.Popen[bytes]]) -> None:
        self.port = port
        self.processes = [psutil.Process(process.pid) for process in processes]

    def cpu_seconds(self) -> float:
        """What the service has computed so far, without Postgres."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)


@contextmanager
def served(url: str, workers: int = 1) -> Iterator[Service]:
    with ExitStack() as cleanup:
        listener = cleanup.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.serving", str(listener.fileno())],
                env={**os.environ, "DATABASE_URL": url},
                pass_fds=[listener.fileno()],
                stderr=subprocess.DEVNULL,  # a line a request is formatted and written, as in production
            )
            for _ in range(workers)
        ]
        for process in processes:
            cleanup.callback(process.wait)
            cleanup.callback(process.terminate)
        port = listener.getsockname()[1]
        _await_answer(port)
        yield Service(port, processes)


def _await_answer(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the service does not answer")


def add_yardsticks(app: FastAPI) -> None:
    @app.get(YARDSTICK, dependencies=[_REQUIRED])
    async def select_1(caller: Authorized, engine: Engine) -> Response:
        async with transaction(engine, caller.tenant) as connection:
            return Response(str((await connection.execute(text("SELECT 1"))).scalar_one()))

    app.get(NOTED_YARDSTICK, dependencies=[needs(FACTS_READ)])(select_1)

    @app.post(READING_YARDSTICK, dependencies=[_REQUIRED])
    async def read(request: Request) -> Response:
        evaluation_request((await json_body(request)).value)
        return Response("{}", media_type="application/json")

    @app.get(BARE_YARDSTICK)
    async def bare_select_1(engine: Engine) -> Response:
        async with engine.connect() as connection:
            return Response(str((await connection.execute(text("SELECT 1"))).scalar_one()))


def main() -> None:
    chosen = settings()
    logs.configure(chosen.log_level, chosen.log_format)
    app = create_app(chosen)
    add_yardsticks(app)
    server(app).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
