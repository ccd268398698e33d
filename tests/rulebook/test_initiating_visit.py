"""INIT-01, INIT-03 to INIT-08: seen before care starts, or initiated by a visit. S and the look-back of section 0."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, consent, enrollment, staff, timed, usual, visit

LISTED = [
    "99202", "99203", "99204", "99205", "99212", "99213", "99214", "99215", "99341", "99342", "99344", "99345",
    "99347", "99348", "99349", "99350", "99483", "99495", "99496", "G0402", "G0438", "G0439",
]  # fmt: skip
NEW = ["99202", "99205", "99341", "99345"]
ENDED_WITH_2022 = ["99343", "99324", "99328", "99334", "99337"]


def test_init_01_seen_and_not_new_is_met_and_no_discussion_is_asked() -> None:
    answer = ask(usual(staff(20), visit={"discussed_care_management": False}))
    assert answer.outcomes("INIT-01") == {"met"}
    assert not answer.findings("INIT-05")
    assert answer.lines == {"99490": 1}


def test_init_01_blocks_where_no_visit_is_known() -> None:
    answer = ask(usual(staff(20, id="work"), visit=None))
    assert "INIT-01" in answer.blockers()
    assert answer.uncounted("work") == {"INIT-07": 1200}


@pytest.mark.parametrize(("day", "seen"), [("2024-03-02", False), ("2024-03-03", True), ("2025-03-03", True)])
def test_init_01_look_back_holds_both_its_days(day: str, seen: bool) -> None:
    """The rule book's own example: S 2025-03-03."""
    facts = usual(staff(20, "2025-03-20"), enrollment={"from": "2025-03-03"}, visit={"on": day})
    assert (ask(facts, "2025-03").status == "billable") is seen


@pytest.mark.parametrize(("day", "seen"), [("2023-02-27", False), ("2023-02-28", True)])
def test_init_01_one_year_before_a_leap_day_is_28_february(day: str, seen: bool) -> None:
    facts = usual(staff(20), enrollment={"from": "2024-02-29"}, visit={"on": day})
    assert (ask(facts).status == "billable") is seen


@pytest.mark.parametrize(("day", "seen"), [("2023-02-28", False), ("2023-03-01", True)])
def test_init_01_one_year_before_the_day_after_a_leap_day_is_its_date(day: str, seen: bool) -> None:
    facts = usual(staff(20), enrollment={"from": "2024-03-01"}, visit={"on": day})
    assert (ask(facts).status == "billable") is seen


@pytest.mark.parametrize(("day", "met"), [("2024-02-02", True), ("2024-03-31", True), ("2024-04-01", False)])
def test_init_01_a_visit_after_the_start_initiates_up_to_the_end_of_the_month(day: str, met: bool) -> None:
    facts = usual(staff(20, "2024-03-31"), visit={"on": day})
    assert (ask(facts).status == "billable") is met


def test_init_01_a_later_month_looks_back_from_the_start_not_from_the_month() -> None:
    """INIT-08: no yearly visit once CCM runs."""
    assert ask(usual(staff(20, "2026-09-10")), "2026-09").lines == {"99490": 1}


def test_init_01_who_paid_for_the_visit_does_not_matter() -> None:
    assert ask(usual(staff(20), coverage={"from": "2024-03-01"})).lines == {"99490": 1}


@pytest.mark.parametrize("code", LISTED)
def test_init_03_qualifying_codes(code: str) -> None:
    answer = ask(usual(staff(20), visit={"code": code}))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("INIT-01") == {"met"}


@pytest.mark.parametrize("code", ENDED_WITH_2022)
def test_init_03_home_and_domiciliary_codes_that_ended_qualify_to_the_end_of_2022(code: str) -> None:
    facts: dict[str, Raw | None] = {
        "enrollment": {"from": "2023-01-15"},
        "consent": {"on": "2023-01-15"},
        "plan": {"on": "2023-01-15"},
    }
    assert ask(usual(staff(20, "2023-02-10"), visit={"code": code, "on": "2022-12-31"}, changes=facts), "2023-02").lines
    after = ask(usual(staff(20, "2023-02-10"), visit={"code": code, "on": "2023-01-02"}, changes=facts), "2023-02")
    assert after.blockers("99490")[0] == "INIT-04"


@pytest.mark.parametrize("code", ["99211", "99201", "93793", "99421", "99441", "99457", "G2012", "99490"])
def test_init_04_other_codes_do_not_count(code: str) -> None:
    answer = ask(usual(staff(20), visit={"code": code}))
    assert "INIT-04" in answer.blockers()
    assert "INIT-01" not in answer.blockers()
    assert answer.outcomes("INIT-04") == {"not_met"}


def test_init_04_the_telephone_alone_does_not_count_whatever_the_code() -> None:
    assert "INIT-04" in ask(usual(staff(20), visit={"telephone_only": True})).blockers()
    assert ask(usual(staff(20), visit={"telephone_only": False})).lines == {"99490": 1}


