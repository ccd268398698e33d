"""Which lawful lines to bill: among the maximal lawful sets the one the practice's policy prefers, the others beside it."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from app.determination.candidates import Candidate
from app.determination.law import Exclusion
from app.determination.lines import Line
from app.determination.policy import Policy

MOST_ALTERNATIVES: Final = 20

WhyChosen = Literal["complex_supported", "own_time_only", "highest_amount"]
"""Why a set of pathways is preferred (UNIT-06)."""
WHY_AMOUNT: Final[WhyChosen] = "highest_amount"


class Alternative(Struct, frozen=True, gc=False):
    """A whole month's lines that could be billed instead, and why they were not chosen."""

    lines: tuple[Line, ...]
    why_not: str
    values: dict[str, object]

    @property
    def amount_cents(self) -> int | None:
        return summed(self.lines)


class Choice(Struct, frozen=True, gc=False):
    """The set of pathways chosen among a program's candidates, the lawful sets passed over and, if there are any, why."""

    chosen: tuple[Candidate, ...]
    why: WhyChosen | None
    passed_over: tuple[tuple[Candidate, ...], ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return lines_of(self.chosen)


def lines_of(candidates: Iterable[Candidate]) -> tuple[Line, ...]:
    """The lines of several pathways, in the order of the pathways."""
    return tuple(line for candidate in candidates for line in candidate.lines)


def summed(lines: Iterable[Line]) -> int | None:
    """The lines' amount in cents; `None` where any has none."""
    total = 0
    for line in lines:
        if line.amount_cents is None:
            return None
        total += line.amount_cents
    return total


def prefer(
    candidates: Sequence[Candidate], exclusions: Sequence[Exclusion], policy: Policy, *, all_own: bool
) -> Choice:
    """Chooses among one program's lawful sets of pathways (UNIT-06).

    `all_own`: all counted time is the billing practitioner's own. Ties: higher amount, fewer lines, codes ascending.
    """
    lawful = [candidate for candidate in candidates if candidate.lines]
    if len(lawful) < 2:
        return Choice(tuple(lawful), None, ())
    sets = sorted(maximal_sets(lawful, exclusions), key=_by_amount)
    if len(sets) == 1:
        return Choice(sets[0], None, ())
    chosen, why = sets[0], WHY_AMOUNT
    if policy.preference == "most_accurate":
        preferred: list[tuple[str, WhyChosen]] = [("complex", "complex_supported")]
        if all_own:
            preferred.append(("practitioner", "own_time_only"))
        for pathway, reason in preferred:
            accurate = [one for one in sets if any(c.pathway.name == pathway for c in one)]
            if accurate:
                chosen, why = accurate[0], reason
                break
    return Choice(chosen, why, tuple(one for one in sets if one is not chosen))


def maximal_sets(lawful: Sequence[Candidate], exclusions: Sequence[Exclusion]) -> list[tuple[Candidate, ...]]:
    """Every set of candidates that no exclusion forbids and to which none can be added."""
    found: list[list[Candidate]] = [[]]
    for candidate in lawful:
        grown = []
        for one in found:
            beside = [c for c in one if not _excluded(c, candidate, exclusions)]
            if len(beside) == len(one):
                one.append(candidate)
            else:
                grown.append([*beside, candidate])
        found += grown
    sets = {tuple(candidate.pathway.name for candidate in one): tuple(one) for one in found}
    return [one for names, one in sets.items() if not any(set(names) < set(others) for others in sets)]


def _excluded(one: Candidate, other: Candidate, exclusions: Sequence[Exclusion]) -> bool:
    return any(exclusion.excludes(one.pathway.name, other.pathway.name) for exclusion in exclusions)


def in_order(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Highest amount first, then codes; at most `MOST_ALTERNATIVES`."""
    return tuple(sorted(alternatives, key=lambda a: (-_ranking(a.lines), _codes(a.lines)))[:MOST_ALTERNATIVES])


def _by_amount(candidates: Sequence[Candidate]) -> tuple[int, int, tuple[str, ...]]:
    lines = lines_of(candidates)
    return -_ranking(lines), len(lines), _codes(lines)


def _ranking(lines: Iterable[Line]) -> int:
    return sum(line.ranking_cents for line in lines)


def _codes(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(sorted(line.code for line in lines))
