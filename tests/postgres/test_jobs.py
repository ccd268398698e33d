"""The queue of jobs: what becomes of failures, and that nothing of them is kept that tells of a practice."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.errors import Unavailable
from app.postgres import jobs
from app.postgres.jobs import KEPT_FOR, Job, enqueue, forget_old
from app.postgres.migrate import configuration
from app.postgres.transaction import transaction
from tests.conftest import at_database

SECRET = "very-private-condition"
NOTES = ("pgqueuer_log", "pgqueuer_statistics")


@pytest.fixture(autouse=True)
async def an_empty_queue(owner_engine: AsyncEngine) -> AsyncIterator[None]:
    await emptied(owner_engine)
    yield
    await emptied(owner_engine)


async def emptied(owner_engine: AsyncEngine) -> None:
    async with owner_engine.begin() as connection:
        for table in ("pgqueuer", *NOTES):
            await connection.execute(text(f"DELETE FROM jobs.{table}"))


async def put(engine: AsyncEngine, *queued: Job) -> None:
    async with transaction(engine, None) as connection:
        await enqueue(connection, queued)


async def test_who_waits_too_long_for_a_job_of_the_same_key_may_try_again(engine: AsyncEngine) -> None:
    same = Job("range", b"", "same")
    async with transaction(engine, None) as first:
        await enqueue(first, [same])
        with pytest.raises(Unavailable) as unavailable:
            async with transaction(engine, None, lock_timeout="100ms") as second:
                await enqueue(second, [same])
    assert unavailable.value.headers["Retry-After"]


async def test_who_loses_the_connection_may_try_again(engine: AsyncEngine, owner_engine: AsyncEngine) -> None:
    with pytest.raises(Unavailable):  # noqa: PT012 - the connection is lost inside
        async with transaction(engine, None) as connection:
            process = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with owner_engine.connect() as other:
                await other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
            await enqueue(connection, [Job("range", b"", "lost")])


async def test_a_job_that_fails_again_and_again_leaves_no_word_of_why(
    engine: AsyncEngine, owner_engine: AsyncEngine, database_url: str
) -> None:
    await put(engine, Job("range", SECRET.encode(), "failing"))
    async with owner_engine.begin() as connection:
        await connection.execute(text("UPDATE jobs.pgqueuer SET attempts = 1000"))
    await failed_once(owner_engine, database_url, 1001)
    async with owner_engine.connect() as connection:
        noted = (await connection.execute(text("SELECT l.status, to_jsonb(l)::text FROM jobs.pgqueuer_log AS l"))).all()
        later = (await connection.execute(text("SELECT execute_after - now() FROM jobs.pgqueuer"))).scalar_one()
    assert noted
    assert not [words for _, words in noted if SECRET in words or "ValueError" in words]
    assert dt.timedelta(0) < later <= jobs.LONGEST_PAUSE


async def test_a_job_that_failed_comes_again_after_two_seconds(
    engine: AsyncEngine, owner_engine: AsyncEngine, database_url: str
) -> None:
    await put(engine, Job("range", b"", "failing"))
    await failed_once(owner_engine, database_url, 1)
    async with owner_engine.connect() as connection:
        asked = text("SELECT execute_after - updated FROM jobs.pgqueuer")
        pause = (await connection.execute(asked)).scalar_one()
    assert dt.timedelta(seconds=1.9) < pause <= dt.timedelta(seconds=2)


async def failed_once(owner_engine: AsyncEngine, database_url: str, attempt: int) -> None:
    async def fail(payload: bytes) -> None:
        raise ValueError(payload.decode())

    working = asyncio.ensure_future(jobs.work(database_url, {"range": fail}))
    async with asyncio.timeout(10):
        while await attempts(owner_engine) != [("queued", attempt)]:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.02)
    working.cancel()
    await asyncio.wait([working])


async def attempts(owner_engine: AsyncEngine) -> list[tuple[str, int]]:
    async with owner_engine.connect() as connection:
        found = await connection.execute(text("SELECT status::text, attempts FROM jobs.pgqueuer"))
        return [(row.status, row.attempts) for row in found]


async def test_what_is_noted_of_jobs_goes_after_its_time(
    engine: AsyncEngine, owner_engine: AsyncEngine, database_url: str
) -> None:
    async def nothing(payload: bytes) -> None:
        pass

    await put(engine, *(Job("range", b"", str(number)) for number in range(4)))
    await jobs.work(database_url, {"range": nothing}, until_empty=True)
    before = await noted(owner_engine)
    assert before["pgqueuer_log"] >= 8
    assert await forget_old(engine, at_most=1_000) == 0
    async with owner_engine.begin() as connection:
        aged = text(
            "UPDATE jobs.pgqueuer_log SET created = now() - CAST(:kept_for AS interval) WHERE status <> 'queued'"
        )
        old = (await connection.execute(aged, {"kept_for": KEPT_FOR})).rowcount
    assert await forget_old(engine, at_most=1) == 1
    assert await forget_old(engine, at_most=1_000) == old - 1
    assert await noted(owner_engine) == before | {"pgqueuer_log": before["pgqueuer_log"] - old}


async def noted(owner_engine: AsyncEngine) -> dict[str, int]:
    async with owner_engine.connect() as connection:
        counted = {each: await connection.execute(text(f"SELECT count(*) FROM jobs.{each}")) for each in NOTES}
        return {each: found.scalar_one() for each, found in counted.items()}


@pytest.fixture
def an_older_database(database_url: str) -> Iterator[str]:
    """As a version left it that knew of no jobs."""
    name = f"older_{uuid4().hex}"
    older = at_database(database_url, name)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        command.upgrade(configuration(older), "0008")
        yield older
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def test_a_database_that_is_still_to_be_migrated_is_waited_for(an_older_database: str) -> None:
    with pytest.raises(Unavailable):
        await jobs.work(an_older_database, {})
