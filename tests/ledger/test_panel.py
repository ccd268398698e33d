"""How many patients the ledgers know, and of how many they record what a program asks for: each count by what makes it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.service_month import service_month
from app.ledger.panel import recorded_panel
from app.postgres.transaction import transaction
from tests.ledger.statements import fact, practice_fact, record, retraction


async def counted(engine: AsyncEngine, practice: UUID, month: str = "2024-03") -> tuple[int, int, int, int]:
    async with transaction(engine, practice, snapshot=True) as connection:
        found = await recorded_panel(connection, practice, service_month(month), "ccm")
    return found.patients, found.medicare_patients, found.qualifying_patients, found.taking_part


def two(patient: str, **fields: Any) -> list[Any]:
    return [fact("condition", f"{patient}-{code}", patient, code=code, **fields) for code in ("E11.9", "I10")]


async def test_nothing_recorded_is_nobody(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, practice_fact("setting", "s"))
    assert await counted(engine, practice) == (0, 0, 0, 0)


async def test_a_patient_is_known_by_any_fact(engine: AsyncEngine, practice: UUID) -> None:
    await record(
        engine, practice, fact("time_entry", "t1", "P1"), fact("time_entry", "t2", "P1"), fact("consent", "c", "P2")
    )
    assert (await counted(engine, practice))[:2] == (2, 2)


async def test_two_codes_in_force_qualify(engine: AsyncEngine, practice: UUID) -> None:
    await record(
        engine, practice,
        *two("P1"), fact("condition", "P1-again", "P1", code="I10"),
        fact("condition", "P2-once", "P2", code="I10"), fact("condition", "P2-twice", "P2", code="I10"),
        *two("P3", until="2024-03-01"), *two("P4", until="2024-03-02"), *two("P5", from_="2024-04-01"),
    )  # fmt: skip
    assert await counted(engine, practice) == (5, 5, 2, 0)
    assert (await counted(engine, practice, "2024-02"))[2] == 3
    assert (await counted(engine, practice, "2024-04"))[2] == 2


async def test_a_condition_said_to_pass_does_not_qualify(engine: AsyncEngine, practice: UUID) -> None:
    passing, lasting = {"expected_duration": "less_than_12_months"}, {"expected_duration": "at_least_12_months"}
    await record(
        engine, practice,
        *two("P1", **lasting), *two("P2", **passing),
        *two("P3"), fact("condition", "P3-passes", "P3", code="I10", **passing),
        *two("P4"), fact("condition", "P4-passed", "P4", code="I10", **passing, until="2024-03-01"),
    )  # fmt: skip
    assert await counted(engine, practice) == (4, 4, 2, 0)


async def test_what_is_retracted_or_corrected_does_not_count(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, *two("P1"), *two("P2"))
    await record(
        engine, practice,
        retraction("gone", "condition", "P1-I10", "P1"),
        fact("condition", "P2-mended", "P2", code="E11.9", corrects="P2-I10"),
    )  # fmt: skip
    assert await counted(engine, practice) == (2, 2, 0, 0)


async def test_other_payers_and_the_dead_are_not_of_the_panel(engine: AsyncEngine, practice: UUID) -> None:
    part_b, advantage = {"payer": "medicare_part_b"}, {"payer": "medicare_advantage"}
    await record(
        engine, practice,
        fact("coverage", "c1", "P1", **part_b),
        fact("coverage", "c2", "P2", payer="commercial"),
        fact("coverage", "c3", "P3", **part_b), fact("coverage", "c4", "P3", **advantage),
        fact("coverage", "c5", "P4", **advantage, until="2024-03-01"),
        fact("coverage", "c6", "P7", **part_b, until="2024-03-01"),
        fact("coverage", "c7", "P8", **part_b, until="2024-03-02"),
        fact("coverage", "c8", "P9", **part_b, from_="2024-04-01"),
        fact("death", "d5", "P5", on="2024-02-29"), *two("P5"),
        fact("death", "d6", "P6", on="2024-03-01"), *two("P6"),
    )  # fmt: skip
    # P1, P6, P8, and P9, of whom nothing is recorded for the month.
    assert await counted(engine, practice) == (9, 4, 1, 0)


@pytest.mark.parametrize(
    ("recorded", "takes_part"),
    [
        ([("enrollment", {"from_": "2024-03-31"})], True),
        ([("enrollment", {"from_": "2024-04-01"})], False),
        ([("enrollment", {"from_": "2023-01-01", "until": "2024-03-01"})], False),
        ([("enrollment", {"from_": "2024-01-01", "program": "pcm"})], False),
        ([("consent", {"on": "2022-06-01"})], True),
        ([("consent", {"on": "2024-04-01"})], False),
        ([("consent", {"on": "2022-06-01", "program": "pcm"})], False),
        ([("consent", {"on": "2022-06-01", "action": "declined"})], False),
        ([("consent", {"on": "2022-06-01"}), ("consent", {"on": "2024-02-29", "action": "withdrawn"})], False),
        # Its end is the month's: this month still has it.
        ([("consent", {"on": "2022-06-01"}), ("consent", {"on": "2024-03-01", "action": "withdrawn"})], True),
        ([("consent", {"on": "2022-06-01", "action": "withdrawn"}), ("consent", {"on": "2023-06-01"})], True),
    ],
)
async def test_who_takes_part(
    engine: AsyncEngine, practice: UUID, recorded: list[tuple[str, dict[str, Any]]], takes_part: bool
) -> None:
    await record(
        engine, practice, *[fact(kind, f"f{place}", "P1", **fields) for place, (kind, fields) in enumerate(recorded)]
    )
    assert await counted(engine, practice) == (1, 1, 0, int(takes_part))


async def test_each_practice_counts_its_own(engine: AsyncEngine, practice: UUID, other_practice: UUID) -> None:
    await record(engine, practice, *two("P1"), fact("consent", "c", "P1"))
    await record(engine, other_practice, *two("P1"), *two("P2"))
    assert await counted(engine, practice) == (1, 1, 1, 1)
    assert await counted(engine, other_practice) == (2, 2, 2, 0)
