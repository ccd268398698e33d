"""Who pays on each day of a month."""

from collections.abc import Sequence

from app.determination.facts import Coverage
from app.determination.patient_month import PatientMonth


def payers(month: PatientMonth, precedence: Sequence[str]) -> tuple[Coverage | None, ...]:
    """The prevailing coverage of every day of the month: the payer that stands first in `precedence`, then by id."""
    days: list[Coverage | None] = [None] * month.month.days
    in_force = month.in_force(Coverage)
    in_force.sort(key=lambda coverage: _rank(coverage.payer, precedence), reverse=True)
    for coverage in in_force:  # the weakest first, so that the strongest is written last
        first = 0 if coverage.from_ is None else max(month.month.index(coverage.from_), 0)
        after = len(days) if coverage.until is None else min(month.month.index(coverage.until), len(days))
        days[first:after] = [coverage] * (after - first)
    return tuple(days)


def _rank(payer: str, precedence: Sequence[str]) -> int:
    return precedence.index(payer) if payer in precedence else len(precedence)
