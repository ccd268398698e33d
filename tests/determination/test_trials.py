"""Trials answer as the whole determination does, also where added facts change who bills or whose minutes come first."""

from typing import Final

import msgspec
import pytest

from app.determination import facts
from app.determination.candidates import CodeStanding
from app.determination.determine import determine
from app.determination.law import Law
from app.determination.patient_month import PatientMonth
from app.determination.policy import resolve
from app.determination.service_month import service_month
from app.determination.trials import Trials
from app.rulebook import loader
from tests.rulebook.usual_patient import NEW_YORK, Raw, billed, consent, facts_from, own, staff, usual, visit

MONTH: Final = "2024-03"
LAW: Final = loader.law(MONTH)
DR_B: Final = {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD", "id": "b"}


def stated(raws: list[Raw]) -> PatientMonth:
    policy = resolve(LAW.default_policy, (), MONTH)
    return PatientMonth.stated(service_month(MONTH, NEW_YORK), facts_from(raws), policy=policy)


def check_tried(raws: list[Raw], added: list[facts.Fact], law: Law = LAW) -> None:
    """Every code of CCM stands in the trial as in a determination of the month with those facts."""
    month = stated(raws)
    (assessment,) = determine(month, law).assessments
    (whole,) = determine(month.beside(added), law).assessments
    expected: dict[str, CodeStanding] = {one.code: one for each in whole.candidates for one in each.standings}
    trials = Trials(month, law, assessment)
    for candidate in assessment.candidates:
        for code in candidate.pathway.codes:
            assert trials.standing(added, (), candidate.pathway, code) == expected[code]


@pytest.mark.parametrize(
    "added",
    [
        [staff(20, "2024-03-30", id="x")],
        [own(30, "2024-03-30", id="x")],
        [{"kind": "decision_making", "id": "x", "level": "high", "on": "2024-03-30"}],
        [{"kind": "enrollment", "id": "x", "program": "ccm", "practitioner": "DR_B", "from": "2024-03-05"}],
        [
            {"kind": "enrollment", "id": "x", "program": "ccm", "practitioner": "DR_B", "from": "2023-03-05"},
            {"id": "y", **consent("2024-02-20", practitioner="DR_B")},
        ],
        [{"kind": "practitioner", "id": "x", "practitioner": "DR_A", "credential": "RN"}],
        [{"id": "x", **billed("99491", practitioner="DR_A")}],
        [{"id": "x", **consent("2024-03-01", documented=False)}],
    ],
)
def test_a_trial_is_the_determination_with_those_facts(added: list[Raw]) -> None:
    check_tried(usual(staff(20), own(15), DR_B, visit("2024-01-20", practitioner="DR_B")), list(facts_from(added)))


def test_where_another_programs_minutes_come_first_the_whole_month_is_determined() -> None:
    """A law in which TIME-04 gave the minutes to PCM before CCM."""
    later = {program: LAW.time_rules[program] for program in sorted(LAW.time_rules, key=lambda one: one == "ccm")}
    law = msgspec.structs.replace(LAW, time_rules=later)
    raws = usual(staff(20), staff(5, program="pcm", id="pcm"), billed("G0181", practitioner="DR_B"))
    check_tried(raws, list(facts_from([staff(20, "2024-03-30", id="x")])), law)
