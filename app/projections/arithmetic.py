"""From enrolled patients to profit: whole patients in, expected claims kept exact, and cents rounded half up once."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.determination.amounts import half_up

WHOLE: Final = 10_000
"""All of something, in basis points."""
MONTHS: Final = 12
_SCALE: Final = WHOLE**4
"""What a patient's month brings is a product of four shares: of the kind, of those reaching, of those paid, of those collected."""


class MonthTerms(Struct, frozen=True, gc=False, kw_only=True):
    """One kind of month, and what each patient's month of it brings and costs. A month without a unit is no claim.

    `owed_cents` is the patient's share of `allowed_cents`, `medicare_cents` what Medicare then pays.
    """

    share_basis_points: int
    is_billable: bool
    allowed_cents: int
    owed_cents: int
    medicare_cents: int
    worked_minutes: int
    minute_cents: int
    device_cents: int = 0


class Terms(Struct, frozen=True, gc=False, kw_only=True):
    """What all kinds of month have in common. The kinds' shares add up to the whole."""

    kinds: tuple[MonthTerms, ...]
    reaching_basis_points: int
    denial_basis_points: int
    collected_basis_points: int
    fixed_month_cents: int


class Figures(Struct, frozen=True, gc=False, kw_only=True):
    """Claims and money of a month, a kind of month or a year. The money is of the claims expected to be paid, exact to the cent:
    claims are told in whole ones, and are not what it is reckoned from.
    """

    claims: Annotated[int, Meta(description="Patient-months billed, one claim each, to the nearest one.")] = 0
    denied_claims: Annotated[int, Meta(description="Of the claims, those never paid, to the nearest one.")] = 0
    allowed_cents: Annotated[int, Meta(description="What Medicare allows for the others.")] = 0
    medicare_cents: Annotated[int, Meta(description="Of it, what Medicare pays after sequestration.")] = 0
    patients_owed_cents: Annotated[int, Meta(description="Of it, the patients' share (COST-01).")] = 0
    patients_paid_cents: Annotated[int, Meta(description="What is collected of the patients' share.")] = 0
    revenue_cents: Annotated[int, Meta(description="What Medicare and the patients pay.")] = 0
    staff_cost_cents: Annotated[int, Meta(description="The minutes of everybody enrolled, paid or not.")] = 0
    device_cost_cents: Annotated[int, Meta(description="The devices of everybody enrolled, paid or not.")] = 0
    fixed_cost_cents: Annotated[int, Meta(description="What the program costs whoever takes part.")] = 0
    profit_cents: Annotated[int, Meta(description="Revenue less all costs; below zero a loss.")] = 0

    @property
    def cost_cents(self) -> int:
        """All costs together."""
        return self.revenue_cents - self.profit_cents


def part(whole: int, basis_points: int) -> int:
    """A share of something counted, half up."""
    return half_up(whole * basis_points, WHOLE)


def in_month(patients: int, number: int, months_until_enrolled: int) -> int:
    """How many of the patients are enrolled in a month, from 1: as many more each month until all are."""
    return half_up(patients * min(number, months_until_enrolled), months_until_enrolled)


def by_kind(patients: int, terms: Terms) -> tuple[int, ...]:
    """The patients of each kind of month: they add up to all, and each is its share to within one patient."""
    found = []
    reached = before = 0
    for kind in terms.kinds:
        reached += kind.share_basis_points
        found.append(part(patients, reached) - before)
        before += found[-1]
    return tuple(found)


def reckoned(patient_months: int, months: int, terms: Terms) -> Figures:
    """So many months of a patient within so many calendar months. Claims and money are what is expected of them, half up.

    Every figure is a rounded multiple of the patient-months or a difference of such: rows add up, and where a patient's
    month brings more than it costs, one more never lowers the profit.
    """
    return _with_fixed(_of_kinds(patient_months, terms.kinds, terms), months * terms.fixed_month_cents)


def month(patients: int, terms: Terms) -> Figures:
    """A month of all enrolled patients, with what the program costs whoever takes part."""
    return reckoned(patients, 1, terms)


def one_by_one(patients: Sequence[int], terms: Terms) -> tuple[Figures, ...]:
    """Calendar months with so many patients each. They add up to all of them reckoned at once."""
    found, reached, before = [], 0, Figures()
    for place, enrolled in enumerate(patients, start=1):
        reached += enrolled
        through = reckoned(reached, place, terms)
        found.append(_less(through, before))
        before = through
    return tuple(found)


