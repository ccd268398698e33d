"""A month weighed: each program under everybody who might bill it, in every way contradictions could be resolved."""

from collections.abc import Sequence

from msgspec import Struct

from app.determination.candidates import Candidate, Line, assess
from app.determination.choice import Choice, prefer
from app.determination.consents import practitioners_consented_to, read_consents
from app.determination.doubts import Doubt, Possibility, possibilities
from app.determination.enrolments import billers
from app.determination.facts import PROGRAMS, Consent, Program
from app.determination.findings import Finding
from app.determination.law import Law
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth
from app.determination.questions import Questions, blocking, questions
from app.determination.timekeeping import Tally, Whose, allot, sift, tally
from app.determination.work import Work

_Months = dict[Program, list[ProgramMonth]]


class Assessment(Struct, frozen=True, gc=False):
    """One program under one billing practitioner: its gates, its pathways and the choice among them."""

    month: ProgramMonth
    findings: tuple[Finding, ...]
    candidates: tuple[Candidate, ...]
    choice: Choice
    work: tuple[Work, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.choice.lines

    @property
    def timed(self) -> tuple[Tally, str]:
        """Whose seconds they are: the chosen pathway's; none chosen, of the one that lacks fewest."""
        chosen = [c for c in self.choice.chosen if c.tally is not None]
        with_minutes = chosen or [c for c in self.candidates if c.tally is not None]
        candidate = min(with_minutes, key=lambda candidate: candidate.lacking_seconds)
        assert candidate.tally is not None, "a pathway with minutes has a tally"
        return candidate.tally, candidate.pathway.key


class Resolved(Struct, frozen=True, gc=False):
    """One possibility of the month, worked out: per program the assessments of those who might bill it."""

    possibility: Possibility | None
    assessed: dict[Program, tuple[Assessment, ...]]
    unassessed: dict[Program, tuple[tuple[Work, ...], Tally]]


class Weighed(Struct, frozen=True, gc=False):
    """Every possibility of the month, the one shown, and what is in doubt.

    Shown is the first possibility with a lawful line, else the first; without contradictions there is one.
    """

    doubts: tuple[Doubt, ...]
    resolved: tuple[Resolved, ...]
    shown: Resolved

    @property
    def representatives(self) -> tuple[Assessment, ...]:
        """Of each assessed program the one with a lawful line, else the earlier enrolment."""
        return tuple(representative(group) for group in self.shown.assessed.values())

    @property
    def in_doubt(self) -> frozenset[Program]:
        """Programs whose facts contradict each other, or that two practitioners could lawfully bill."""
        if any(doubt.program is None for doubt in self.doubts):
            return frozenset(self.shown.assessed)
        contradicted = {doubt.program for doubt in self.doubts if doubt.program is not None}
        contested = {program for program, group in self.shown.assessed.items() if len(with_lines(group)) > 1}
        return frozenset(contradicted | contested) & self.shown.assessed.keys()


def weigh(month: PatientMonth, law: Law) -> Weighed:
    """Assesses every named program under everybody who might bill it, and again for every way the facts could be true."""
    named = month.named_programs()
    months = _months(month, law, named)
    doubts = _doubts(months, law)
    if doubts:
        resolved = tuple(
            _resolve(_months(month.without(possibility.denied), law, named), law, possibility)
            for possibility in possibilities(doubts)
        )
    else:
        resolved = (_resolve(months, law, None),)
    lawful = (one for one in resolved if any(with_lines(group) for group in one.assessed.values()))
    return Weighed(tuple(doubts), resolved, next(lawful, resolved[0]))


def _months(month: PatientMonth, law: Law, named: frozenset[Program]) -> _Months:
    """The month as each named program sees it, once for everybody who might bill the program."""
    return {program: _program_months(month, law, program) for program in PROGRAMS if program in named}


def _resolve(months: _Months, law: Law, possibility: Possibility | None) -> Resolved:
    assessed: dict[Program, tuple[Assessment, ...]] = {}
    unassessed: dict[Program, tuple[tuple[Work, ...], Tally]] = {}
    # A program takes its minutes after those before it, as whoever stands for each of them may count them (TIME-04).
    before: list[tuple[Program, list[Work]]] = []
    for program, group_months in months.items():
        asked = [questions(program_month, law) for program_month in group_months]
        sifted = [sift(one, rules.closings(one)) for one, rules in zip(group_months, asked, strict=True)]
        left = [tuple(allot([*before, (program, entries)], group_months[0].month)[program]) for entries in sifted]
        standing_for = 0
        if program in law.pathways:
            group = tuple(_assess(*one, law) for one in zip(group_months, asked, left, strict=True))
            assessed[program] = group
            chosen = representative(group)
            standing_for = next(place for place, one in enumerate(group) if one is chosen)
        else:
            unassessed[program] = left[0], tally(group_months[0], left[0], "everyone")
        before.append((program, sifted[standing_for]))
    return Resolved(possibility, assessed, unassessed)


def _program_months(month: PatientMonth, law: Law, program: Program) -> list[ProgramMonth]:
    consents = [consent for consent in month.of(Consent) if consent.program == program]
    found = []
    for biller in billers(month, program, lambda: practitioners_consented_to(consents, month.month)):
        reading = read_consents(consents, biller, month.month, law.consent_terms[program])
        found.append(ProgramMonth(month, program, biller, reading, law.cover))
    return found


def _assess(month: ProgramMonth, asked: Questions, work: tuple[Work, ...], law: Law) -> Assessment:
    findings = [finding for rule in asked.gates for finding in rule.check(month)]
    stopping = [*asked.blocking, *blocking(findings, law)]
    findings += asked.findings
    pathways = law.pathways[month.program]
    whose: set[Whose] = {"everyone", *(pathway.whose for pathway in pathways if pathway.whose is not None)}
    tallies = {each: tally(month, work, each) for each in whose}
    stopped = {finding.rule for finding in stopping if not finding.pathways}
    some = [finding for finding in stopping if finding.pathways]
    candidates = tuple(
        assess(month, law, pathway, tallies, stopped.union([f.rule for f in some if pathway.name in f.pathways]))
        for pathway in pathways
    )
    # P = T: no second counted for everyone that is not the billing practitioner's own.
    all_own = len({counted.counted_seconds for counted in tallies.values()}) == 1
    choice = prefer(candidates, law.exclusions, month.policy, all_own=all_own)
    return Assessment(month, tuple(findings), candidates, choice, work)


def _doubts(months: _Months, law: Law) -> list[Doubt]:
    found: dict[tuple[str, tuple[int, ...]], Doubt] = {}
    for program_month in (one for program, group in months.items() if program in law.pathways for one in group):
        for rule in questions(program_month, law).doubting:
            for doubt in rule.doubts(program_month):
                found.setdefault((doubt.rule, tuple(id(fact) for fact in doubt.evidence)), doubt)
    return list(found.values())


def with_lines(group: Sequence[Assessment]) -> list[Assessment]:
    return [assessment for assessment in group if assessment.lines]


def representative(group: Sequence[Assessment]) -> Assessment:
    """The one with a lawful line, else the earlier enrolment; the group stands in that order."""
    return next(iter(with_lines(group)), group[0])
