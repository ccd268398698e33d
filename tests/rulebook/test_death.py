"""TIME-09 and its contradiction."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, staff, timed, usual


def death(day: str, **fields: str) -> Raw:
    return {"kind": "death", "on": day, **fields}


@pytest.mark.parametrize(("day", "counts"), [("2024-03-11", True), ("2024-03-12", True), ("2024-03-13", False)])
def test_time_09_the_day_of_death_counts_and_later_days_do_not(day: str, counts: bool) -> None:
    for entry in (staff(20, day, id="work"), timed(f"{day}T23:40", 20, id="work")):
        answer = ask(usual(entry, death("2024-03-12")))
        assert answer.uncounted("work") == ({} if counts else {"TIME-09": 1200})


def test_time_09_splits_an_entry_at_the_midnight_after_the_day_of_death() -> None:
    answer = ask(usual(timed("2024-03-12T23:40", 30, id="night"), death("2024-03-12")))
    assert answer.uncounted("night") == {"TIME-09": 600}
    assert answer.lines == {"99490": 1}


def test_time_09_the_threshold_reached_alive_is_billable() -> None:
    facts = usual(staff(20, "2024-03-10"), staff(20, "2024-03-20"), death("2024-03-12"))
    assert ask(facts).lines == {"99490": 1}


@pytest.mark.parametrize(("day", "billable"), [("2024-02-29", False), ("2024-03-31", True), ("2024-04-01", True)])
def test_time_09_death_before_at_the_end_of_or_after_the_month(day: str, billable: bool) -> None:
    assert (ask(usual(staff(20), death(day))).status == "billable") is billable


def test_time_09_two_days_of_death_need_a_decision() -> None:
    answer = ask(usual(staff(20), death("2024-03-05", id="one"), death("2024-03-20", id="two")))
    assert answer.status == "needs_decision"
    assert answer.evidence("TIME-09") == {"one", "two"}
    assert answer.lines == {}
    assert sorted(answer.alternatives, key=len) == [{}, {"99490": 1}]


def test_time_09_one_day_said_twice_is_no_contradiction() -> None:
    assert ask(usual(staff(20), death("2024-03-20"), death("2024-03-20"))).lines == {"99490": 1}


@pytest.mark.parametrize(
    ("days", "doubted"), [(("2024-03-20", "2024-04-05"), True), (("2024-04-05", "2024-05-01"), False)]
)
def test_time_09_at_least_one_of_the_days_is_not_after_the_month(days: tuple[str, str], doubted: bool) -> None:
    assert (ask(usual(staff(20), *map(death, days))).status == "needs_decision") is doubted
