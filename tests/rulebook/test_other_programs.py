"""What rules that CCM shares with other programs ask of these (section 0, gates)."""

from collections.abc import Iterable
from typing import Any, Final

import pytest

from app.determination.facts import Program
from app.determination.findings import Finding
from app.determination.patient_month import PatientMonth
from app.determination.policy import resolve
from app.determination.program_month import ProgramMonth
from app.determination.service_month import service_month
from app.determination.weighing import program_months
from app.rulebook import loader
from app.rulebook.rules.chronic_conditions import ChronicConditions
from app.rulebook.rules.consent import ConsentInForce
from app.rulebook.rules.initiating_visit import InitiatingVisit
from tests.rulebook.usual_patient import (
    NEW_YORK,
    Raw,
    ask,
    condition,
    consent,
    enrollment,
    facts_from,
    staff,
    timed,
    usual,
    visit,
)

MONTH: Final = "2024-03"


def month_of(program: Program, facts: list[Raw], written: str = MONTH) -> ProgramMonth:
    law = loader.law(written)
    patient_month = PatientMonth.stated(
        service_month(written, NEW_YORK), facts_from(facts), policy=resolve(law.default_policy, (), written)
    )
    [(month, _)] = program_months(patient_month, law, program)
    return month


def rule(kind: type[Any], written: str = MONTH) -> Any:
    return next(rule for rule in loader.law(written).gates["ccm"] if isinstance(rule, kind))


def by_rule(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.rule: finding.outcome for finding in findings}


def test_cons_05_is_asked_of_ccm_only_and_cons_04_of_every_program() -> None:
    bare = consent("2024-02-01", program="bhi", informed=None, documented=None)
    month = month_of("bhi", usual(bare, enrollment("DR_A", "2024-02-01", program="bhi")))
    assert by_rule(rule(ConsentInForce).check(month)) == {"CONS-09": "met", "CONS-04": "missing"}


def test_cons_02_writing_was_asked_of_ccm_only() -> None:
    verbal = consent("2016-02-10", program="bhi", form="verbal", informed=None)
    month = month_of("bhi", usual(verbal, enrollment("DR_A", "2016-02-10", program="bhi"), year=2016), "2016-03")
    assert by_rule(rule(ConsentInForce, "2016-03").check(month)) == {"CONS-09": "met", "CONS-04": "met"}


def test_cons_09_a_consent_to_ccm_is_none_to_behavioral_health() -> None:
    month = month_of("bhi", usual(enrollment("DR_A", "2024-02-01", program="bhi")))
    found = [(finding.rule, finding.outcome) for finding in rule(ConsentInForce).check(month)]
    assert found == [("CONS-09", "missing"), ("CONS-09", "not_met")]


def test_cons_09_transitional_care_needs_no_consent() -> None:
    month = month_of("tcm", usual(enrollment("DR_A", "2024-02-01", program="tcm")))
    assert list(rule(ConsentInForce).check(month)) == []
    assert rule(ConsentInForce).closing(month) is None
    assert ask(usual(staff(20, program="tcm", id="work"))).entry("work")["counted_seconds"] == 1200


def test_init_05_is_asked_of_ccm_only() -> None:
    """A new patient of behavioral health integration: the visit is needed, what was said at it is not asked."""
    facts = usual(
        enrollment("DR_A", "2024-02-01", program="bhi"), visit={"code": "99203", "discussed_care_management": False}
    )
    assert by_rule(rule(InitiatingVisit).check(month_of("bhi", facts))) == {"INIT-01": "met", "INIT-03": "met"}
    assert "INIT-05" in by_rule(rule(InitiatingVisit).check(month_of("ccm", facts)))


def test_elig_02_conditions_contradict_each_other_for_ccm_only() -> None:
    facts = usual(
        condition("I10", expected_duration="less_than_12_months"), enrollment("DR_A", "2024-02-01", program="bhi")
    )
    assert list(rule(ChronicConditions).doubts(month_of("bhi", facts))) == []
    assert list(rule(ChronicConditions).doubts(month_of("ccm", facts)))


@pytest.mark.parametrize(
    ("start", "left"), [("2024-03-12T09:00", 0), ("2024-03-12T09:10", 600), ("2024-03-12T09:20", 1200)]
)
def test_time_04_only_the_minutes_the_person_gave_to_another_program_are_taken(start: str, left: int) -> None:
    both = [timed("2024-03-12T09:00", 20), timed(start, 20, program="bhi", id="later")]
    answer = ask(usual(*both, consent("2024-02-01", program="bhi"), visit("2024-01-13")))
    assert answer.entry("later")["counted_seconds"] == left
    assert answer.uncounted("later") == ({"TIME-04": 1200 - left} if left < 1200 else {})
