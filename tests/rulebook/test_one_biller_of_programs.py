"""One practitioner is paid: RPM-03 for 30 days, TCM-01 for a discharge, APCM-01 for a month (sections 11 and 12)."""

import pytest

from tests.rulebook.test_gates_of_programs import CODES, MONTH, patient, work
from tests.rulebook.usual_patient import Raw, ask, billed, enrollment

RULES = {
    "rpm": ("RPM-03", "99457"),
    "tcm": ("TCM-01", "99495"),
    "apcm": ("APCM-01", "G0557"),
    "chi": ("CONC-24", "G0019"),
}


@pytest.mark.parametrize("program", RULES)
def test_a_claim_of_another_practitioner_of_the_practice_stands_against_ours(program: str) -> None:
    rule, code = RULES[program]
    claim = {"id": "claim", **billed(code, "2025-03-14", practitioner="DR_B")}
    answer = ask(patient(program, work(program), claim), MONTH)
    assert answer.lines == {}
    assert rule in answer.blockers(CODES[program])
    assert "claim" in answer.evidence(rule)


@pytest.mark.parametrize("program", RULES)
@pytest.mark.parametrize("practitioner", [{"practitioner": "DR_A"}, {}])
def test_our_own_claim_of_the_month_is_the_line_itself(program: str, practitioner: Raw) -> None:
    """A claim that names nobody is the practice's own."""
    claim = billed(CODES[program], "2025-03-14", **practitioner)
    assert ask(patient(program, work(program), claim), MONTH).lines == {CODES[program]: 1}


@pytest.mark.parametrize("program", RULES)
def test_a_claim_of_the_month_before_does_not_stand_against_the_next(program: str) -> None:
    claim = billed(RULES[program][1], "2025-01-14", practitioner="DR_A")
    assert ask(patient(program, work(program), claim), MONTH).lines == {CODES[program]: 1}


@pytest.mark.parametrize("program", [program for program in CODES if program != "tcm"])
def test_where_two_are_enrolled_and_both_could_bill_somebody_decides(program: str) -> None:
    other: list[Raw] = [
        enrollment("DR_B", "2025-02-01", program=program),
        {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD"},
        {"kind": "consent", "action": "given", "program": program, "on": "2025-02-01", "practitioner": "DR_B"},
        {"kind": "visit", "code": "99214", "on": "2025-01-13", "practitioner": "DR_B", "social_need_found": True},
    ]
    answer = ask(patient(program, work(program), other), MONTH)
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert CODES[program] not in [row["code"] for row in answer.body["verdicts"] if row["verdict"] == "chosen"]
    alternatives = [one["claim_lines"] for one in answer.body["alternatives"]]
    assert [{line["practitioner"] for line in lines} for lines in alternatives] == [{"DR_A"}, {"DR_B"}]
    one_only = [fact for fact in other if fact["kind"] != "practitioner"]
    settled = ask(patient(program, work(program), one_only), MONTH)
    assert settled.line(CODES[program])["practitioner"] == "DR_A"


@pytest.mark.parametrize("program", CODES)
def test_the_practitioner_of_the_request_bills_every_program(program: str) -> None:
    answer = ask(patient(program, work(program)), MONTH, billing_practitioner="DR_B")
    assert answer.lines == {}
    assert "PRAC-01" in answer.blockers(CODES[program])
    named = ask(patient(program, work(program)), MONTH, billing_practitioner="DR_A")
    assert named.line(CODES[program])["practitioner"] == "DR_A"
