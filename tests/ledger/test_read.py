"""Reading back: in order, by kind and month, and as known at a moment."""

import asyncio
import datetime as dt
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.service_month import service_month
from app.errors import Invalid
from app.ledger.append import append
from app.ledger.read import practice_time_zone
from app.postgres.transaction import transaction
from tests.ledger.statements import SOURCE, fact, known, ledger, practice_fact, record, retraction


async def test_pages_follow_each_other(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, *[fact("time_entry", f"t{number}") for number in range(5)])
    first = await ledger(engine, practice, limit=2)
    second = await ledger(engine, practice, limit=2, after_position=first[-1].position)
    third = await ledger(engine, practice, limit=2, after_position=second[-1].position)
    assert [each.position for each in (*first, *second, *third)] == [1, 2, 3, 4, 5]


async def test_by_kind(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("consent", "c"), fact("time_entry", "t"), fact("death", "d"))
    assert [each.fact.id for each in await ledger(engine, practice, kind="time_entry")] == ["t"]


async def test_by_the_days_that_touch_the_month(engine: AsyncEngine, practice: UUID) -> None:
    await record(
        engine,
        practice,
        fact("time_entry", "february", on="2024-02-29"),
        fact("time_entry", "first", on="2024-03-01"),
        fact("time_entry", "last", on="2024-03-31"),
        fact("time_entry", "april", on="2024-04-01"),
        fact("condition", "always"),
        fact("condition", "ended", code="I10", until="2024-03-01"),
        fact("condition", "ends", code="I11", until="2024-03-02"),
        fact("condition", "begins", code="I12", from_="2024-04-01"),
    )
    stored = await ledger(engine, practice, month=service_month("2024-03"))
    assert [each.fact.id for each in stored] == ["first", "last", "always", "ends"]


async def test_a_snapshot_is_the_patient_and_the_practice(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, practice_fact("setting", "s"), fact("consent", "c"), fact("death", "d", "P2"))
    await record(engine, practice, fact("condition", "x"), source="lab")
    found = await known(engine, practice)
    assert found is not None
    assert [(each.id, each.source) for each in found.facts] == [("s", SOURCE), ("c", SOURCE), ("x", "lab")]
    assert (found.patient_position, found.practice_position) == (2, 1)
    assert await known(engine, practice, "nobody") is None


async def test_as_of_an_instant_is_what_was_recorded_by_then(engine: AsyncEngine, practice: UUID) -> None:
    first = await record(engine, practice, fact("consent", "c"))
    second = await record(engine, practice, fact("time_entry", "t"))
    at_first, at_second = first[0].recorded_at, second[0].recorded_at
    assert at_first is not None
    assert at_second is not None
    then = await known(engine, practice, as_of=at_first)
    assert then is not None
    assert (len(then.facts), then.patient_position) == (1, 1)
    assert [each.position for each in await ledger(engine, practice, known_as_of=at_second)] == [1, 2]
    assert await known(engine, practice, as_of=at_first - dt.timedelta(microseconds=1)) is None


async def test_the_future_is_not_known_yet(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("consent", "c"))
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    for read in (known(engine, practice, as_of=tomorrow), ledger(engine, practice, known_as_of=tomorrow)):
        with pytest.raises(Invalid) as refused:
            await read
        assert [error.parameter for error in refused.value.errors] == ["known_as_of"]


async def test_the_time_zone_as_of_an_instant(engine: AsyncEngine, practice: UUID) -> None:
    first = await record(engine, practice, practice_fact("practice", "p"))
    await record(engine, practice, retraction("r", "practice", "p", None))
    async with transaction(engine, practice) as connection:
        assert await practice_time_zone(connection, practice) == "America/New_York"
        then = await practice_time_zone(connection, practice, known_as_of=first[0].recorded_at)
    assert then == "America/Chicago"


@pytest.mark.parametrize("opened", [False, True])
async def test_as_of_an_instant_waits_for_the_append_under_way(
    engine: AsyncEngine, practice: UUID, opened: bool
) -> None:
    """Whoever read the clock before the reader commits before the reader answers, also for a patient not yet known."""
    if opened:
        await record(engine, practice, fact("consent", "c0"))
    async with transaction(engine, practice) as connection:
        results = await append(connection, practice, SOURCE, [fact("consent", "c1")])
        as_of = results[0].recorded_at
        reading = asyncio.create_task(known(engine, practice, as_of=as_of))
        done, _ = await asyncio.wait({reading}, timeout=0.3)
        assert not done
    found = await reading
    assert found is not None
    assert found.facts[-1].id == "c1"


async def test_asking_for_an_unknown_patient_leaves_nothing(engine: AsyncEngine, practice: UUID) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    assert await known(engine, practice, "nobody", as_of=yesterday) is None
    async with transaction(engine, practice) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM stream"))).scalar_one() == 1


async def test_one_practice_never_sees_the_other(engine: AsyncEngine, practice: UUID, other_practice: UUID) -> None:
    """The same patient reference, source, kind and id in two practices are two facts."""
    stated = fact("time_entry", "t1"), practice_fact("practice", "p")
    mine = await record(engine, practice, *stated, fact("death", "mine"))
    theirs = await record(engine, other_practice, *stated)
    assert [each.outcome for each in theirs] == ["stored", "stored"]
    found = await known(engine, other_practice)
    assert found is not None
    assert [each.id for each in found.facts] == ["p", "t1"]
    assert len(await ledger(engine, other_practice)) == 1
    # Even a query that names the other practice finds nothing, and nobody's transaction sees nobody's rows.
    for seen_by in (other_practice, uuid4(), None):
        async with transaction(engine, seen_by) as connection:
            asked = text("SELECT count(*) FROM fact WHERE tenant = :tenant")
            assert (await connection.execute(asked, {"tenant": practice})).scalar_one() == 0
    assert mine[0].position == theirs[0].position == 1


async def test_nor_corrects_the_others_facts(engine: AsyncEngine, practice: UUID, other_practice: UUID) -> None:
    await record(engine, practice, fact("time_entry", "t1"))
    results = await record(
        engine,
        other_practice,
        fact("time_entry", "t2", corrects="t1"),
        retraction("r", "time_entry", "t1"),
        partial=True,
    )
    assert [each.outcome for each in results] == ["rejected", "rejected"]
    assert [each.fact.id for each in await ledger(engine, practice)] == ["t1"]
