"""CONC-08, CONC-24, CONC-29 and the programs one practitioner is paid for: neighbours of CCM that exclude each other."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import amount, billers, discharged, monitored, second, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, billed, codes_of, joined, usual_in, worked

MONTH: Final = "2024-03"
NOT_CCM: Final[dict[str, Any]] = {"enrollment": None, "consent": None}
ELSEWHERE: Final[Raw] = {"practitioner": "DR_Z", "same_practice": False}
OF_COCM: Final = ("99492", "99493", "99494", "G2214")
OF_RPM: Final = ("99453", "99454", "99457", "99458")
OF_RTM: Final = ("98975", "98976", "98977", "98978", "98980", "98981")


def neighbours(*facts: Raw | list[Raw], month: str = MONTH, **named: Any) -> Answer:
    return ask(usual_in(month, *facts, **(NOT_CCM | named)), month)


def rpm(month: str = MONTH, minutes: int = 20, biller: str = "DR_A") -> list[Raw]:
    return staffed("rpm", month, minutes, biller, live_contact=True)


def rtm(month: str = MONTH, minutes: int = 20, biller: str = "DR_A") -> list[Raw]:
    return staffed("rtm", month, minutes, biller, day=15, live_contact=True)


# CONC-08: behavioral health integration and collaborative care.


@pytest.mark.parametrize(
    ("minutes", "chosen", "passed_over"), [(70, {"99492": 1}, {"99484": 1}), (30, {"G2214": 1}, {"99484": 1})]
)
def test_conc_08_of_one_practitioner_the_higher_amount(
    minutes: int, chosen: dict[str, int], passed_over: dict[str, int]
) -> None:
    answer = neighbours(staffed("bhi", MONTH, 20), staffed("cocm", MONTH, minutes, day=15))
    assert answer.status == "billable"
    assert answer.lines == chosen
    assert passed_over in answer.alternatives
    assert (answer.verdict("99484"), answer.blockers("99484")) == ("billable", [])
    assert "advisory" in answer.outcomes("CONC-08")


def test_conc_08_two_practitioners_bill_both() -> None:
    answer = neighbours(staffed("bhi", MONTH, 20, "DR_B"), staffed("cocm", MONTH, 70, day=15), second(MONTH))
    assert billers(answer) == {"99484": "DR_B", "99492": "DR_A"}
    assert answer.lines == {"99484": 1, "99492": 1}


def test_conc_08_collaborative_care_already_claimed_blocks_integration() -> None:
    for code in OF_COCM:
        answer = neighbours(staffed("bhi", MONTH, 20), billed(code, f"{MONTH}-20", practitioner="DR_A"))
        assert answer.lines == {}
        assert answer.blockers("99484") == ["CONC-08"]


def test_conc_08_integration_already_claimed_blocks_collaborative_care() -> None:
    answer = neighbours(staffed("cocm", MONTH, 130), billed("99484", f"{MONTH}-20", practitioner="DR_A"))
    assert answer.lines == {}
    assert all("CONC-08" in answer.blockers(code) for code in OF_COCM)


def test_conc_08_another_practitioners_claim_does_not_block() -> None:
    claim = billed("99484", f"{MONTH}-20", practitioner="DR_B")
    assert neighbours(staffed("cocm", MONTH, 70), claim).lines == {"99492": 1}


def test_conc_07_and_08_ccm_stands_beside_either() -> None:
    for program, code, rule in (("bhi", "99484", "CONC-07"), ("cocm", "99492", "CONC-08")):
        answer = ask(usual_in(MONTH, worked(MONTH), staffed(program, MONTH, 70)))
        assert answer.lines == {"99490": 1, code: 1}
        assert answer.outcomes(rule) == {"advisory"}


# CONC-29: physiologic and therapeutic monitoring.


def test_conc_29_of_one_practitioner_the_higher_amount_of_whole_sets() -> None:
    """98980 has 1.52 relative values, 99457 1.47; with 99454, 1.42, physiologic monitoring has more."""
    by_minutes = neighbours(rpm(), rtm())
    assert (by_minutes.lines, by_minutes.alternatives) == ({"98980": 1}, [{"99457": 1}])
    with_device = neighbours(rpm(), rtm(), monitored(MONTH, 16))
    assert (with_device.lines, with_device.alternatives) == ({"99454": 1, "99457": 1}, [{"98980": 1}])
    for answer in (by_minutes, with_device):
        assert answer.status == "billable"
        assert (answer.blockers("98980"), answer.blockers("99457")) == ([], [])
        assert answer.outcomes("CONC-29") == {"advisory"}
        [alternative] = answer.body["alternatives"]
        assert amount(answer.body["claim_lines"]) > alternative["amount_cents"]


def test_conc_29_a_device_of_one_never_with_the_minutes_of_the_other() -> None:
    answer = neighbours(monitored(MONTH, 16), joined("rpm", MONTH), rtm())
    assert (answer.lines, answer.alternatives) == ({"98980": 1}, [{"99454": 1}])


@pytest.mark.parametrize(("claims", "program", "blocked"), [(OF_RPM, "rtm", OF_RTM), (OF_RTM, "rpm", OF_RPM)])
def test_conc_29_one_already_claimed_blocks_the_other(
    claims: tuple[str, ...], program: str, blocked: tuple[str, ...]
) -> None:
    readings = monitored(MONTH, 16, program, body_system="respiratory") if program == "rtm" else monitored(MONTH, 16)
    for code in claims:
        work = staffed(program, MONTH, 20, live_contact=True)
        answer = neighbours(work, readings, billed(code, f"{MONTH}-20", practitioner="DR_A"))
        assert answer.lines == {}
        assert all("CONC-29" in answer.blockers(one) for one in blocked)


@pytest.mark.parametrize("program", ["rpm", "rtm"])
def test_conc_04_and_06_ccm_stands_beside_either(program: str) -> None:
    answer = ask(usual_in(MONTH, worked(MONTH), staffed(program, MONTH, 20, live_contact=True)))
    assert answer.lines == {"99490": 1, {"rpm": "99457", "rtm": "98980"}[program]: 1}
    assert answer.outcomes({"rpm": "CONC-04", "rtm": "CONC-06"}[program]) == {"advisory"}


# CONC-24: community health integration of one practitioner.


def chi(biller: str = "DR_A") -> list[Raw]:
    return staffed("chi", MONTH, 60, biller, worker="community_health_worker")


def needed() -> dict[str, Any]:
    return {"visit": {"social_need_found": True}}


@pytest.mark.parametrize("code", ["G0019", "G0022"])
@pytest.mark.parametrize("whose", [{"practitioner": "DR_B"}, ELSEWHERE])
def test_conc_24_integration_claimed_by_another_practitioner_blocks_ours(code: str, whose: Raw) -> None:
    answer = neighbours(chi(), billed(code, f"{MONTH}-20", id="claimed", **whose), **needed())
    assert answer.lines == {}
    assert "CONC-24" in answer.blockers("G0019")
    assert answer.evidence("CONC-24") == {"claimed"}


def test_conc_24_our_own_claim_is_the_line_itself_and_navigation_stands_beside() -> None:
    for claim in (
        billed("G0019", f"{MONTH}-20", practitioner="DR_A"),
        billed("G0023", f"{MONTH}-20", practitioner="DR_B"),
    ):
        assert neighbours(chi(), claim, **needed()).lines == {"G0019": 1}
    both = neighbours(chi(), staffed("pin", MONTH, 60, "DR_B", day=16), second(MONTH), **needed())
    assert billers(both) == {"G0019": "DR_A", "G0023": "DR_B"}


def test_conc_24_two_enrolled_practitioners_need_a_decision() -> None:
    by_b = second(MONTH)
    by_b[1]["social_need_found"] = True
    answer = neighbours(chi(), joined("chi", MONTH, "DR_B"), by_b, **needed())
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert answer.alternatives == [{"G0019": 1}, {"G0019": 1}]
    who = {one["claim_lines"][0]["practitioner"] for one in answer.body["alternatives"]}
    assert who == {"DR_A", "DR_B"}


def test_conc_24_ccm_stands_beside_integration_and_navigation() -> None:
    answer = ask(usual_in(MONTH, worked(MONTH), chi(), staffed("pin", MONTH, 60, day=16), **needed()))
    assert answer.lines == {"99490": 1, "G0019": 1, "G0023": 1}
    assert answer.outcomes("CONC-24") == {"advisory"}


# RPM-03, APCM-01, TCM-01: one practitioner is paid.


@pytest.mark.parametrize("code", OF_RPM)
def test_rpm_03_monitoring_claimed_by_another_practitioner_of_the_practice_blocks_ours(code: str) -> None:
    answer = neighbours(rpm(), monitored(MONTH, 16), billed(code, f"{MONTH}-20", practitioner="DR_B"))
    assert answer.lines == {}
    assert all("RPM-03" in answer.blockers(one) for one in OF_RPM)


@pytest.mark.parametrize("code", ["G0556", "G0557", "G0558"])
def test_apcm_01_a_month_claimed_by_another_practitioner_of_the_practice_blocks_ours(code: str) -> None:
    month = "2025-11"
    answer = neighbours(joined("apcm", month), billed(code, f"{month}-20", practitioner="DR_B"), month=month)
    assert answer.lines == {}
    assert "APCM-01" in answer.blockers("G0557")
    own_claim = billed(code, f"{month}-20", practitioner="DR_A")
    # Section 0: a code of the level assessed is that line itself; of another level it is a claim to be replaced first.
    ours = {"G0557": 1} if code == "G0557" else {}
    assert neighbours(joined("apcm", month), own_claim, month=month).lines == ours


@pytest.mark.parametrize("code", ["99495", "99496"])
def test_tcm_01_an_episode_claimed_by_another_practitioner_of_the_practice_blocks_ours(code: str) -> None:
    answer = neighbours(discharged(f"{MONTH}-04"), billed(code, f"{MONTH}-20", practitioner="DR_B"))
    assert answer.lines == {}
    assert "TCM-01" in answer.blockers("99495")


def test_two_practitioners_enrolled_in_one_program_leave_the_others_undisturbed() -> None:
    """Monitoring needs a decision; the month of CCM does not."""
    answer = ask(usual_in(MONTH, worked(MONTH), rpm(), joined("rpm", MONTH, "DR_B"), second(MONTH)))
    assert answer.status == "needs_decision"
    assert answer.lines == {"99490": 1}
    assert answer.verdict("99490") == "chosen"
    assert answer.verdict("99457") == "billable"
    assert answer.alternatives == [{"99490": 1, "99457": 1}, {"99490": 1, "99457": 1}]
    assert {one["claim_lines"][1]["practitioner"] for one in answer.body["alternatives"]} == {"DR_A", "DR_B"}


@pytest.mark.parametrize("code", codes_of("99453, 99454, 99457, 99458"))
def test_rpm_03_our_own_claim_is_the_line_itself(code: str) -> None:
    answer = neighbours(rpm(), monitored(MONTH, 16), billed(code, f"{MONTH}-20", practitioner="DR_A"))
    assert answer.lines == {"99454": 1, "99457": 1}
