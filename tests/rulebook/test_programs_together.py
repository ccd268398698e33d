"""UNIT-06, CONC-03 and section 11.1: CCM and principal care, of which one practitioner bills one and two bill both."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import amount, billers, personally, second, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, billed, decision, joined, own, plan_work, usual_in, worked

MONTH: Final = "2024-03"
PREFERENCES: Final = ("most_accurate", "highest_amount")
OF_CCM: Final = ("99490", "99439", "99491", "99437", "99487", "99489")
OF_PCM: Final = ("99424", "99425", "99426", "99427")


def both(ccm: list[Raw], pcm: list[Raw], preference: str = "most_accurate", **named: Any) -> Answer:
    return ask(usual_in(MONTH, ccm, pcm, **named), MONTH, policy={"preference": preference})


@pytest.mark.parametrize("preference", PREFERENCES)
def test_conc_03_ccm_is_billed_where_its_amount_is_higher(preference: str) -> None:
    """1.88 relative values of 99490 against 1.86 of 99426."""
    answer = both([worked(MONTH, 20)], staffed("pcm", MONTH, 30), preference)
    assert answer.status == "billable"
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == [{"99426": 1}]
    assert (answer.verdict("99490"), answer.verdict("99426")) == ("chosen", "billable")
    assert answer.blockers("99426") == []
    assert answer.outcomes("CONC-03") == {"advisory"}


@pytest.mark.parametrize("preference", PREFERENCES)
def test_conc_03_principal_care_is_billed_where_its_amount_is_higher(preference: str) -> None:
    answer = both([worked(MONTH, 20)], staffed("pcm", MONTH, 60), preference)
    assert answer.status == "billable"
    assert answer.lines == {"99426": 1, "99427": 1}
    assert answer.alternatives == [{"99490": 1}]
    assert (answer.verdict("99490"), answer.verdict("99426"), answer.verdict("99427")) == (
        "billable",
        "chosen",
        "chosen",
    )
    assert answer.blockers("99490") == []
    assert answer.outcomes("CONC-03") == {"advisory"}


def test_conc_03_the_amounts_are_those_of_whole_sets() -> None:
    """99490 with two add-ons has 4.76 relative values, 99424 with its add-on 4.28: base for base principal care has more."""
    answer = both([worked(MONTH, 60)], personally("pcm", MONTH, 60))
    assert answer.lines == {"99490": 1, "99439": 2}
    [alternative] = [one for one in answer.body["alternatives"] if one["claim_lines"][0]["code"] == "99424"]
    assert amount(answer.body["claim_lines"]) > alternative["amount_cents"] == amount(alternative["claim_lines"])


@pytest.mark.parametrize(
    ("preference", "lines"),
    [("most_accurate", {"99424": 1, "99425": 1}), ("highest_amount", {"99490": 1, "99439": 2})],
)
def test_unit_06_each_program_stands_for_its_preferred_set(preference: str, lines: dict[str, int]) -> None:
    """4.03 relative values of 99487, the most accurate, against 4.28; 4.76 of 99490 with two add-ons, the highest."""
    complex_care = [worked(MONTH, 60), decision("moderate", f"{MONTH}-10"), plan_work(f"{MONTH}-09")]
    answer = both(complex_care, personally("pcm", MONTH, 60), preference)
    assert answer.lines == lines
    preferred_of_ccm = {"99487": 1} if preference == "most_accurate" else {"99424": 1, "99425": 1}
    assert preferred_of_ccm in answer.alternatives


@pytest.mark.parametrize(
    ("work", "chosen", "passed_over"),
    [
        ("staff", {"99426": 1}, None),
        ("own", {"99424": 1}, {"99426": 1}),
        ("both", {"99426": 1, "99427": 1}, {"99424": 1}),
    ],
)
def test_unit_06_principal_care_alone_is_chosen_as_ccm_is(
    work: str, chosen: dict[str, int], passed_over: dict[str, int] | None
) -> None:
    """99424 where all time is the practitioner's own; of both the higher amount, 3.28 against 2.48 relative values."""
    of_staff, of_practitioner = staffed("pcm", MONTH, 30), personally("pcm", MONTH, 30)
    facts = {"staff": of_staff, "own": of_practitioner, "both": [*of_staff, of_practitioner[-1]]}[work]
    answer = ask(usual_in(MONTH, facts, enrollment=None, consent=None))
    assert answer.lines == chosen
    assert answer.alternatives == ([] if passed_over is None else [passed_over])


def test_unit_06_own_time_alone_is_99424_whatever_the_preference() -> None:
    """Whole 30s: 59 minutes are one, 120 four, of which a claim carries three (UNIT-05)."""
    for minutes, lines in ((59, {"99424": 1}), (120, {"99424": 1, "99425": 2})):
        for preference in PREFERENCES:
            facts = usual_in(MONTH, personally("pcm", MONTH, minutes), enrollment=None, consent=None)
            assert ask(facts, policy={"preference": preference}).lines == lines


