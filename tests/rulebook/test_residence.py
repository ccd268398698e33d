"""ELIG-06 and ELIG-08: where the patient lives, and home health, bar nothing."""

import pytest

from tests.rulebook.usual_patient import ask, staff, stay, usual


@pytest.mark.parametrize("setting", ["nursing_facility", "assisted_living"])
def test_elig_06_residents_are_eligible_with_advice(setting: str) -> None:
    assert ask(usual(staff(20), stay(setting, "2024-02-20"))).outcomes("ELIG-06") == {"advisory"}
    assert not ask(usual(staff(20), stay(setting, "2024-02-20", "2024-02-29"))).findings("ELIG-06")
    assert not ask(usual(staff(20))).findings("ELIG-06")


def test_elig_08_home_health_advises_and_bars_nothing() -> None:
    answer = ask(usual(staff(20), stay("home_health", "2024-03-31")))
    assert answer.outcomes("ELIG-08") == {"advisory"}
    assert answer.lines == {"99490": 1}
    assert not ask(usual(staff(20), stay("home_health", "2024-04-01"))).findings("ELIG-08")
