"""Gaps at the last day still open, and facts that settle a gap: all that is asked for, and nothing besides."""

from typing import Any

import msgspec
import pytest

from app.determination.consents import ConsentTerms
from app.determination.determine import determine
from app.determination.facts import Consent
from app.determination.gaps import gaps
from app.months.evaluate import EvaluationRequest, requested_month
from app.rulebook.loader import law
from tests.rulebook.usual_patient import (
    CAPABILITIES,
    ELEMENTS,
    Answer,
    Raw,
    ask,
    condition,
    decision,
    facts_from,
    plan_work,
    staff,
    usual,
    usual_in,
    visit,
)


def gap(answer: Answer, code: str = "99490") -> Raw:
    found = answer.gap(code)
    assert found is not None
    return found


def kinds(answer: Answer, code: str = "99490") -> list[str]:
    return sorted(fact["kind"] for fact in gap(answer, code)["settles"])


def settled(facts: list[Raw], month: str = "2024-03", code: str = "99490", **asked: Any) -> list[Raw]:
    """What settles a code's gap; appended, it does."""
    found: list[Raw] = gap(ask(facts, month, gaps=True, **asked), code)["settles"]
    after = ask([*facts, *found], month, **asked)
    assert after.blockers(code) == []
    return found


@pytest.mark.parametrize(
    ("until", "known_on", "possible"),
    [
        ("2024-03-15", "2024-03-13", True),
        ("2024-03-15", "2024-03-14", True),
        ("2024-03-15", "2024-03-15", False),
        ("2024-03-15", "2024-03-31", False),
        ("2024-03-02", "2024-03-01", True),
        ("2024-03-02", "2024-03-02", False),
        (None, "2024-03-31", True),
        (None, "2024-04-01", False),
    ],
)
def test_a_code_can_be_had_until_the_last_day_with_cover_is_over(
    until: str | None, known_on: str, possible: bool
) -> None:
    answer = ask(usual(coverage={"until": until}), known_on=known_on, gaps=True)
    assert gap(answer)["still_possible"] is possible


@pytest.mark.parametrize(
    ("until", "day"), [("2024-03-15", "2024-03-14"), ("2024-03-02", "2024-03-01"), (None, "2024-03-31")]
)
def test_what_settles_lies_on_the_last_day_open(until: str | None, day: str) -> None:
    [work] = settled(usual(coverage={"until": until}))
    assert (work["on"], work["seconds"]) == (day, 1200)


def test_too_little_time_is_settled_by_time_alone() -> None:
    """A third condition whose risk is unstated, and plans there are, do not matter."""
    facts = usual(staff(5), condition("N18.3", significant_risk=None))
    [work] = settled(facts)
    assert (work["kind"], work["seconds"]) == ("time_entry", 900)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"visit": None}, ["visit"]),
        ({"consent": None}, ["consent"]),
        ({"plan": None}, ["care_plan"]),
        ({"plan": {"electronic": False}}, ["care_plan"]),
        ({"practitioner": None}, ["practitioner"]),
        ({"coverage": None}, ["coverage"]),
        ({"hypertension": {"significant_risk": None}}, ["condition"]),
        ({"hypertension": {"expected_duration": None}}, ["condition"]),
        ({"access_24_7": {"until": "2024-02-01"}}, ["capability"]),
        ({"access_24_7": {"until": "2024-03-01"}, "continuity": {"until": "2023-03-01"}}, ["capability"] * 2),
        ({"visit": None, "plan": None, "practitioner": None}, ["care_plan", "practitioner", "visit"]),
    ],
)
def test_what_is_lacking_besides_time_is_settled_kind_by_kind(
    changes: dict[str, Raw | None], expected: list[str]
) -> None:
    facts = usual(staff(20, "2024-03-31"), changes=changes)
    found = settled(facts)
    assert sorted(fact["kind"] for fact in found if fact["kind"] != "time_entry") == expected


def test_only_the_capability_that_ended_is_asked_for() -> None:
    [found] = settled(usual(staff(20), access_24_7={"until": "2024-02-01"}))
    assert (found["kind"], found["name"]) == ("capability", "access_24_7")


@pytest.mark.parametrize("ended", ["2024-03-01", "2024-02-01", "2020-01-01"])
@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability_that_ended_by_the_first_of_the_month_blocks(name: str, ended: str) -> None:
    answer = ask(usual(staff(20), changes={name: {"until": ended}}))
    assert answer.status == "not_billable"
    assert len(answer.blockers()) == 1
    assert answer.blockers()[0].startswith("PLAN-")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability_available_for_a_day_of_the_month_or_never_stated_does_not_block(name: str) -> None:
    assert ask(usual(staff(20), changes={name: {"until": "2024-03-02"}})).status == "billable"
    assert ask(usual(staff(20), changes={name: {"from": "2024-03-31"}})).status == "billable"
    assert ask(usual(staff(20), changes={name: None})).status == "billable"


