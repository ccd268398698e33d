"""Rules of the book that ask nothing of a month (ELIG-10, PRAC-08, PRAC-11, PRAC-13, TIME-17, PLAN-08, CLAIM-05, TELE-01 and their like)."""

from typing import Final

import pytest

from app.rulebook import loader
from tests.rulebook.usual_patient import Answer, ask, decision, own, plan_work, staff, usual, usual_in, visit, worked

# Rule book: "no check", "claim export only", or a statement of what other rules do.
UNCHECKED: Final = (
    "INIT-09", "G0506-07", "PRAC-08", "PRAC-11", "PRAC-13", "TIME-17", "PLAN-08", "CLAIM-05", "TELE-01",
    "RHC-04", "RHC-10",
)  # fmt: skip


def everything() -> Answer:
    planned = {"kind": "planning_assessment", "on": "2024-03-04", "practitioner": "DR_A", "personally_performed": True}
    return ask(usual(staff(90), own(60), decision(), plan_work(), planned, visit("2024-03-04")))


@pytest.mark.parametrize("rule", UNCHECKED)
def test_a_rule_without_a_check_is_in_the_law_and_never_finds_nor_blocks(rule: str) -> None:
    clinic = ask(usual(staff(20), setting={"type": "rhc"}))
    answers = (everything(), ask([]), ask(usual(changes={"consent": None, "plan": None})), clinic)
    for answer in answers:
        assert answer.findings(rule) == []
        assert not [row for row in answer.body["verdicts"] if rule in row["blockers"]]
    assert loader.law("2024-03").texts[rule].check


@pytest.mark.parametrize("month", ["2015-01", "2027-12"])
def test_elig_10_cost_01_are_said_of_every_month_and_block_nothing(month: str) -> None:
    answer = ask(usual_in(month, worked(month)), month)
    assert answer.outcomes("ELIG-10") == answer.outcomes("COST-01") == {"advisory"}
    assert answer.lines == {"99490": 1}


def test_prac_08_11_13_staff_of_any_kind_and_employment_count_without_supervisor_or_credential() -> None:
    assert ask(usual(staff(20, performer="PHARMACIST"))).lines == {"99490": 1}
    assert ask(usual_in("2024-03", worked("2024-03"), setting={"type": "rhc"})).lines == {"G0511": 1}


def test_time_10_11_13_17_the_form_of_contact_does_not_matter() -> None:
    for said in ({"modality": "in_person"}, {"modality": "portal"}, {"live_contact": False}, {"activity": "other"}, {}):
        assert ask(usual(staff(20, **said))).lines == {"99490": 1}


def test_init_09_a_visit_is_no_time_of_its_own() -> None:
    """The visit is billed on its own: its minutes enter only where an entry says so, and then stand under TIME-07."""
    assert ask(usual(visit("2024-03-12"))).counted == 0
    assert ask(usual(staff(30, part_of_visit=True, id="work"))).uncounted("work") == {"TIME-07": 1800}


def test_claim_04_the_managed_conditions_stand_on_the_line_sorted() -> None:
    third = {"kind": "condition", "code": "A15.0", "expected_duration": "until_death", "significant_risk": True}
    assert ask(usual(staff(20), third)).line("99490")["diagnoses"] == ["A15.0", "E11.9", "I10"]