def test_init_04_is_not_named_beside_a_visit_that_qualifies() -> None:
    assert not ask(usual(staff(20), visit("2024-01-10", "99211"))).findings("INIT-04")


@pytest.mark.parametrize("code", ["99221", "99223", "99281", "99285", "99304", "99306"])
def test_init_04_hospital_emergency_and_nursing_facility_visits_count_with_advice(code: str) -> None:
    answer = ask(usual(staff(20), visit={"code": code}))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("INIT-04") == {"advisory"}


@pytest.mark.parametrize("code", NEW)
@pytest.mark.parametrize(
    ("discussed", "outcome", "blockers"), [(True, "met", []), (None, "missing", []), (False, "not_met", ["INIT-05"])]
)
def test_init_05_a_new_patient_needs_the_discussion(
    code: str, discussed: bool | None, outcome: str, blockers: list[str]
) -> None:
    answer = ask(usual(staff(20), visit={"code": code, "discussed_care_management": discussed}))
    assert answer.outcomes("INIT-05") == {outcome}
    assert answer.blockers() == blockers


@pytest.mark.parametrize(
    ("discussed", "outcome", "blockers"), [(True, "met", []), (None, "missing", []), (False, "not_met", ["INIT-05"])]
)
def test_init_05_a_patient_not_seen_before_the_start_needs_the_discussion(
    discussed: bool | None, outcome: str, blockers: list[str]
) -> None:
    facts = usual(staff(20, "2024-03-20"), visit={"on": "2024-03-05", "discussed_care_management": discussed})
    answer = ask(facts)
    assert answer.outcomes("INIT-05") == {outcome}
    assert answer.blockers() == blockers


def test_init_05_an_established_visit_beside_a_new_one_makes_the_patient_not_new() -> None:
    new = visit("2023-06-01", "99203", discussed_care_management=False)
    assert not ask(usual(staff(20), new, visit={"discussed_care_management": False})).findings("INIT-05")


def test_init_05_an_established_visit_before_the_look_back_leaves_the_patient_new() -> None:
    old = visit("2023-01-31")
    facts = usual(staff(20), old, visit={"code": "99203", "discussed_care_management": False})
    assert ask(facts).blockers() == ["INIT-05"]


def test_init_05_advises_when_the_only_visit_of_the_year_came_after_a_gap_and_was_undiscussed() -> None:
    facts = usual(staff(20), visit("2023-01-11"), visit={"discussed_care_management": False})
    answer = ask(facts)
    assert answer.outcomes("INIT-05") == {"advisory"}
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(("before", "discussed"), [("2023-01-12", False), ("2023-01-11", True)])
def test_init_05_does_not_advise_without_a_gap_of_over_a_year_or_after_a_discussion(
    before: str, discussed: bool
) -> None:
    facts = usual(staff(20), visit(before), visit={"discussed_care_management": discussed})
    assert not ask(facts).findings("INIT-05")


def test_init_06_visits_of_others_do_not_serve_the_biller() -> None:
    answer = ask(usual(staff(20), visit={"practitioner": "DR_B"}))
    assert "INIT-06" in answer.blockers()
    assert "INIT-01" not in answer.blockers()
    assert answer.outcomes("INIT-06") == {"not_met"}


def test_init_06_by_policy_any_practitioner_of_the_practice_serves() -> None:
    facts = usual(staff(20), visit={"practitioner": "DR_B"})
    answer = ask(facts, policy={"same_group_initiating_visit": True})
    assert answer.lines == {"99490": 1}


def test_init_06_is_not_named_beside_the_billers_own_visit() -> None:
    assert not ask(usual(staff(20), visit("2024-01-10", practitioner="DR_B"))).findings("INIT-06")


@pytest.mark.parametrize(("day", "counts"), [("2024-03-04", False), ("2024-03-05", True), ("2024-03-06", True)])
def test_init_07_work_on_days_before_the_needed_visit_does_not_count(day: str, counts: bool) -> None:
    for entry in (staff(20, day, id="work"), timed(f"{day}T00:00", 20, id="work")):
        answer = ask(usual(entry, visit={"on": "2024-03-05"}))
        assert answer.uncounted("work") == ({} if counts else {"INIT-07": 1200})


def test_init_07_splits_an_entry_at_the_midnight_the_visit_day_begins() -> None:
    answer = ask(usual(timed("2024-03-04T23:50", 30, id="night"), visit={"on": "2024-03-05"}))
    assert answer.uncounted("night") == {"INIT-07": 600}


def test_init_07_takes_nothing_where_no_visit_is_needed() -> None:
    facts = usual(staff(20, "2024-03-04", id="work"), visit("2024-03-05"))
    assert ask(facts).uncounted("work") == {}


