"""One transaction of one practice: its role, its tenant, and what becomes of failures."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.errors import Unavailable
from app.ledger.append import append
from app.postgres.engine import create_engine
from app.postgres.transaction import Superseded, retrying, transaction
from tests.ledger.statements import SOURCE, fact, ledger, record

WHO = text("SELECT current_user, current_setting('app.tenant', true)")


async def test_it_acts_as_the_application_for_one_practice_and_leaves_nothing_behind(database_url: str) -> None:
    engine, tenant = create_engine(database_url, pool_size=1), uuid4()
    async with transaction(engine, tenant) as connection:
        assert tuple((await connection.execute(WHO)).one()) == ("care_month_app", str(tenant))
    async with engine.connect() as connection:
        user, setting = (await connection.execute(WHO)).one()
    assert user != "care_month_app"
    assert not setting
    await engine.dispose()


async def test_what_is_raised_rolls_back(engine: AsyncEngine, practice: UUID) -> None:
    with pytest.raises(KeyError):  # noqa: PT012 - what is raised inside is the point
        async with transaction(engine, practice) as connection:
            await append(connection, practice, SOURCE, [fact("death", "d")])
            raise KeyError
    assert await ledger(engine, practice) == []


async def test_a_snapshot_is_of_one_moment(engine: AsyncEngine, practice: UUID) -> None:
    count = text("SELECT count(*) FROM fact")
    async with transaction(engine, practice, snapshot=True) as connection:
        assert (await connection.execute(count)).scalar_one() == 0
        await record(engine, practice, fact("death", "d"))
        assert (await connection.execute(count)).scalar_one() == 0


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    for url in ("postgresql://nobody@/none?host=/nonexistent", "postgres://nobody@127.0.0.1:1/none"):
        engine = create_engine(url)
        with pytest.raises(Unavailable) as unavailable:
            async with transaction(engine, uuid4()):
                pass
        assert unavailable.value.headers["Retry-After"]
        await engine.dispose()


async def test_a_lost_connection_is_unavailable_and_the_next_transaction_works(
    database_url: str, owner_engine: AsyncEngine, practice: UUID
) -> None:
    engine = create_engine(database_url, pool_size=1)

    async def end(process: int) -> None:
        async with owner_engine.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})

    with pytest.raises(Unavailable):  # noqa: PT012 - the connection is lost inside
        async with transaction(engine, practice) as connection:
            process = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await end(process)
            await connection.execute(text("SELECT 1"))
    async with transaction(engine, practice) as connection:
        process = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    await end(process)
    await asyncio.sleep(0.1)  # idle in the pool while it is ended: found before it is used
    async with transaction(engine, practice) as connection:
        await connection.execute(text("SELECT 1"))
    await engine.dispose()


async def test_a_serialization_failure_is_tried_again(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("consent", "c"))
    attempts = 0

    async def attempt(failures: int) -> int:
        nonlocal attempts
        attempts += 1
        async with transaction(engine, practice, snapshot=True) as connection:
            await connection.execute(text("SELECT 1"))
            if attempts <= failures:
                await record(engine, practice, fact("consent", f"c{failures}-{attempts}"))
            await connection.execute(text("SELECT * FROM stream WHERE stream = 'P1' FOR SHARE"))
        return attempts

    assert await retrying(lambda: attempt(3)) == 4
    attempts = 0
    with pytest.raises(Superseded) as given_up:
        await retrying(lambda: attempt(9))
    assert (attempts, given_up.value.status) == (4, 503)
    assert given_up.value.headers["Retry-After"]


async def test_our_own_mistakes_stay_visible(engine: AsyncEngine, practice: UUID) -> None:
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await connection.execute(text("SELECT nonsense"))


async def test_without_a_statement_cache(database_url: str, practice: UUID) -> None:
    """As behind a pooler: nothing prepared is left on the server."""
    engine = create_engine(database_url, pool_size=1, statement_cache=False)
    await record(engine, practice, fact("consent", "c"), fact("death", "d"))
    assert len(await ledger(engine, practice)) == 2
    async with engine.connect() as connection:
        left = (await connection.execute(text("SELECT name FROM pg_prepared_statements WHERE name <> ''"))).all()
    assert left == []
    await engine.dispose()
