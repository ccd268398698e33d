"""A month weighed: each program under everybody who might bill it, in every way contradictions could be resolved."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from app.determination.candidates import Candidate, assess
from app.determination.choice import Choice, prefer
from app.determination.consents import practitioners_consented_to, read_consents
from app.determination.doubts import Doubt, Possibility, possibilities
from app.determination.enrolments import billers
from app.determination.facts import PROGRAMS, Consent, Program
from app.determination.findings import Finding
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth
from app.determination.questions import Questions, blocking, questions
from app.determination.service_month import ServiceMonth
from app.determination.timekeeping import Tally, Whose, allot, sift, tally
from app.determination.work import Uncounted, Work

Months = dict[Program, list[tuple[ProgramMonth, Questions]]]
"""The month as each named program sees it, under everybody who might bill it, and what its rules must be asked."""


class Assessment(Struct, frozen=True, gc=False):
    """One program under one billing practitioner: its gates, its pathways and the choice among them.

    `claimed` is the work of the programs before it, whose people's minutes it has no part in (TIME-04).
    """

    month: ProgramMonth
    findings: tuple[Finding, ...]
    candidates: tuple[Candidate, ...]
    choice: Choice
    work: tuple[Work, ...]
    everyone: Tally
    claimed: tuple[Sequence[Work], ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.choice.lines

    def timed(self, chosen: Collection[Candidate]) -> list[tuple[Tally, str]]:
        """Whose seconds they are, the first that counts an entry having it: a chosen pathway's, else of the one that lacks
        fewest. A program without minutes keeps its seconds under its chosen, or first, pathway.
        """
        with_minutes = [c for c in self.candidates if c.tally is not None]
        if not with_minutes:
            named = next((c for c in self.candidates if _is_among(chosen, c)), self.candidates[0])
            return [(self.everyone, named.pathway.key)]
        if len(with_minutes) > 1:
            with_minutes.sort(key=lambda candidate: (not _is_among(chosen, candidate), candidate.lacking_seconds))
        return [(c.tally, c.pathway.key) for c in with_minutes if c.tally is not None]


def _is_among(candidates: Iterable[Candidate], candidate: Candidate) -> bool:
    return any(one is candidate for one in candidates)


class Resolved(Struct, frozen=True, gc=False):
    """One possibility of the month, worked out: per program the assessments of those who might bill it; of programs without
    a code in the month, their work.
    """

    possibility: Possibility | None
    assessed: dict[Program, tuple[Assessment, ...]]
    without_code: dict[Program, tuple[Work, ...]]


class Weighed(Struct, frozen=True, gc=False):
    """Every possibility of the month, the one shown, and what is in doubt.

    Shown is the first possibility with a lawful line, else the first; without contradictions there is one.
    `representatives` are, of each assessed program, the one with a lawful line, else the earlier enrolment.
    """

    months: Months
    doubts: tuple[Doubt, ...]
    resolved: tuple[Resolved, ...]
    shown: Resolved
    representatives: tuple[Assessment, ...]

    def in_doubt(self) -> frozenset[Program]:
        """Programs whose facts contradict each other, or that two practitioners could lawfully bill."""
        if any(doubt.program is None for doubt in self.doubts):
            return frozenset(self.shown.assessed)
        assessed = self.shown.assessed
        contested = {program for program, group in assessed.items() if len(group) > 1 and len(with_lines(group)) > 1}
        contradicted = {doubt.program for doubt in self.doubts if doubt.program in assessed}
        return frozenset(contested | contradicted)


def weigh(month: PatientMonth, law: Law) -> Weighed:
    """Assesses every named program under everybody who might bill it, and again for every way the facts could be true."""
    named = month.named_programs()
    months = _months(month, law, named)
    in_doubt = doubts(months, law)
    if in_doubt:
        resolved = tuple(
            resolve(_months(month.without(possibility.denied), law, named), law, possibility)
            for possibility in possibilities(in_doubt)
        )
    else:
        resolved = (resolve(months, law, None),)
    shown = resolved[0]
    if len(resolved) > 1:
        lawful = (one for one in resolved if any(with_lines(group) for group in one.assessed.values()))
        shown = next(lawful, shown)
    representatives = tuple([representative(group) for group in shown.assessed.values()])
    return Weighed(months, tuple(in_doubt), resolved, shown, representatives)


def _months(month: PatientMonth, law: Law, named: frozenset[Program]) -> Months:
    return {program: program_months(month, law, program) for program in PROGRAMS if program in named}


def resolve(months: Months, law: Law, possibility: Possibility | None) -> Resolved:
    """Works out one possibility; a program takes its minutes after those that stand before it in `months` (TIME-04)."""
    assessed: dict[Program, tuple[Assessment, ...]] = {}
    without_code: dict[Program, tuple[Work, ...]] = {}
    # As whoever stands for each of the programs may count them.
    before: list[list[Work]] = []
    for program, group_months in months.items():
        sifted = [sift(one, asked.closings(one)) for one, asked in group_months]
        if program not in law.pathways:
            without_code[program] = tuple(_without_code(work, group_months[0][0].month) for work in sifted[0])
            continue
        left = [tuple(allot(before, works, group_months[0][0].month)) for works in sifted]
        group = tuple(
            [
                _assess(one, asked, works, tuple(before), law)
                for (one, asked), works in zip(group_months, left, strict=True)
            ]
        )
        assessed[program] = group
        chosen = representative(group)
        standing_for = next(place for place, one in enumerate(group) if one is chosen)
        before.append(sifted[standing_for])
    return Resolved(possibility, assessed, without_code)


def _without_code(work: Work, month: ServiceMonth) -> Work:
    """Work of a program that has no code in the month: nothing counts it, and it keeps no minute from another program."""
    return work.less(month, (Uncounted(work.left, "VAL-01", "no_code"),), ()) if work.left else work


def program_months(
    month: PatientMonth, law: Law, program: Program, *, known: ProgramMonth | None = None
) -> list[tuple[ProgramMonth, Questions]]:
    """A program's month under everybody who might bill it; as `known` where nothing about that has changed."""
    if known is not None:
        billed = [(known.biller, known.consent)]
    else:
        consents = [consent for consent in month.of(Consent) if consent.program == program]
        terms = law.consent_terms[program]
        billed = [
            (biller, read_consents(consents, biller, month.month, terms))
            for biller in billers(month, program, lambda: practitioners_consented_to(consents, month.month))
        ]
    group = [ProgramMonth(month, program, biller, reading, law.cover) for biller, reading in billed]
    return [(one, questions(one, law)) for one in group]


