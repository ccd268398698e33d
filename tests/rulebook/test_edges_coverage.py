"""ELIG-04 with several coverages: the prevailing payer is asked day by day, in whatever order they are recorded."""

import pytest

from tests.rulebook.usual_patient import ask, staff, usual


@pytest.mark.parametrize("first", ["a", "z"])
def test_elig_04_a_plan_that_begins_within_the_month_prevails_from_its_day(first: str) -> None:
    plan = {"kind": "coverage", "id": first, "payer": "medicare_advantage", "from": "2024-03-10"}
    answer = ask(usual(staff(20), plan))
    assert answer.outcomes("ELIG-04") == {"met", "advisory"}
    assert answer.evidence("ELIG-04") == {first, "coverage"}


@pytest.mark.parametrize("first", ["a", "z"])
def test_elig_04_part_a_alone_beside_part_b_is_part_b(first: str) -> None:
    part_a = {"kind": "coverage", "id": first, "payer": "medicare_part_a_only"}
    answer = ask(usual(staff(20), part_a))
    assert answer.outcomes("ELIG-04") == {"met"}
    assert answer.lines == {"99490": 1}
