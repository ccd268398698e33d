"""The first day of a month and its last are days like any other."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, own, staff, usual

EDGES = ["2024-03-01", "2024-03-02", "2024-03-31"]

LEFT_OUT: list[tuple[str, Raw]] = [
    ("TIME-12", {"automated": True}),
    ("TIME-12", {"activity": "clerical"}),
    ("PRAC-12", {"activity": "supervision"}),
    ("PRAC-10", {"outside_us": True}),
    ("PRAC-10", {"patient_outside_us": True}),
    ("PRAC-05", {"role": "non_clinical"}),
    ("PRAC-14", {"supervised_by": "DR_B"}),
    ("TIME-07", {"part_of_visit": True}),
]


@pytest.mark.parametrize("day", EDGES)
@pytest.mark.parametrize(("rule", "fields"), LEFT_OUT)
def test_what_does_not_count_counts_on_no_day(day: str, rule: str, fields: Raw) -> None:
    answer = ask(usual(staff(20, day, id="work", **fields)))
    assert answer.counted == 0
    assert answer.uncounted("work") == {rule: 1200}


@pytest.mark.parametrize("day", EDGES)
def test_work_on_an_edge_counts_and_dates_the_claim(day: str) -> None:
    answer = ask(usual(staff(20, day)))
    assert answer.line("99490")["earliest_service_date"] == day
    assert answer.line("99490")["service_date"] == day


@pytest.mark.parametrize("day", EDGES)
def test_an_excluded_persons_work_is_out_on_the_days_of_the_exclusion(day: str) -> None:
    excluded = {"kind": "excluded_performer", "performer": "RN_1", "from": day}
    answer = ask(usual(staff(20, day, id="work"), excluded))
    assert answer.uncounted("work") == {"PRAC-09": 1200}


@pytest.mark.parametrize("day", EDGES)
def test_the_practitioners_pathway_leaves_staff_time_on_any_day(day: str) -> None:
    answer = ask(usual(own(30, day), staff(5, day, id="staff")), policy={"preference": "highest_amount"})
    assert answer.lines == {"99491": 1}
    assert answer.uncounted("staff") == {"PRAC-07": 300}