def _assess(
    month: ProgramMonth, asked: Questions, work: tuple[Work, ...], claimed: tuple[Sequence[Work], ...], law: Law
) -> Assessment:
    findings = [finding for rule in asked.gates for finding in rule.check(month)]
    stopping = blocking(findings, law, asked.blocking)
    findings += asked.findings
    pathways = law.pathways[month.program]
    tallies: dict[Whose, Tally] = {"everyone": tally(month, work, "everyone")}
    for pathway in pathways:
        if pathway.whose is not None and pathway.whose not in tallies:
            tallies[pathway.whose] = tally(month, work, pathway.whose)
    candidates = tuple([assess(month, law, each, tallies, stopping.of(each)) for each in pathways])
    # P = T: no second counted for everyone that is not the billing practitioner's own.
    all_own = "biller" in tallies and tallies["biller"].counted_seconds == tallies["everyone"].counted_seconds
    choice = prefer(candidates, law, month.policy, all_own=all_own)
    return Assessment(month, tuple(findings), candidates, choice, work, tallies["everyone"], claimed)


def doubts(months: Months, law: Law) -> list[Doubt]:
    """What the facts of the assessed programs contradict each other about."""
    found: dict[tuple[str, Program | None, tuple[int, ...]], Doubt] = {}
    for program, group in months.items():
        if program not in law.pathways:
            continue
        for program_month, asked in group:
            for rule in asked.doubting:
                for doubt in rule.doubts(program_month):
                    found.setdefault((doubt.rule, doubt.program, tuple(id(fact) for fact in doubt.evidence)), doubt)
    return list(found.values())


def with_lines(group: Sequence[Assessment]) -> list[Assessment]:
    """Those who could lawfully bill the month. Of several only who has the patient's consent, if anybody has (PRAC-03)."""
    lawful = [assessment for assessment in group if assessment.lines]
    consented = [one for one in lawful if one.month.consent.relied_on is not None] if len(lawful) > 1 else lawful
    return consented or lawful


def representative(group: Sequence[Assessment]) -> Assessment:
    """The one with a lawful line, else the earlier enrolment; the group stands in that order."""
    return group[0] if len(group) == 1 else next(iter(with_lines(group)), group[0])
