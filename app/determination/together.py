"""All programs of a month at once: the lines to bill, the lawful sets passed over, and what kept programs apart.

Each program has the pathways its practice prefers (`choice`). Where those of two programs exclude each other the higher
amount is billed, whatever the preference; the other set is an alternative (rule book, 11.1).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Final

from msgspec import Struct

from app.determination.candidates import Candidate
from app.determination.choice import WHY_AMOUNT, Alternative, by_amount, lines_of
from app.determination.concurrency import bearings
from app.determination.facts import PROGRAMS, Program, Service
from app.determination.findings import Finding
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.weighing import Assessment

_KEEPS_OUT: Final = ("blocks", "short_after")


class Option(Struct, frozen=True, gc=False):
    """A lawful pathway of an assessed program."""

    assessment: Assessment
    candidate: Candidate

    @property
    def program(self) -> Program:
        return self.assessment.month.program


Set = tuple[Option, ...]


class Selection(Struct, frozen=True, gc=False):
    """What is billed of all programs together.

    `findings` say which rules kept lawful pathways of other programs out, and what is said of services that stand beside
    each other.
    """

    chosen: tuple[Candidate, ...]
    lines: tuple[Line, ...]
    alternatives: tuple[Alternative, ...]
    findings: tuple[Finding, ...]

    def of(self, assessment: Assessment) -> tuple[Candidate, ...]:
        """What is billed of one program."""
        return tuple([c for c in assessment.candidates if any(c is chosen for chosen in self.chosen)])

    def lines_of(self, assessment: Assessment) -> tuple[Line, ...]:
        return lines_of(self.of(assessment))


def select(assessments: Sequence[Assessment], law: Law) -> Selection:
    """Chooses among the lawful pathways of all programs."""
    lawful = [Option(one, candidate) for one in assessments for candidate in one.candidates if candidate.lines]
    if len(lawful) < 2:  # nothing to choose among
        chosen = tuple([option.candidate for option in lawful])
        return Selection(chosen, lines_of(chosen), (), ())
    preferred = [option for option in lawful if any(option.candidate is c for c in option.assessment.choice.chosen)]
    apart = _Apart(law)
    best = _completed(_best(preferred, apart), lawful, apart)
    findings: list[Finding] = []
    if len(assessments) > 1:
        findings += _kept_out(best, lawful, apart)
        findings += _beside_each_other(best, law)
    return Selection(
        tuple([option.candidate for option in best]),
        _lines(best),
        tuple(_alternatives(best, preferred, lawful, apart)),
        tuple(findings),
    )


class _Apart:
    """Which rule keeps two pathways out of one set of lines; asked once of each pair."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._known: dict[tuple[int, int], str | None] = {}

    def rule(self, one: Option, other: Option) -> str | None:
        key = id(one.candidate), id(other.candidate)
        if key not in self._known:
            self._known[key] = self._known[key[::-1]] = self._find(one, other)
        return self._known[key]

    def fits(self, option: Option, chosen: Iterable[Option]) -> bool:
        """Whether nothing keeps a pathway out of a set that does not hold it yet."""
        return all(one.candidate is not option.candidate and self.rule(option, one) is None for one in chosen)

    def _find(self, one: Option, other: Option) -> str | None:
        months = one.assessment.month, other.assessment.month
        for exclusion in self._law.exclusions_between(one.candidate.pathway, other.candidate.pathway):
            if exclusion.within == "practice" or months[0].biller == months[1].biller:
                return exclusion.rule
        if one.program == other.program or _made_together(one, other):
            return None
        found = [*_bearings(one, other, self._law), *_bearings(other, one, self._law)]
        freed = {rule for rule, reason in found if reason == "ended"}
        return next((rule for rule, reason in found if reason in _KEEPS_OUT and rule not in freed), None)


def _bearings(one: Option, other: Option, law: Law) -> Iterator[tuple[str, str]]:
    """What the law says of a pathway's codes beside another program's lines, as if these had been billed."""
    rows = law.rows_between(one.candidate.pathway, other.candidate.pathway)
    if rows:
        for row, reason, _ in bearings(one.assessment.month, rows, _billed(other), one.assessment.everyone):
            yield row.rule, reason


def _billed(option: Option) -> list[Service]:
    return [
        Service(id=line.code, code=line.code, on=line.service_date, practitioner=line.practitioner)
        for line in option.candidate.lines
    ]


