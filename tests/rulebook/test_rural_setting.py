"""The timeline of rural health clinics and federally qualified health centers (section 13), as far as CCM goes."""

import pytest

from tests.rulebook.usual_patient import CCM, ask, own, staff, usual


@pytest.mark.parametrize("kind", ["rhc", "fqhc"])
@pytest.mark.parametrize(
    ("month", "blocked"),
    [("2021-03", True), ("2023-12", True), ("2024-12", True), ("2025-01", False), ("2026-03", False)],
)
def test_rhc_02_bars_the_individual_codes_to_the_end_of_2024(kind: str, month: str, blocked: bool) -> None:
    year = int(month[:4]) if month.endswith("-03") else int(month[:4]) - 1
    answer = ask(usual(staff(40, f"{month}-12"), own(40, f"{month}-13"), setting={"type": kind}, year=year), month)
    codes = [code for code in CCM if "VAL-01" not in answer.blockers(code)]
    assert all(("RHC-02" in answer.blockers(code)) is blocked for code in codes)
    assert answer.status == "billable"
    assert (answer.lines == {"G0511": 1}) is blocked


def test_rhc_02_stands_first_among_the_blockers() -> None:
    answer = ask(usual(staff(10), setting={"type": "rhc"}, consent=None, hypertension=None))
    assert answer.blockers()[0] == "RHC-02"


@pytest.mark.parametrize("kind", ["physician_office", "hospital_outpatient"])
def test_rhc_02_other_settings_bill_the_individual_codes(kind: str) -> None:
    assert ask(usual(staff(20), setting={"type": kind})).lines == {"99490": 1}
