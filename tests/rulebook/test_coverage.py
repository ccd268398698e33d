"""ELIG-04 and COST-02: who pays on the day."""

import pytest

from tests.rulebook.usual_patient import ask, staff, timed, usual


def coverage(payer: str, since: str | None = None, until: str | None = None, **fields: object) -> dict[str, object]:
    stated = {"kind": "coverage", "payer": payer, "from": since, "until": until, **fields}
    return {field: value for field, value in stated.items() if value is not None}


def test_elig_04_is_met_by_part_b() -> None:
    answer = ask(usual(staff(20)))
    assert answer.outcomes("ELIG-04") == {"met"}


@pytest.mark.parametrize("payer", ["medicare_part_a_only", "medicaid", "commercial", "none"])
def test_elig_04_is_not_met_by_any_other_payer_and_its_days_do_not_count(payer: str) -> None:
    answer = ask(usual(staff(20, id="work"), coverage={"payer": payer}))
    assert answer.outcomes("ELIG-04") == {"not_met"}
    assert answer.blockers() == ["ELIG-04", "TIME-02"]
    assert answer.uncounted("work") == {"ELIG-04": 1200}


def test_elig_04_is_missing_and_blocks_where_no_coverage_touches_the_month() -> None:
    for facts in (usual(staff(20), coverage=None), usual(staff(20), coverage={"until": "2024-03-01"})):
        answer = ask(facts)
        assert answer.outcomes("ELIG-04") == {"missing"}
        assert "ELIG-04" in answer.blockers()


def test_elig_04_medicare_advantage_is_lawful_with_advice_and_without_an_amount() -> None:
    answer = ask(usual(staff(20), coverage={"payer": "medicare_advantage"}))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("ELIG-04") == {"met", "advisory"}
    assert "amount_cents" not in answer.line("99490")


def test_elig_04_counts_only_covered_days_of_the_month() -> None:
    facts = usual(
        staff(20, "2024-03-14", id="before"), staff(20, "2024-03-15", id="on"), coverage={"from": "2024-03-15"}
    )
    answer = ask(facts)
    assert answer.uncounted("before") == {"ELIG-04": 1200}
    assert answer.uncounted("on") == {}
    assert answer.lines == {"99490": 1}


def test_elig_04_until_is_the_first_day_no_longer_covered() -> None:
    answer = ask(usual(staff(20, "2024-03-14"), staff(20, "2024-03-15", id="after"), coverage={"until": "2024-03-15"}))
    assert answer.uncounted("after") == {"ELIG-04": 1200}
    assert answer.counted == 1200


def test_elig_04_splits_an_entry_at_the_midnight_coverage_begins() -> None:
    answer = ask(usual(timed("2024-03-14T23:50", 30, id="night"), coverage={"from": "2024-03-15"}))
    assert answer.uncounted("night") == {"ELIG-04": 600}
    assert answer.counted == 1200


def test_elig_04_one_covered_day_is_enough() -> None:
    answer = ask(usual(staff(20, "2024-03-31"), coverage={"from": "2024-03-31"}))
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("other", "amount"),
    [("medicare_advantage", False), ("medicare_part_a_only", True), ("medicaid", True), ("commercial", True)],
)
def test_elig_04_of_overlapping_coverages_the_prevailing_payer_decides_the_day(other: str, amount: bool) -> None:
    answer = ask(usual(staff(20), coverage(other)))
    assert answer.lines == {"99490": 1}
    assert ("amount_cents" in answer.line("99490")) is amount


def test_elig_04_part_a_alone_prevails_over_the_rest() -> None:
    answer = ask(usual(staff(20), coverage("commercial"), coverage={"payer": "medicare_part_a_only"}))
    assert answer.blockers() == ["ELIG-04", "TIME-02"]


def test_amt_02_the_payer_of_the_service_date_decides_about_the_amount() -> None:
    advantage = coverage("medicare_advantage", "2024-03-15")
    assert "amount_cents" in ask(usual(staff(20, "2024-03-14"), advantage)).line("99490")
    assert "amount_cents" not in ask(usual(staff(20, "2024-03-15"), advantage)).line("99490")


def test_cost_02_a_qualified_beneficiary_is_not_billed() -> None:
    assert ask(usual(staff(20), coverage={"qualified_medicare_beneficiary": True})).outcomes("COST-02") == {"advisory"}
    assert not ask(usual(staff(20), coverage={"qualified_medicare_beneficiary": False})).findings("COST-02")
    assert not ask(usual(staff(20))).findings("COST-02")


def test_cost_01_and_elig_10_always_advise() -> None:
    answer = ask(usual(staff(20)))
    assert answer.outcomes("COST-01") == answer.outcomes("ELIG-10") == {"advisory"}
