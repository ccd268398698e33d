"""Many at once: positions without holes, one winner for each key, no lock waited for in vain."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.errors import Unavailable
from app.ledger.append import Appended, Refused, append
from app.postgres.transaction import transaction
from tests.ledger.statements import SOURCE, fact, known, ledger, practice_fact, record

WRITERS = 16


async def test_positions_have_no_holes_and_instants_grow_under_many_writers(
    engine: AsyncEngine, practice: UUID
) -> None:
    async def write(writer: int) -> None:
        for turn in range(5):
            facts = [fact("time_entry", f"t{writer}-{turn}-{patient}", f"P{patient}") for patient in range(4)]
            # Each writer names the patients in an order of its own; locks are taken in one.
            await record(engine, practice, *facts[writer % 4 :], *facts[: writer % 4])

    await asyncio.gather(*[write(writer) for writer in range(WRITERS)])
    for patient in range(4):
        stored = await ledger(engine, practice, f"P{patient}", limit=1000)
        assert [each.position for each in stored] == list(range(1, WRITERS * 5 + 1))
        instants = [each.recorded_at for each in stored]
        assert sorted(set(instants)) == instants


async def test_the_same_fact_from_many_is_stored_once(engine: AsyncEngine, practice: UUID) -> None:
    facts = [fact("time_entry", f"t{number}") for number in range(20)]
    answers = await asyncio.gather(*[record(engine, practice, *facts) for _ in range(WRITERS)])
    stored = [each for results in answers for each in results if each.outcome == "stored"]
    assert len(stored) == len(facts)
    assert len(await ledger(engine, practice)) == len(facts)


async def test_one_key_for_many_patients_has_one_winner(engine: AsyncEngine, practice: UUID) -> None:
    """Their streams' locks differ, so the unique index decides, and the others find the winner when they look again."""

    async def attempt(patient: int) -> tuple[Appended, ...] | None:
        try:
            return await record(engine, practice, fact("death", "same", f"P{patient}"), fact("consent", f"c{patient}"))
        except Refused:
            return None

    answers = await asyncio.gather(*[attempt(patient) for patient in range(WRITERS)])
    assert sum(1 for answer in answers if answer is not None) == 1


async def test_partial_keeps_its_positions_when_a_key_is_lost_to_another(engine: AsyncEngine, practice: UUID) -> None:
    async with transaction(engine, practice) as connection:
        await append(connection, practice, SOURCE, [fact("death", "same", "P1")])
        losing = asyncio.create_task(
            record(
                engine,
                practice,
                fact("consent", "a", "P2"),
                fact("death", "same", "P2"),
                fact("consent", "b", "P2"),
                partial=True,
            )
        )
        done, _ = await asyncio.wait({losing}, timeout=0.3)
        assert not done
    results = await losing
    assert [(each.outcome, each.position) for each in results] == [("stored", 1), ("rejected", None), ("stored", 2)]


@pytest.mark.parametrize("patient_first", [True, False])
async def test_the_zone_and_the_first_patient_never_pass_each_other(
    engine: AsyncEngine, practice: UUID, patient_first: bool
) -> None:
    facts = fact("condition", "c"), practice_fact("practice", "p")
    first, second = facts if patient_first else reversed(facts)
    async with transaction(engine, practice) as connection:
        await append(connection, practice, SOURCE, [first])
        waiting = asyncio.create_task(record(engine, practice, second))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
    if patient_first:
        with pytest.raises(Refused):
            await waiting
    else:
        assert (await waiting)[0].outcome == "stored"


async def test_a_lock_not_had_in_time_is_a_503_with_retry_after(engine: AsyncEngine, practice: UUID) -> None:
    async with transaction(engine, practice) as connection:
        await append(connection, practice, SOURCE, [fact("consent", "c")])
        with pytest.raises(Unavailable) as unavailable:
            await record(engine, practice, fact("death", "d"))
    assert unavailable.value.headers["Retry-After"]
    assert await known(engine, practice) is not None
