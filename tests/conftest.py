"""A real Postgres for the tests that ask for one: migrated to head once, one database a worker, one practice a test.

Without `TEST_DATABASE_URL` (any database of a server, as one who may create databases) a server of our own is started,
shared by all workers and gone afterwards. Tests that use none of these fixtures start nothing.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import pytest

# The database's packages are imported by the fixtures that need them: the core's tests, which need none, start sooner.
if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SHARED = pytest.StashKey[Path]()
TEMPLATE_LOCK = 0x7E57


def pytest_configure() -> None:
    """A shell that starts us in the background has us ignore Ctrl-C, and so would every program a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure_node(node: Any) -> None:
    """The process that hands out the tests names one directory and run to all who run them."""
    if SHARED not in node.config.stash:
        node.config.stash[SHARED] = Path(tempfile.mkdtemp(prefix="care-month-", dir="/tmp"))
    directory = node.config.stash[SHARED]
    # The account the server runs as must be able to pass through.
    directory.chmod(0o711)
    node.workerinput["server_directory"] = str(directory)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (directory := session.config.stash.get(SHARED, None)) is not None:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Any database of the server, as one who may create others."""
    from app.postgres import embedded  # noqa: PLC0415

    given = os.environ.get("TEST_DATABASE_URL")
    shared = getattr(request.config, "workerinput", {}).get("server_directory")
    if given is not None:
        yield given
    elif shared is not None:
        with embedded.start(Path(shared), durable=False) as server:
            yield server.url("postgres")
    else:
        with embedded.temporary() as server:
            yield server.url("postgres")


def at_database(server_url: str, name: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def database_url(server_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of this worker's own, as its owner."""
    import psycopg  # noqa: PLC0415

    from app.postgres.migrate import migrate  # noqa: PLC0415

    run = getattr(request.config, "workerinput", {}).get("testrunuid", uuid4().hex)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    template, name = f"care_month_{run}", f"care_month_{run}_{worker}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [template]).fetchone() is None:
            connection.execute(f'CREATE DATABASE "{template}"'.encode())
            migrate(at_database(server_url, template))
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        connection.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])
    yield at_database(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        # The template goes with the last worker's; a worker still to come would make it again.
        others = connection.execute("SELECT FROM pg_database WHERE datname LIKE %s", [f"{template}\\_%"]).fetchone()
        if others is None:
            connection.execute(f'DROP DATABASE IF EXISTS "{template}" WITH (FORCE)'.encode())


@pytest.fixture(scope="session")
async def owner_engine(database_url: str) -> AsyncIterator["AsyncEngine"]:
    from app.postgres.engine import create_engine  # noqa: PLC0415

    engine = create_engine(database_url, pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator["AsyncEngine"]:
    """As the application reaches the database. Its rights are those of the role each transaction takes."""
    from app.postgres.engine import create_engine  # noqa: PLC0415

    engine = create_engine(database_url, pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture
async def practice(owner_engine: "AsyncEngine") -> UUID:
    """A practice nobody else has: what a test records, no other test sees."""
    from app.access.credentials import create_practice  # noqa: PLC0415

    return await create_practice(owner_engine, "Practice under test")


@pytest.fixture
async def other_practice(owner_engine: "AsyncEngine") -> UUID:
    from app.access.credentials import create_practice  # noqa: PLC0415

    return await create_practice(owner_engine, "Practice next door")
