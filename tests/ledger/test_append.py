"""Recording facts: each once, all or nothing, in order."""

from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import canonical
from app.errors import Conflict, Invalid
from app.ledger.append import Refused
from app.ledger.chain import GENESIS, chain_hash
from app.postgres.transaction import transaction
from tests.ledger.statements import fact, known, ledger, outcomes, pointers, practice_fact, record, retraction


async def test_positions_begin_at_one_in_each_stream_and_have_no_holes(engine: AsyncEngine, practice: UUID) -> None:
    results = await record(
        engine,
        practice,
        fact("condition", "a", "P1"),
        fact("condition", "b", "P2"),
        practice_fact("setting", "c"),
        fact("death", "d", "P1"),
    )
    assert [(each.patient, each.position) for each in results] == [("P1", 1), ("P2", 1), (None, 1), ("P1", 2)]
    results = await record(engine, practice, fact("condition", "e", "P1"))
    assert results[0].position == 3


async def test_recorded_at_grows_within_one_request(engine: AsyncEngine, practice: UUID) -> None:
    results = await record(engine, practice, *[fact("time_entry", f"t{number}") for number in range(5)])
    instants = [each.recorded_at for each in results if each.recorded_at is not None]
    assert len(instants) == 5
    assert sorted(set(instants)) == instants


async def test_the_same_fact_again_is_a_duplicate_and_answers_the_first_record(
    engine: AsyncEngine, practice: UUID
) -> None:
    first = await record(engine, practice, fact("time_entry", "t1"))
    again = await record(engine, practice, fact("time_entry", "t1"))
    assert outcomes(again) == ["duplicate"]
    assert (again[0].position, again[0].recorded_at) == (first[0].position, first[0].recorded_at)
    assert len(await ledger(engine, practice)) == 1


async def test_content_is_compared_by_moment_not_by_spelling(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("consent", "c", on=None, at="2024-03-01T10:00:00-05:00"))
    assert outcomes(await record(engine, practice, fact("consent", "c", on=None, at="2024-03-01T15:00:00Z"))) == [
        "duplicate"
    ]


async def test_the_same_key_with_other_content_is_a_conflict_and_nothing_is_stored(
    engine: AsyncEngine, practice: UUID
) -> None:
    await record(engine, practice, fact("time_entry", "t1"))
    with pytest.raises(Refused) as refused:
        await record(engine, practice, fact("condition", "new"), fact("time_entry", "t1", seconds=1201))
    assert pointers(refused.value.results) == {1: "/id"}
    problem = refused.value.problem()
    assert isinstance(problem, Conflict)
    assert [error.pointer for error in problem.errors] == ["/1/id"]
    assert [each.fact.id for each in await ledger(engine, practice)] == ["t1"]


async def test_the_patient_is_part_of_the_content(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("time_entry", "t1", "P1"))
    with pytest.raises(Refused):
        await record(engine, practice, fact("time_entry", "t1", "P2"))
    assert await known(engine, practice, "P2") is None


async def test_kinds_and_sources_have_ids_of_their_own(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("condition", "x"), fact("death", "x"))
    assert outcomes(await record(engine, practice, fact("condition", "x", code="I10"), source="lab")) == ["stored"]


async def test_twice_in_one_request(engine: AsyncEngine, practice: UUID) -> None:
    results = await record(engine, practice, fact("death", "d"), fact("death", "d"))
    assert outcomes(results) == ["stored", "duplicate"]
    assert [each.position for each in results] == [1, 1]
    with pytest.raises(Refused) as refused:
        await record(engine, practice, fact("condition", "e"), fact("condition", "e", code="I10"))
    assert pointers(refused.value.results) == {1: "/id"}


async def test_partial_stores_the_good_and_reports_the_bad(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("time_entry", "t1"))
    results = await record(
        engine,
        practice,
        fact("time_entry", "t1", seconds=5),
        fact("time_entry", "t2"),
        fact("time_entry", "t3", None),
        fact("time_entry", "t4", corrects="nobody"),
        fact("time_entry", "t5", corrects="t4"),
        fact("time_entry", "t6"),
        partial=True,
    )
    assert outcomes(results) == ["rejected", "stored", "rejected", "rejected", "rejected", "stored"]
    assert pointers(results) == {0: "/id", 2: "/patient", 3: "/corrects", 4: "/corrects"}
    assert [each.reason for each in results] == ["conflict", None, "invalid", "conflict", "conflict", None]
    assert [(each.fact.id, each.position) for each in await ledger(engine, practice)] == [
        ("t1", 1),
        ("t2", 2),
        ("t6", 3),
    ]


async def test_a_patient_whose_only_fact_was_refused_stays_unknown(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("condition", "c", "P9", corrects="nobody"), partial=True)
    assert await known(engine, practice, "P9") is None


@pytest.mark.parametrize("number", range(4))
async def test_a_patient_fact_needs_its_patient(engine: AsyncEngine, practice: UUID, number: int) -> None:
    wrong = (
        fact("condition", "c", None),
        retraction("r", "condition", "c", None),
        retraction("r", "setting", "s", "P1"),
        practice_fact("practice", "p", time_zone="Mars/Olympus"),
    )[number]
    with pytest.raises(Refused) as refused:
        await record(engine, practice, wrong)
    assert isinstance(refused.value.problem(), Invalid)
    assert pointers(refused.value.results) == {0: "/time_zone" if number == 3 else "/patient"}


async def test_nothing_to_record_is_fine(engine: AsyncEngine, practice: UUID) -> None:
    assert await record(engine, practice) == ()


async def test_a_thousand_facts_take_as_many_statements_as_one(engine: AsyncEngine, practice: UUID) -> None:
    counted = {1: 0, 1000: 0}
    for size in counted:
        facts = [fact("time_entry", f"{size}-{number}", f"P{size}-{number % 300}") for number in range(size)]

        def count(*_: object, size: int = size) -> None:
            counted[size] += 1

        event.listen(engine.sync_engine, "before_cursor_execute", count)
        results = await record(engine, practice, *facts)
        event.remove(engine.sync_engine, "before_cursor_execute", count)
        assert set(outcomes(results)) == {"stored"}
        assert {each.position for each in results} == ({1} if size == 1 else {1, 2, 3, 4})
    assert counted[1] == counted[1000]


async def test_each_fact_is_chained_to_the_one_before(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, fact("time_entry", "t1"), fact("consent", "c1"))
    await record(engine, practice, fact("time_entry", "t2"))
    async with transaction(engine, practice) as connection:
        rows = (await connection.execute(text("SELECT * FROM fact ORDER BY position"))).all()
        head = (await connection.execute(text("SELECT * FROM stream WHERE stream = 'P1'"))).one()
    previous = GENESIS
    for row in rows:
        payload = row.payload.encode()
        assert row.payload_digest == sha256(payload).digest()
        previous = chain_hash(
            previous, practice, "P1", row.position, row.recorded_at, row.source, row.kind, row.id, payload
        )
        assert row.chain_hash == previous
    assert (head.position, head.recorded_at, head.chain_hash) == (3, rows[-1].recorded_at, previous)


async def test_the_payload_is_the_canonical_fact_without_its_source(engine: AsyncEngine, practice: UUID) -> None:
    stated = fact("consent", "c", informed=["record_sharing", "availability"], patient="Zoë")
    await record(engine, practice, stated)
    stored = (await ledger(engine, practice, "Zoë"))[0]
    assert stored.payload == canonical(stated)
    assert b"source" not in stored.payload
    assert stored.fact.source == "ehr"
