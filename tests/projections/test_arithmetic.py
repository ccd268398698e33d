"""The arithmetic of a panel: worked by hand once, and what must hold whatever the figures."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.projections.arithmetic import (
    MONTHS,
    WHOLE,
    Figures,
    MonthTerms,
    Terms,
    break_even_minutes,
    break_even_patients,
    by_kind,
    in_month,
    kinds_of_month,
    month,
    one_by_one,
    part,
    reckoned,
)
from tests.projections.asking import added

SHARES = st.integers(0, WHOLE)
PATIENTS = st.integers(0, 5_000)


@st.composite
def kinds(draw: st.DrawFn, share: int = WHOLE) -> MonthTerms:
    allowed = draw(st.integers(0, 60_000))
    owed = draw(st.integers(0, allowed))
    device = draw(st.integers(0, 9_000))
    return MonthTerms(
        share_basis_points=share,
        is_billable=draw(st.booleans()),
        allowed_cents=allowed,
        owed_cents=owed,
        medicare_cents=draw(st.integers(0, allowed - owed)),
        worked_minutes=draw(st.integers(0, 300)),
        minute_cents=draw(st.integers(0, 500)),
        device_cents=device,
    )


@st.composite
def terms(draw: st.DrawFn, most_kinds: int = 1) -> Terms:
    cuts = sorted(draw(st.lists(SHARES, max_size=most_kinds - 1)))
    shares = [until - from_ for from_, until in pairwise([0, *cuts, WHOLE])]
    return Terms(
        kinds=tuple(draw(kinds(share)) for share in shares),
        reaching_basis_points=draw(SHARES),
        denial_basis_points=draw(SHARES),
        collected_basis_points=draw(SHARES),
        fixed_month_cents=draw(st.integers(0, 1_000_000)),
    )


def one(**changes: int) -> Terms:
    """$60 allowed, of which the patient owes $12 and Medicare pays $47.04; 20 minutes at $1."""
    kind = MonthTerms(
        share_basis_points=WHOLE,
        is_billable=True,
        allowed_cents=6_000,
        owed_cents=1_200,
        medicare_cents=4_704,
        worked_minutes=20,
        minute_cents=100,
    )
    usual = {"reaching": 10_000, "denial": 0, "collected": 10_000, "fixed": 0} | changes
    return Terms(
        kinds=(kind,),
        reaching_basis_points=usual["reaching"],
        denial_basis_points=usual["denial"],
        collected_basis_points=usual["collected"],
        fixed_month_cents=usual["fixed"],
    )


def test_a_month_by_hand() -> None:
    # Of 101 patients 80 % reach the minutes: 80.8 claims, told as 81. 7 % of them are denied: 5.656, told as 6. 75.144 are
    # paid: allowed 4,508.64, by Medicare 75.144 x 47.04 = 3,534.77; the patients owe 901.728, and half of it comes: with
    # what Medicare pays 3,985.638. All 101 cost 20 minutes.
    assert month(101, one(reaching=8_000, denial=700, collected=5_000, fixed=10_000)) == Figures(
        claims=81,
        denied_claims=6,
        allowed_cents=450_864,
        medicare_cents=353_477,
        patients_owed_cents=90_173,
        patients_paid_cents=45_087,
        revenue_cents=398_564,
        staff_cost_cents=202_000,
        fixed_cost_cents=10_000,
        profit_cents=186_564,
    )


@pytest.mark.parametrize(("whole", "share", "is_"), [(5, 5_000, 3), (3, 5_000, 2), (1, 4_999, 0), (7, 0, 0), (0, 1, 0)])
def test_half_a_patient_is_one(whole: int, share: int, is_: int) -> None:
    assert part(whole, share) == is_


def test_patients_enrol_as_many_each_month() -> None:
    assert [in_month(10, number, 4) for number in range(1, 7)] == [3, 5, 8, 10, 10, 10]
    assert in_month(10, 1, 1) == 10
    assert in_month(100, 12, 24) == 50


def test_break_even_by_hand() -> None:
    # A patient's month brings 59.04 when all is collected and nothing denied: 59 minutes at $1.
    assert break_even_minutes(one().kinds[0], one()) == 59
    # A tenth denied: 53.136.
    assert break_even_minutes(one().kinds[0], one(denial=1_000)) == 53
    # 20 minutes leave 39.04 a patient; $1,000 a month take 25.6 of them.
    assert break_even_patients(one(fixed=100_000)) == 26
    assert break_even_patients(one()) == 0
    # With two thirds denied a patient brings 19.68 and costs 20.
    assert break_even_patients(one(denial=6_667)) is None
    assert break_even_patients(one(denial=6_667, fixed=1)) is None


@given(PATIENTS, terms())
def test_one_more_patient_never_lowers_revenue_nor_cost(patients: int, asked: Terms) -> None:
    fewer, more = month(patients, asked), month(patients + 1, asked)
    assert more.revenue_cents >= fewer.revenue_cents
    assert more.staff_cost_cents >= fewer.staff_cost_cents
    assert more.claims - fewer.claims in (0, 1)


@given(PATIENTS, terms(most_kinds=5))
def test_figures_hold_together(patients: int, asked: Terms) -> None:
    found = month(patients, asked)
    assert 0 <= found.denied_claims <= found.claims <= patients
    assert found.patients_paid_cents <= found.patients_owed_cents
    assert found.revenue_cents == found.medicare_cents + found.patients_paid_cents <= found.allowed_cents
    assert found.profit_cents == found.revenue_cents - found.cost_cents
    assert found.cost_cents == found.staff_cost_cents + found.device_cost_cents + found.fixed_cost_cents
    assert all(type(getattr(found, name)) is int for name in Figures.__struct_fields__)


@given(PATIENTS, terms(most_kinds=6))
def test_kinds_of_month_share_out_everybody(patients: int, asked: Terms) -> None:
    counts = by_kind(patients, asked)
    assert sum(counts) == patients
    for count, kind in zip(counts, asked.kinds, strict=True):
        assert abs(count * WHOLE - patients * kind.share_basis_points) <= WHOLE


@given(PATIENTS, st.integers(1, 60))
def test_enrolment_never_falls_and_ends_with_everybody(patients: int, months: int) -> None:
    enrolled = [in_month(patients, number, months) for number in range(1, months + 2)]
    assert enrolled == sorted(enrolled)
    assert enrolled[-2:] == [patients, patients]


def test_a_few_patients_lose_no_more_claims_in_a_year_than_are_denied() -> None:
    # 5 % of ten patients' claims are half a claim a month, and six in a year; of nine 5.4.
    assert [reckoned(patients * 12, 12, one(denial=500)).denied_claims for patients in (9, 10)] == [5, 6]
    assert [figures.denied_claims for figures in one_by_one([10] * 12, one(denial=500))] == [1, 0] * 6


@given(terms(most_kinds=4), st.lists(PATIENTS, min_size=1, max_size=MONTHS))
def test_months_add_up_to_their_year(asked: Terms, patients: list[int]) -> None:
    months = one_by_one(patients, asked)
    assert added(months) == reckoned(sum(patients), len(patients), asked)
    for enrolled, figures in zip(patients, months, strict=True):
        alone = month(enrolled, asked)
        assert all(abs(getattr(figures, name) - getattr(alone, name)) <= 2 for name in Figures.__struct_fields__)


@given(PATIENTS, terms(most_kinds=5))
def test_kinds_add_up_to_their_month(patients: int, asked: Terms) -> None:
    fixed = Figures(fixed_cost_cents=asked.fixed_month_cents, profit_cents=-asked.fixed_month_cents)
    assert added([*kinds_of_month(patients, asked), fixed]) == month(patients, asked)


@given(terms(most_kinds=3), PATIENTS)
def test_break_even_and_profit_are_one_reckoning(asked: Terms, patients: int) -> None:
    needed = break_even_patients(asked)
    if needed is None:
        assert month(patients + 1, asked).profit_cents <= month(patients, asked).profit_cents
    else:
        assert month(needed, asked).profit_cents >= 0
        assert needed == 0 or month(needed - 1, asked).profit_cents < 0
        assert month(patients + 1, asked).profit_cents >= month(patients, asked).profit_cents


@given(PATIENTS, terms(), st.integers(0, 500))
def test_more_denied_or_dearer_never_brings_more(patients: int, asked: Terms, more: int) -> None:
    worse = Terms(
        kinds=asked.kinds,
        reaching_basis_points=asked.reaching_basis_points,
        denial_basis_points=min(WHOLE, asked.denial_basis_points + more),
        collected_basis_points=asked.collected_basis_points,
        fixed_month_cents=asked.fixed_month_cents + more,
    )
    assert month(patients, worse).profit_cents <= month(patients, asked).profit_cents
