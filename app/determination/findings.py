"""What a rule finds: its outcome for one month, the facts relied on and the few values a sentence needs. No prose."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol

from msgspec import Struct

from app.determination.facts import PROGRAMS, Fact, Program

if TYPE_CHECKING:
    from app.determination.program_month import ProgramMonth

Outcome = Literal["met", "not_met", "missing", "advisory"]
Effect = Literal["blocks", "time", "conflict", "documentation", "advises"]

_BLOCKING: Final[frozenset[tuple[Effect, Outcome]]] = frozenset(
    {
        ("blocks", "not_met"),
        ("blocks", "missing"),
        ("conflict", "not_met"),
        ("documentation", "not_met"),
        ("advises", "not_met"),  # said only where the practice's policy makes advice a blocker (CLAIM-06)
    }
)

NO_VALUES: Final[Mapping[str, object]] = {}

NOTHING: Final[frozenset[type[Fact]]] = frozenset()
"""What a rule `reads` whose answer no recorded fact changes."""


class Finding(Struct, frozen=True, gc=False):
    """One rule's answer for one month.

    `reason` names the sentence of the rule's edition; `values` fill it. `met`: the record shows it; `not_met`: the record
    shows otherwise; `missing`: the record is silent; `advisory`: worth knowing, never blocks. A finding with `pathways`
    concerns these alone, otherwise every pathway of the program; one with `of_code` that code of theirs alone.
    """

    rule: str
    program: Program | None
    outcome: Outcome
    reason: str
    evidence: tuple[Fact, ...] = ()
    values: Mapping[str, object] = NO_VALUES
    pathways: tuple[str, ...] = ()
    of_code: str | None = None

    def concerns(self, pathway: str | None, code: str) -> bool:
        """Whether it is about a code of a pathway of its program."""
        return (not self.pathways or pathway in self.pathways) and self.of_code in (None, code)


def blocks(effect: Effect, outcome: Outcome) -> bool:
    """Whether a finding of that outcome stops a code, under a rule of that effect."""
    return (effect, outcome) in _BLOCKING


class Rule(Protocol):
    """A condition that can be checked: a value made from one dated edition of the rulebook.

    `finds` names the ids it answers, with their reasons. Its class may say which kinds of facts it `reads` (see
    `questions`).
    """

    finds: ClassVar[Mapping[str, AbstractSet[str]]]

    def check(self, month: "ProgramMonth") -> Iterable[Finding]:
        """Every id the rule answers, at most once for each reason. Rules do not know one another."""
        ...


class Mending(Protocol):
    """A rule that knows which facts would settle what it finds lacking for a pathway.

    They are skeletons, for whoever records them to state what is true; none where nothing is lacking, or no fact will do.
    """

    def mending(self, month: "ProgramMonth", pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """`day` is the last on which the pathway's work still counts; each fact takes the next of `ids`."""
        ...


FAMILIES: Final = (
    "VAL", "PROG", "RHC", "ELIG", "PRAC", "CONS", "INIT", "G0506", "PLAN", "CPLX", "TIME", "UNIT", "PCM", "BHI", "RPM",
    "RTM", "TCM", "APCM", "CHI", "CONC", "CLAIM", "AMT", "TELE", "COST",
)  # fmt: skip
"""Rule-book order: the most basic family first."""


@cache
def rule_book_order(rule: str) -> tuple[int, int]:
    """Sorts rule ids by family, then number."""
    family, _, number = rule.rpartition("-")
    return FAMILIES.index(family), int(number)


@cache
def in_rule_book_order(rules: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(rules, key=rule_book_order))


@cache
def order_of(rule: str, program: Program | None) -> int:
    """Sorts findings by rule, then program, those of no program first."""
    family, number = rule_book_order(rule)
    return (family * 1_000 + number) * 100 + (0 if program is None else 1 + PROGRAMS.index(program))
