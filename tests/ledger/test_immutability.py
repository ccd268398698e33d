"""What was recorded stays: the database refuses, whoever asks."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.postgres.transaction import transaction
from tests.ledger.statements import fact, ledger, record

CHANGES = [
    "UPDATE fact SET payload = '{}'",
    "UPDATE fact SET payload = '{}' WHERE false",
    "DELETE FROM fact",
    "TRUNCATE fact CASCADE",
    "TRUNCATE fact, stream CASCADE",
    "DELETE FROM stream",
    # Nor what a person decided of a month.
    "UPDATE month_revision SET answer = ''",
    "DELETE FROM month_revision",
    "TRUNCATE month_revision CASCADE",
    "UPDATE month_amendment SET decision = 'accepted'",
    "DELETE FROM month_amendment",
    "TRUNCATE month_amendment",
]
BACKWARDS = [
    "UPDATE stream SET position = position - 1",
    "UPDATE stream SET chain_hash = chain_hash",
    "UPDATE stream SET position = position + 1, recorded_at = recorded_at - interval '1 second' WHERE position > 0",
    "UPDATE stream SET position = position + 1, stream = 'somebody else'",
]
REFUSED, NOT_GRANTED = "23001", "42501"


@pytest.fixture
async def recorded(engine: AsyncEngine, practice: UUID) -> AsyncIterator[UUID]:
    await record(engine, practice, fact("consent", "c1"), fact("consent", "c2"))
    before = await ledger(engine, practice)
    yield practice
    assert await ledger(engine, practice) == before


@pytest.mark.parametrize("change", CHANGES + BACKWARDS)
async def test_to_the_owner(owner_engine: AsyncEngine, recorded: UUID, change: str) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with owner_engine.begin() as connection:
            await connection.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", None) == REFUSED


@pytest.mark.parametrize("change", CHANGES + BACKWARDS)
async def test_to_the_application(engine: AsyncEngine, recorded: UUID, change: str) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with transaction(engine, recorded) as connection:
            await connection.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", None) == (REFUSED if change in BACKWARDS else NOT_GRANTED)


async def test_not_even_where_a_session_switches_triggers_off(owner_engine: AsyncEngine, recorded: UUID) -> None:
    async with owner_engine.connect() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(DBAPIError):
            await connection.execute(text("DELETE FROM fact"))
