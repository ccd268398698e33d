"""When a key was last used: noted once a minute, by one of those who use it, and never in anybody's way."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import NewKey, caller_of, issue_key
from app.postgres.transaction import transaction

CLAUSE = "WHERE tenant = :tenant AND id = :id"


@pytest.fixture
async def key(owner_engine: AsyncEngine, practice: UUID) -> NewKey:
    return await issue_key(owner_engine, practice, "ehr")


async def row_of(owner_engine: AsyncEngine, practice: UUID, key: NewKey) -> tuple[object, object]:
    """When it was last used, and which version of the row this is."""
    async with owner_engine.connect() as connection:
        found = await connection.execute(
            text(f"SELECT last_used_at, xmin::text FROM credential {CLAUSE}"), {"tenant": practice, "id": key.id}
        )
        row = found.one()
    return row[0], row[1]


async def set_back(owner_engine: AsyncEngine, practice: UUID, key: NewKey, seconds: int) -> None:
    async with owner_engine.begin() as connection:
        await connection.execute(
            text(f"UPDATE credential SET last_used_at = clock_timestamp() - make_interval(secs => :seconds) {CLAUSE}"),
            {"tenant": practice, "id": key.id, "seconds": seconds},
        )


async def test_the_first_use_is_noted_and_the_rest_of_the_minute_writes_nothing(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, key: NewKey
) -> None:
    assert (await row_of(owner_engine, practice, key))[0] is None
    await caller_of(engine, key.secret)
    first = await row_of(owner_engine, practice, key)
    assert first[0] is not None
    for _ in range(3):
        assert await caller_of(engine, key.secret) is not None
    assert await row_of(owner_engine, practice, key) == first


async def test_a_minute_later_it_is_noted_again_by_one_of_many(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, key: NewKey
) -> None:
    await set_back(owner_engine, practice, key, 59)
    before = await row_of(owner_engine, practice, key)
    await caller_of(engine, key.secret)
    assert await row_of(owner_engine, practice, key) == before
    await set_back(owner_engine, practice, key, 61)
    before = await row_of(owner_engine, practice, key)
    callers = await asyncio.gather(*(caller_of(engine, key.secret) for _ in range(10)))
    assert None not in callers
    after = await row_of(owner_engine, practice, key)
    assert after[0] != before[0]
    await caller_of(engine, key.secret)
    assert await row_of(owner_engine, practice, key) == after


async def test_who_finds_the_row_held_does_not_wait(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, key: NewKey
) -> None:
    async with owner_engine.begin() as holding:
        await holding.execute(text(f"SELECT 1 FROM credential {CLAUSE} FOR UPDATE"), {"tenant": practice, "id": key.id})
        async with asyncio.timeout(5):
            assert await caller_of(engine, key.secret) is not None
    assert (await row_of(owner_engine, practice, key))[0] is None


async def test_where_nothing_can_be_written_a_key_is_known_all_the_same(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, key: NewKey
) -> None:
    async with transaction(engine, None) as connection:
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        found = await connection.execute(
            text("SELECT source FROM caller_of_key(sha256(:key))"), {"key": key.secret.encode()}
        )
        assert found.scalar_one() == "ehr"
    assert (await row_of(owner_engine, practice, key))[0] is None


async def test_an_unknown_key_is_nobodys_use(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, key: NewKey
) -> None:
    assert await caller_of(engine, "cm_" + "A" * 43) is None
    assert (await row_of(owner_engine, practice, key))[0] is None
