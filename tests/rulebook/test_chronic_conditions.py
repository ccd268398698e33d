"""ELIG-01, ELIG-02, ELIG-03, and the contradiction of section 0."""

import pytest

from tests.rulebook.usual_patient import ask, condition, staff, usual


def test_elig_01_02_03_are_met_by_two_lasting_risky_conditions_and_the_claim_lists_them() -> None:
    answer = ask(usual(staff(20)))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("ELIG-01") == answer.outcomes("ELIG-02") == answer.outcomes("ELIG-03") == {"met"}
    assert answer.line("99490")["diagnoses"] == ["E11.9", "I10"]


def test_elig_01_blocks_one_condition_and_later_rules_are_not_named() -> None:
    answer = ask(usual(staff(20), hypertension=None))
    assert answer.status == "not_billable"
    assert answer.blockers() == ["ELIG-01"]
    assert not answer.findings("ELIG-02")


def test_elig_01_blocks_silence_too() -> None:
    answer = ask(usual(staff(20), hypertension=None, diabetes=None))
    assert answer.outcomes("ELIG-01") == {"missing"}
    assert answer.blockers() == ["ELIG-01"]


def test_elig_01_counts_distinct_codes_not_facts() -> None:
    assert ask(usual(staff(20), condition("E11.9"), hypertension=None)).blockers() == ["ELIG-01"]


def test_elig_01_does_not_count_a_code_of_another_system() -> None:
    other = {"kind": "condition", "other_code": {"system": "snomed", "code": "38341003"}, "significant_risk": True}
    assert "ELIG-01" in ask(usual(staff(20), other, hypertension=None)).blockers()


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({"from": "2024-03-31"}, True),
        ({"from": "2024-04-01"}, False),
        ({"until": "2024-03-02"}, True),
        ({"until": "2024-03-01"}, False),
        ({"from": "2024-03-10", "until": "2024-03-11"}, True),
    ],
)
def test_elig_01_asks_for_a_condition_in_force_on_some_day_of_the_month(dates: dict[str, str], counts: bool) -> None:
    answer = ask(usual(staff(20), hypertension=dates))
    assert (answer.status == "billable") is counts


def test_elig_01_advises_when_all_codes_lie_in_one_category() -> None:
    answer = ask(usual(staff(20), hypertension={"code": "E11.65"}))
    assert answer.outcomes("ELIG-01") == {"met", "advisory"}
    assert answer.lines == {"99490": 1}


def test_elig_01_does_not_advise_when_one_code_lies_elsewhere() -> None:
    assert ask(usual(staff(20), condition("E11.65"))).outcomes("ELIG-01") == {"met"}


@pytest.mark.parametrize(
    ("duration", "outcome"),
    [("at_least_12_months", "met"), ("until_death", "met"), ("less_than_12_months", "not_met"), (None, "missing")],
)
def test_elig_02_counts_conditions_expected_to_last(duration: str | None, outcome: str) -> None:
    answer = ask(usual(staff(20), hypertension={"expected_duration": duration}))
    assert answer.outcomes("ELIG-02") == {outcome}
    assert answer.blockers() == ([] if outcome == "met" else ["ELIG-02"])


def test_elig_02_leaves_a_third_passing_condition_out_of_the_diagnoses() -> None:
    answer = ask(usual(staff(20), condition("J20.9", expected_duration="less_than_12_months")))
    assert answer.line("99490")["diagnoses"] == ["E11.9", "I10"]


@pytest.mark.parametrize(("risk", "outcome"), [(True, "met"), (False, "not_met"), (None, "missing")])
def test_elig_03_counts_conditions_stated_to_carry_significant_risk(risk: bool | None, outcome: str) -> None:
    answer = ask(usual(staff(20), hypertension={"significant_risk": risk}))
    assert answer.outcomes("ELIG-03") == {outcome}
    assert answer.blockers() == ([] if outcome == "met" else ["ELIG-03"])


def test_elig_03_asks_only_among_the_lasting_conditions() -> None:
    passing = condition("J20.9", expected_duration="less_than_12_months")
    assert ask(usual(staff(20), passing, hypertension={"significant_risk": False})).blockers() == ["ELIG-03"]


def test_elig_02_03_facts_on_one_code_supplement_each_other() -> None:
    lasting = condition("I10", significant_risk=None)
    risky = {"expected_duration": None}
    assert ask(usual(staff(20), lasting, hypertension=risky)).lines == {"99490": 1}


def test_elig_02_one_code_both_lasting_and_not_needs_a_decision() -> None:
    answer = ask(usual(staff(20), condition("I10", id="denial", expected_duration="less_than_12_months")))
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert answer.verdict("99490") != "chosen"
    assert {"hypertension", "denial"} <= answer.evidence("ELIG-02")
    assert sorted(answer.alternatives, key=len) == [{}, {"99490": 1}]


def test_elig_02_a_contradiction_does_not_matter_where_two_undoubted_conditions_remain() -> None:
    doubted = [condition("J44.9"), condition("J44.9", expected_duration="less_than_12_months")]
    answer = ask(usual(staff(20), doubted))
    assert answer.lines == {"99490": 1}


def test_elig_02_statements_about_different_days_do_not_contradict_each_other() -> None:
    before = condition("I10", expected_duration="less_than_12_months", until="2024-02-10")
    answer = ask(usual(staff(20), before, hypertension={"from": "2024-02-10"}))
    assert answer.status == "billable"


def test_elig_03_a_third_condition_without_the_risk_is_not_what_is_told() -> None:
    answer = ask(usual(staff(20), {"id": "third", **condition("I50.9", significant_risk=False)}))
    assert answer.outcomes("ELIG-03") == {"met"}
    assert answer.evidence("ELIG-03") == {"diabetes", "hypertension"}
    assert answer.evidence("ELIG-02") == {"diabetes", "hypertension", "third"}
    assert answer.line("99490")["diagnoses"] == ["E11.9", "I10"]
