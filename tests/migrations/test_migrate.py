"""Up, down and up again, by several at once, and as an owner who is no superuser."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command

from app.access.credentials import caller_of, create_key, create_practice
from app.postgres.engine import create_engine
from app.postgres.migrate import configuration, migrate
from tests.conftest import at_database
from tests.ledger.statements import fact, ledger, record

ROOT = Path(__file__).resolve().parents[2]
TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    name = f"care_month_empty_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield at_database(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(TABLES.encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_up_down_and_up_again(empty_database: str) -> None:
    migrate(empty_database)
    assert tables(empty_database) == 6
    command.downgrade(configuration(empty_database), "base")
    assert tables(empty_database) == 1  # Alembic's own
    migrate(empty_database)
    migrate(empty_database)
    assert tables(empty_database) == 6


def test_several_processes_at_once(empty_database: str) -> None:
    """As the command line runs them; all but one find nothing left to do."""
    environment = {**os.environ, "DATABASE_URL": empty_database, "MIGRATION_DATABASE_URL": ""}
    command_line = [sys.executable, "-m", "alembic", "upgrade", "head"]
    running = [subprocess.Popen(command_line, cwd=ROOT, env=environment) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert tables(empty_database) == 6


def test_an_owner_who_is_no_superuser(server_url: str, empty_database: str) -> None:
    """The rights of a managed server: policies hold for the owner too, and nothing we do needs more than they give."""
    owner = f"care_month_owner_{uuid4().hex}"
    database = empty_database.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} CREATEROLE".encode())
        connection.execute(f'ALTER DATABASE "{database}" OWNER TO {owner}'.encode())
        connection.execute(f"GRANT care_month_app TO {owner} WITH ADMIN OPTION".encode())
    try:
        separator = "&" if "?" in empty_database else "?"
        migrate(empty_database + separator + f"options={quote(f'-c role={owner}', safe='')}")
        asyncio.run(_use(empty_database, empty_database + separator + urlencode({"role": owner})))
    finally:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER'.encode())
            connection.execute(f"DROP OWNED BY {owner} CASCADE".encode())
            connection.execute(f"DROP ROLE {owner}".encode())


async def _use(application_url: str, owner_url: str) -> None:
    engine, owner_engine = create_engine(application_url), create_engine(owner_url)
    practice: UUID = await create_practice(owner_engine, "Elm Street")
    caller = await caller_of(engine, await create_key(owner_engine, practice, "ehr"))
    assert caller is not None
    assert caller.tenant == practice
    await record(engine, practice, fact("consent", "c"))
    assert len(await ledger(engine, practice)) == 1
    async with owner_engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT current_user")).scalar_one() != "care_month_app"
        assert (await connection.exec_driver_sql("SELECT count(*) FROM fact")).scalar_one() == 0
    await engine.dispose()
    await owner_engine.dispose()
