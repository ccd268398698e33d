"""PLAN-01, PLAN-02, PLAN-03, PLAN-12."""

import pytest

from tests.rulebook.usual_patient import ELEMENTS, ask, plan_work, staff, usual


def test_plan_01_blocks_without_a_plan() -> None:
    answer = ask(usual(staff(20), plan=None))
    assert answer.outcomes("PLAN-01") == {"missing"}
    assert answer.blockers() == ["PLAN-01"]


@pytest.mark.parametrize(("day", "exists"), [("2024-03-31", True), ("2024-04-01", False)])
def test_plan_01_the_plan_exists_by_the_end_of_the_month(day: str, exists: bool) -> None:
    assert ("PLAN-01" not in ask(usual(staff(20), plan={"on": day})).blockers()) is exists


@pytest.mark.parametrize(("electronic", "blocked"), [(True, False), (False, True), (None, False)])
def test_plan_01_blocks_only_a_plan_stated_not_to_be_electronic(electronic: bool | None, blocked: bool) -> None:
    answer = ask(usual(staff(20), plan={"electronic": electronic}))
    assert answer.blockers() == (["PLAN-01"] if blocked else [])


@pytest.mark.parametrize(
    ("first", "second", "blocked"), [(False, True, False), (True, False, True), (False, None, True)]
)
def test_plan_01_the_latest_statement_decides(first: bool, second: bool | None, blocked: bool) -> None:
    later = plan_work() | ({} if second is None else {"electronic": second})
    assert ("PLAN-01" in ask(usual(staff(20), later, plan={"electronic": first})).blockers()) is blocked


def test_plan_01_a_statement_after_the_month_does_not_decide() -> None:
    later = plan_work("2024-04-01", electronic=False)
    assert ask(usual(staff(20), later)).blockers() == []


def test_plan_02_is_met_by_the_eleven_elements_of_all_facts_together() -> None:
    answer = ask(usual(staff(20), plan_work(elements=ELEMENTS[6:]), plan={"elements": ELEMENTS[:6]}))
    assert answer.outcomes("PLAN-02") == {"met"}


@pytest.mark.parametrize("lacking", [ELEMENTS[0], ELEMENTS[-1]])
def test_plan_02_a_lacking_element_advises_or_blocks_by_policy(lacking: str) -> None:
    facts = usual(staff(20), plan={"elements": [element for element in ELEMENTS if element != lacking]})
    answer = ask(facts)
    assert answer.outcomes("PLAN-02") == {"advisory"}
    assert answer.lines == {"99490": 1}
    strict = ask(facts, policy={"care_plan_elements_block": True})
    assert strict.blockers() == ["PLAN-02"]
    assert strict.outcomes("PLAN-02") == {"not_met"}


def test_plan_02_complete_is_lawful_under_the_blocking_policy() -> None:
    assert ask(usual(staff(20)), policy={"care_plan_elements_block": True}).lines == {"99490": 1}


def test_plan_02_elements_stated_after_the_month_are_not_yet_in_the_plan() -> None:
    facts = usual(staff(20), plan_work("2024-04-01", elements=ELEMENTS), plan={"elements": ELEMENTS[:6]})
    assert ask(facts).outcomes("PLAN-02") == {"advisory"}


def test_plan_02_nothing_stated_does_not_block() -> None:
    assert ask(usual(staff(20), plan={"elements": None})).lines == {"99490": 1}


@pytest.mark.parametrize(("day", "outcome"), [("2024-03-31", "met"), ("2024-04-01", "missing"), (None, "missing")])
def test_plan_03_a_copy_by_the_end_of_the_month_and_silence_does_not_block(day: str | None, outcome: str) -> None:
    answer = ask(usual(staff(20), plan={"copy_given_on": day}))
    assert answer.outcomes("PLAN-03") == {outcome}
    assert answer.lines == {"99490": 1}


def test_plan_03_any_plan_fact_may_state_the_copy() -> None:
    later = plan_work(copy_given_on="2024-03-02")
    assert ask(usual(staff(20), later, plan={"copy_given_on": None})).outcomes("PLAN-03") == {"met"}


@pytest.mark.parametrize(
    ("action", "role", "advises"),
    [
        ("established", "clinical_staff", True),
        ("established", "practitioner", False),
        ("established", None, False),
        ("revised", "clinical_staff", False),
    ],
)
def test_plan_12_advises_on_a_plan_established_by_staff(action: str, role: str | None, advises: bool) -> None:
    answer = ask(usual(staff(20), plan={"action": action, "author_role": role}))
    assert answer.outcomes("PLAN-12") == ({"advisory"} if advises else set())
    assert answer.lines == {"99490": 1}
