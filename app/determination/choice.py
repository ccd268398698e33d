"""Which lawful lines to bill: among the maximal lawful sets the one the practice's policy prefers, the others beside it."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from app.determination.candidates import Candidate, Line
from app.determination.policy import Policy

MOST_ALTERNATIVES: Final = 20

WhyChosen = Literal["complex_supported", "own_time_only", "highest_amount"]
"""Why a pathway is preferred (UNIT-06)."""


class Alternative(Struct, frozen=True, gc=False):
    """A whole month's lines that could be billed instead, and why they were not chosen."""

    lines: tuple[Line, ...]
    why_not: str
    values: dict[str, object]

    @property
    def amount_cents(self) -> int | None:
        return summed(self.lines)


class Choice(Struct, frozen=True, gc=False):
    """The pathway chosen among a program's candidates, the lawful ones passed over and, if there are any, why."""

    chosen: Candidate | None
    why: WhyChosen | None
    passed_over: tuple[Candidate, ...]


def summed(lines: Iterable[Line]) -> int | None:
    """The lines' amount in cents; `None` where any has none."""
    total = 0
    for line in lines:
        if line.amount_cents is None:
            return None
        total += line.amount_cents
    return total


def prefer(candidates: Sequence[Candidate], policy: Policy, *, all_own: bool) -> Choice:
    """Chooses among one program's pathways, of which a month carries one (PRAC-04, UNIT-06).

    `all_own`: all counted time is the billing practitioner's own. Ties: higher amount, fewer lines, codes ascending.
    """
    lawful = sorted((c for c in candidates if c.lines), key=_by_amount)
    if not lawful:
        return Choice(None, None, ())
    if len(lawful) == 1:
        return Choice(lawful[0], None, ())
    chosen: Candidate = lawful[0]
    why: WhyChosen = "highest_amount"
    if policy.preference == "most_accurate":
        accurate = {c.pathway.name: c for c in lawful}
        if "complex" in accurate:
            chosen, why = accurate["complex"], "complex_supported"
        elif "practitioner" in accurate and all_own:
            chosen, why = accurate["practitioner"], "own_time_only"
    return Choice(chosen, why, tuple(c for c in lawful if c is not chosen))


def in_order(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Highest amount first, then codes; at most `MOST_ALTERNATIVES`."""
    return tuple(sorted(alternatives, key=lambda a: (-_ranking(a.lines), _codes(a.lines)))[:MOST_ALTERNATIVES])


def _by_amount(candidate: Candidate) -> tuple[int, int, tuple[str, ...]]:
    return -_ranking(candidate.lines), len(candidate.lines), _codes(candidate.lines)


def _ranking(lines: Iterable[Line]) -> int:
    return sum(line.ranking_cents for line in lines)


def _codes(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(sorted(line.code for line in lines))
