"""Trials answer as the whole determination does, also where added facts change who bills or whose minutes come first."""

from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.determination import facts
from app.determination.candidates import CodeStanding
from app.determination.determine import determine
from app.determination.facts import Program
from app.determination.patient_month import PatientMonth
from app.determination.policy import resolve
from app.determination.service_month import service_month
from app.determination.trials import Trials
from app.determination.weighing import Assessment
from app.months.evaluate import EvaluationRequest, requested_month
from app.rulebook import loader
from tests.determination.crowded_months import crowded_months, worked_for
from tests.determination.strategies import LAWS, extras
from tests.rulebook.usual_patient import NEW_YORK, Raw, billed, consent, facts_from, own, staff, timed, usual, visit

MONTH: Final = "2024-03"
LAW: Final = loader.law(MONTH)
DR_B: Final = {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD", "id": "b"}


def stated(raws: list[Raw]) -> PatientMonth:
    policy = resolve(LAW.default_policy, (), MONTH)
    return PatientMonth.stated(service_month(MONTH, NEW_YORK), facts_from(raws), policy=policy)


def check_tried(raws: list[Raw], added: list[facts.Fact], program: Program = "ccm") -> None:
    """Every code of the program stands in the trial as in a determination of the month with those facts."""
    month = stated(raws)
    whole = assessed(month.beside(added), program)
    expected: dict[str, CodeStanding] = {one.code: one for each in whole.candidates for one in each.standings}
    assessment = assessed(month, program)
    trials = Trials(month, LAW, assessment)
    # Where two practitioners could then bill, a person decides: nothing is settled.
    in_doubt = determine(month.beside(added), LAW).status == "needs_decision"
    for candidate in assessment.candidates:
        for code in candidate.pathway.codes:
            assert trials.standing(added, (), candidate.pathway, code) == (None if in_doubt else expected[code])


def assessed(month: PatientMonth, program: Program) -> Assessment:
    return next(one for one in determine(month, LAW).assessments if one.month.program == program)


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


PCM: Final = {"id": "pcm-consent", **consent("2024-02-01", program="pcm")}


@pytest.mark.parametrize("program", ["ccm", "pcm"])
def test_where_another_programs_minutes_come_first_the_whole_month_is_determined(program: Program) -> None:
    """One person works for CCM and, in part at the same time, for PCM, which comes after it (TIME-04)."""
    raws = usual(
        timed("2024-03-12T09:00", 20, id="one"),
        timed("2024-03-12T09:10", 25, id="pcm", program="pcm"),
        billed("G0181", practitioner="DR_B"),
        PCM,
    )
    for tried in ("ccm", "pcm"):
        check_tried(raws, list(facts_from([timed("2024-03-12T09:15", 30, id="x", program=tried)])), program)


@LAWS
@given(request=crowded_months(), data=st.data())
def test_a_trial_of_any_program_is_the_determination_with_those_facts(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    """Work for the program, or anything else about the patient, appended to a month of several programs."""
    month, law = requested_month(request), loader.law(request.service_month)
    found = determine(month, law)
    assume(found.assessments and found.status != "needs_decision")  # nothing is tried until a person has decided
    assessment = data.draw(st.sampled_from(found.assessments))
    program = assessment.month.program
    work = data.draw(st.lists(worked_for(month.month, program, "DR_A", "work"), max_size=1))
    mending = data.draw(st.lists(extras(month.month), max_size=1))
    whole = determine(month.beside([*mending, *work]), law)
    assume(whole.status != "needs_decision")
    trials = Trials(month, law, assessment)
    for candidate in next(one for one in whole.assessments if one.month.program == program).candidates:
        for standing in candidate.standings:
            assert trials.standing(mending, work, candidate.pathway, standing.code) == standing
