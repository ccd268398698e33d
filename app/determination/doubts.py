"""Facts that contradict each other about one thing on one day: nobody but a person can say which is true."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Final, Protocol, TypeVar

from msgspec import Struct

from app.determination.facts import Fact, Practitioner, Program, Setting
from app.determination.program_month import ProgramMonth, share_a_day

MOST_POSSIBILITIES: Final = 20

D = TypeVar("D", Practitioner, Setting)


class Doubt(Struct, frozen=True, gc=False):
    """A contradiction: the rule that names it and, for each possibility, the facts that would then be true.

    `program` is the one in doubt, or `None` for every program.
    """

    rule: str
    program: Program | None
    possibilities: tuple[tuple[Fact, ...], ...]

    @property
    def evidence(self) -> tuple[Fact, ...]:
        return tuple(fact for facts in self.possibilities for fact in facts)


class Doubting(Protocol):
    """A rule that can tell when its own facts contradict each other."""

    def doubts(self, month: ProgramMonth) -> Iterable[Doubt]: ...


def at_odds(facts: Sequence[D], stated: Callable[[D], str]) -> tuple[tuple[D, ...], ...]:
    """Facts in force on one day with another that states something else, by what they state; what is beyond doubt stays out."""
    by_statement: dict[str, list[D]] = defaultdict(list)
    for one in facts:
        if any(stated(one) != stated(other) and share_a_day(one, other) for other in facts):
            by_statement[stated(one)].append(one)
    return tuple(tuple(by_statement[statement]) for statement in sorted(by_statement))


class Possibility(Struct, frozen=True, gc=False):
    """One way the contradictions could be resolved: the facts taken as true, and those then denied."""

    believed: tuple[Fact, ...]
    denied: tuple[Fact, ...]


def possibilities(doubts: Sequence[Doubt]) -> list[Possibility]:
    """Every combination of what could be true, at most `MOST_POSSIBILITIES`; what several programs doubt is one question."""
    found = []
    asked = list({tuple(id(fact) for fact in doubt.evidence): doubt for doubt in doubts}.values())
    for believed in product(*(range(len(doubt.possibilities)) for doubt in asked)):
        true = [fact for doubt, index in zip(asked, believed, strict=True) for fact in doubt.possibilities[index]]
        denied = [fact for doubt in asked for fact in doubt.evidence if fact not in true]
        found.append(Possibility(tuple(true), tuple(denied)))
        if len(found) == MOST_POSSIBILITIES:
            break
    return found
