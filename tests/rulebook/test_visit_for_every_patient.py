"""INIT-02: in 2015 and 2016 care began with a visit at which it was discussed, for every patient."""

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, usual_in, visit, worked

MONTH = "2016-03"


def seen(*more: Raw, month: str = MONTH, **named: Raw | None) -> Answer:
    return ask(usual_in(month, worked(month, 20, id="work"), *more, **named), month)


@pytest.mark.parametrize("month", ["2015-01", "2016-12"])
def test_init_02_is_met_by_a_qualifying_visit_at_which_care_was_discussed(month: str) -> None:
    answer = seen(month=month)
    assert answer.outcomes("INIT-02") == {"met"}
    assert answer.outcomes("INIT-03") == {"met"}
    assert answer.outcomes("INIT-05") == {"met"}
    assert answer.findings("INIT-01") == []
    assert answer.lines == {"99490": 1}


def test_init_02_there_is_no_look_back() -> None:
    assert seen(visit={"on": "2009-05-05"}).lines == {"99490": 1}


@pytest.mark.parametrize(("day", "met"), [("2016-03-12", True), ("2016-03-31", True), ("2016-04-01", False)])
def test_init_02_the_visit_lies_not_later_than_the_end_of_the_month(day: str, met: bool) -> None:
    answer = seen(visit={"on": day})
    assert ("INIT-02" in answer.blockers()) is not met


def test_init_02_no_visit_is_missing_and_blocks() -> None:
    answer = seen(visit=None)
    assert answer.outcomes("INIT-02") == {"missing"}
    assert answer.blockers() == ["INIT-02", "TIME-02"]
    assert answer.uncounted("work") == {"INIT-07": 1200}


def test_init_02_is_asked_of_an_established_patient_whom_the_practitioner_knows() -> None:
    """Many visits, none of them with care management discussed."""
    others = [visit(f"2015-{month:02}-10", discussed_care_management=False) for month in range(1, 12)]
    answer = seen(*others, visit={"discussed_care_management": False})
    assert answer.outcomes("INIT-02") == {"not_met"}
    assert answer.outcomes("INIT-05") == {"not_met"}
    assert answer.blockers() == ["INIT-02", "INIT-05", "TIME-02"]
    assert answer.uncounted("work") == {"INIT-07": 1200}


def test_init_05_not_stated_is_missing_and_does_not_block() -> None:
    answer = seen(visit={"discussed_care_management": None})
    assert answer.outcomes("INIT-05") == {"missing"}
    assert answer.lines == {"99490": 1}


def test_init_02_one_discussed_visit_among_others_is_enough() -> None:
    answer = seen(visit("2016-03-05"), visit={"discussed_care_management": False})
    assert answer.outcomes("INIT-02") == {"met"}
    assert answer.outcomes("INIT-05") == {"met"}


@pytest.mark.parametrize(("day", "counts"), [(4, False), (5, True), (6, True)])
def test_init_07_work_before_the_first_discussed_visit_does_not_count(day: int, counts: bool) -> None:
    """The undiscussed visit of January opens nothing; the day of the visit counts."""
    facts = usual_in(
        MONTH,
        worked(MONTH, 20, day=day, id="early"),
        visit("2016-03-05"),
        visit={"discussed_care_management": False},
    )
    assert ask(facts, MONTH).uncounted("early") == ({} if counts else {"INIT-07": 1200})


@pytest.mark.parametrize("code", ["99211", "93793", "99441", "G2012"])
def test_init_04_visits_that_do_not_qualify_are_none(code: str) -> None:
    answer = seen(visit={"code": code})
    assert answer.outcomes("INIT-04") == {"not_met"}
    assert {"INIT-02", "INIT-04"} <= set(answer.blockers())


def test_init_04_telephone_only_does_not_qualify() -> None:
    assert "INIT-04" in seen(visit={"telephone_only": True}).blockers()


@pytest.mark.parametrize("code", ["99223", "99284", "99305"])
def test_init_04_facility_visits_count_with_advice(code: str) -> None:
    answer = seen(visit={"code": code})
    assert answer.outcomes("INIT-04") == {"advisory"}
    assert answer.lines == {"99490": 1}


def test_init_02_a_visit_without_a_code_leaves_the_record_silent() -> None:
    answer = seen(visit={"code": None})
    assert answer.outcomes("INIT-02") == {"missing"}
    assert answer.lines == {}


def test_init_06_only_others_visits_block_unless_the_policy_counts_the_group() -> None:
    facts = usual_in(MONTH, worked(MONTH), visit={"practitioner": "DR_B"})
    answer = ask(facts, MONTH)
    assert {"INIT-02", "INIT-06"} <= set(answer.blockers())
    assert ask(facts, MONTH, policy={"same_group_initiating_visit": True}).lines == {"99490": 1}


@pytest.mark.parametrize("code", ["99324", "99328", "99334", "99337", "99343", "99202", "99215", "G0438", "99496"])
def test_init_03_the_codes_of_the_time_qualify(code: str) -> None:
    assert seen(visit={"code": code}).lines == {"99490": 1}


def test_init_01_from_2017_a_patient_seen_in_the_year_needs_no_discussion() -> None:
    undiscussed: dict[str, Raw | None] = {"visit": {"discussed_care_management": False}}
    assert seen(month="2016-12", **undiscussed).lines == {}
    answer = seen(month="2017-01", **undiscussed)
    assert answer.lines == {"99490": 1}
    assert answer.findings("INIT-02") == []
    assert answer.outcomes("INIT-01") == {"met"}


def test_init_07_stands_between_cover_and_consent_in_those_years_too() -> None:
    """Section 0, order of the time filters: ELIG-04, INIT-07, CONS-01."""
    visited, consented = {"on": "2016-03-20"}, {"on": "2016-03-22"}
    uncovered = seen(coverage={"from": "2016-03-18"}, visit=visited, consent=consented)
    assert uncovered.uncounted("work") == {"ELIG-04": 1200}
    assert seen(visit=visited, consent=consented).uncounted("work") == {"INIT-07": 1200}
    assert seen(consent={"on": "2016-03-22"}).uncounted("work") == {"CONS-01": 1200}
