"""Which lawful lines to bill: among the maximal lawful sets the one the practice's policy prefers, the others beside it."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.determination.candidates import Candidate
from app.determination.law import Law, Pathway, Preferred
from app.determination.lines import Line
from app.determination.policy import Policy

MOST_ALTERNATIVES: Final = 20

WhyChosen = Literal["complex_supported", "own_time_only", "highest_amount"]
"""Why a set of pathways is preferred (UNIT-06)."""
WHY_AMOUNT: Final[WhyChosen] = "highest_amount"
_ACCURATE: Final[tuple[tuple[Preferred, WhyChosen], ...]] = (
    ("supported", "complex_supported"),
    ("own_time", "own_time_only"),
)


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
    """The lines of several pathways, in their order; what makes units of one line together is joined to it."""
    lines: dict[str, Line] = {}
    for candidate in candidates:
        for line in candidate.lines:
            known = lines.get(line.code)
            lines[line.code] = line if known is None else joined(known, line, candidate.pathway)
    return tuple(lines.values())


def joined(line: Line, other: Line, pathway: Pathway) -> Line:
    """A line of several programs: a unit for each, as far as a claim carries them, reached on the day of its last unit."""
    assert pathway.shared_units is not None, "only lines that are made together have one code"
    more = line.units < pathway.shared_units
    days = (line.service_date, other.service_date)
    day = max(days) if more else min(days)
    return replace(
        line,
        units=line.units + more,
        supported_units=line.units + more,
        earliest_service_date=day,
        service_date=day,
        counted_seconds=(line.counted_seconds or 0) + (other.counted_seconds or 0),
        amount_cents=summed((line, other) if more else (line,)),
        ranking_cents=line.ranking_cents + (other.ranking_cents if more else 0),
    )


def summed(lines: Iterable[Line]) -> int | None:
    """The lines' amount in cents; `None` where any has none."""
    total = 0
    for line in lines:
        if line.amount_cents is None:
            return None
        total += line.amount_cents
    return total


def prefer(candidates: Sequence[Candidate], law: Law, policy: Policy, *, all_own: bool) -> Choice:
    """Chooses among one program's lawful sets of pathways (UNIT-06).

    `all_own`: all counted time is the billing practitioner's own. Ties: higher amount, fewer lines, codes ascending.
    """
    lawful = [candidate for candidate in candidates if candidate.lines]
    if len(lawful) < 2:
        return Choice(tuple(lawful), None, ())
    sets = sorted(maximal_sets(lawful, law), key=by_amount)
    if len(sets) == 1:
        return Choice(sets[0], None, ())
    chosen, why = sets[0], WHY_AMOUNT
    if policy.preference == "most_accurate":
        for where, reason in _ACCURATE if all_own else _ACCURATE[:1]:
            accurate = [one for one in sets if any(c.pathway.preferred == where for c in one)]
            if accurate:
                chosen, why = accurate[0], reason
                break
    return Choice(chosen, why, tuple(one for one in sets if one is not chosen))


def maximal_sets(lawful: Sequence[Candidate], law: Law) -> list[tuple[Candidate, ...]]:
    """Every set of candidates that no exclusion forbids and to which none can be added."""
    found: list[list[Candidate]] = [[]]
    for candidate in lawful:
        grown = []
        for one in found:
            beside = [c for c in one if not law.exclusions_between(c.pathway, candidate.pathway)]
            if len(beside) == len(one):
                one.append(candidate)
            else:
                grown.append([*beside, candidate])
        found += grown
    sets = {tuple(candidate.pathway.name for candidate in one): tuple(one) for one in found}
    return [one for names, one in sets.items() if not any(set(names) < set(others) for others in sets)]


def in_order(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Highest amount first, then codes; at most `MOST_ALTERNATIVES`."""
    return tuple(sorted(alternatives, key=lambda a: (-_ranking(a.lines), _codes(a.lines)))[:MOST_ALTERNATIVES])


def by_amount(candidates: Sequence[Candidate]) -> tuple[int, int, tuple[str, ...]]:
    """Sorts sets of pathways: the highest amount first, then fewer lines, then codes."""
    lines = lines_of(candidates)
    return -_ranking(lines), len(lines), _codes(lines)


def _ranking(lines: Iterable[Line]) -> int:
    return sum(line.ranking_cents for line in lines)


def _codes(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(sorted(line.code for line in lines))