def _best(preferred: Sequence[Option], apart: _Apart) -> list[Option]:
    """Of the sets to which none of the preferred pathways can be added, the one of the highest amount."""
    grown: list[list[Option]] = [[]]
    for option in preferred:
        more = []
        for one in grown:
            beside = [kept for kept in one if apart.rule(kept, option) is None]
            if len(beside) == len(one):
                one.append(option)
            else:
                more.append([*beside, option])
        grown += more
    return grown[0] if len(grown) == 1 else min(grown, key=_by_amount)


def _completed(chosen: Sequence[Option], more: Iterable[Option], apart: _Apart) -> Set:
    """The set with whatever else fits into it, in the order of the programs and their pathways."""
    added = list(chosen)
    for option in more:
        if apart.fits(option, added):
            added.append(option)
    return tuple(sorted(added, key=lambda option: PROGRAMS.index(option.program)))


def _alternatives(
    chosen: Set, preferred: Sequence[Option], lawful: Sequence[Option], apart: _Apart
) -> Iterator[Alternative]:
    """For each lawful pathway passed over, the whole month's lines with it in place of what excludes it."""
    seen = {_claimed(_lines(chosen))}
    passed_over = [option for option in lawful if all(option.candidate is not one.candidate for one in chosen)]
    for option in passed_over:
        kept = [one for one in chosen if apart.rule(option, one) is None]
        others = sorted([*preferred, *lawful], key=lambda one: not _made_together(one, option))
        instead = _completed([option, *kept], others, apart)
        lines = _lines(instead)
        if (claimed := _claimed(lines)) in seen:
            continue
        seen.add(claimed)
        exchanged = [
            one.candidate.pathway.name for one in instead if all(one.candidate is not c.candidate for c in chosen)
        ]
        values: dict[str, object] = {"pathways": list(dict.fromkeys(exchanged))}
        yield Alternative(lines, _why_not(option, chosen), values)


def _why_not(option: Option, chosen: Set) -> str:
    """The program's own preference or, where all programs make a line together or another program is billed, the amount."""
    why = option.assessment.choice.why
    if option.candidate.pathway.shared_units is not None:
        return WHY_AMOUNT
    own = any(one.program == option.program for one in chosen)
    return why if own and why is not None else "other_program"


def _made_together(one: Option, other: Option) -> bool:
    return one.candidate.pathway.shared_units is not None and one.candidate.pathway.name == other.candidate.pathway.name


def _claimed(lines: Iterable[Line]) -> frozenset[tuple[str, int, str]]:
    """What a claim says: two programs may each make the same unit of it."""
    return frozenset((line.code, line.units, line.practitioner) for line in lines)


def _lines(options: Sequence[Option]) -> tuple[Line, ...]:
    """The lines of a set, by program."""
    lines = lines_of(option.candidate for option in options)
    return tuple(sorted(lines, key=lambda line: PROGRAMS.index(line.program)))


def _by_amount(options: Sequence[Option]) -> tuple[int, int, tuple[str, ...]]:
    return by_amount([option.candidate for option in options])


def _kept_out(chosen: Set, lawful: Sequence[Option], apart: _Apart) -> Iterator[Finding]:
    """Programs that could be billed as well, were it not for what is billed (11.1)."""
    said: dict[tuple[str, Program, Program], list[str]] = {}
    for option in lawful:
        for one in chosen:
            if one.program != option.program and (rule := apart.rule(one, option)) is not None:
                codes = said.setdefault((rule, one.program, option.program), [])
                codes += [line.code for line in option.candidate.lines if line.code not in codes]
    for (rule, program, _), codes in said.items():
        yield Finding(rule, program, "advisory", "instead", (), {"codes": tuple(sorted(codes))})


def _beside_each_other(chosen: Set, law: Law) -> Iterator[Finding]:
    """What the law says of lines of ours that stand beside each other."""
    for one, other in permutations(chosen, 2):
        if one.program == other.program:
            continue
        if rows := law.rows_between(one.candidate.pathway, other.candidate.pathway):
            month = one.assessment.month
            for row, reason, services in bearings(month, rows, _billed(other), one.assessment.everyone):
                if reason not in _KEEPS_OUT:
                    values = {"codes": tuple(sorted({service.code for service in services}))}
                    yield Finding(row.rule, one.program, "advisory", reason, (), values)
