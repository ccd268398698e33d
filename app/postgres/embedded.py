"""A Postgres of our own where none is given: no administrator, no port, no password.

`start(data_dir)` gives a server that any number of processes share. Each holds a shared lock while it uses the server;
starting and stopping happen under an exclusive one; the last to leave stops it. Who is killed simply no longer holds
its lock, and a server that was killed recovers at the next start.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from app.postgres.embedded_cluster import Cluster, cluster
from app.postgres.embedded_programs import CannotStart

__all__ = ["CannotStart", "EmbeddedServer", "start", "temporary"]

LOCK_SECONDS = 120


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server, reached through its socket by those who may enter the directory."""

    socket: Path

    def url(self, database: str) -> str:
        """A libpq URL for the owner of everything."""
        return f"postgresql://postgres@/{quote(database, safe='')}?host={quote(str(self.socket), safe='/')}&port=5432"

    def create_database(self, name: str) -> None:
        """Make the database, unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                # Two processes may get here together; the other's is as good as ours. The unique index may speak first.
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@contextlib.contextmanager
def start(data_dir: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """Use the server of `data_dir`, starting it if nobody does yet. Raises CannotStart with a sentence to show.

    `durable=False` makes a server that may lose everything when the machine stops, for tests.
    """
    found: Cluster | None = None
    with contextlib.ExitStack() as cleanup:
        try:
            data_dir = data_dir.resolve()
            data_dir.mkdir(parents=True, exist_ok=True)
            mutex = cleanup.enter_context(_opened(data_dir / "postgres.lock"))
            users = cleanup.enter_context(_opened(data_dir / "postgres.users"))
            with _exclusively(mutex):
                found = cluster(data_dir)
                fcntl.flock(users, fcntl.LOCK_SH)
                found.ensure_running(durable=durable)
        except KeyboardInterrupt:
            if found is not None:
                _leave(found, mutex, users)
            raise
        except OSError as error:
            message = f"{error.filename or data_dir} cannot be used: {error.strerror}. Use another DATA_DIR: DATA_DIR=~/care-month make run"
            raise CannotStart(message) from error
        try:
            yield EmbeddedServer(found.socket)
        finally:
            _leave(found, mutex, users)


@contextlib.contextmanager
def temporary() -> Iterator[EmbeddedServer]:
    """A server that is gone with everything in it afterwards, for tests."""
    directory = Path(tempfile.mkdtemp(prefix="care-month-", dir="/tmp")).resolve()
    # The account the server runs as must be able to pass through; what it makes inside is closed to everybody else.
    directory.chmod(0o711)
    try:
        with start(directory, durable=False) as server:
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _leave(found: Cluster, mutex: int, users: int) -> None:
    with _exclusively(mutex):
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody still works with it
        found.stop()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _exclusively(descriptor: int) -> Iterator[None]:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = "Another process has been starting or stopping this Postgres for minutes; see who holds it."
                raise CannotStart(message) from None
            time.sleep(0.02)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
