"""CONC-22 and CONC-23: advanced primary care excludes CCM, PCM and TCM within the practice, and carries behavioral add-ons."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import billers, discharged, qualified, second, staffed
from tests.rulebook.usual_patient import CCM, Answer, Raw, ask, billed, codes_of, joined, usual_in, worked

MONTH: Final = "2025-11"
OF_APCM: Final = ("G0556", "G0557", "G0558")
HERE: Final[tuple[Raw, ...]] = (
    {"practitioner": "DR_A"}, {"practitioner": "DR_B"}, {}, {"practitioner": "DR_B", "same_practice": True},
)  # fmt: skip
ELSEWHERE: Final[Raw] = {"practitioner": "DR_Z", "same_practice": False}
NOT_CCM: Final[dict[str, Any]] = {"enrollment": None, "consent": None}


def advanced(*more: Raw | list[Raw], month: str = MONTH, biller: str = "DR_A", **named: Any) -> Answer:
    """The usual patient, in advanced primary care as well."""
    return ask(usual_in(month, joined("apcm", month, biller), *more, **named), month)


@pytest.mark.parametrize("month", ["2025-01", MONTH, "2027-12"])
def test_conc_22_ccm_of_higher_amount_is_billed_and_the_other_is_the_alternative(month: str) -> None:
    """G0557 has fewer relative values than 99490."""
    answer = advanced(worked(month), month=month)
    assert answer.status == "billable"
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == [{"G0557": 1}]
    assert (answer.verdict("G0557"), answer.blockers("G0557")) == ("billable", [])
    assert answer.outcomes("CONC-22") == {"advisory"}


def test_conc_22_advanced_primary_care_of_higher_amount_is_billed() -> None:
    """G0558, of a qualified Medicare beneficiary, has more relative values than 99490."""
    answer = advanced(worked(MONTH), **qualified())
    assert answer.status == "billable"
    assert answer.lines == {"G0558": 1}
    assert answer.alternatives == [{"99490": 1}]
    assert (answer.verdict("99490"), answer.blockers("99490")) == ("billable", [])
    assert answer.outcomes("CONC-22") == {"advisory"}


def test_conc_22_two_practitioners_of_the_practice_do_not_bill_both() -> None:
    answer = advanced(worked(MONTH), second(MONTH), biller="DR_B")
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == [{"G0557": 1}]
    assert answer.body["alternatives"][0]["claim_lines"][0]["practitioner"] == "DR_B"


def test_conc_22_principal_care_and_transitional_care_are_excluded_as_ccm_is() -> None:
    with_pcm = advanced(staffed("pcm", MONTH, 30), **NOT_CCM)
    assert (with_pcm.lines, with_pcm.alternatives) == ({"99426": 1}, [{"G0557": 1}])
    with_tcm = advanced(discharged(f"{MONTH}-03"), **NOT_CCM)
    assert (with_tcm.lines, with_tcm.alternatives) == ({"99495": 1}, [{"G0557": 1}])
    assert with_tcm.outcomes("CONC-22") == {"advisory"}


def test_11_1_the_amounts_of_whole_sets_are_compared() -> None:
    """G0558 has 3.31 relative values: more than 99490 or 99426, less than both, which two practitioners may bill."""
    of_b = [*staffed("pcm", MONTH, 30, "DR_B"), *second(MONTH)]
    answer = advanced(worked(MONTH), of_b, **qualified())
    assert answer.lines == {"99490": 1, "99426": 1}
    assert billers(answer) == {"99490": "DR_A", "99426": "DR_B"}
    assert answer.alternatives == [{"G0558": 1}]


@pytest.mark.parametrize("program", ["bhi", "rpm", "chi", "pin"])
def test_conc_22_other_programs_stand_beside_it(program: str) -> None:
    codes = {"bhi": "99484", "rpm": "99457", "chi": "G0019", "pin": "G0023"}
    work = staffed(program, MONTH, 60, live_contact=True)
    answer = advanced(work, visit={"social_need_found": True}, **NOT_CCM)
    assert answer.lines.keys() >= {"G0557", codes[program]}
    assert answer.alternatives == []


@pytest.mark.parametrize("whose", HERE)
@pytest.mark.parametrize("code", ["99490", "99491", "99487", "99424", "99426", "99495", "99496"])
def test_conc_22_a_claim_of_the_practice_blocks_advanced_primary_care(code: str, whose: Raw) -> None:
    answer = advanced(billed(code, f"{MONTH}-20", id="claimed", **whose), **NOT_CCM)
    assert answer.lines == {}
    assert "CONC-22" in answer.blockers("G0557")
    assert answer.evidence("CONC-22") == {"claimed"}
    assert answer.outcomes("CONC-22") == {"not_met"}


@pytest.mark.parametrize("code", ["99490", "99426", "99495"])
def test_conc_22_a_claim_of_another_practice_only_advises_advanced_primary_care(code: str) -> None:
    answer = advanced(billed(code, f"{MONTH}-20", id="claimed", **ELSEWHERE), **NOT_CCM)
    assert answer.lines == {"G0557": 1}
    assert answer.outcomes("CONC-22") == {"advisory"}


@pytest.mark.parametrize("whose", HERE)
@pytest.mark.parametrize("code", OF_APCM)
def test_conc_22_advanced_primary_care_already_claimed_blocks_all_three(code: str, whose: Raw) -> None:
    claim = billed(code, f"{MONTH}-20", **whose)
    of_all = [worked(MONTH, 60), *staffed("pcm", MONTH, 60), *discharged(f"{MONTH}-03")]
    answer = ask(usual_in(MONTH, of_all, claim), MONTH)
    assert answer.lines == {}
    for blocked in (*CCM, "99424", "99426", "99495", "99496"):
        assert "CONC-22" in answer.blockers(blocked)


@pytest.mark.parametrize("code", OF_APCM)
def test_conc_22_of_another_practice_it_only_advises(code: str) -> None:
    claim = billed(code, f"{MONTH}-20", **ELSEWHERE)
    for facts, line in (
        ([worked(MONTH)], "99490"),
        (staffed("pcm", MONTH, 60), "99426"),
        (discharged(f"{MONTH}-03"), "99495"),
    ):
        answer = ask(usual_in(MONTH, facts, claim, **({} if line == "99490" else NOT_CCM)), MONTH)
        assert line in answer.lines
        assert answer.outcomes("CONC-22") == {"advisory"}
        assert "CONC-22" not in answer.blockers(line)


@pytest.mark.parametrize("code", codes_of("99421-99423, 98970-98972, 99446-99449, 99451, 99452, G2010, G2012"))
def test_conc_22_online_virtual_and_interprofessional_codes_are_part_of_it(code: str) -> None:
    for whose in HERE:
        answer = advanced(billed(code, f"{MONTH}-20", **whose), **NOT_CCM)
        assert answer.lines == {}
        assert "CONC-22" in answer.blockers("G0557")
    answer = advanced(billed(code, f"{MONTH}-20", **ELSEWHERE), **NOT_CCM)
    assert answer.lines == {"G0557": 1}
    assert answer.outcomes("CONC-22") == {"advisory"}


def test_conc_22_begins_with_advanced_primary_care() -> None:
    answer = advanced(worked("2024-12"), month="2024-12")
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == []
    assert answer.findings("CONC-22") == []


@pytest.mark.parametrize("setting", ["rhc", "fqhc"])
@pytest.mark.parametrize("month", ["2025-01", "2025-09", "2025-10", "2026-03"])
def test_rhc_08_clinics_bill_either_advanced_primary_care_or_individual_codes(month: str, setting: str) -> None:
    answer = advanced(worked(month), month=month, setting={"type": setting})
    assert answer.lines == {"99490": 1}
    assert {"G0557": 1} in answer.alternatives
    assert not [one for one in answer.alternatives if "G0557" in one and len(one) > 1]
    assert answer.outcomes("RHC-08") == {"advisory"}


# CONC-23: the behavioral add-ons.


@pytest.mark.parametrize("code", ["G0568", "G0569", "G0570"])
def test_conc_23_an_add_on_claimed_blocks_ccm_and_behavioral_codes(code: str) -> None:
    month = "2026-03"
    claim = billed(code, f"{month}-20", practitioner="DR_A")
    work = [worked(month), *staffed("bhi", month, 20), *staffed("cocm", month, 70, day=15)]
    answer = ask(usual_in(month, work, claim), month)
    for blocked in ("99490", "99484", "99492", "99493", "99494"):
        assert blocked not in answer.lines
        assert "CONC-23" in answer.blockers(blocked)


def test_conc_23_an_add_on_stands_beside_its_base() -> None:
    month = "2026-03"
    claim = billed("G0568", f"{month}-20", practitioner="DR_A")
    answer = advanced(claim, month=month, **NOT_CCM)
    assert answer.lines == {"G0557": 1}
    assert "CONC-23" not in answer.blockers("G0557")


def test_conc_22_a_claim_that_reaches_into_the_month_blocks() -> None:
    """Transitional care of a visit in October covers days of November."""
    claim = billed("99495", "2025-10-28", practitioner="DR_B", through="2025-11-20")
    assert "CONC-22" in advanced(claim, **NOT_CCM).blockers("G0557")
    ended = billed("99495", "2025-10-08", practitioner="DR_B", through="2025-10-31")
    assert advanced(ended, **NOT_CCM).lines == {"G0557": 1}