@pytest.mark.parametrize(("ccm_by", "pcm_by"), [("DR_A", "DR_B"), ("DR_B", "DR_A")])
def test_conc_03_two_practitioners_bill_both(ccm_by: str, pcm_by: str) -> None:
    ccm = [*staffed("ccm", MONTH, 20, ccm_by), *second(MONTH)]
    answer = both(ccm, staffed("pcm", MONTH, 30, pcm_by), enrollment=None, consent=None)
    assert answer.status == "billable"
    assert answer.lines == {"99490": 1, "99426": 1}
    assert billers(answer) == {"99490": ccm_by, "99426": pcm_by}
    assert answer.alternatives == []
    assert answer.outcomes("CONC-03") == {"advisory"}
    assert answer.body["claim_lines"][0]["program"] == "ccm"


@pytest.mark.parametrize("code", OF_PCM)
@pytest.mark.parametrize("with_pcm", [False, True])
def test_conc_03_principal_care_already_claimed_blocks_ccm(code: str, with_pcm: bool) -> None:
    claim = billed(code, f"{MONTH}-20", practitioner="DR_A", id="claimed")
    answer = both([worked(MONTH, 60), claim], staffed("pcm", MONTH, 30) if with_pcm else [])
    assert {one for one in OF_CCM if "CONC-03" not in answer.blockers(one)} == set()
    assert answer.evidence("CONC-03") == {"claimed"}
    assert answer.outcomes("CONC-03") == {"not_met"}
    # The claim of a code of its own pathway is the line itself; one of the other family excludes it.
    assert answer.lines == ({"99426": 1} if with_pcm and code in ("99426", "99427") else {})


@pytest.mark.parametrize("code", OF_CCM)
def test_conc_03_ccm_already_claimed_blocks_principal_care(code: str) -> None:
    claim = billed(code, f"{MONTH}-20", practitioner="DR_A", id="claimed")
    answer = both([own(60, f"{MONTH}-12"), worked(MONTH, 20), claim], personally("pcm", MONTH, 90))
    assert not answer.lines.keys() & set(OF_PCM)
    assert all("CONC-03" in answer.blockers(one) for one in OF_PCM)
    assert "CONC-03" not in answer.blockers("99490") + answer.blockers("99491")


@pytest.mark.parametrize("claimed", [{"practitioner": "DR_A", "source": "self"}, {"practitioner": "DR_B"}])
def test_conc_03_neither_our_own_answer_nor_another_practitioners_claim_blocks(claimed: Raw) -> None:
    answer = both([worked(MONTH, 20), billed("99426", f"{MONTH}-20", **claimed)], staffed("pcm", MONTH, 60))
    assert "CONC-03" not in answer.blockers("99490") + answer.blockers("99426")
    assert answer.lines == {"99426": 1, "99427": 1}


@pytest.mark.parametrize(
    ("month", "ccm", "pcm"),
    [
        ("2020-01", {"99490": 1}, {"G2065": 1}),
        ("2021-12", {"99490": 1}, {"G2065": 1}),
        ("2022-01", {"99490": 1}, {"99426": 1}),
    ],
)
def test_conc_03_from_the_first_month_of_principal_care(month: str, ccm: dict[str, int], pcm: dict[str, int]) -> None:
    answer = ask(usual_in(month, worked(month), staffed("pcm", month, 30)), month)
    assert [answer.lines, *answer.alternatives] in ([ccm, pcm], [pcm, ccm])


def test_val_01_there_is_no_principal_care_before_2020() -> None:
    answer = ask(usual_in("2019-12", worked("2019-12"), staffed("pcm", "2019-12", 60)), "2019-12")
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == []
    assert answer.findings("CONC-03") == []


def test_alternatives_hold_the_whole_months_lines() -> None:
    """A third program stands beside either of the two that exclude each other."""
    answer = both([worked(MONTH, 20), *staffed("bhi", MONTH, 20, day=16)], staffed("pcm", MONTH, 60))
    assert answer.lines == {"99426": 1, "99427": 1, "99484": 1}
    assert answer.alternatives == [{"99490": 1, "99484": 1}]
    [alternative] = answer.body["alternatives"]
    assert alternative["amount_cents"] == amount(alternative["claim_lines"])
    assert [line["program"] for line in alternative["claim_lines"]] == ["ccm", "bhi"]


@pytest.mark.parametrize(
    ("on", "through", "blocks"),
    [
        ("2024-02-10", "2024-02-29", False),
        ("2024-02-10", "2024-03-01", True),
        ("2024-03-31", "2024-04-29", True),
        ("2024-04-01", "2024-04-30", False),
    ],
)
def test_conc_03_a_claim_stands_in_every_month_it_touches(on: str, through: str, blocks: bool) -> None:
    claim = billed("99426", on, practitioner="DR_A", through=through)
    assert ("CONC-03" in both([worked(MONTH, 20), claim], []).blockers("99490")) is blocks


def test_a_decision_needed_in_ccm_leaves_principal_care_to_each_possibility() -> None:
    """By DR_A one of the two is billed, the higher; beside CCM of DR_B principal care of DR_A stands."""
    two = [*joined("ccm", MONTH, "DR_B"), *second(MONTH)]
    answer = both([worked(MONTH, 20), *two], staffed("pcm", MONTH, 30))
    assert answer.status == "needs_decision"
    assert answer.verdict("99490") == "billable"
    whose = [
        {line["code"]: line["practitioner"] for line in alternative["claim_lines"]}
        for alternative in answer.body["alternatives"]
    ]
    assert whose == [{"99490": "DR_B", "99426": "DR_A"}, {"99490": "DR_A"}]