def test_plan_01_asks_elements_of_the_plan_only_where_policy_makes_them_block() -> None:
    lacking = usual(staff(20), plan={"elements": ELEMENTS[:-1]})
    assert ask(lacking).status == "billable"
    [plan] = settled(lacking, policy={"care_plan_elements_block": True})
    assert set(plan["elements"]) >= {ELEMENTS[-1]}
    [plain] = settled(usual(staff(20), plan=None))
    assert "elements" not in plain


def test_complex_care_is_settled_by_decision_making_and_time() -> None:
    facts = usual(staff(20), plan_work())
    found = settled(facts, code="99487")
    assert sorted(fact["kind"] for fact in found) == ["decision_making", "time_entry"]
    assert next(fact["seconds"] for fact in found if fact["kind"] == "time_entry") == 2400


def test_complex_care_before_2020_is_settled_by_a_plan_made_anew() -> None:
    """CPLX-02: established or substantially revised; from then on any work on the plan will do."""
    facts = usual_in("2019-03", staff(60, "2019-03-12"), decision(day="2019-03-10"), plan_work("2019-03-02"))
    found = settled(facts, "2019-03", "99487")
    assert [(fact["kind"], fact["action"]) for fact in found] == [("care_plan", "substantially_revised")]


@pytest.mark.parametrize("same_day", [True, False])
@pytest.mark.parametrize("visit_day", [True, False])
def test_consent_and_visit_come_in_time_for_the_work_whatever_the_policy(same_day: bool, visit_day: bool) -> None:
    policy = {"count_same_day_as_consent": same_day, "count_staff_time_on_visit_day": visit_day}
    found = {fact["kind"]: fact for fact in settled(usual(visit=None, consent=None), policy=policy)}
    assert found["time_entry"]["on"] == "2024-03-31"
    assert found["consent"]["on"] == ("2024-03-31" if same_day else "2024-03-30")
    assert found["visit"]["on"] == ("2024-03-31" if visit_day else "2024-03-30")


def test_a_missing_consent_is_settled_in_the_form_the_month_asks_for() -> None:
    """CONS-02 to 2016: written, with leave to share the record; since then CONS-03, either form."""
    [verbal] = [fact for fact in settled(usual(staff(20, "2024-03-31"), consent=None)) if fact["kind"] == "consent"]
    assert verbal["form"] in {"verbal", "written"}
    old = usual_in("2016-03", staff(20, "2016-03-31"), visit("2015-06-01"), consent=None)
    [written] = [fact for fact in settled(old, "2016-03") if fact["kind"] == "consent"]
    assert written["form"] == "written"
    assert "record_sharing" in written["informed"]


def test_a_flawed_consent_is_settled_from_its_own_day_so_that_its_work_counts() -> None:
    facts = usual(staff(20, "2024-03-12"), consent={"on": "2024-03-05", "documented": False})
    assert "CONS-04" in ask(facts).blockers()
    [consent] = settled(facts)
    assert (consent["kind"], consent["on"]) == ("consent", "2024-03-05")


def test_the_remedy_of_one_program_is_not_that_of_another() -> None:
    """Both lack time; only behavioural health lacks its consent."""
    facts = usual(staff(10), staff(10, program="bhi"))
    answer = ask(facts, gaps=True)
    remedy = gap(answer)["remedy"]
    assert remedy.count("10:00 minutes") == 1
    assert "onsent" not in remedy


def test_a_topic_the_patient_is_told_of_and_gives_leave_to_is_asked_once() -> None:
    """No month's law asks so today."""
    both = ConsentTerms(frozenset({"availability", "record_sharing"}), "written", frozenset({"record_sharing"}))
    asked = law("2016-03")
    asked = msgspec.structs.replace(asked, consent_terms={**asked.consent_terms, "ccm": both}, memo={})
    facts = usual_in("2016-03", staff(20, "2016-03-31"), visit("2015-06-01"), consent=None)
    month = requested_month(EvaluationRequest(service_month="2016-03", facts=facts_from(facts)))
    found = next(one for one in gaps(determine(month, asked), asked) if one.verdict.code == "99490")
    [given] = [fact for fact in found.settles or () if isinstance(fact, Consent)]
    assert sorted(given.informed or ()) == ["availability", "record_sharing"]
