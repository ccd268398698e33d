"""The practice's time zone stays what it was once a patient's fact is stored."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Fact
from app.ledger.append import Refused
from app.ledger.read import practice_time_zone
from app.postgres.transaction import transaction
from tests.ledger.statements import fact, outcomes, pointers, practice_fact, record, retraction

CHICAGO = practice_fact("practice", "p1")
DENVER = practice_fact("practice", "p2", time_zone="America/Denver")
PATIENT = fact("condition", "c1")


async def zone(engine: AsyncEngine, practice: UUID) -> str:
    async with transaction(engine, practice) as connection:
        return await practice_time_zone(connection, practice)


async def refused_at(engine: AsyncEngine, practice: UUID, *facts: Fact, source: str = "ehr") -> dict[int, str | None]:
    with pytest.raises(Refused) as refused:
        await record(engine, practice, *facts, source=source)
    return pointers(refused.value.results)


async def test_new_york_where_none_is_stated(engine: AsyncEngine, practice: UUID) -> None:
    assert await zone(engine, practice) == "America/New_York"
    await record(engine, practice, CHICAGO)
    assert await zone(engine, practice) == "America/Chicago"


async def test_it_may_come_with_the_first_patient_in_any_order(engine: AsyncEngine, practice: UUID) -> None:
    assert outcomes(await record(engine, practice, PATIENT, CHICAGO)) == ["stored", "stored"]


async def test_the_default_holds_once_a_patient_fact_is_stored(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, PATIENT)
    assert await refused_at(engine, practice, CHICAGO) == {0: "/time_zone"}
    same = practice_fact("practice", "p", time_zone="America/New_York", name="Elm Street")
    assert outcomes(await record(engine, practice, same)) == ["stored"]


async def test_another_zone_beside_one_in_force_is_refused(engine: AsyncEngine, practice: UUID) -> None:
    assert await refused_at(engine, practice, CHICAGO, DENVER) == {1: "/time_zone"}
    await record(engine, practice, CHICAGO)
    assert await refused_at(engine, practice, DENVER) == {0: "/time_zone"}
    assert await refused_at(engine, practice, DENVER, source="billing") == {0: "/time_zone"}


async def test_it_can_be_corrected_only_before_the_first_patient_fact(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, CHICAGO)
    moved = practice_fact("practice", "p2", time_zone="America/Denver", corrects="p1")
    await record(engine, practice, moved)
    assert await zone(engine, practice) == "America/Denver"
    await record(engine, practice, PATIENT)
    back = practice_fact("practice", "p3", corrects="p2")
    assert await refused_at(engine, practice, back) == {0: "/time_zone"}
    named = practice_fact("practice", "p4", time_zone="America/Denver", name="Elm Street", corrects="p2")
    assert outcomes(await record(engine, practice, named)) == ["stored"]


async def test_a_retraction_cannot_move_it_either(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, CHICAGO, PATIENT)
    assert await refused_at(engine, practice, retraction("r", "practice", "p1", None)) == {0: "/retracts"}
    # What counts is what holds in the end, in whatever order it is said.
    replaced = retraction("r", "practice", "p1", None), practice_fact("practice", "p5", name="Elm Street")
    assert outcomes(await record(engine, practice, *replaced)) == ["stored", "stored"]


async def test_partial_refuses_only_who_is_to_blame(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, PATIENT)
    results = await record(
        engine,
        practice,
        DENVER,
        practice_fact("practice", "p3", time_zone="America/New_York", corrects="p2"),
        CHICAGO,
        practice_fact("practice", "p6", time_zone="America/Chicago", corrects="p1"),
        practice_fact("setting", "s"),
        partial=True,
    )
    assert outcomes(results) == ["stored", "stored", "rejected", "rejected", "stored"]
    assert await zone(engine, practice) == "America/New_York"
