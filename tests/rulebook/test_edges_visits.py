"""INIT-01 to INIT-07: which visit is shown, needed or too old, at the days that decide it."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, staff, usual, usual_in, visit


def said(rule: str, *facts: Raw, **changes: Raw | None) -> str:
    return " ".join(one["says"] for one in ask(usual(list(facts), changes=changes)).findings(rule))


@pytest.mark.parametrize(("on", "out"), [("2024-02-01", {}), ("2024-03-05", {"INIT-07": 1200})])
def test_init_07_a_new_patient_seen_after_the_start_of_care_counts_from_that_visit(
    on: str, out: dict[str, int]
) -> None:
    """Care began on 1 February: a first visit after it was needed, whatever its code."""
    answer = ask(usual(staff(20, "2024-03-04", id="work"), visit={"on": on, "code": "99203"}))
    assert answer.uncounted("work") == out
    seen_late = ask(usual(staff(20, "2024-03-04", id="work"), visit={"on": "2024-03-05", "code": "99214"}))
    assert seen_late.uncounted("work") == {"INIT-07": 1200}


def test_init_05_is_asked_only_where_the_visit_was_needed() -> None:
    assert not ask(usual(staff(20), visit={"discussed_care_management": None})).findings("INIT-05")
    late = {"on": "2024-02-20", "discussed_care_management": None}
    assert ask(usual(staff(20), visit=late)).outcomes("INIT-05") == {"missing"}
    refused = {"on": "2024-02-20", "discussed_care_management": False}
    assert ask(usual(staff(20), visit=refused)).blockers() == ["INIT-05"]


@pytest.mark.parametrize(
    ("before", "advises"),
    [
        ("2023-01-11", True),  # the visit of 12 January 2024 came a year and a day after
        ("2023-01-12", False),
        ("2023-06-01", False),
        ("2020-06-01", True),
    ],
)
def test_init_05_advises_where_the_patient_was_seen_undiscussed_after_a_gap_over_a_year(
    before: str, advises: bool
) -> None:
    earlier = visit(before, discussed_care_management=True)
    facts = usual(staff(20), earlier, visit={"discussed_care_management": False})
    # A visit in the look-back that was discussed is no gap.
    assert ask(facts).outcomes("INIT-05") == ({"advisory"} if advises else set())


def test_init_05_does_not_advise_where_no_earlier_visit_is_known_or_one_was_discussed() -> None:
    assert not ask(usual(staff(20), visit={"discussed_care_management": False})).findings("INIT-05")
    others = visit("2020-06-01", practitioner="DR_B")
    assert not ask(usual(staff(20), others, visit={"discussed_care_management": False})).findings("INIT-05")
    discussed = visit("2024-01-20"), visit("2020-06-01")
    assert not ask(usual(staff(20), *discussed, visit={"discussed_care_management": False})).findings("INIT-05")


def test_init_01_names_the_first_visit_in_reach_and_its_practitioner() -> None:
    text = said("INIT-01", staff(20), visit("2024-01-20", id="later"))
    assert "2024-01-12" in text
    assert "DR_A" in text


@pytest.mark.parametrize(
    ("code", "on", "qualifies"),
    [
        ("99334", "2022-12-31", True),  # home codes of this range ended with 2022
        ("99334", "2023-01-01", False),
        ("99324", "2022-12-31", True),
        ("99324", "2023-01-01", False),
        ("99347", "2023-01-01", True),
    ],
)
def test_init_03_a_home_code_qualifies_until_it_ended(code: str, on: str, qualifies: bool) -> None:
    facts = usual(staff(20, "2023-03-12"), year=2023, changes={"visit": {"on": on, "code": code}})
    assert ("INIT-04" not in ask(facts, "2023-03").blockers()) is qualifies


def test_init_04_a_facility_visit_counts_with_advice_and_none_is_given_for_a_listed_one() -> None:
    assert ask(usual(staff(20), visit={"code": "99223"})).outcomes("INIT-04") == {"advisory"}
    both = ask(usual(staff(20), visit("2024-01-20", "99223")))
    assert not both.findings("INIT-04")
    assert both.outcomes("INIT-03") == {"met"}


def test_init_02_names_the_first_visit_and_its_practitioner_in_2016() -> None:
    seen = [visit("2016-02-20", id="later"), visit("2016-02-10", id="undiscussed", discussed_care_management=False)]
    answer = ask(usual_in("2016-03", staff(20, "2016-03-12"), seen), "2016-03")
    assert answer.outcomes("INIT-02") == {"met"}
    assert "undiscussed" not in answer.evidence("INIT-02")
    lone = ask(usual_in("2016-03", staff(20, "2016-03-12"), visit("2016-02-20", id="only"), visit=None), "2016-03")
    assert lone.evidence("INIT-02") == {"only"}
    assert "DR_A" in lone.findings("INIT-02")[0]["says"]
