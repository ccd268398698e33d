"""Up, down and up again, by several at once, and as an owner who is no superuser."""

import asyncio
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.assertions import Proven
from app.access.clients import client_of, register_client, replace_key_set
from app.access.credentials import caller_of, create_key, create_practice
from app.access.issued import issued, practices, revoke, rotate
from app.access.scopes import ALL
from app.access.tokens import forget_expired_tokens, issue_token
from app.postgres.engine import create_engine
from app.postgres.migrate import configuration, migrate
from tests.access.signing import EC, RSA, key_set
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
    assert tables(empty_database) == 33
    command.downgrade(configuration(empty_database), "base")
    assert tables(empty_database) == 1  # Alembic's own
    migrate(empty_database)
    migrate(empty_database)
    assert tables(empty_database) == 33


OLD_KEY, NARROW_KEY = "cm_" + "o" * 43, "cm_" + "n" * 43
BEFORE_SCOPES = """
    INSERT INTO practice (tenant, name) VALUES (%(tenant)s, 'Practice');
    INSERT INTO credential (tenant, id, source, key_sha256) VALUES (%(tenant)s, %(tenant)s, 'ehr', sha256(%(key)s))
"""
WITH_SCOPES = """
    INSERT INTO credential (tenant, id, source, key_sha256, scopes)
        VALUES (%(tenant)s, gen_random_uuid(), 'narrow', sha256(%(key)s), '{facts.read}');
    WITH client AS (
        INSERT INTO credential (tenant, id, source, jwks, scopes)
        VALUES (%(tenant)s, gen_random_uuid(), 'client', '{}', '{facts.read}') RETURNING tenant, id
    ), kept AS (
        INSERT INTO idempotency_key (tenant, credential, key, request_digest, status, headers, body, expires_at)
        SELECT tenant, id, 'k', sha256(''), 200, '{}', '', now() + '1 day' FROM client
    )
    INSERT INTO access_token (tenant, credential, token_sha256, scopes, expires_at)
        SELECT tenant, id, sha256('token'), '{facts.read}', now() + '1 day' FROM client
"""


def test_keys_keep_every_scope_and_none_is_widened_on_the_way_down(empty_database: str) -> None:
    tenant = uuid4()
    command.upgrade(configuration(empty_database), "0004")
    with psycopg.connect(empty_database, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(BEFORE_SCOPES.encode(), {"tenant": tenant, "key": OLD_KEY.encode()})
    migrate(empty_database)
    with psycopg.connect(empty_database, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(WITH_SCOPES.encode(), {"tenant": tenant, "key": NARROW_KEY.encode()})
    assert asyncio.run(_scopes(empty_database, OLD_KEY)) == ALL
    assert asyncio.run(_scopes(empty_database, NARROW_KEY)) == frozenset({"facts.read"})
    command.downgrade(configuration(empty_database), "0004")
    with psycopg.connect(empty_database) as connection:
        left = connection.execute("SELECT source, revoked_at IS NULL FROM credential ORDER BY source").fetchall()
        forced = connection.execute(
            "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN ('credential', 'idempotency_key')"
        ).fetchone()
        found = connection.execute("SELECT source FROM caller_of_key(sha256(%s))", [OLD_KEY.encode()]).fetchall()
    assert left == [("ehr", True), ("narrow", False)]
    assert forced == (True,)
    assert found == [("ehr",)]
    migrate(empty_database)
    assert asyncio.run(_scopes(empty_database, OLD_KEY)) == ALL
    assert asyncio.run(_scopes(empty_database, NARROW_KEY)) is None


async def _scopes(url: str, key: str) -> frozenset[str] | None:
    engine = create_engine(url, pool_size=1)
    caller = await caller_of(engine, key)
    await engine.dispose()
    return None if caller is None else caller.scopes


def test_several_processes_at_once(empty_database: str) -> None:
    """As the command line runs them; all but one find nothing left to do."""
    environment = {**os.environ, "DATABASE_URL": empty_database, "MIGRATION_DATABASE_URL": ""}
    command_line = [sys.executable, "-m", "alembic", "upgrade", "head"]
    running = [subprocess.Popen(command_line, cwd=ROOT, env=environment) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert tables(empty_database) == 33


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
        as_owner = configuration(empty_database + separator + f"options={quote(f'-c role={owner}', safe='')}")
        command.downgrade(as_owner, "0004")
        with psycopg.connect(empty_database) as connection:
            left = connection.execute(
                "SELECT source, revoked_at IS NULL FROM credential ORDER BY created_at"
            ).fetchall()
        assert left == [("ehr", False), ("ehr", True)]
        command.upgrade(as_owner, "head")
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
    await _keep_credentials(engine, owner_engine, practice)
    await record(engine, practice, fact("consent", "c"))
    assert len(await ledger(engine, practice)) == 1
    async with owner_engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT current_user")).scalar_one() != "care_month_app"
        assert (await connection.exec_driver_sql("SELECT count(*) FROM fact")).scalar_one() == 0
    await engine.dispose()
    await owner_engine.dispose()


async def _keep_credentials(engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID) -> None:
    """What the owner does with them, and what the application does for a client."""
    assert [each.name for each in await practices(owner_engine)] == ["Elm Street"]
    (key,) = await issued(owner_engine, practice)
    assert key.last_used_at is not None
    replaced = await rotate(owner_engine, key.id, dt.timedelta(hours=1))
    assert await caller_of(engine, replaced.key.secret) is not None
    assert await revoke(owner_engine, key.id)
    registered = await register_client(owner_engine, practice, "ehr", key_set(EC), ["facts.read"])
    client = await client_of(engine, registered)
    assert client is not None
    token = await issue_token(engine, client, Proven(bytes(32), time.time() - 1_000), ["facts.read"])
    assert await caller_of(engine, token.secret) is not None
    await replace_key_set(owner_engine, registered, key_set(RSA))
    assert await forget_expired_tokens(engine, at_most=10) == 1
    assert [one.state for one in await issued(owner_engine, practice)] == ["revoked", "valid", "valid"]
