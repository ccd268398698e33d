"""The determination: every rule once, every pathway once, then the choice."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Final, Literal

from msgspec import Struct

from app.determination.choice import Alternative, in_order
from app.determination.edits import Conflict, conflicts
from app.determination.facts import Program
from app.determination.findings import Finding, order_of
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.patient_month import PatientMonth
from app.determination.pricing import price_findings
from app.determination.reallotting import reallotted
from app.determination.timekeeping import Tally
from app.determination.together import Selection, select
from app.determination.verdicts import Verdict, unmade, verdicts
from app.determination.weighing import Assessment, Resolved, Weighed, weigh, with_lines
from app.determination.work import Uncounted, Work

MOST_WAYS: Final = 1_000
"""Ways to divide a month's programs among those who could bill them that are tried; more are no month but a mistake."""

Status = Literal["billable", "not_billable", "needs_decision"]


class TimedEntry(Struct, frozen=True, gc=False):
    """Where an entry's seconds stand: counted for one pathway, or uncounted under one rule each."""

    work: Work
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
    conflicts: tuple[Conflict, ...]
    assessments: tuple[Assessment, ...]


def determine(month: PatientMonth, law: Law) -> Determination:
    """Which codes may be billed for the month under the law, and why.

    The same month and law give an equal determination; nothing else is read.
    """
    weighed = weigh(month, law)
    representatives, in_doubt = weighed.representatives, weighed.in_doubt()
    possible = list(_possible_sets(weighed.resolved, law)) if in_doubt else []
    settled, selection = _settled(representatives, in_doubt, possible, law)
    lines = selection.lines
    conflicting = conflicts(month, law, lines)
    alternatives = possible if in_doubt else [*selection.alternatives, *reallotted(weighed, lines, law)]
    rows = verdicts(law, month.named_programs(), [a.candidates for a in representatives], {line.code for line in lines})
    return Determination(
        month=month,
        status="needs_decision" if in_doubt else "billable" if lines else "not_billable",
        lines=lines,
        alternatives=in_order(alternatives),
        verdicts=rows,
        findings=_findings(law, month.named_programs(), weighed, settled, selection, conflicting, unmade(rows, law)),
        entries=_entries(weighed, selection, settled),
        conflicts=conflicting,
        assessments=representatives,
    )


def _settled(
    assessments: Sequence[Assessment], in_doubt: Collection[Program], possible: Sequence[Alternative], law: Law
) -> tuple[Sequence[Assessment], Selection]:
    """The programs that no decision concerns, and what is billed of them.

    Those in doubt are left out, and whichever has other lines in one of the possible sets than it would have here: what
    a program in doubt keeps out of one possibility, or is kept out by, hangs on the decision as well.
    """
    settled = [one for one in assessments if one.month.program not in in_doubt]
    while True:
        selection = select(settled, law)
        kept = [
            one
            for one in settled
            if all(_claimed(alternative.lines, one) == _claimed(selection.lines, one) for alternative in possible)
        ]
        if len(kept) == len(settled):
            return settled, selection
        settled = kept


def _claimed(lines: Iterable[Line], of: Assessment) -> frozenset[tuple[object, ...]]:
    """What a claim for one program says."""
    return frozenset(
        (line.code, line.units, line.practitioner, line.service_date, line.amount_cents)
        for line in lines
        if line.program == of.month.program
    )


def _possible_sets(resolved: Sequence[Resolved], law: Law) -> Iterator[Alternative]:
    """One alternative for each possibility, with the whole month's lines: each way the facts could be true, and each
    practitioner who could bill a program, earlier enrolments first.
    """
    for one in resolved:
        groups = [with_lines(group) or group[:1] for group in one.assessed.values()]
        for billed in islice(product(*groups), MOST_WAYS):
            lines = select(billed, law).lines
            if one.possibility is not None:
                believed = [f"{fact.kind} {fact.id}" for fact in one.possibility.believed]
                yield Alternative(lines, "contradiction", {"believed": believed})
            else:
                contested = [a.month.biller for a, group in zip(billed, groups, strict=True) if len(group) > 1]
                yield Alternative(lines, "practitioners", {"practitioner": contested})


