"""The determination in sentences, with citations, evidence and remedies: rendered on demand from what was found."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Protocol

import msgspec

from app.determination import answer
from app.determination.candidates import short_reason
from app.determination.choice import Alternative
from app.determination.comparison import Offer
from app.determination.determine import Determination, TimedEntry
from app.determination.edits import Conflict
from app.determination.findings import Finding, blocks
from app.determination.gaps import Gap
from app.determination.law import Law, RuleText
from app.determination.lines import Line, capped_values
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
    comparison: tuple[answer.ComparedProgram, ...] | None = None,
) -> answer.Answer:
    """Puts a determination into the contract's words. The same determination and law give the same answer.

    Under the law of another month than its own the answer is hypothetical.
    """
    month = determination.month
    cites = _all_cites(law)
    return answer.Answer(
        patient=patient,
        service_month=month.month.written,
        status=determination.status,
        provisional=month.provisional,
        hypothetical=law.month != month.month.written,
        claim_lines=tuple(claim_line(line, law, determination.findings) for line in determination.lines),
        alternatives=tuple(alternative_in_words(one, law) for one in determination.alternatives),
        verdicts=tuple(verdict_in_words(verdict) for verdict in determination.verdicts),
        findings=each_once(
            _finding(finding, law.texts[finding.rule], cites[finding.rule]) for finding in determination.findings
        ),
        time=answer.Time(
            counted_seconds=sum(timed.counted_seconds for timed in determination.entries),
            entries=tuple(_entry(timed, law) for timed in determination.entries),
        ),
        gaps=tuple(gap_in_words(gap, determination, law) for gap in gaps),
        conflicts=tuple(_conflict(conflict, law) for conflict in determination.conflicts),
        rulebook=rulebook_of(law),
        policy_digest=month.policy.digest,
        inputs_digest=inputs_digest,
        positions=positions,
        known_as_of=known_as_of,
        comparison=comparison,
    )


def rulebook_of(law: Law) -> answer.Rulebook:
    """Which law an answer is made under, so that it can be told from another's."""
    return answer.Rulebook(
        service_month=law.month,
        version=law.digests.version,
        law_digest=law.digests.law,
        wording_digest=law.digests.wording,
    )


def compared(offers: Iterable[Offer], law: Law) -> tuple[answer.ComparedProgram, ...]:
    """Puts offers into the contract's words."""
    cites = _all_cites(law)
    return tuple(
        answer.ComparedProgram(
            program=offer.program,
            service_month=law.month,
            practitioner=offer.practitioner,
            options=tuple(
                answer.ProgramOption(
                    pathway=option.candidate.pathway.name,
                    code=option.candidate.pathway.base_code,
                    needed_seconds=option.candidate.pathway.base_seconds or None,
                    amount_cents=option.amount_cents,
                    patient_share_cents=option.owed_cents,
                    possible=option.possible,
                    missing=tuple(_finding(one, law.texts[one.rule], cites[one.rule]) for one in option.missing),
                    settles=option.settles,  # type: ignore[arg-type]
                )
                for option in offer.options
            ),
        )
        for offer in offers
    )


def _all_cites(law: Law) -> dict[str, tuple[answer.Cite, ...]]:
    return law.once("cites", lambda: {text.id: _cites(text) for text in law.texts.values()})


def each_once(findings: Iterable[answer.Finding]) -> tuple[answer.Finding, ...]:
    """What several pathways are found alike is said once."""
    found = {(f.rule, f.program, f.outcome, f.says, f.evidence): f for f in findings}
    return tuple(found.values())


def encode(explained: answer.Answer) -> bytes:
    """The answer as compact JSON, keys in the contract's order."""
    return _encoder.encode(explained)


def claim_line(line: Line, law: Law, findings: Sequence[Finding] = ()) -> answer.ClaimLine:
    """A line with its warnings: its own cap and, for a line to be billed, what a payer may deny it for."""
    warnings: tuple[str, ...] = ()
    if line.capped_by is not None and not findings:
        warnings = (said(law.texts[line.capped_by], "capped", capped_values(line)),)
    warnings += tuple(_risks(line, law, findings))
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


def _risks(line: Line, law: Law, findings: Iterable[Finding]) -> Iterator[str]:
    """Findings that a payer may deny the line for, each with the code expected."""
    for finding in findings:
        denial = law.denials.get(f"{finding.rule}.{finding.reason}") or law.denials.get(finding.reason)
        if denial is None or finding.program != line.program or finding.outcome not in ("advisory", "missing"):
            continue
        if finding.values.get("code", line.code) != line.code or line.code not in finding.values.get(
            "pair", (line.code,)
        ):  # type: ignore[operator]
            continue
        yield f"{said(law.texts[finding.rule], finding.reason, finding.values)} Expected denial code: {denial}."


def _conflict(conflict: Conflict, law: Law) -> answer.Conflict:
    return answer.Conflict(
        pair=conflict.pair,
        on=conflict.on,
        modifier_indicator=conflict.edit.indicator,
        rule=conflict.edit.rule,
        remedy=_way_out(conflict, law),
    )


def _way_out(conflict: Conflict, law: Law) -> str:
    """What may be done about two codes on one date, in the words of the claim edits."""
    ways = law.ways_out
    if conflict.movable is None:
        reason = "fixed"
    elif conflict.free_on is None:
        reason = "no_day_left"
    else:
        reason = "another_day"
    values = {"code": conflict.movable, "on": conflict.free_on}
    remedy = _fill(ways[reason], values)
    return f"{remedy} {ways['modifier']}" if conflict.edit.indicator == 1 else remedy


