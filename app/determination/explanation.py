"""The determination in sentences, with citations, evidence and remedies: rendered on demand from what was found."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.determination import answer
from app.determination.candidates import Line, capped_values
from app.determination.choice import Alternative
from app.determination.determine import Determination, TimedEntry
from app.determination.facts import Fact
from app.determination.findings import Finding, blocks
from app.determination.gaps import Gap
from app.determination.law import Law, RuleText
from app.determination.verdicts import Verdict

NO_REMEDY = "No fact can change this for the month."

# Sets of a fact are written in order: how a process happens to hash them must not show.
_encoder = msgspec.json.Encoder(order="deterministic")


def explain(
    determination: Determination,
    law: Law,
    *,
    gaps: Sequence[Gap] = (),
    inputs_digest: str,
    patient: str | None = None,
    positions: answer.Positions | None = None,
    known_as_of: dt.datetime | None = None,
) -> answer.Answer:
    """Puts a determination into the contract's words. The same determination and law give the same answer.

    Under the law of another month than its own the answer is hypothetical.
    """
    month = determination.month
    return answer.Answer(
        patient=patient,
        service_month=month.month.written,
        status=determination.status,
        provisional=month.provisional,
        hypothetical=law.month != month.month.written,
        claim_lines=tuple(_line(line, law) for line in determination.lines),
        alternatives=tuple(_alternative(one, law) for one in determination.alternatives),
        verdicts=tuple(_verdict(verdict) for verdict in determination.verdicts),
        findings=tuple(_finding(finding, law.texts[finding.rule]) for finding in determination.findings),
        time=answer.Time(
            counted_seconds=sum(timed.counted_seconds for timed in determination.entries),
            entries=tuple(_entry(timed, law) for timed in determination.entries),
        ),
        gaps=tuple(_gap(gap, determination, law) for gap in gaps),
        conflicts=(),
        rulebook=answer.Rulebook(
            service_month=law.month,
            version=law.digests.version,
            law_digest=law.digests.law,
            wording_digest=law.digests.wording,
        ),
        policy_digest=month.policy.digest,
        inputs_digest=inputs_digest,
        positions=positions,
        known_as_of=known_as_of,
    )


def encode(explained: answer.Answer) -> bytes:
    """The answer as compact JSON, keys in the contract's order."""
    return _encoder.encode(explained)


def _line(line: Line, law: Law) -> answer.ClaimLine:
    warnings: tuple[str, ...] = ()
    if line.capped_by is not None:
        warnings = (_say(law.texts[line.capped_by], "capped", capped_values(line)),)
    return answer.ClaimLine(
        code=line.code,
        units=line.units,
        program=line.program,
        pathway=line.pathway,
        practitioner=line.practitioner,
        earliest_service_date=line.earliest_service_date,
        service_date=line.service_date,
        counted_seconds=line.counted_seconds,
        diagnoses=line.diagnoses,
        amount_cents=line.amount_cents,
        warnings=warnings,
    )


def _alternative(alternative: Alternative, law: Law) -> answer.Alternative:
    return answer.Alternative(
        claim_lines=tuple(_line(line, law) for line in alternative.lines),
        amount_cents=alternative.amount_cents,
        why_not_chosen=_say(law.texts["UNIT-06"], f"instead_{alternative.why_not}", alternative.values),
    )


def _verdict(verdict: Verdict) -> answer.Verdict:
    return answer.Verdict(
        code=verdict.code,
        program=verdict.program,
        pathway=verdict.pathway,
        verdict=verdict.verdict,
        counted_seconds=verdict.counted_seconds,
        needed_seconds=verdict.needed_seconds,
        blockers=verdict.blockers,
    )


def _finding(finding: Finding, text: RuleText) -> answer.Finding:
    remedy = text.remedies.get(finding.reason)
    return answer.Finding(
        rule=finding.rule,
        program=finding.program,
        outcome=finding.outcome,
        says=_say(text, finding.reason, finding.values),
        evidence=_evidence(finding.evidence),
        cites=tuple(
            answer.Cite(source=cite.source, at=cite.at, url=cite.url, standing=text.standing) for cite in text.cites
        ),
        remedy=None if remedy is None else _fill(remedy, finding.values),
    )


def _evidence(relied_on: Iterable[Fact]) -> tuple[answer.Evidence, ...]:
    named = {(fact.kind, fact.source or "", fact.id): fact for fact in relied_on}
    return tuple(
        answer.Evidence(kind=kind, id=named[kind, source, id_].id, source=named[kind, source, id_].source)
        for kind, source, id_ in sorted(named)
    )


def _entry(timed: TimedEntry, law: Law) -> answer.Entry:
    entry = timed.sifted.entry
    return answer.Entry(
        id=entry.id,
        source=entry.source,
        seconds=timed.sifted.seconds,
        counted_seconds=timed.counted_seconds,
        counted_for=timed.counted_for,
        uncounted=tuple(
            answer.Uncounted(seconds=taken.seconds, rule=taken.rule, says=law.texts[taken.rule].says[taken.reason])
            for taken in timed.uncounted
        ),
    )


def _gap(gap: Gap, determination: Determination, law: Law) -> answer.Gap:
    return answer.Gap(
        code=gap.verdict.code,
        needs_seconds=gap.needs_seconds,
        rules=gap.rules,
        still_possible=gap.still_possible,
        settles=gap.settles,  # type: ignore[arg-type]
        remedy=_remedy(gap, determination, law),
    )


def _remedy(gap: Gap, determination: Determination, law: Law) -> str:
    """What to do about each blocking rule, in rule-book order, each sentence once.

    One rule that nothing can mend makes the others' remedies vain: then only that is said, and why.
    """
    said: dict[str, None] = {}
    for finding in determination.findings:
        concerns = finding.rule in gap.rules and finding.program == gap.verdict.program
        if not concerns or finding.values.get("code", gap.verdict.code) != gap.verdict.code:
            continue
        if not blocks(law.effect(finding.rule), finding.outcome):
            continue
        text = law.texts[finding.rule]
        remedy = text.remedies.get(finding.reason)
        if remedy is None:
            return f"{NO_REMEDY} {_say(text, finding.reason, finding.values)}"
        said.setdefault(_fill(remedy, finding.values))
    return " ".join(said) or NO_REMEDY


def _say(text: RuleText, reason: str, values: Mapping[str, object]) -> str:
    return _fill(text.says[reason], values)


def _fill(sentence: str, values: Mapping[str, object]) -> str:
    return sentence.format_map({name: _written(name, value) for name, value in values.items()}) if values else sentence


def _written(name: str, value: object) -> str:
    if isinstance(value, int) and name.endswith("_seconds"):
        return f"{value // 60}:{value % 60:02} minutes"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one) for one in value)
    return str(value)
