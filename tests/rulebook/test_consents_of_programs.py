"""CONS-09, PRAC-01 and PRAC-03 across programs: each has a consent and a billing practitioner of its own."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import billers, discharged, monitored, second, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, condition, consent, joined, usual_in, worked

MONTH: Final = "2024-03"
# A program whose month is billable, and the code of it.
CODES: Final = {
    "pcm": "99426", "bhi": "99484", "cocm": "99492", "chi": "G0019", "pin": "G0023", "rpm": "99457", "rtm": "98980",
}  # fmt: skip
SEEN: Final[dict[str, Raw]] = {"visit": {"social_need_found": True}}
NOT_CCM: Final[dict[str, Any]] = {"enrollment": None, "consent": None}


def full(program: str, biller: str = "DR_A", minutes: int = 70) -> list[Raw]:
    return staffed(program, MONTH, minutes, biller, live_contact=True)


def without(facts: list[Raw], kind: str) -> list[Raw]:
    return [fact for fact in facts if fact["kind"] != kind]


def asked(*facts: Raw | list[Raw], month: str = MONTH, **named: Any) -> Answer:
    return ask(usual_in(month, *facts, **(SEEN | named)), month)


@pytest.mark.parametrize("program", CODES)
def test_cons_09_each_program_needs_its_own_and_ccm_goes_on_without(program: str) -> None:
    code = CODES[program]
    answer = asked(worked(MONTH), without(full(program), "consent"))
    assert answer.lines == {"99490": 1}
    assert "CONS-09" in answer.blockers(code)
    assert "CONS-01" not in answer.blockers(code)
    outcomes = {(finding["program"], finding["outcome"]) for finding in answer.findings("CONS-09")}
    assert outcomes == {(program, "missing"), (program, "not_met")}
    assert code in asked(full(program), **NOT_CCM).lines


@pytest.mark.parametrize("program", CODES)
def test_cons_09_a_consent_to_the_program_is_none_to_ccm(program: str) -> None:
    answer = asked(worked(MONTH), full(program), consent=None)
    assert CODES[program] in answer.lines
    assert answer.lines.keys().isdisjoint({"99490", "99439"})
    assert {"CONS-01", "CONS-09"} <= set(answer.blockers("99490"))


def test_cons_09_advanced_primary_care_needs_a_new_one_and_transitional_care_none() -> None:
    month = "2025-11"
    no_consent = without(joined("apcm", month), "consent")
    answer = asked(worked(month), no_consent, month=month, coverage={"qualified_medicare_beneficiary": True})
    assert answer.lines == {"99490": 1}
    assert "CONS-09" in answer.blockers("G0558")
    assert asked(discharged(f"{month}-04"), month=month, **NOT_CCM).lines == {"99495": 1}


def test_cons_08_what_ends_one_consent_leaves_the_others() -> None:
    ended = consent("2024-02-15", action="withdrawn", program="bhi")
    answer = asked(worked(MONTH), full("bhi"), full("rpm", minutes=20), ended)
    assert answer.lines == {"99490": 1, "99457": 1}
    assert answer.blockers("99484")[0] == "CONS-08"
    assert answer.uncounted("bhi-work-DR_A") == {"CONS-08": 4200}


def test_cons_07_is_asked_of_the_programs_own_practitioner() -> None:
    facts = [*without(full("bhi", "DR_B"), "consent"), consent("2024-02-01", program="bhi"), *second(MONTH)]
    answer = asked(worked(MONTH), facts)
    assert answer.lines == {"99490": 1}
    assert "CONS-07" in answer.blockers("99484")
    assert "CONS-09" not in answer.blockers("99484")


def test_each_program_has_its_own_billing_practitioner() -> None:
    third = {"kind": "practitioner", "id": "dr-c", "practitioner": "DR_C", "credential": "NP"}
    answer = asked(worked(MONTH), full("bhi", "DR_B", 20), second(MONTH), full("rpm", "DR_C", 20), third)
    assert billers(answer) == {"99490": "DR_A", "99484": "DR_B", "99457": "DR_C"}
    assert [line["program"] for line in answer.body["claim_lines"]] == ["ccm", "bhi", "rpm"]
    # AMT-01: 85 % of 1.47 relative values at 33.2875, for the nurse practitioner's line only.
    assert answer.line("99457")["amount_cents"] == 4159
    assert answer.line("99484")["amount_cents"] == 5492
    assert answer.line("99490")["amount_cents"] == 6258


def test_a_named_billing_practitioner_is_every_programs() -> None:
    """Section 0: `billing_practitioner` of the request overrides; consent to another is none to that one (CONS-07)."""
    facts = usual_in(MONTH, worked(MONTH), full("bhi", "DR_B", 20), second(MONTH))
    answer = ask(facts, MONTH, billing_practitioner="DR_B")
    assert billers(answer) == {"99484": "DR_B"}
    assert "CONS-07" in answer.blockers("99490")


def test_prac_02_who_may_not_bill_one_program_leaves_the_others() -> None:
    facts = second(MONTH)
    facts[0] = facts[0] | {"credential": "LCSW"}
    answer = asked(worked(MONTH), full("bhi", "DR_B"), facts)
    assert answer.lines == {"99490": 1}
    assert answer.blockers("99484") == ["PRAC-02"]


# A decision needed in one program.


def test_two_credentials_of_one_programs_practitioner_leave_the_others_undisturbed() -> None:
    nurse = {"kind": "practitioner", "id": "nurse", "practitioner": "DR_B", "credential": "RN"}
    answer = asked(
        worked(MONTH), full("bhi", "DR_B", 20), second(MONTH), nurse, monitored(MONTH, 16), joined("rpm", MONTH)
    )
    assert answer.status == "needs_decision"
    assert answer.lines == {"99490": 1, "99454": 1}
    assert answer.verdict("99484") != "chosen"
    assert answer.alternatives == [{"99490": 1, "99484": 1, "99454": 1}, {"99490": 1, "99454": 1}]
    assert answer.evidence("PRAC-01") >= {"dr-b", "nurse"}


def test_two_credentials_of_one_practitioner_are_in_doubt_in_every_program_of_theirs() -> None:
    nurse = {"kind": "practitioner", "id": "nurse", "practitioner": "DR_A", "credential": "RN"}
    answer = asked(worked(MONTH), full("bhi", minutes=20), full("rpm", "DR_B", 20), second(MONTH), nurse)
    assert answer.status == "needs_decision"
    assert answer.lines == {"99457": 1}
    assert answer.verdict("99490") == answer.verdict("99484") == "billable"
    assert answer.alternatives == [{"99490": 1, "99484": 1, "99457": 1}, {"99457": 1}]
    in_doubt = {finding["program"] for finding in answer.findings("PRAC-01") if finding["outcome"] == "not_met"}
    assert in_doubt == {"ccm", "bhi"}


def test_apcm_01_a_condition_that_lasts_and_does_not_is_in_doubt_for_the_level() -> None:
    """Conditions are counted as ELIG-01 and ELIG-02 do: two make G0557, one G0556."""
    month = "2025-11"
    passing = condition("I10", id="passing", expected_duration="less_than_12_months")
    answer = asked(joined("apcm", month), passing, month=month, **NOT_CCM)
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert answer.alternatives == [{"G0557": 1}, {"G0556": 1}]
    assert answer.evidence("ELIG-02") == {"hypertension", "passing"}
    third = condition("N18.31")
    assert asked(joined("apcm", month), passing, third, month=month, **NOT_CCM).lines == {"G0557": 1}
    # Whatever its risk: of CCM the third would not count.
    harmless = condition("N18.31", significant_risk=False)
    assert asked(joined("apcm", month), passing, harmless, month=month, **NOT_CCM).lines == {"G0557": 1}


def test_a_condition_that_lasts_and_does_not_is_in_doubt_for_ccm_alone() -> None:
    passing = condition("I10", id="passing", expected_duration="less_than_12_months")
    answer = asked(worked(MONTH), full("bhi", minutes=20), passing)
    assert answer.status == "needs_decision"
    assert answer.lines == {"99484": 1}
    assert answer.alternatives == [{"99490": 1, "99484": 1}, {"99484": 1}]


def test_prac_03_two_practitioners_of_ccm_leave_the_other_programs_undisturbed() -> None:
    answer = asked(worked(MONTH), joined("ccm", MONTH, "DR_B"), second(MONTH), full("bhi", minutes=20))
    assert answer.status == "needs_decision"
    assert answer.lines == {"99484": 1}
    assert answer.alternatives == [{"99490": 1, "99484": 1}] * 2
    assert [one["claim_lines"][0]["practitioner"] for one in answer.body["alternatives"]] in (
        ["DR_A", "DR_B"],
        ["DR_B", "DR_A"],
    )
    assert "not_met" in answer.outcomes("PRAC-03")


def test_a_setting_in_doubt_is_every_programs() -> None:
    clinic = {"kind": "setting", "id": "clinic", "type": "rhc"}
    answer = asked(worked(MONTH), full("bhi", minutes=20), clinic)
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert {"99490": 1, "99484": 1} in answer.alternatives
    assert {"G0511": 2} in answer.alternatives
