"""Who pays on each day of a month."""

from collections.abc import Sequence

from msgspec import Struct

from app.determination.facts import Coverage
from app.determination.service_month import ServiceMonth


class CoverTerms(Struct, frozen=True, gc=False):
    """Whose cover a day needs: of coverages that overlap the payer that stands first prevails, and it must be accepted."""

    accepted: tuple[str, ...]
    precedence: tuple[str, ...]


def payers(month: ServiceMonth, in_force: Sequence[Coverage], precedence: Sequence[str]) -> tuple[Coverage | None, ...]:
    """The prevailing coverage of every day of the month: of those in force, the payer that stands first."""
    days: list[Coverage | None] = [None] * month.days
    # The weakest first, so that the strongest is written last.
    for coverage in sorted(in_force, key=lambda coverage: _rank(coverage.payer, precedence), reverse=True):
        first = 0 if coverage.from_ is None else max(month.index(coverage.from_), 0)
        after = len(days) if coverage.until is None else min(month.index(coverage.until), len(days))
        days[first:after] = [coverage] * (after - first)
    return tuple(days)


def prevailing(month: ServiceMonth, in_force: Sequence[Coverage], precedence: Sequence[str]) -> list[Coverage | None]:
    """What prevails on some day of the month, in the order of the days."""
    if len(in_force) == 1 and in_force[0].from_ is None and in_force[0].until is None:
        return [in_force[0]]
    days = payers(month, in_force, precedence)
    return list(dict(zip(map(id, days), days, strict=True)).values())


def prevailing_of(in_force: Sequence[Coverage], terms: CoverTerms) -> Coverage | None:
    """Of the coverages in force on one day, the one whose payer stands first."""
    return min(in_force, key=lambda coverage: _rank(coverage.payer, terms.precedence), default=None)


def _rank(payer: str, precedence: Sequence[str]) -> int:
    return precedence.index(payer) if payer in precedence else len(precedence)
