"""PLAN-04 to PLAN-07, PLAN-09 to PLAN-11: what the practice must be able to offer."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, staff, usual

RULES = {
    "PLAN-04": "electronic_care_plan_access",
    "PLAN-05": "access_24_7",
    "PLAN-06": "continuity",
    "PLAN-07": "certified_health_record",
    "PLAN-09": "care_transitions",
    "PLAN-10": "community_coordination",
    "PLAN-11": "enhanced_communication",
}
each = pytest.mark.parametrize(("rule", "name"), RULES.items())


def changed(name: str, change: Raw | None, *more: Raw) -> list[Raw]:
    return usual(staff(20), *more, changes={name: change})


def test_plan_capabilities_in_force_are_met() -> None:
    answer = ask(usual(staff(20)))
    assert all(answer.outcomes(rule) == {"met"} for rule in RULES)


def test_plan_capabilities_never_recorded_are_missing_and_do_not_block() -> None:
    answer = ask(usual(staff(20), changes=dict.fromkeys(RULES.values())))
    assert all(answer.outcomes(rule) == {"missing"} for rule in RULES)
    assert answer.lines == {"99490": 1}


@each
def test_plan_only_an_ended_capability_is_an_explicit_no(rule: str, name: str) -> None:
    answer = ask(changed(name, {"until": "2024-03-01"}))
    assert answer.outcomes(rule) == {"not_met"}
    assert answer.blockers() == [rule]


@pytest.mark.parametrize(("dates", "outcome"), [({"until": "2024-03-02"}, "met"), ({"from": "2024-03-31"}, "met")])
def test_plan_05_one_day_of_the_month_is_enough(dates: Raw, outcome: str) -> None:
    assert ask(changed("access_24_7", dates)).outcomes("PLAN-05") == {outcome}


def test_plan_05_an_ended_capability_recorded_anew_is_met() -> None:
    again = {"kind": "capability", "name": "access_24_7", "from": "2024-03-15"}
    assert ask(changed("access_24_7", {"until": "2024-02-01"}, again)).outcomes("PLAN-05") == {"met"}


def test_plan_05_one_that_begins_only_after_the_month_blocks_nothing() -> None:
    assert ask(changed("access_24_7", {"from": "2024-04-01"})).lines == {"99490": 1}
