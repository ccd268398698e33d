"""CPLX-01 to CPLX-03: silence and a refusal are told apart, by what the month itself records."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, decision, plan_work, staff, usual, usual_in


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([], "missing"),
        ([plan_work("2019-03-02", "monitored")], "not_met"),
        ([plan_work("2019-03-02", "revised")], "not_met"),
        ([plan_work("2019-03-01", "substantially_revised")], "met"),
        ([plan_work("2019-03-31", "established")], "met"),
        ([plan_work("2019-02-28", "substantially_revised")], "missing"),
    ],
)
def test_cplx_02_to_2019_asks_for_a_plan_made_anew_in_the_month(facts: list[Raw], outcome: str) -> None:
    months = usual_in("2019-03", staff(60, "2019-03-12"), decision(day="2019-03-10"), facts)
    answer = ask(months, "2019-03")
    assert answer.outcomes("CPLX-02") == {outcome}
    assert ("CPLX-02" in answer.blockers("99487")) is (outcome != "met")


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([], "missing"),
        ([decision("low")], "not_met"),
        ([decision("low"), decision("high", "2024-03-31")], "met"),
        ([decision("high", "2024-02-29")], "missing"),
        ([decision("moderate", "2024-03-01")], "met"),
        ([decision("high", practitioner="DR_B")], "missing"),
        ([decision("high", practitioner="DR_A")], "met"),
    ],
)
def test_cplx_01_asks_for_the_billers_decision_making_of_the_month(facts: list[Raw], outcome: str) -> None:
    answer = ask(usual(staff(60), plan_work(), facts))
    assert answer.outcomes("CPLX-01") == {outcome}
    assert ("CPLX-01" in answer.blockers("99487")) is (outcome != "met")