def alternative_in_words(alternative: Alternative, law: Law) -> answer.Alternative:
    return answer.Alternative(
        claim_lines=tuple(claim_line(line, law) for line in alternative.lines),
        amount_cents=alternative.amount_cents,
        why_not_chosen=said(law.texts["UNIT-06"], f"instead_{alternative.why_not}", alternative.values),
    )


def verdict_in_words(verdict: Verdict) -> answer.Verdict:
    return answer.Verdict(
        code=verdict.code,
        program=verdict.program,
        pathway=verdict.pathway,
        verdict=verdict.verdict,
        counted_seconds=verdict.counted_seconds,
        needed_seconds=verdict.needed_seconds,
        blockers=verdict.blockers,
    )


def _finding(finding: Finding, text: RuleText, cites: tuple[answer.Cite, ...]) -> answer.Finding:
    return answer.Finding(
        rule=finding.rule,
        program=finding.program,
        outcome=finding.outcome,
        says=said(text, finding.reason, finding.values),
        evidence=evidence_of(finding.evidence),
        cites=cites,
        remedy=remedy_said(text, finding.reason, finding.values),
    )


def remedy_said(text: RuleText, reason: str, values: Mapping[str, object]) -> str | None:
    """What would mend it, where anything would."""
    remedy = text.remedies.get(reason)
    return None if remedy is None else _fill(remedy, values)


def _cites(text: RuleText) -> tuple[answer.Cite, ...]:
    return tuple(
        answer.Cite(source=cite.source, at=cite.at, url=cite.url, standing=text.standing) for cite in text.cites
    )


class Named(Protocol):
    """What a fact is named by."""

    @property
    def kind(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def source(self) -> str | None: ...


def evidence_of(relied_on: Sequence[Named]) -> tuple[answer.Evidence, ...]:
    """The facts relied on, by their names, each once."""
    if not relied_on:
        return ()
    if len(relied_on) == 1:
        (fact,) = relied_on
        return (answer.Evidence(kind=fact.kind, id=fact.id, source=fact.source),)
    named = {(fact.kind, fact.source or "", fact.id): fact for fact in relied_on}
    return tuple([answer.Evidence(kind=key[0], id=key[2], source=named[key].source) for key in sorted(named)])


def _entry(timed: TimedEntry, law: Law) -> answer.Entry:
    entry = timed.work.entry
    return answer.Entry(
        id=entry.id,
        source=entry.source,
        seconds=timed.work.seconds,
        counted_seconds=timed.counted_seconds,
        counted_for=timed.counted_for,
        uncounted=tuple(
            answer.Uncounted(seconds=taken.seconds, rule=taken.rule, says=law.texts[taken.rule].says[taken.reason])
            for taken in timed.uncounted
        ),
    )


def gap_in_words(gap: Gap, determination: Determination, law: Law) -> answer.Gap:
    """One gap as the contract writes it, with its remedy in a sentence."""
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
    if gap.verdict.verdict == "chosen":
        return _remedy_of_unit(gap, law)
    sentences: dict[str, None] = {}
    for finding in determination.findings:
        concerns = (
            finding.rule in gap.rules
            and finding.program == gap.verdict.judged_in
            and finding.concerns(gap.verdict.pathway, gap.verdict.code)
        )
        if not concerns or not blocks(law.effect(finding.rule), finding.outcome):
            continue
        text = law.texts[finding.rule]
        remedy = text.remedies.get(finding.reason)
        if remedy is None:
            return f"{NO_REMEDY} {said(text, finding.reason, finding.values)}"
        sentences.setdefault(_fill(remedy, finding.values))
    return " ".join(sentences) or NO_REMEDY


def _remedy_of_unit(gap: Gap, law: Law) -> str:
    """A further unit of a code that is billed lacks time alone."""
    program, name = gap.verdict.judged_in, gap.verdict.pathway
    assert program is not None, "a chosen code is judged in a program"
    pathway = next(pathway for pathway in law.pathways[program] if pathway.name == name)
    remedy = law.texts["TIME-02"].remedies[short_reason(pathway)]
    return _fill(remedy, {"short_seconds": gap.needs_seconds})


def said(text: RuleText, reason: str, values: Mapping[str, object]) -> str:
    """The sentence of a rule's reason."""
    return _fill(text.says[reason], values)


def _fill(sentence: str, values: Mapping[str, object]) -> str:
    if not values:
        return sentence
    return "".join([_written(name, values[name]) if name else part for part, name in _parts(sentence)])


@cache
def _parts(sentence: str) -> tuple[tuple[str, str | None], ...]:
    """A sentence of the rule book as what stands in it and the names of the values that fill it."""
    parts: list[tuple[str, str | None]] = []
    for literal, name, _, _ in Formatter().parse(sentence):
        if literal:
            parts.append((literal, None))
        if name is not None:
            parts.append(("", name))
    return tuple(parts)


def _written(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and name.endswith("_cents"):
        return f"{value // 100}.{value % 100:02} USD"
    if isinstance(value, int) and name.endswith("_seconds"):
        return f"{value // 60}:{value % 60:02} minutes"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one) for one in value)
    return str(value)
