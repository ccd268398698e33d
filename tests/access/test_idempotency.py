"""First answers in the database: kept once, for one practice, and only where something was done."""

from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import caller_of, create_key
from app.access.idempotency import FirstAnswer, KeyedRequest, first_answer, keep
from app.postgres.transaction import Superseded, transaction

ANSWER = FirstAnswer(201, {"content-type": "application/json"}, b"{}")


@pytest.fixture
async def keyed(engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID) -> KeyedRequest:
    caller = await caller_of(engine, await create_key(owner_engine, practice, "ehr"))
    assert caller is not None
    return KeyedRequest(caller, "k", bytes(32))


async def test_who_came_second_starts_again(engine: AsyncEngine, keyed: KeyedRequest, practice: UUID) -> None:
    """Another's answer can be committed between our look and our lock: then nothing of ours may be."""

    async def come_second() -> None:
        async with transaction(engine, practice) as second:
            assert await first_answer(second, keyed) is None
            async with transaction(engine, practice) as first:
                await keep(first, [(keyed, ANSWER)])
            await keep(second, [(keyed, msgspec.structs.replace(ANSWER, body=b"[]"))])

    with pytest.raises(Superseded):
        await come_second()
    async with transaction(engine, practice) as connection:
        assert await first_answer(connection, keyed) == ANSWER


async def test_what_was_rolled_back_was_never_kept(engine: AsyncEngine, keyed: KeyedRequest, practice: UUID) -> None:
    async def fail() -> None:
        async with transaction(engine, practice) as connection:
            await keep(connection, [(keyed, ANSWER)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with transaction(engine, practice) as connection:
        assert await first_answer(connection, keyed) is None


@pytest.mark.parametrize("status", [199, 300, 409, 422, 500, 503])
async def test_the_database_keeps_no_refusal_and_no_failure(
    engine: AsyncEngine, keyed: KeyedRequest, practice: UUID, status: int
) -> None:
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await keep(connection, [(keyed, msgspec.structs.replace(ANSWER, status=status))])


async def test_the_practice_next_door_neither_sees_nor_makes_our_rows(
    engine: AsyncEngine, keyed: KeyedRequest, practice: UUID, other_practice: UUID
) -> None:
    async with transaction(engine, practice) as connection:
        await keep(connection, [(keyed, ANSWER)])
    for tenant in (other_practice, None):
        async with transaction(engine, tenant) as connection:
            assert (await connection.execute(text("SELECT * FROM idempotency_key"))).all() == []
            changed = await connection.execute(text("UPDATE idempotency_key SET body = ''"))
            assert changed.rowcount == 0
        with pytest.raises(DBAPIError):
            async with transaction(engine, tenant) as connection:
                await keep(connection, [(msgspec.structs.replace(keyed, key="theirs"), ANSWER)])
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await connection.execute(text("DELETE FROM idempotency_key"))
