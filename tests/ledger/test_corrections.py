"""The contract's sentences about corrections and retractions."""

import itertools
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Fact
from app.ledger.append import Refused
from tests.ledger.statements import fact, ledger, outcomes, pointers, practice_fact, record, retraction

ORIGINAL = fact("time_entry", "t1")


async def refused_at(engine: AsyncEngine, practice: UUID, *facts: Fact, source: str = "ehr") -> dict[int, str | None]:
    with pytest.raises(Refused) as refused:
        await record(engine, practice, *facts, source=source)
    assert all(each.reason in {"conflict", None} for each in refused.value.results)
    return pointers(refused.value.results)


async def test_a_correction_of_a_recorded_fact_is_recorded(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL)
    assert outcomes(await record(engine, practice, fact("time_entry", "t2", corrects="t1"))) == ["stored"]
    assert [each.fact.id for each in await ledger(engine, practice)] == ["t1", "t2"]


async def test_in_one_request_in_any_order(engine: AsyncEngine, practice: UUID) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        patient = f"P{number}"
        chain = (
            fact("time_entry", f"a{number}", patient),
            fact("time_entry", f"b{number}", patient, corrects=f"a{number}"),
            retraction(f"r{number}", "time_entry", f"b{number}", patient),
        )
        assert outcomes(await record(engine, practice, *[chain[index] for index in order])) == ["stored"] * 3


async def test_a_correction_names_a_fact_that_is_there(engine: AsyncEngine, practice: UUID) -> None:
    assert await refused_at(engine, practice, fact("time_entry", "t2", corrects="t1")) == {0: "/corrects"}
    assert await refused_at(engine, practice, retraction("r", "time_entry", "t1")) == {0: "/retracts"}


async def test_of_the_same_kind(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL)
    assert await refused_at(engine, practice, fact("condition", "c", corrects="t1")) == {0: "/corrects"}


async def test_of_the_same_patient(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL)
    assert await refused_at(engine, practice, fact("time_entry", "t2", "P2", corrects="t1")) == {0: "/corrects"}
    assert await refused_at(engine, practice, retraction("r", "time_entry", "t1", "P2")) == {0: "/retracts"}
    here = fact("time_entry", "t3"), fact("time_entry", "t4", "P2", corrects="t3")
    assert await refused_at(engine, practice, *here) == {1: "/corrects"}


async def test_of_the_same_source(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL)
    correction = fact("time_entry", "t2", corrects="t1")
    assert await refused_at(engine, practice, correction, source="lab") == {0: "/corrects"}


async def test_not_yet_corrected_or_retracted(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL, fact("time_entry", "t2", corrects="t1"))
    assert await refused_at(engine, practice, fact("time_entry", "t3", corrects="t1")) == {0: "/corrects"}
    assert await refused_at(engine, practice, retraction("r1", "time_entry", "t1")) == {0: "/retracts"}
    await record(engine, practice, retraction("r2", "time_entry", "t2"))
    assert await refused_at(engine, practice, retraction("r3", "time_entry", "t2")) == {0: "/retracts"}
    assert await refused_at(engine, practice, fact("time_entry", "t4", corrects="t2")) == {0: "/corrects"}


async def test_twice_in_one_request_is_once_too_often(engine: AsyncEngine, practice: UUID) -> None:
    facts = ORIGINAL, fact("time_entry", "t2", corrects="t1"), retraction("r", "time_entry", "t1")
    assert await refused_at(engine, practice, *facts) == {2: "/retracts"}


async def test_a_replacement_may_be_corrected_in_turn_and_retracted(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, ORIGINAL, fact("time_entry", "t2", corrects="t1"))
    await record(engine, practice, fact("time_entry", "t3", corrects="t2"))
    await record(engine, practice, retraction("r", "time_entry", "t3"))
    # The original does not revive: it cannot be corrected again either.
    assert await refused_at(engine, practice, fact("time_entry", "t4", corrects="t1")) == {0: "/corrects"}


async def test_a_correction_sent_again_is_a_duplicate(engine: AsyncEngine, practice: UUID) -> None:
    correction, cancelled = fact("time_entry", "t2", corrects="t1"), retraction("r", "time_entry", "t2")
    await record(engine, practice, ORIGINAL, correction, cancelled)
    assert outcomes(await record(engine, practice, cancelled, correction, ORIGINAL)) == ["duplicate"] * 3


async def test_facts_that_name_one_another_in_a_circle_rest_on_nothing(engine: AsyncEngine, practice: UUID) -> None:
    circle = fact("time_entry", "a", corrects="b"), fact("time_entry", "b", corrects="a")
    assert await refused_at(engine, practice, *circle) == {0: "/corrects", 1: "/corrects"}
    assert await refused_at(engine, practice, fact("time_entry", "c", corrects="c")) == {0: "/corrects"}


async def test_practice_facts_are_corrected_and_retracted_in_their_own_stream(
    engine: AsyncEngine, practice: UUID
) -> None:
    await record(
        engine,
        practice,
        practice_fact("setting", "s1"),
        practice_fact("setting", "s2", type="rhc", corrects="s1"),
        retraction("r", "setting", "s2", None),
    )
    assert [each.position for each in await ledger(engine, practice, "")] == [1, 2, 3]
