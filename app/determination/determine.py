"""The determination: every rule once, every pathway once, then the choice."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from app.determination.candidates import Candidate, Line, assess
from app.determination.choice import Alternative, Choice, in_order, prefer
from app.determination.consents import practitioners_consented_to, read_consents
from app.determination.doubts import Doubt, Possibility, possibilities
from app.determination.facts import PROGRAMS, Consent, Program
from app.determination.findings import Finding, blocks, rule_book_order
from app.determination.law import Law
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth, billers
from app.determination.timekeeping import Sifted, Tally, Uncounted, allot, sift, tally
from app.determination.verdicts import Verdict, verdicts

Status = Literal["billable", "not_billable", "needs_decision"]


_Months = dict[Program, list[ProgramMonth]]


class Assessment(Struct, frozen=True, gc=False):
    """One program under one billing practitioner: its gates, its pathways and the choice among them."""

    month: ProgramMonth
    findings: tuple[Finding, ...]
    candidates: tuple[Candidate, ...]
    choice: Choice
    sifted: tuple[Sifted, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.choice.chosen.lines if self.choice.chosen else ()

    @property
    def timed_by(self) -> Candidate:
        """Whose seconds they are: the chosen pathway's; none chosen, of the one that lacks fewest."""
        return self.choice.chosen or min(self.candidates, key=lambda candidate: candidate.lacking_seconds)


class TimedEntry(Struct, frozen=True, gc=False):
    """Where an entry's seconds stand: counted for one pathway, or uncounted under one rule each."""

    sifted: Sifted
    counted_seconds: int
    counted_for: str | None
    uncounted: tuple[Uncounted, ...]


class Determination(Struct, frozen=True, gc=False):
    """The answer for one patient's month, before it is put into sentences."""

    month: PatientMonth
    status: Status
    lines: tuple[Line, ...]
    alternatives: tuple[Alternative, ...]
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    entries: tuple[TimedEntry, ...]
    assessments: tuple[Assessment, ...]


class _Resolved(Struct, frozen=True, gc=False):
    """One possibility of the month, worked out: per program the assessments of those who might bill it."""

    possibility: Possibility | None
    assessed: dict[Program, tuple[Assessment, ...]]
    unassessed: dict[Program, tuple[tuple[Sifted, ...], Tally]]


def determine(month: PatientMonth, law: Law) -> Determination:
    """Which codes may be billed for the month under the law, and why.

    The same month and law give an equal determination; nothing else is read.
    """
    named = month.named_programs()
    months = _months(month, law, named)
    doubts = _doubts(months, law)
    if doubts:
        resolved = [
            _resolve(_months(month.without(possibility.denied), law, named), law, possibility)
            for possibility in possibilities(doubts)
        ]
    else:
        resolved = [_resolve(months, law, None)]
    shown = next((one for one in resolved if _lawful(one)), resolved[0])
    representatives = tuple(_representative(group) for group in shown.assessed.values())
    in_doubt = {doubt.program for doubt in doubts} | {
        program for program, group in shown.assessed.items() if len(_with_lines(group)) > 1
    }
    settled = () if None in in_doubt else tuple(a for a in representatives if a.month.program not in in_doubt)
    lines = tuple(line for assessment in settled for line in assessment.lines)
    undecided = bool(in_doubt) and bool(shown.assessed)
    return Determination(
        month=month,
        status="needs_decision" if undecided else "billable" if lines else "not_billable",
        lines=lines,
        alternatives=_possible_sets(resolved) if undecided else _passed_over(representatives, month),
        verdicts=verdicts(law, named, [a.candidates for a in representatives], {line.code for line in lines}),
        findings=_findings(law, shown, representatives, doubts, settled),
        entries=_entries(representatives, shown.unassessed),
        assessments=representatives,
    )


def _months(month: PatientMonth, law: Law, named: frozenset[Program]) -> _Months:
    """The month as each named program sees it, once for everybody who might bill the program."""
    return {program: _program_months(month, law, program) for program in PROGRAMS if program in named}


def _resolve(months: _Months, law: Law, possibility: Possibility | None) -> _Resolved:
    assessed: dict[Program, tuple[Assessment, ...]] = {}
    unassessed: dict[Program, tuple[tuple[Sifted, ...], Tally]] = {}
    # A program takes its minutes after those before it, as whoever stands for each of them may count them (TIME-04).
    before: list[tuple[Program, list[Sifted]]] = []
    for program, group_months in months.items():
        sifted = [sift(program_month, law.time_rules[program]) for program_month in group_months]
        left = [tuple(allot([*before, (program, entries)])[program]) for entries in sifted]
        standing_for = 0
        if program in law.pathways:
            group = tuple(_assess(one, law, entries) for one, entries in zip(group_months, left, strict=True))
            assessed[program] = group
            representative = _representative(group)
            standing_for = next(place for place, one in enumerate(group) if one is representative)
        else:
            unassessed[program] = left[0], tally(group_months[0], left[0], "everyone")
        before.append((program, sifted[standing_for]))
    return _Resolved(possibility, assessed, unassessed)


def _program_months(month: PatientMonth, law: Law, program: Program) -> list[ProgramMonth]:
    consents = [consent for consent in month.of(Consent) if consent.program == program]
    found = []
    for biller in billers(month, program, lambda: practitioners_consented_to(consents, month.month)):
        reading = read_consents(consents, biller, month.month, law.consent_terms[program])
        found.append(ProgramMonth(month, program, biller, reading))
    return found