def _findings(
    law: Law,
    named: frozenset[Program],
    weighed: Weighed,
    settled: Sequence[Assessment],
    selection: Selection,
    conflicting: Sequence[Conflict],
    beside: Sequence[Finding],
) -> tuple[Finding, ...]:
    found: list[Finding] = [*beside]
    found += law.once_for(named, "windows closed", lambda: _windows_closed(law, named))
    found += [
        Finding(doubt.rule, doubt.program, "not_met", "contradiction", doubt.evidence) for doubt in weighed.doubts
    ]
    for assessment in weighed.representatives:
        found += assessment.findings
        for candidate in assessment.candidates:
            found += candidate.findings
        if assessment in settled:
            found += _choice_findings(assessment)
            found += price_findings(assessment.month, law, selection.lines_of(assessment))
        found += _practitioner_findings(weighed.shown.assessed[assessment.month.program])
    found += _each_once(f for a in weighed.representatives for c in a.candidates for f in c.beside)
    found += selection.findings
    found += [_on_one_date(conflict) for conflict in conflicting]
    found.sort(key=lambda finding: order_of(finding.rule, finding.program))
    return tuple(found)


def _each_once(findings: Iterable[Finding]) -> list[Finding]:
    """The same finding of several pathways, once."""
    return list(
        {(f.rule, f.program, f.reason, str(f.values), tuple(map(id, f.evidence))): f for f in findings}.values()
    )


def _windows_closed(law: Law, named: frozenset[Program]) -> tuple[Finding, ...]:
    """Codes that do not exist in the month and, of programs named, the rule that says why."""
    closed: dict[str, list[str]] = {}
    for code in law.closed_codes:
        row = law.codes[code]
        for rule in row.closed_by(law.month) if law.names(code, named) else ("VAL-01",):
            closed.setdefault(rule, []).append(code)
    return tuple(
        Finding(rule, None, "not_met", "outside", (), {"codes": tuple(codes)}) for rule, codes in closed.items()
    )


def _on_one_date(conflict: Conflict) -> Finding:
    """A claim edit as a finding: it never refuses the month."""
    values = {"pair": conflict.pair, "on": conflict.on}
    reason = "never_on_one_date" if conflict.edit.indicator == 0 else "with_modifier"
    return Finding(conflict.edit.rule, conflict.program, "advisory", reason, conflict.evidence, values)


def _choice_findings(assessment: Assessment) -> Iterator[Finding]:
    """Why the chosen pathway was preferred, where there was a choice (UNIT-06)."""
    choice = assessment.choice
    if choice.why is None or not choice.passed_over:
        return
    names = [{candidate.pathway.name for candidate in one} for one in (choice.chosen, *choice.passed_over)]
    kept = set.intersection(*names)  # what every lawful set holds was not chosen over anything
    ours, *others = (
        [c.pathway.name for c in one if c.pathway.name not in kept] for one in (choice.chosen, *choice.passed_over)
    )
    values = {"pathways": tuple(ours), "others": tuple(" and ".join(one) for one in others)}
    yield Finding("UNIT-06", assessment.month.program, "advisory", choice.why, (), values)


def _practitioner_findings(group: Sequence[Assessment]) -> Iterator[Finding]:
    """Several practitioners might bill: both could, or only one of them (PRAC-03)."""
    lawful = with_lines(group)
    if len(group) < 2 or not lawful:
        return
    values = {"practitioners": tuple(one.month.biller for one in group), "practitioner": lawful[0].month.biller}
    if len(lawful) > 1:
        yield Finding("PRAC-03", group[0].month.program, "not_met", "both", (), values)
    else:
        yield Finding("PRAC-03", group[0].month.program, "advisory", "only_one", (), values)


def _entries(weighed: Weighed, selection: Selection, settled: Sequence[Assessment]) -> tuple[TimedEntry, ...]:
    found: list[TimedEntry] = []
    for assessment in weighed.representatives:
        # Of a program in doubt nothing is chosen yet; its seconds stand where its own choice would have them.
        chosen = selection.of(assessment) if assessment in settled else assessment.choice.chosen
        found += _timed(assessment.work, assessment.timed(chosen))
    for works in weighed.shown.without_code.values():
        found += [TimedEntry(work, 0, None, work.uncounted) for work in works]
    found.sort(key=lambda timed: timed.work.order)
    return tuple(found)


def _timed(group: Sequence[Work], counting: Sequence[tuple[Tally, str]]) -> Iterator[TimedEntry]:
    """Where each entry's seconds stand: with the first of those pathways that counts such an entry, or took it out."""
    for index, work in enumerate(group):
        tally, key = _counting(index, counting)
        counted = tally.by_entry.get(index, 0)
        uncounted = work.uncounted + tally.lost.get(index, ())
        yield TimedEntry(work, counted, key if counted else None, uncounted)


def _counting(index: int, counting: Sequence[tuple[Tally, str]]) -> tuple[Tally, str]:
    for one in counting:
        if index in one[0].by_entry or index in one[0].lost:
            return one
    return counting[0]
