"""Gaps: whether a code can still be had before the month ends, and facts that settle it, no more than needed."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    at,
    billed,
    consent,
    decision,
    own,
    plan_work,
    staff,
    stay,
    timed,
    usual,
    usual_in,
    visit,
    worked,
)

LATE = "2024-03-20"


def gap(answer: Answer, code: str = "99490") -> Raw:
    found = answer.gap(code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("shut", "changes"),
    [
        ({"kind": "death", "on": "2024-02-10"}, {}),
        ({"kind": "death", "on": "2024-03-10"}, {"diabetes": None}),
        (stay("inpatient", "2024-03-10"), {"diabetes": None}),
    ],
)
def test_nothing_is_possible_when_no_day_is_left_to_work_on(shut: Raw, changes: dict[str, Any]) -> None:
    answer = ask(usual({"id": "shut", **shut}, changes=changes), gaps=True, known_on=LATE)
    assert gap(answer)["still_possible"] is False


def test_nothing_is_possible_when_consent_of_the_last_day_opens_no_day() -> None:
    answer = ask(
        usual(consent={"on": "2024-03-31"}), policy={"count_same_day_as_consent": False}, gaps=True, known_on=LATE
    )
    assert gap(answer)["still_possible"] is False


def test_own_time_is_not_possible_once_the_practitioner_is_excluded() -> None:
    excluded = {"kind": "excluded_performer", "id": "x", "performer": "DR_A", "from": "2024-03-20"}
    answer = ask(usual(excluded), known_on="2024-03-25", gaps=True)
    assert gap(answer, "99491")["still_possible"] is False
    assert gap(answer)["still_possible"] is True


def test_own_time_is_settled_on_the_last_day_before_the_exclusion() -> None:
    excluded = {"kind": "excluded_performer", "id": "x", "performer": "DR_A", "from": "2024-03-20"}
    (work,) = gap(ask(usual(excluded), gaps=True), "99491")["settles"]
    assert (work["on"], work["seconds"], work["performer"]) == ("2024-03-19", 1800, "DR_A")


def test_own_time_may_fall_on_a_visit_day_that_is_shut_to_staff() -> None:
    facts = usual({"id": "v", **visit("2024-03-31")})
    answer = ask(facts, policy={"count_staff_time_on_visit_day": False}, gaps=True)
    assert gap(answer, "99491")["settles"][0]["on"] == "2024-03-31"
    assert gap(answer)["settles"][0]["on"] == "2024-03-30"


def test_a_missing_visit_comes_the_day_before_where_its_day_is_shut_to_staff() -> None:
    facts = usual(visit=None)
    policy = {"count_staff_time_on_visit_day": False}
    settles = gap(ask(facts, policy=policy, gaps=True))["settles"]
    assert {fact["kind"]: fact["on"] for fact in settles} == {"visit": "2024-03-30", "time_entry": "2024-03-31"}
    assert ask([*facts, *settles], policy=policy).blockers() == []


def test_a_consent_not_documented_is_settled_from_its_true_date_without_more_work() -> None:
    facts = usual(staff(25), consent={"documented": False})
    (mended,) = gap(ask(facts, gaps=True))["settles"]
    assert (mended["kind"], mended["on"]) == ("consent", "2024-02-01")
    assert ask([*facts, mended]).lines == {"99490": 1}


def test_what_the_patient_was_not_told_takes_a_new_consent_and_work_after_it() -> None:
    facts = usual(staff(25), consent={"informed": ["availability"]})
    settles = gap(ask(facts, gaps=True))["settles"]
    assert [(fact["kind"], fact["on"]) for fact in settles] == [
        ("consent", "2024-03-31"),
        ("time_entry", "2024-03-31"),
    ]
    assert ask([*facts, *settles]).lines == {"99490": 1}


def test_hospice_work_unrelated_to_the_illness_settles_a_month_under_its_election() -> None:
    facts = usual({"kind": "stay", "id": "election", "setting": "hospice", "from": "2024-01-10"})
    found = gap(ask(facts, gaps=True, known_on="2024-03-15"))
    assert found["rules"] == ["ELIG-07", "TIME-02"] and found["still_possible"]
    (work,) = found["settles"]
    assert work["unrelated_to_terminal_illness"] and work["seconds"] == 1200
    assert ask([*facts, work]).lines == {"99490": 1}


def test_what_a_level_too_low_lacks_is_possible_while_days_are_left() -> None:
    facts = usual(staff(60, "2024-03-01"), decision("low", "2024-03-01"), plan_work())
    found = gap(ask(facts, gaps=True, known_on="2024-03-02"), "99487")
    assert found["rules"] == ["CPLX-01"] and found["still_possible"]
    assert "No fact can change" not in found["remedy"]


def test_a_second_after_transitional_care_may_be_all_that_is_lacking() -> None:
    transitional = {"kind": "service", "id": "tcm", "code": "99495", "practitioner": "DR_A"}
    transitional |= {"on": "2019-03-02", "through": "2019-03-10"}
    facts = usual(staff(50, "2019-03-02"), staff(seconds=1199, day="2019-03-12"), transitional, year=2019)
    found = gap(ask(facts, "2019-03", gaps=True, known_on="2019-03-15"))
    assert found["rules"] == ["CONC-01"] and found["still_possible"]
    (work,) = found["settles"]
    assert work["seconds"] == 1
    assert "CONC-01" not in ask([*facts, work], "2019-03").blockers()


def test_nothing_is_asked_of_a_day_after_death_nor_of_one_that_is_past() -> None:
    died = usual({"kind": "death", "id": "death", "on": "2024-03-10"})
    planning = gap(ask(died, gaps=True, known_on="2024-03-11"), "G0506")
    assert not planning["still_possible"]
    assert {fact["on"] for fact in planning["settles"]} == {"2024-03-10"}
    policy = {"count_staff_time_on_visit_day": False}
    late = ask(usual(visit=None), policy=policy, gaps=True, known_on="2024-03-31")
    assert not gap(late)["still_possible"]
    assert {fact["on"] for fact in gap(late, "99491")["settles"]} == {"2024-03-31"}
    assert gap(late, "99491")["still_possible"]


def test_the_practitioners_codes_ask_for_the_practitioners_own_time() -> None:
    remedy = gap(ask(usual(staff(120)), gaps=True), "99491")["remedy"]
    assert "billing practitioner's own" in remedy


def test_amt_01_a_credential_recorded_from_after_the_service_still_counts() -> None:
    answer = ask(usual(staff(20, "2024-03-12"), practitioner={"credential": "NP", "from": "2024-03-15"}))
    assert answer.line("99490")["amount_cents"] == 5319  # 62.58 x 0.85, half up


def test_s_is_not_taken_from_an_entry_before_the_consents_instant() -> None:
    """Section 0: S is the first entry on or after the consent; the visit of the 10th is then in the look-back."""
    facts = usual(
        {"id": "early", **timed("2024-03-05T09:00", 10)},
        staff(25, "2024-03-20", id="late"),
        enrollment=None,
        consent={"on": None, "at": at("2024-03-05T10:00")},
        visit={"on": "2024-03-10", "discussed_care_management": False},
    )
    answer = ask(facts)
    assert answer.lines == {"99490": 1}
    assert answer.uncounted("early") == {"CONS-01": 600}


def test_elig_02_a_possibility_keeps_what_the_denied_statement_says_of_risk() -> None:
    short = {
        "kind": "condition", "id": "short", "code": "I10",
        "expected_duration": "less_than_12_months", "significant_risk": True,
    }  # fmt: skip
    answer = ask(usual(staff(25), short, hypertension={"significant_risk": None}))
    assert answer.status == "needs_decision"
    assert answer.alternatives == [{"99490": 1}, {}]


def test_own_work_counts_for_either_pathway_when_it_settles() -> None:
    facts = usual(own(10))
    for code, minutes in (("99490", 10), ("99491", 20)):
        assert gap(ask(facts, gaps=True), code)["needs_seconds"] == minutes * 60


def test_consent_by_another_practitioner_is_settled_by_ones_own() -> None:
    facts = usual(staff(25), {"id": "other", **consent("2024-02-01", practitioner="DR_B")}, consent=None)
    settles = gap(ask(facts, gaps=True))["settles"]
    assert ask([*facts, *settles]).lines == {"99490": 1}


def test_what_settles_a_capability_that_ended_is_a_new_one() -> None:
    changes: dict[str, Raw | None] = {"access_24_7": {"until": "2024-03-01"}, "continuity": {"until": "2024-02-01"}}
    found = gap(ask(usual(staff(20), changes=changes), gaps=True))
    assert found["rules"] == ["PLAN-05", "PLAN-06"]
    assert [(fact["kind"], fact["name"]) for fact in found["settles"]] == [
        ("capability", "access_24_7"),
        ("capability", "continuity"),
    ]
    assert ask([*usual(staff(20), changes=changes), *found["settles"]]).lines == {"99490": 1}


def test_what_settles_g0506_is_an_assessment_beside_a_visit_of_the_day() -> None:
    found = gap(ask(usual(staff(20)), gaps=True), "G0506")
    assert found["rules"] == ["G0506-02", "G0506-03", "G0506-06"]
    assert "needs_seconds" not in found
    assert {fact["kind"] for fact in found["settles"]} == {"visit", "planning_assessment"}
    assert ask([*usual(staff(20)), *found["settles"]]).lines == {"99490": 1, "G0506": 1}
    for fact in found["settles"]:
        assert "G0506" not in ask([*usual(staff(20)), fact]).lines


def test_g0506_billed_before_cannot_be_settled() -> None:
    found = gap(
        ask(usual(staff(20), billed("G0506", "2024-02-10", practitioner="DR_A")), gaps=True, known_on=LATE), "G0506"
    )
    assert "G0506-01" in found["rules"]
    assert "settles" not in found
    assert found["still_possible"] is False


@pytest.mark.parametrize(("known_on", "possible"), [("2024-03-31", True), ("2024-04-01", False)])
def test_g0506_is_possible_while_the_month_lasts(known_on: str, possible: bool) -> None:
    assert gap(ask(usual(staff(20)), gaps=True, known_on=known_on), "G0506")["still_possible"] is possible


@pytest.mark.parametrize(("until", "possible"), [("2024-03-20", False), ("2024-03-21", True)])
def test_g0506_is_possible_while_a_covered_day_is_left(until: str, possible: bool) -> None:
    answer = ask(usual(staff(20), coverage={"until": until}), gaps=True, known_on=LATE)
    assert gap(answer, "G0506")["still_possible"] is possible


def test_what_settles_written_consent_is_a_new_one_in_writing_with_leave_to_share() -> None:
    facts = usual_in("2016-03", worked("2016-03"), consent={"form": "verbal"})
    found = gap(ask(facts, "2016-03", gaps=True))
    assert found["rules"] == ["CONS-02"]
    given, work = found["settles"]
    assert given["form"] == "written" and "record_sharing" in given["informed"]
    assert (given["on"], work["on"]) == ("2016-03-31", "2016-03-31")
    assert ask([*facts, given], "2016-03").lines == {}
    assert ask([*facts, given, work], "2016-03").lines == {"99490": 1}


def test_what_settles_cplx_02_is_a_plan_made_anew() -> None:
    facts = usual_in("2018-03", worked("2018-03", 60), {"kind": "decision_making", "level": "high", "on": "2018-03-10"})
    found = gap(ask(facts, "2018-03", gaps=True), "99487")
    assert found["rules"] == ["CPLX-02"]
    assert [fact["action"] for fact in found["settles"]] == ["substantially_revised"]
    assert ask([*facts, *found["settles"]], "2018-03").lines == {"99487": 1}


@pytest.mark.parametrize("service", [billed("G0181", practitioner="DR_A"), billed("99490", practitioner="DR_B")])
def test_a_service_that_stands_is_settled_by_no_fact(service: Raw) -> None:
    found = gap(ask(usual(staff(20), service), gaps=True))
    assert "settles" not in found
    assert found["remedy"]