def test_init_07_a_new_patients_own_visit_in_the_look_back_opens_the_time() -> None:
    facts = usual(
        staff(20, "2024-03-04", id="before"),
        staff(20, "2024-03-05", id="after"),
        enrollment={"from": "2024-03-05"},
        consent={"on": "2024-03-01"},
        visit={"on": "2024-03-05", "code": "99203"},
    )
    answer = ask(facts)
    assert answer.uncounted("before") == {"INIT-07": 1200}
    assert answer.uncounted("after") == {}


def test_init_08_a_restart_after_a_lapse_is_a_new_start_with_advice() -> None:
    again = enrollment("DR_A", "2025-03-01")
    facts = usual(staff(20, "2025-03-10"), again, enrollment={"until": "2024-06-01"})
    answer = ask(facts, "2025-03")
    assert "INIT-01" in answer.blockers()
    assert answer.outcomes("INIT-08") == {"advisory"}


@pytest.mark.parametrize(
    ("until", "again", "one_start"),
    [("2025-03-01", "2025-03-01", True), ("2025-04-01", "2025-03-01", True), ("2025-02-28", "2025-03-01", False)],
)
def test_s_contiguous_and_overlapping_enrollments_are_one(until: str, again: str, one_start: bool) -> None:
    facts = usual(staff(20, "2025-03-10"), enrollment("DR_A", again), enrollment={"until": until})
    answer = ask(facts, "2025-03")
    assert (answer.status == "billable") is one_start
    assert bool(answer.findings("INIT-08")) is not one_start


def test_s_another_practitioners_enrollment_is_another_start() -> None:
    facts: list[Raw] = usual(
        {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD"},
        enrollment("DR_B", "2025-03-01"),
        consent("2025-03-01", practitioner="DR_B"),
        visit("2024-02-28", practitioner="DR_B"),
        staff(20, "2025-03-10"),
        enrollment={"until": "2025-03-01"},
    )
    assert "INIT-01" in ask(facts, "2025-03").blockers()


@pytest.mark.parametrize(("seen", "met"), [("2023-03-05", True), ("2023-03-04", False)])
def test_s_without_enrollment_is_the_first_entry_on_or_after_the_first_serving_consent(seen: str, met: bool) -> None:
    """Work on 2024-03-01 lies before the consent of 2024-03-04; S is 2024-03-05."""
    facts = usual(
        staff(20, "2024-03-01"),
        staff(20, "2024-03-05"),
        staff(20, "2024-03-20"),
        enrollment=None,
        consent={"on": "2024-03-04"},
        visit={"on": seen},
    )
    assert (ask(facts).status == "billable") is met


@pytest.mark.parametrize(("seen", "met"), [("2022-05-10", True), ("2022-05-09", False)])
def test_s_without_enrollment_reaches_back_to_entries_of_earlier_months(seen: str, met: bool) -> None:
    facts = usual(
        staff(20, "2023-05-10"),
        staff(20, "2024-03-20"),
        enrollment=None,
        consent={"on": "2023-05-01"},
        visit={"on": seen},
    )
    assert (ask(facts).status == "billable") is met


@pytest.mark.parametrize(("seen", "blocked"), [("2023-03-20", False), ("2023-03-19", True)])
def test_s_without_enrollment_and_entry_is_the_later_of_consent_and_first_of_month(seen: str, blocked: bool) -> None:
    facts = usual(enrollment=None, consent={"on": "2024-03-20"}, visit={"on": seen})
    assert ("INIT-01" in ask(facts).blockers()) is blocked


@pytest.mark.parametrize(("seen", "blocked"), [("2023-03-01", False), ("2023-02-28", True)])
def test_s_without_enrollment_and_entry_under_an_older_consent_is_the_first_of_the_month(
    seen: str, blocked: bool
) -> None:
    facts = usual(enrollment=None, consent={"on": "2024-02-10"}, visit={"on": seen})
    assert ("INIT-01" in ask(facts).blockers()) is blocked


@pytest.mark.parametrize(("seen", "blocked"), [("2023-03-01", False), ("2023-02-28", True)])
def test_s_without_consent_is_the_first_of_the_month(seen: str, blocked: bool) -> None:
    facts = usual(staff(20), enrollment=None, consent=None, visit={"on": seen})
    assert ("INIT-01" in ask(facts, billing_practitioner="DR_A").blockers()) is blocked


def test_init_01_a_visit_without_a_code_leaves_the_record_silent() -> None:
    answer = ask(usual(staff(20), visit={"code": None}))
    assert answer.outcomes("INIT-01") == {"missing"}
    assert answer.evidence("INIT-01") == {"visit"}
    assert "INIT-01" in answer.blockers()


def test_init_08_an_enrollment_without_an_end_goes_on_whatever_follows() -> None:
    """No restart: the second enrollment lies within the first."""
    answer = ask(usual(staff(20, "2025-06-10"), enrollment("DR_A", "2025-06-01")), "2025-06")
    assert answer.findings("INIT-08") == []
    assert answer.lines == {"99490": 1}
