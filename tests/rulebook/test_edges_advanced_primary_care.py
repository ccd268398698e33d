"""Advanced primary care where no day of the month has everything: the patient dead, uncovered or not yet in agreement."""

from typing import Final

import pytest

from tests.rulebook.usual_patient import Raw, ask, billed, codes_of, consent, enrollment, usual

ENROLLED: Final = enrollment("DR_A", "2025-02-01", program="apcm")


@pytest.mark.parametrize(
    ("agreed", "different"),
    [
        ("2025-02-01", {"kind": "death", "on": "2025-02-27"}),
        ("2025-03-10", {"kind": "coverage", "payer": "medicare_part_b", "until": "2025-03-10"}),
        ("2025-03-10", {"kind": "death", "on": "2025-03-09"}),
    ],
)
def test_apcm_01_is_given_on_some_covered_day_of_the_living_patient(agreed: str, different: Raw) -> None:
    named = {"coverage": None} if different["kind"] == "coverage" else {}
    answer = ask(usual(ENROLLED, consent(agreed, program="apcm"), different, year=2025, **named), "2025-03")
    assert answer.blockers("G0557") == ["APCM-01"]


def test_apcm_01_is_met_on_the_last_day_that_has_all_of_it() -> None:
    covered = {"until": "2025-03-11"}
    answer = ask(usual(ENROLLED, consent("2025-03-10", program="apcm"), year=2025, coverage=covered), "2025-03")
    assert answer.line("G0557")["earliest_service_date"] == "2025-03-10"


# Rule book, section 1: the codes of CCM, PCM and APCM that existed in the year before 2025-02.
KNOWN_BY: Final = codes_of("99490, 99439, 99491, 99437, 99487, 99489, G0506, G0511, 99424-99427, G0556-G0558")


@pytest.mark.parametrize("code", KNOWN_BY)
def test_apcm_01_the_practice_knows_whom_it_gave_ccm_pcm_or_apcm(code: str) -> None:
    """Clinics gave CCM as G0511 in 2024."""
    given = billed(code, "2025-01-20", practitioner="DR_A")
    stated = usual(ENROLLED, consent("2025-02-01", program="apcm"), given, year=2025, visit=None)
    assert ask(stated, "2025-03").lines == {"G0557": 1}


def test_apcm_01_other_care_of_the_practice_or_ccm_elsewhere_makes_nobody_known() -> None:
    for given in (billed("99484", "2025-01-20"), billed("99490", "2025-01-20", same_practice=False)):
        stated = usual(ENROLLED, consent("2025-02-01", program="apcm"), given, year=2025, visit=None)
        assert ask(stated, "2025-03").blockers("G0557") == ["APCM-01"]
