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


def test_only_the_conditions_that_count_are_shown_as_proof() -> None:
    passing = {"id": "passing", **condition("J20.9", expected_duration="less_than_12_months")}
    harmless = {"id": "harmless", **condition("H52.1", significant_risk=False)}
    answer = ask(usual(staff(20), passing, harmless))
    assert answer.evidence("ELIG-01") == {"diabetes", "hypertension", "passing", "harmless"}
    assert answer.evidence("ELIG-02") == {"diabetes", "hypertension", "harmless"}
    assert answer.evidence("ELIG-03") == {"diabetes", "hypertension"}
    assert answer.line("99490")["diagnoses"] == ["E11.9", "I10"]


@pytest.mark.parametrize(
    ("coded", "uncoded", "outcome"),
    [
        (1, 0, "not_met"),
        (1, 1, "missing"),
        (1, 2, "missing"),
        (0, 1, "not_met"),
        (0, 2, "missing"),
        (0, 3, "missing"),
        (0, 0, "missing"),
    ],
)
def test_elig_01_is_missing_where_conditions_without_a_code_could_make_up_the_number(
    coded: int, uncoded: int, outcome: str
) -> None:
    named = [condition("E11.9")][:coded]
    other = {"kind": "condition", "other_code": {"system": "snomed", "code": "38341003"}, "significant_risk": True}
    answer = ask(usual(staff(20), named, [other] * uncoded, diabetes=None, hypertension=None))
    assert answer.outcomes("ELIG-01") == {outcome}
    assert answer.blockers() == ["ELIG-01"]