def kinds_of_month(patients: int, terms: Terms) -> tuple[Figures, ...]:
    """A month of the patients of each kind, without what the program costs whoever takes part. They add up to all kinds'."""
    through = [_of_kinds(patients, terms.kinds[:count], terms) for count in range(len(terms.kinds) + 1)]
    return tuple(_less(more, fewer) for fewer, more in pairwise(through))


def break_even_minutes(kind: MonthTerms, terms: Terms) -> int | None:
    """The whole minutes of work a patient's month of a kind pays for beside its device; `None` where a minute costs nothing."""
    if not kind.minute_cents:
        return None
    left = _expected(kind, terms) - WHOLE**3 * kind.device_cents
    return max(0, left // (WHOLE**3 * kind.minute_cents))


def break_even_patients(terms: Terms) -> int | None:
    """The fewest enrolled patients whose full month makes no loss; `None` where more of them only cost more."""
    margin = sum(_expected(kind, terms) * kind.share_basis_points - _work(kind) - _device(kind) for kind in terms.kinds)
    if not terms.fixed_month_cents:
        return 0 if margin >= 0 else None
    # The profit is rounded half up: half a cent short of the fixed cost pays it.
    short = (2 * terms.fixed_month_cents - 1) * _SCALE
    return -(-short // (2 * margin)) if margin > 0 else None


def _of_kinds(patient_months: int, kinds: Sequence[MonthTerms], terms: Terms) -> Figures:
    """What is expected of the patients of some kinds, out of so many patients of all kinds."""
    billed = [kind for kind in kinds if kind.is_billable]
    claim = WHOLE * WHOLE * terms.reaching_basis_points
    paid = WHOLE * terms.reaching_basis_points * (WHOLE - terms.denial_basis_points)

    def expected(each: Sequence[int]) -> int:
        return sum(kind.share_basis_points * one for kind, one in zip(billed, each, strict=True))

    def rounded(exact: int) -> int:
        return half_up(patient_months * exact, _SCALE)

    medicare = paid * expected([kind.medicare_cents for kind in billed])
    owed = paid * expected([kind.owed_cents for kind in billed])
    brought = sum(kind.share_basis_points * _expected(kind, terms) for kind in kinds)
    worked, supplied = sum(map(_work, kinds)), sum(map(_device, kinds))
    medicare_cents, revenue_cents = rounded(medicare), rounded(brought)
    less_work_cents, profit_cents = rounded(brought - worked), rounded(brought - worked - supplied)
    return Figures(
        claims=rounded(claim * expected([1] * len(billed))),
        denied_claims=rounded((claim - paid) * expected([1] * len(billed))),
        allowed_cents=rounded(paid * expected([kind.allowed_cents for kind in billed])),
        medicare_cents=medicare_cents,
        patients_owed_cents=rounded(medicare + owed) - medicare_cents,
        patients_paid_cents=revenue_cents - medicare_cents,
        revenue_cents=revenue_cents,
        staff_cost_cents=revenue_cents - less_work_cents,
        device_cost_cents=less_work_cents - profit_cents,
        profit_cents=profit_cents,
    )


def _with_fixed(figures: Figures, fixed_cents: int) -> Figures:
    return replace(figures, fixed_cost_cents=fixed_cents, profit_cents=figures.profit_cents - fixed_cents)


def _less(figures: Figures, others: Figures) -> Figures:
    """What of figures is not of others."""
    return Figures(**{name: getattr(figures, name) - getattr(others, name) for name in Figures.__struct_fields__})


def _expected(kind: MonthTerms, terms: Terms) -> int:
    """What a patient's month of a kind is expected to bring, in cents times ten thousand to the third."""
    if not kind.is_billable:
        return 0
    claim = kind.medicare_cents * WHOLE + kind.owed_cents * terms.collected_basis_points
    return claim * terms.reaching_basis_points * (WHOLE - terms.denial_basis_points)


def _work(kind: MonthTerms) -> int:
    """What the minutes of the kind's share of a patient's month cost, in cents times ten thousand to the fourth."""
    return kind.share_basis_points * kind.worked_minutes * kind.minute_cents * WHOLE**3


def _device(kind: MonthTerms) -> int:
    """What the device of the kind's share of a patient's month costs, in cents times ten thousand to the fourth."""
    return kind.share_basis_points * kind.device_cents * WHOLE**3
