"""Tokens and used assertions in the database: written by the application, read by nobody, gone when their time is over."""

import time
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.assertions import NotProven, Proven
from app.access.clients import Client, client_of, register_client
from app.access.credentials import caller_of, create_key
from app.access.tokens import forget_expired_tokens, issue_token
from app.postgres.transaction import transaction
from tests.access.signing import EC, key_set

SOON = Proven(bytes(32), time.time() + 60)


@pytest.fixture
async def client(engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID) -> Client:
    registered = await register_client(owner_engine, practice, "ehr", key_set(EC), ["facts.read", "facts.write"])
    found = await client_of(engine, registered)
    assert found is not None
    return found


async def test_a_token_is_known_by_its_client(engine: AsyncEngine, client: Client) -> None:
    token = await issue_token(engine, client, SOON, {"facts.read"})
    caller = await caller_of(engine, token.secret)
    assert caller is not None
    assert (caller.tenant, caller.credential, caller.source) == (client.tenant, client.id, "ehr")
    assert caller.scopes == {"facts.read"}


async def test_an_assertion_spent_twice_leaves_one_token(
    engine: AsyncEngine, owner_engine: AsyncEngine, client: Client
) -> None:
    await issue_token(engine, client, SOON, {"facts.read"})
    with pytest.raises(NotProven, match="used before"):
        await issue_token(engine, client, SOON, {"facts.read"})
    async with owner_engine.connect() as connection:
        found = await connection.execute(
            text("SELECT count(*) FROM access_token WHERE credential = :id"), {"id": client.id}
        )
        assert found.scalar_one() == 1


async def test_no_token_has_more_than_its_client(engine: AsyncEngine, client: Client) -> None:
    with pytest.raises(AssertionError):
        await issue_token(engine, client, SOON, {"admin"})


@pytest.mark.parametrize("table", ["access_token", "used_assertion"])
async def test_the_application_reads_and_changes_none_of_them(engine: AsyncEngine, client: Client, table: str) -> None:
    await issue_token(engine, client, SOON, {"facts.read"})
    for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"UPDATE {table} SET expires_at = now()"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with transaction(engine, client.tenant) as connection:
                await connection.execute(text(statement))


async def test_a_practice_writes_none_of_anothers(engine: AsyncEngine, client: Client, other_practice: UUID) -> None:
    theirs = Client(other_practice, client.id, client.scopes, client.key_set)
    with pytest.raises(DBAPIError):  # the client is not the other practice's
        await issue_token(engine, theirs, SOON, {"facts.read"})
    with pytest.raises(DBAPIError, match="row-level security"):
        async with transaction(engine, other_practice) as connection:
            await connection.execute(
                text("INSERT INTO access_token VALUES (:tenant, :id, :hash, '{admin}', now() + interval '1 day')"),
                {"tenant": client.tenant, "id": client.id, "hash": bytes(32)},
            )


async def test_a_key_is_no_client_and_a_client_no_key(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID
) -> None:
    await create_key(owner_engine, practice, "ehr")
    async with owner_engine.connect() as connection:
        found = await connection.execute(text("SELECT id FROM credential WHERE tenant = :t"), {"t": practice})
        key = found.scalar_one()
    assert await client_of(engine, key) is None
    for both in ("key_sha256 = NULL", "jwks = '{}'"):
        with pytest.raises(DBAPIError, match="credential_key_or_client"):
            async with owner_engine.begin() as connection:
                await connection.execute(text(f"UPDATE credential SET {both} WHERE id = :id"), {"id": key})


async def test_what_has_expired_is_removed_and_the_rest_stays(
    engine: AsyncEngine, owner_engine: AsyncEngine, client: Client
) -> None:
    token = await issue_token(engine, client, SOON, {"facts.read"})
    await issue_token(engine, client, Proven(b"\1" * 32, time.time() - 400), {"facts.read"})
    async with owner_engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE access_token SET expires_at = now() WHERE credential = :id AND token_sha256 <> sha256(:token)"
            ),
            {"id": client.id, "token": token.secret.encode()},
        )
    while await forget_expired_tokens(engine, at_most=1):
        pass
    async with owner_engine.connect() as connection:
        for table in ("access_token", "used_assertion"):
            found = await connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE credential = :id"), {"id": client.id}
            )
            assert found.scalar_one() == 1, table
    assert await caller_of(engine, token.secret) is not None
