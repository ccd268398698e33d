"""Keys: shown once, kept as a hash, each of one practice and one source."""

from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import caller_of, create_key
from app.postgres.transaction import transaction


async def test_a_key_names_its_practice_and_source(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, other_practice: UUID
) -> None:
    for tenant, source in ((practice, "ehr"), (practice, "billing"), (other_practice, "ehr")):
        caller = await caller_of(engine, await create_key(owner_engine, tenant, source))
        assert caller is not None
        assert (caller.tenant, caller.source) == (tenant, source)


@pytest.mark.parametrize("key", ["", "cm_", "cm_" + "A" * 43, "cm_" + "A" * 42 + "\n", "cm_" + "ä" * 43, "x" * 10_000])
async def test_any_other_text_is_nobodys(engine: AsyncEngine, key: str) -> None:
    assert await caller_of(engine, key) is None


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
async def test_an_expired_or_revoked_key_is_nobodys(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, column: str
) -> None:
    key = await create_key(owner_engine, practice, "ehr")
    async with owner_engine.begin() as connection:
        await connection.execute(
            text(f"UPDATE credential SET {column} = clock_timestamp() WHERE tenant = :tenant"), {"tenant": practice}
        )
    assert await caller_of(engine, key) is None


async def test_only_its_hash_is_kept(owner_engine: AsyncEngine, practice: UUID) -> None:
    key = await create_key(owner_engine, practice, "ehr")
    assert key.startswith("cm_")
    async with owner_engine.begin() as connection:
        row = (await connection.execute(text("SELECT * FROM credential WHERE tenant = :t"), {"t": practice})).one()
    assert row.key_sha256 == sha256(key.encode()).digest()
    assert key not in str(row)


@pytest.mark.parametrize("source", ["self", " Self ", "", "a\nb", "x" * 129])
async def test_no_credential_bears_such_a_source(owner_engine: AsyncEngine, practice: UUID, source: str) -> None:
    with pytest.raises(ValueError, match="source"):
        await create_key(owner_engine, practice, source)


async def test_the_database_refuses_self_too(owner_engine: AsyncEngine, practice: UUID) -> None:
    with pytest.raises(DBAPIError, match="source"):
        async with owner_engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO credential (tenant, id, source, key_sha256, scopes)"
                    " VALUES (:t, gen_random_uuid(), 'self', :hash, '{admin}')"
                ),
                {"t": practice, "hash": bytes(32)},
            )


async def test_the_application_cannot_read_keys(engine: AsyncEngine, practice: UUID) -> None:
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await connection.execute(text("SELECT * FROM credential"))
