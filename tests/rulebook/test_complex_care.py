"""CPLX-01, CPLX-03, CPLX-04, CPLX-05, CPLX-06."""

import pytest

from tests.rulebook.usual_patient import ask, billed, decision, plan_work, staff, usual


@pytest.mark.parametrize("level", ["moderate", "high"])
def test_cplx_01_moderate_or_high_makes_60_minutes_complex(level: str) -> None:
    answer = ask(usual(staff(60), decision(level), plan_work()))
    assert answer.lines == {"99487": 1}
    assert answer.outcomes("CPLX-01") == {"met"}
    assert answer.alternatives == [{"99490": 1, "99439": 2}]


@pytest.mark.parametrize("level", ["straightforward", "low"])
def test_cplx_01_lower_levels_block_complex_only(level: str) -> None:
    answer = ask(usual(staff(60), decision(level), plan_work()))
    assert answer.blockers("99487") == ["CPLX-01"]
    assert answer.outcomes("CPLX-01") == {"not_met"}
    assert answer.lines == {"99490": 1, "99439": 2}


def test_cplx_01_silence_blocks_complex_only() -> None:
    answer = ask(usual(staff(60), plan_work()))
    assert answer.outcomes("CPLX-01") == {"missing"}
    assert answer.blockers("99487") == ["CPLX-01"]
    assert answer.blockers("99490") == []


@pytest.mark.parametrize(
    ("day", "in_month"), [("2024-02-29", False), ("2024-03-01", True), ("2024-03-31", True), ("2024-04-01", False)]
)
def test_cplx_01_the_decision_lies_in_the_month(day: str, in_month: bool) -> None:
    assert ("99487" in ask(usual(staff(60), decision(day=day), plan_work())).lines) is in_month


@pytest.mark.parametrize(
    ("fields", "counts"), [({}, True), ({"practitioner": "DR_A"}, True), ({"practitioner": "DR_B"}, False)]
)
def test_cplx_01_the_decision_is_the_billers(fields: dict[str, str], counts: bool) -> None:
    assert ("99487" in ask(usual(staff(60), decision(**fields), plan_work())).lines) is counts


def test_cplx_01_the_highest_level_of_the_month_is_enough() -> None:
    answer = ask(usual(staff(60), decision("low"), decision("high", "2024-03-20"), plan_work()))
    assert answer.lines == {"99487": 1}


@pytest.mark.parametrize("action", ["established", "substantially_revised", "revised", "implemented", "monitored"])
def test_cplx_03_any_work_on_the_plan_in_the_month_is_met(action: str) -> None:
    assert ask(usual(staff(60), decision(), plan_work(action=action))).outcomes("CPLX-03") == {"met"}


@pytest.mark.parametrize("month", ["2021-03", "2022-03"])
def test_cplx_03_only_older_plan_work_is_missing_and_does_not_block(month: str) -> None:
    year = int(month[:4])
    answer = ask(usual(staff(60, f"{month}-12"), decision(day=f"{month}-10"), year=year), month)
    assert answer.outcomes("CPLX-03") == {"missing"}
    assert answer.lines == {"99487": 1}


@pytest.mark.parametrize(("seconds", "reached"), [(3599, False), (3600, True)])
def test_cplx_04_under_60_minutes_there_is_no_complex_code(seconds: int, reached: bool) -> None:
    answer = ask(usual(staff(seconds=seconds), decision(), plan_work()))
    assert answer.blockers("99487") == ([] if reached else ["CPLX-04", "TIME-02"])
    assert answer.lines == ({"99487": 1} if reached else {"99490": 1, "99439": 1})


@pytest.mark.parametrize(("seconds", "units"), [(5399, 0), (5400, 1), (7199, 1), (7200, 2)])
def test_cplx_05_99489_needs_a_further_full_30_minutes(seconds: int, units: int) -> None:
    answer = ask(usual(staff(seconds=seconds), decision(), plan_work()))
    assert answer.lines == {"99487": 1} | ({"99489": units} if units else {})
    assert answer.blockers("99489") == ([] if units else ["CPLX-05", "TIME-02"])


def test_cplx_06_complex_never_stands_with_the_other_pathways() -> None:
    answer = ask(usual(staff(90), decision(), plan_work()))
    assert set(answer.lines) == {"99487", "99489"}
    assert all(set(one) in ({"99490", "99439"}, {"99491", "99437"}) for one in answer.alternatives)


@pytest.mark.parametrize("code", ["99490", "99439", "99491", "99437"])
def test_cplx_06_a_claim_of_another_pathway_blocks_complex(code: str) -> None:
    answer = ask(usual(staff(60), decision(), plan_work(), billed(code, practitioner="DR_A")))
    assert "PRAC-04" in answer.blockers("99487")


def test_cplx_08_decision_making_needs_no_visit_in_the_month() -> None:
    assert ask(usual(staff(60), decision(), plan_work(), visit={"on": "2023-02-01"})).lines == {"99487": 1}
