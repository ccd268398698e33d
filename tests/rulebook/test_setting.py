"""CLAIM-03, CLAIM-07 and the contradiction of section 0: where the practice works."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, staff, usual


def setting(kind: str, since: str | None = None, until: str | None = None, **fields: str) -> Raw:
    stated = {"kind": "setting", "type": kind, "from": since, "until": until, **fields}
    return {field: value for field, value in stated.items() if value is not None}


def test_no_setting_is_a_physicians_office() -> None:
    answer = ask(usual(staff(20), setting=None))
    assert answer.lines == {"99490": 1}
    assert answer.line("99490")["amount_cents"] == 6258
    assert not answer.findings("CLAIM-07")


def test_claim_07_hospital_outpatient_advises() -> None:
    answer = ask(usual(staff(20), setting={"type": "hospital_outpatient"}))
    assert answer.outcomes("CLAIM-07") == {"advisory"}
    assert answer.lines == {"99490": 1}


def test_claim_03_two_settings_on_one_day_need_a_decision() -> None:
    answer = ask(usual(staff(20), setting("rhc", id="other")))
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert answer.verdict("99490") != "chosen"
    assert {"setting", "other"} <= answer.evidence("CLAIM-03")
    assert sorted(answer.alternatives, key=str) == [{"99490": 1}, {"G0511": 1}]


def test_claim_03_one_setting_said_twice_is_no_contradiction() -> None:
    assert ask(usual(staff(20), setting("physician_office"))).lines == {"99490": 1}


@pytest.mark.parametrize(("until", "status"), [("2024-03-15", "billable"), ("2024-03-16", "needs_decision")])
def test_claim_03_settings_that_follow_each_other_do_not_contradict(until: str, status: str) -> None:
    facts = usual(staff(20), setting("hospital_outpatient", "2024-03-15"), setting={"until": until})
    assert ask(facts).status == status


def test_claim_03_a_contradiction_on_days_outside_the_month_does_not_matter() -> None:
    facts = usual(staff(20), setting("rhc", "2024-01-01", "2024-03-01"))
    assert ask(facts).lines == {"99490": 1}


def test_claim_03_a_setting_beyond_doubt_is_no_possibility() -> None:
    doubted = [setting("rhc", "2024-03-10"), setting("hospital_outpatient", "2024-03-10")]
    assert len(ask(usual(staff(20), doubted, setting={"until": "2024-03-10"})).alternatives) == 2


def test_the_setting_of_the_last_day_holds_for_the_month() -> None:
    hospital = setting("hospital_outpatient", "2024-03-31")
    answer = ask(usual(staff(20, "2024-03-12"), hospital, setting={"until": "2024-03-31"}))
    assert answer.outcomes("CLAIM-07") == {"advisory"}


def test_a_setting_that_ended_before_the_last_day_leaves_a_physicians_office() -> None:
    answer = ask(usual(staff(20), setting={"type": "rhc", "until": "2024-03-31"}))
    assert answer.lines == {"99490": 1}
