"""The determination: every rule once, every pathway once, then the choice."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from app.determination.choice import Alternative, in_order, lines_of
from app.determination.edits import Conflict, conflicts
from app.determination.facts import Program
from app.determination.findings import Finding, order_of
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.patient_month import PatientMonth
from app.determination.pricing import price_findings
from app.determination.timekeeping import Tally
from app.determination.verdicts import Verdict, verdicts
from app.determination.weighing import Assessment, Resolved, Weighed, weigh, with_lines
from app.determination.work import Uncounted, Work

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
    settled = [one for one in representatives if one.month.program not in in_doubt]
    lines = tuple([line for assessment in settled for line in assessment.lines])
    conflicting = conflicts(month, law, lines)
    return Determination(
        month=month,
        status="needs_decision" if in_doubt else "billable" if lines else "not_billable",
        lines=lines,
        alternatives=_possible_sets(weighed.resolved) if in_doubt else _passed_over(representatives, month),
        verdicts=verdicts(
            law, month.named_programs(), [a.candidates for a in representatives], {line.code for line in lines}
        ),
        findings=_findings(law, month.named_programs(), weighed, settled, conflicting),
        entries=_entries(weighed),
        conflicts=conflicting,
        assessments=representatives,
    )


def _passed_over(representatives: Sequence[Assessment], month: PatientMonth) -> tuple[Alternative, ...]:
    """The whole month's lines with one program's pathway exchanged for a lawful one that was not chosen."""
    found = []
    for changed in representatives:
        for other in changed.choice.passed_over:
            lines = tuple(
                line for kept in representatives for line in (lines_of(other) if kept is changed else kept.lines)
            )
            exchanged = [c.pathway.name for c in other if c not in changed.choice.chosen]
            values: dict[str, object] = {"pathways": exchanged, "preference": month.policy.preference}
            assert changed.choice.why is not None, "a pathway was chosen over the others for a reason"
            found.append(Alternative(lines, changed.choice.why, values))
    return in_order(found)


def _possible_sets(resolved: Sequence[Resolved]) -> tuple[Alternative, ...]:
    """One alternative for each possibility: each way the facts could be true, each practitioner who could bill."""
    found = []
    for one in resolved:
        for group in one.assessed.values():
            for assessment in with_lines(group) or group[:1]:
                if one.possibility is not None:
                    believed = [f"{fact.kind} {fact.id}" for fact in one.possibility.believed]
                    found.append(Alternative(assessment.lines, "contradiction", {"believed": believed}))
                else:
                    biller: dict[str, object] = {"practitioner": assessment.month.biller}
                    found.append(Alternative(assessment.lines, "practitioners", biller))
    return in_order(found)


def _findings(
    law: Law,
    named: frozenset[Program],
    weighed: Weighed,
    settled: Sequence[Assessment],
    conflicting: Sequence[Conflict],
) -> tuple[Finding, ...]:
    found: list[Finding] = []
    found += law.once((_windows_closed, named), lambda: _windows_closed(law, named))
    found += [
        Finding(doubt.rule, doubt.program, "not_met", "contradiction", doubt.evidence) for doubt in weighed.doubts
    ]
    for assessment in weighed.representatives:
        found += assessment.findings
        for candidate in assessment.candidates:
            found += candidate.findings
        if assessment in settled:
            found += _choice_findings(assessment)
            found += price_findings(assessment.month, law, assessment.lines)
        found += _practitioner_findings(weighed.shown.assessed[assessment.month.program])
    found += _each_once(f for a in weighed.representatives for c in a.candidates for f in c.beside)
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


def _entries(weighed: Weighed) -> tuple[TimedEntry, ...]:
    found: list[TimedEntry] = []
    for assessment in weighed.representatives:
        tally, key = assessment.timed
        found += _timed(assessment.work, tally, key)
    for program, (work, counted) in weighed.shown.unassessed.items():
        found += _timed(work, counted, f"{program}/not_assessed")
    found.sort(key=lambda timed: timed.work.order)
    return tuple(found)


def _timed(group: Sequence[Work], tally: Tally, key: str) -> Iterator[TimedEntry]:
    for index, work in enumerate(group):
        counted = tally.by_entry.get(index, 0)
        uncounted = work.uncounted + tally.lost.get(index, ())
        yield TimedEntry(work, counted, key if counted else None, uncounted)