def _assess(month: ProgramMonth, law: Law, sifted: tuple[Sifted, ...]) -> Assessment:
    findings = [finding for rule in law.gates[month.program] for finding in rule.check(month)]
    blocking = {f.rule for f in findings if blocks(law.effect(f.rule), f.outcome)}
    pathways = law.pathways[month.program]
    tallies = {whose: tally(month, sifted, whose) for whose in {pathway.whose for pathway in pathways}}
    candidates = tuple(assess(month, law, pathway, tallies[pathway.whose], blocking) for pathway in pathways)
    # P = T: no second counted for everyone that is not the billing practitioner's own.
    all_own = len({counted.counted_seconds for counted in tallies.values()}) == 1
    choice = prefer(candidates, month.policy, all_own=all_own)
    return Assessment(month, tuple(findings), candidates, choice, sifted)


def _doubts(months: _Months, law: Law) -> list[Doubt]:
    found: dict[tuple[str, tuple[int, ...]], Doubt] = {}
    for program_month in (one for program, group in months.items() if program in law.pathways for one in group):
        for rule in law.doubting:
            for doubt in rule.doubts(program_month):
                found.setdefault((doubt.rule, tuple(id(fact) for fact in doubt.evidence)), doubt)
    return list(found.values())


def _with_lines(group: Sequence[Assessment]) -> list[Assessment]:
    return [assessment for assessment in group if assessment.lines]


def _representative(group: Sequence[Assessment]) -> Assessment:
    """The one with a lawful line, else the earlier enrolment; the group stands in that order."""
    return next(iter(_with_lines(group)), group[0])


def _lawful(resolved: _Resolved) -> bool:
    return any(_with_lines(group) for group in resolved.assessed.values())


def _passed_over(representatives: Sequence[Assessment], month: PatientMonth) -> tuple[Alternative, ...]:
    """The whole month's lines with one program's pathway exchanged for a lawful one that was not chosen."""
    found = []
    for changed in representatives:
        for candidate in changed.choice.passed_over:
            lines = tuple(
                line for kept in representatives for line in (candidate.lines if kept is changed else kept.lines)
            )
            values: dict[str, object] = {"pathway": candidate.pathway.name, "preference": month.policy.preference}
            found.append(Alternative(lines, changed.choice.why or "only_one", values))
    return in_order(found)


def _possible_sets(resolved: Sequence[_Resolved]) -> tuple[Alternative, ...]:
    """One alternative for each possibility: each way the facts could be true, each practitioner who could bill."""
    found = []
    for one in resolved:
        for group in one.assessed.values():
            for assessment in _with_lines(group) or group[:1]:
                if one.possibility is not None:
                    believed = [f"{fact.kind} {fact.id}" for fact in one.possibility.believed]
                    found.append(Alternative(assessment.lines, "contradiction", {"believed": believed}))
                else:
                    biller: dict[str, object] = {"practitioner": assessment.month.biller}
                    found.append(Alternative(assessment.lines, "practitioners", biller))
    return in_order(found)


def _findings(
    law: Law,
    shown: _Resolved,
    representatives: Sequence[Assessment],
    doubts: Sequence[Doubt],
    settled: Sequence[Assessment],
) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if law.closed_codes:
        found.append(Finding("VAL-01", None, "not_met", "outside", (), {"codes": law.closed_codes}))
    found += [Finding(doubt.rule, doubt.program, "not_met", "contradiction", doubt.evidence) for doubt in doubts]
    for assessment in representatives:
        found += assessment.findings
        for candidate in assessment.candidates:
            found += candidate.findings
        if assessment in settled:
            found += _choice_findings(assessment)
        found += _practitioner_findings(shown.assessed[assessment.month.program])
    found.sort(key=lambda f: (rule_book_order(f.rule), PROGRAMS.index(f.program) if f.program else -1))
    return tuple(found)


def _choice_findings(assessment: Assessment) -> Iterator[Finding]:
    """Why the chosen pathway was preferred, where there was a choice (UNIT-06)."""
    choice = assessment.choice
    if choice.chosen is None or choice.why is None or not choice.passed_over:
        return
    others = tuple(candidate.pathway.name for candidate in choice.passed_over)
    values = {"pathway": choice.chosen.pathway.name, "others": others}
    yield Finding("UNIT-06", assessment.month.program, "advisory", choice.why, (), values)


def _practitioner_findings(group: Sequence[Assessment]) -> Iterator[Finding]:
    """Several practitioners might bill: both could, or only one of them (PRAC-03)."""
    lawful = _with_lines(group)
    if len(group) < 2 or not lawful:
        return
    values = {"practitioners": tuple(one.month.biller for one in group), "practitioner": lawful[0].month.biller}
    if len(lawful) > 1:
        yield Finding("PRAC-03", group[0].month.program, "not_met", "both", (), values)
    else:
        yield Finding("PRAC-03", group[0].month.program, "advisory", "only_one", (), values)


def _entries(
    representatives: Sequence[Assessment], unassessed: dict[Program, tuple[tuple[Sifted, ...], Tally]]
) -> tuple[TimedEntry, ...]:
    found = [
        _timed(sifted, index, assessment.timed_by.tally, assessment.timed_by.pathway.key)
        for assessment in representatives
        for index, sifted in enumerate(assessment.sifted)
    ]
    found += [
        _timed(sifted, index, counted, f"{program}/not_assessed")
        for program, (group, counted) in unassessed.items()
        for index, sifted in enumerate(group)
    ]
    found.sort(key=lambda timed: timed.sifted.order)
    return tuple(found)


def _timed(sifted: Sifted, index: int, tally: Tally, key: str) -> TimedEntry:
    counted = tally.by_entry.get(index, 0)
    return TimedEntry(sifted, counted, key if counted else None, (*sifted.uncounted, *tally.lost.get(index, ())))
