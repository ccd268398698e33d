"""ELIG-02 and ELIG-03 where the record is silent of more conditions than are asked for."""

import pytest

from tests.rulebook.usual_patient import ask, condition, staff, usual


@pytest.mark.parametrize(("field", "rule"), [("expected_duration", "ELIG-02"), ("significant_risk", "ELIG-03")])
@pytest.mark.parametrize("silent", [2, 3, 4])
def test_silence_of_as_many_conditions_as_are_asked_for_or_more_is_missing(field: str, rule: str, silent: int) -> None:
    codes = ["E11.9", "I10", "J44.9", "N18.3"][:silent]
    facts = usual(staff(20), [condition(code, **{field: None}) for code in codes], diabetes=None, hypertension=None)
    answer = ask(facts)
    assert answer.outcomes(rule) == {"missing"}
    assert answer.blockers() == [rule]


@pytest.mark.parametrize(("field", "rule"), [("expected_duration", "ELIG-02"), ("significant_risk", "ELIG-03")])
def test_silence_of_one_that_could_not_make_up_the_number_is_not_met(field: str, rule: str) -> None:
    denied = {"expected_duration": "less_than_12_months", "significant_risk": False}[field]
    answer = ask(usual(staff(20), diabetes={field: None}, hypertension={field: denied}))
    assert answer.outcomes(rule) == {"not_met"}
