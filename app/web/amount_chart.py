"""Twelve months of revenue, cost and profit laid out as a drawing, in whole units of its own."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from msgspec import Struct

from app.projections.answer import ProjectedMonth
from app.web.pages import money

WIDTH: Final = 640
HEIGHT: Final = 280
_LEAST_LEFT: Final = 72
_SIGN: Final = 7.5
"""How wide a digit is at most, in the size amounts are written in."""
_GAP: Final = 8
_TOP: Final = 12
_BOTTOM: Final = 252
_MOST_STEPS: Final = 5
_BAR: Final = 16


class Bar(Struct, frozen=True):
    """An upright bar on the zero line; one without height is not drawn."""

    x: int
    y: int
    height: int


class Tick(Struct, frozen=True):
    """A line across, at an amount."""

    y: int
    amount: str


class Dot(Struct, frozen=True):
    """A place of the profit line."""

    x: int
    y: int


class AmountChart(Struct, frozen=True):
    """Where everything of the drawing stands. `numbers` name the months, below their bars; amounts end before `left`."""

    left: int
    ticks: tuple[Tick, ...]
    zero: int
    revenue: tuple[Bar, ...]
    cost: tuple[Bar, ...]
    profit: tuple[Dot, ...]
    numbers: tuple[Dot, ...]

    @property
    def line(self) -> str:
        """The profit line as SVG writes points."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.profit)


def amount_chart(months: Sequence[ProjectedMonth]) -> AmountChart:
    """The drawing of some months: bars for revenue and cost, a line for what is left."""
    revenue = [month.figures.revenue_cents for month in months]
    cost = [month.figures.cost_cents for month in months]
    profit = [month.figures.profit_cents for month in months]
    least, most = min(0, *profit), max(1, *revenue, *cost)
    step = _step(most - least)
    bottom, top = least // step * step, -(-most // step) * step

    def y(cents: int) -> int:
        return _BOTTOM - (cents - bottom) * (_BOTTOM - _TOP) // (top - bottom)

    ticks = tuple(Tick(y(cents), money(cents).removesuffix(".00")) for cents in range(bottom, top + 1, step))
    edge = max(_LEAST_LEFT, ceil(max(len(tick.amount) for tick in ticks) * _SIGN) + 2 * _GAP)
    zero, each = y(0), (WIDTH - edge) // len(months)
    lefts = [edge + each * place + (each - 2 * _BAR) // 2 for place in range(len(months))]

    def bars(amounts: Sequence[int], beside: int) -> tuple[Bar, ...]:
        return tuple(Bar(left + beside, y(cents), zero - y(cents)) for left, cents in zip(lefts, amounts, strict=True))

    return AmountChart(
        left=edge,
        ticks=ticks,
        zero=zero,
        revenue=bars(revenue, 0),
        cost=bars(cost, _BAR),
        profit=tuple(Dot(left + _BAR, y(cents)) for left, cents in zip(lefts, profit, strict=True)),
        numbers=tuple(Dot(left + _BAR, _BOTTOM + 18) for left in lefts),
    )


def _step(span: int) -> int:
    """The smallest of 1, 2, 5, 10 … dollars that parts a span into few steps."""
    step, factors = 100, (2, 5, 10)
    while True:
        for factor in (1, *factors[:2]):
            if -(-span // (step * factor)) <= _MOST_STEPS:
                return step * factor
        step *= factors[2]
