"""CLAIM-06: care management that another practice billed for the month."""

import pytest

from tests.rulebook.usual_patient import CCM, Answer, Raw, ask, billed, own, staff, stay, usual, usual_in, worked

ELSEWHERE: Raw = {"practitioner": "DR_Z", "same_practice": False}
BLOCKS = {"elsewhere_conflict_blocks": True}


@pytest.mark.parametrize("code", [*CCM, "G2058", "G0511"])
def test_claim_06_a_claim_of_another_practice_is_an_advisory(code: str) -> None:
    answer = ask(usual(staff(20), billed(code, id="theirs", **ELSEWHERE)))
    assert answer.outcomes("CLAIM-06") == {"advisory"}
    assert answer.evidence("CLAIM-06") == {"theirs"}
    assert answer.lines == {"99490": 1}
    assert answer.blockers() == []
    assert any(warning.endswith("Expected denial code: 18.") for warning in answer.line("99490")["warnings"])


@pytest.mark.parametrize("entry", [staff(20), own(30)])
def test_claim_06_by_policy_it_blocks_every_code(entry: Raw) -> None:
    answer = ask(usual(entry, billed("99490", **ELSEWHERE)), policy=BLOCKS)
    assert answer.outcomes("CLAIM-06") == {"not_met"}
    assert answer.lines == {}
    for code in CCM:
        assert "CLAIM-06" in answer.blockers(code)


def test_claim_06_the_policy_may_be_a_fact() -> None:
    policy = {"kind": "policy", "from": "2024-03", **BLOCKS}
    assert ask(usual(staff(20), billed("99490", **ELSEWHERE), policy)).blockers() == ["CLAIM-06"]


@pytest.mark.parametrize(
    ("day", "told"), [("2024-02-29", False), ("2024-03-01", True), ("2024-03-31", True), ("2024-04-01", False)]
)
def test_claim_06_looks_at_the_month(day: str, told: bool) -> None:
    answer = ask(usual(staff(20), billed("99490", day, **ELSEWHERE)), policy=BLOCKS)
    assert bool(answer.findings("CLAIM-06")) is told
    assert (answer.lines == {}) is told


@pytest.mark.parametrize(
    "service",
    [
        billed("99490", practitioner="DR_A"),
        billed("99490"),
        billed("99490", practitioner="DR_A", same_practice=False),  # the same practitioner's, wherever billed
        billed("99426", **ELSEWHERE),
        billed("G0506", **ELSEWHERE),
        billed("99214", **ELSEWHERE),
    ],
)
def test_claim_06_says_nothing_of_own_claims_or_other_codes(service: Raw) -> None:
    assert ask(usual(staff(20), service), policy=BLOCKS).findings("CLAIM-06") == []


def test_claim_06_another_practitioner_of_the_practice_is_prac_03() -> None:
    answer = ask(usual(staff(20), billed("99490", practitioner="DR_B")), policy=BLOCKS)
    assert answer.findings("CLAIM-06") == []
    assert answer.blockers() == ["PRAC-03"]


def test_claim_06_a_practice_without_a_named_practitioner_is_elsewhere() -> None:
    assert ask(usual(staff(20), billed("99490", same_practice=False))).outcomes("CLAIM-06") == {"advisory"}


@pytest.mark.parametrize("month", ["2015-01", "2027-12"])
def test_claim_06_holds_in_every_month(month: str) -> None:
    facts = usual_in(month, worked(month), billed("99490", f"{month}-20", **ELSEWHERE))
    assert ask(facts, month).outcomes("CLAIM-06") == {"advisory"}


# What a payer may deny a line for.


def check_denial(answer: Answer, code: str, denial: str) -> None:
    assert [one for one in answer.line(code)["warnings"] if one.endswith(f"Expected denial code: {denial}.")]


def test_a_risk_is_told_beside_the_line_with_the_denial_to_expect() -> None:
    hospice = stay("hospice", "2024-02-10", attending="DR_A")
    check_denial(ask(usual(staff(20), coverage={"payer": "medicare_advantage"})), "99490", "109")
    check_denial(ask(usual(staff(20), consent={"documented": None})), "99490", "16")
    check_denial(ask(usual(own(150))), "99437", "119")
    check_denial(ask(usual(staff(20), hospice)), "99490", "B9")
    check_denial(
        ask(usual(staff(20, unrelated_to_terminal_illness=True), {**hospice, "attending": "DR_H"})), "99490", "B9"
    )


def test_a_usual_line_carries_no_risk() -> None:
    assert ask(usual(staff(20))).line("99490")["warnings"] == []
    assert ask(usual(own(150))).line("99491")["warnings"] == []
