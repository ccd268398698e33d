"""TIME-07, TIME-10, TIME-11, TIME-12, TIME-13, PRAC-12: what work counts."""

import pytest

from tests.rulebook.usual_patient import ask, own, staff, timed, usual, visit

COUNTING = [
    "care_plan", "medication", "contact", "education", "coordination", "review", "referral", "transition", "urgent",
    "documentation", "monitoring", "other", None,
]  # fmt: skip
NO_VISIT_DAY = {"count_staff_time_on_visit_day": False}


def test_time_11_counts_every_activity_not_listed_otherwise() -> None:
    entries = [
        staff(2, id=f"work-{place}") | ({} if activity is None else {"activity": activity})
        for place, activity in enumerate(COUNTING)
    ]
    answer = ask(usual(entries))
    assert answer.counted == len(COUNTING) * 120
    assert answer.uncounted() == {}


@pytest.mark.parametrize(
    ("activity", "rule"),
    [
        ("clerical", "TIME-12"), ("travel", "TIME-12"), ("voicemail", "TIME-12"), ("enrollment", "TIME-12"),
        ("prior_authorization", "TIME-12"), ("supervision", "PRAC-12"),
    ],
)  # fmt: skip
def test_time_12_prac_12_activities_that_do_not_count(activity: str, rule: str) -> None:
    assert ask(usual(staff(20, id="work", activity=activity))).uncounted("work") == {rule: 1200}


def test_time_12_prior_authorization_counts_by_policy_and_nothing_else_does() -> None:
    policy = {"count_prior_authorization": True}
    assert ask(usual(staff(20, activity="prior_authorization")), policy=policy).lines == {"99490": 1}
    assert ask(usual(staff(20, activity="clerical")), policy=policy).lines == {}


def test_time_07_minutes_of_a_visit_never_count() -> None:
    answer = ask(usual(staff(20, id="staff", part_of_visit=True), own(30, id="own", part_of_visit=True)))
    assert answer.uncounted("staff") == {"TIME-07": 1200}
    assert answer.uncounted("own") == {"TIME-07": 1800}


def test_time_07_staff_time_on_a_visit_day_counts_by_default() -> None:
    assert ask(usual(staff(20), visit("2024-03-12"))).lines == {"99490": 1}


@pytest.mark.parametrize(("day", "counts"), [("2024-03-11", True), ("2024-03-12", False), ("2024-03-13", True)])
def test_time_07_by_policy_staff_time_on_a_day_with_a_visit_by_the_biller_does_not_count(
    day: str, counts: bool
) -> None:
    for entry in (staff(20, day, id="work"), timed(f"{day}T23:40", 20, id="work")):
        answer = ask(usual(entry, visit("2024-03-12")), policy=NO_VISIT_DAY)
        assert answer.uncounted("work") == ({} if counts else {"TIME-07": 1200})


def test_time_07_by_policy_only_staff_and_only_visits_to_the_biller_matter() -> None:
    assert ask(usual(own(30), visit("2024-03-12")), policy=NO_VISIT_DAY).lines == {"99491": 1}
    other = usual(staff(20), visit("2024-03-12", practitioner="DR_B"))
    assert ask(other, policy=NO_VISIT_DAY).lines == {"99490": 1}


@pytest.mark.parametrize("modality", ["phone", "video", "portal", "in_person", "chart", "provider_to_provider"])
def test_time_10_every_modality_counts(modality: str) -> None:
    assert ask(usual(staff(20, modality=modality))).lines == {"99490": 1}


@pytest.mark.parametrize("live", [True, False])
def test_time_13_no_live_contact_is_asked(live: bool) -> None:
    assert ask(usual(staff(20, live_contact=live))).lines == {"99490": 1}


def test_a_policy_fact_holds_from_its_month_on() -> None:
    policy = {"kind": "policy", "from": "2024-03", "count_prior_authorization": True}
    facts = usual(staff(20, activity="prior_authorization"), policy)
    assert ask(facts).lines == {"99490": 1}
    later = usual(staff(20, activity="prior_authorization"), {**policy, "from": "2024-04"})
    assert ask(later).lines == {}
