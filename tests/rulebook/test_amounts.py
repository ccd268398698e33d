"""AMT-02: the figures of the service date. Expectations: total RVU x conversion factor of the CMS files, half up."""

import datetime as dt

import pytest

from app.determination.amounts import Place, RelativeValue, Release, unit_cents
from tests.rulebook.usual_patient import ask, decision, own, plan_work, staff, usual


@pytest.mark.parametrize(
    ("month", "day", "cents"),
    [
        ("2021-03", "2021-03-12", 4117),  # 1.18 x 34.8931
        ("2022-03", "2022-03-12", 6402),  # 1.85 x 34.6062
        ("2023-03", "2023-03-12", 6269),  # 1.85 x 33.8872
        ("2024-02", "2024-02-12", 6156),  # 1.88 x 32.7442
        ("2024-03", "2024-03-08", 6156),
        ("2024-03", "2024-03-09", 6258),  # 1.88 x 33.2875
        ("2024-12", "2024-12-31", 6258),
        ("2025-11", "2025-11-12", 6049),  # 1.87 x 32.3465
        ("2025-03", "2025-03-12", 6049),  # before the year's first release: that one
        ("2026-09", "2026-09-12", 6613),  # 1.98 x 33.4009
    ],
)
def test_amt_02_99490_by_the_figures_of_its_service_date(month: str, day: str, cents: int) -> None:
    year = int(month[:4])
    answer = ask(usual(staff(20, day), year=year), month)
    assert answer.line("99490")["amount_cents"] == cents


def test_amt_02_2026_has_a_factor_for_qualifying_apm_participants() -> None:
    """1.98 x 33.5675."""
    facts = usual(staff(20, "2026-09-12"), year=2026)
    assert ask(facts, "2026-09", policy={"qualifying_apm": True}).line("99490")["amount_cents"] == 6646


def test_amt_02_qualifying_apm_changes_nothing_before_2026() -> None:
    assert ask(usual(staff(20)), policy={"qualifying_apm": True}).line("99490")["amount_cents"] == 6258


def test_amt_02_a_year_without_figures_has_no_amount_and_still_a_choice() -> None:
    facts = usual(staff(30, "2027-03-12"), own(30, "2027-03-13"), year=2027)
    answer = ask(facts, "2027-03")
    assert answer.lines == {"99490": 1, "99439": 2}
    assert "amount_cents" not in answer.line("99490")
    assert "amount_cents" not in answer.body["alternatives"][0]


def test_amt_02_units_multiply_the_rounded_unit() -> None:
    """1.44 x 33.2875 = 47.934."""
    assert ask(usual(staff(60))).line("99439")["amount_cents"] == 2 * 4793


def test_amt_02_all_codes_of_the_family() -> None:
    own_lines = ask(usual(own(60)))
    assert own_lines.line("99491")["amount_cents"] == 8455  # 2.54 x 33.2875
    assert own_lines.line("99437")["amount_cents"] == 5958  # 1.79 x 33.2875
    complex_lines = ask(usual(staff(90), decision(), plan_work()))
    assert complex_lines.line("99487")["amount_cents"] == 13415  # 4.03 x 33.2875
    assert complex_lines.line("99489")["amount_cents"] == 7223  # 2.17 x 33.2875


def test_amt_02_hospital_outpatient_is_paid_by_the_facility_figure() -> None:
    """1.49 x 33.2875."""
    answer = ask(usual(staff(20), setting={"type": "hospital_outpatient"}))
    assert answer.line("99490")["amount_cents"] == 4960


def test_amt_02_every_line_of_a_pathway_uses_the_one_service_date() -> None:
    """99490 is earned under the old factor; the claim's date is that of 99439."""
    answer = ask(usual(staff(20, "2024-03-05"), staff(20, "2024-03-09")))
    assert answer.line("99490")["amount_cents"] == 6258


def test_amt_02_an_alternatives_amount_is_the_sum_of_its_lines() -> None:
    [other] = ask(usual(own(60))).body["alternatives"]
    assert other["amount_cents"] == sum(line["amount_cents"] for line in other["claim_lines"])


def test_amt_02_sets_rank_by_the_national_amount_where_the_payer_has_none() -> None:
    facts = usual(own(30), staff(9), coverage={"payer": "medicare_advantage"})
    assert ask(facts).lines == {"99491": 1}


@pytest.mark.parametrize(
    ("value", "facility", "cents"),
    [
        (RelativeValue(200, 150, work=100, expense=90, facility_expense=40, malpractice=10), False, 7_000),
        (RelativeValue(200, 150, work=100, expense=90, facility_expense=40, malpractice=10), True, 5_425),
        (RelativeValue(200, 150), False, None),  # a total whose parts are not printed has no amount in a place
        (RelativeValue(200, 150, work=100, expense=90, malpractice=10), True, None),
        (RelativeValue(200, 150, work=100, expense=90, facility_expense=40), False, None),
        (RelativeValue(None, None), False, None),
    ],
)
def test_amt_02_in_a_place_each_part_is_weighed_by_its_index(
    value: RelativeValue, facility: bool, cents: int | None
) -> None:
    """Indices of 1.100, 0.900 and 0.900 beside a factor of 35: (1.00 x 1.1 + 0.90 x 0.9 + 0.10 x 0.9) x 35 = 70.00."""
    release = Release("A", "", dt.date(2024, 1, 1), 350_000, 350_000, {"99490": value})
    place = Place("SOMEWHERE", 1_100, 900, 900)
    found = unit_cents(release, "99490", facility=facility, qualifying_apm=False, percent=100, place=place)
    assert found == cents
