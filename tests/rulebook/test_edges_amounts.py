"""AMT-01, AMT-02 and COST-01 by locality and to the cent: RVU x GPCI x conversion factor of the CMS files for 2024, half up.

99490 in San Francisco (01112-05) after 9 March: work 1.00 x 1.088, expense 0.81 (facility 0.42) x 1.419, malpractice
0.07 x 0.445, times 33.2875.
"""

import datetime as dt

import pytest

from app.determination.amounts import Place, RelativeValue, Release, unit_cents
from tests.rulebook.usual_patient import Raw, ask, staff, usual

SAN_FRANCISCO = {"locality": "01112-05"}


@pytest.mark.parametrize(
    ("changes", "cents"),
    [
        ({}, 7551),  # 2.26854 x 33.2875 = 75.5140
        ({"setting": {"type": "hospital_outpatient"}}, 5709),  # 1.71513 x 33.2875 = 57.0924
        ({"practitioner": {"credential": "NP"}}, 6419),  # 85 % of 75.5140 = 64.1869, rounded once
    ],
)
def test_amt_02_each_part_is_weighed_by_the_localitys_index(changes: dict[str, Raw], cents: int) -> None:
    answer = ask(usual(staff(20), changes=changes), policy=SAN_FRANCISCO)
    assert answer.line("99490")["amount_cents"] == cents
    assert "01112-05" in answer.findings("AMT-02")[0]["says"]


def test_amt_02_a_locality_the_years_tables_do_not_know_has_no_amount_and_says_so() -> None:
    answer = ask(usual(staff(20)), policy={"locality": "99999-99"})
    assert answer.lines == {"99490": 1}
    assert "amount_cents" not in answer.line("99490")
    [told] = answer.findings("AMT-02")
    assert "99999-99" in told["says"]
    assert not any("USD" in told["says"] for told in answer.findings("COST-01"))


def test_cost_01_the_patient_owes_a_fifth_of_each_line_to_the_cent() -> None:
    """62.58, of which 12.516, and 95.86 (two units of 47.93), of which 19.172."""
    said = " ".join(told["says"] for told in ask(usual(staff(60))).findings("COST-01"))
    assert "158.44 USD" in said
    assert "31.69 USD" in said


@pytest.mark.parametrize("lacking", ["work", "expense", "malpractice"])
def test_amt_02_without_one_of_its_parts_a_code_has_no_local_amount(lacking: str) -> None:
    parts = {"work": 100, "expense": 81, "malpractice": 7} | {lacking: None}
    value = RelativeValue(nonfacility=188, facility=None, **parts)
    release = Release("A", "printed", dt.date(2024, 1, 1), 327_442, 327_442, {"99490": value})
    place = Place("San Francisco", 1_088, 1_419, 445)
    assert unit_cents(release, "99490", facility=False, qualifying_apm=False, percent=100, place=place) is None
    assert unit_cents(release, "99490", facility=False, qualifying_apm=False, percent=100) == 6156  # 1.88 x 32.7442
    assert unit_cents(release, "99490", facility=True, qualifying_apm=False, percent=100) is None
