"""What a run keeps of a determination: lines, verdicts and findings without their sentences, which are made when it is read.

A few kilobytes instead of thirty. It takes the rule book it was made under to say a finding in words.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from app.determination import answer
from app.determination.determine import Determination, Status
from app.determination.explanation import (
    alternative_in_words,
    claim_line,
    each_once,
    evidence_of,
    remedy_said,
    rulebook_of,
    said,
    verdict_in_words,
)
from app.determination.facts import Month, Program
from app.determination.findings import Finding, Outcome
from app.determination.law import Law
from app.months.answering import book_digest

_COMPRESSION: Final = 1


class FoundFinding(Struct, frozen=True, gc=False, array_like=True):
    """One rule's answer: the reason, the facts relied on by their place among those of the month, and the values its
    sentence needs.
    """

    rule: str
    program: Program | None
    outcome: Outcome
    reason: str
    evidence: tuple[int, ...]
    values: Mapping[str, Any]


class NamedFact(Struct, frozen=True, gc=False, array_like=True):
    """A fact relied on."""

    kind: str
    id: str
    source: str | None


class Found(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What was found of a patient's month. Verdicts are of the codes of the programs that some fact names."""

    status: Status
    provisional: bool
    claim_lines: tuple[answer.ClaimLine, ...] = ()
    alternatives: tuple[answer.Alternative, ...] = ()
    verdicts: tuple[answer.Verdict, ...] = ()
    facts: tuple[NamedFact, ...] = ()
    findings: tuple[FoundFinding, ...] = ()
    rulebook: answer.Rulebook
    policy_digest: str


class MonthResult(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a run found of a patient's month, in the words of a determination, or why it found nothing."""

    patient: str
    service_month: Month
    status: Status | None = None
    provisional: bool | None = None
    claim_lines: tuple[answer.ClaimLine, ...] | None = None
    alternatives: tuple[answer.Alternative, ...] | None = None
    verdicts: (
        Annotated[tuple[answer.Verdict, ...], Meta(description="Of every code of the programs that some fact names.")]
        | None
    ) = None
    findings: (
        Annotated[
            tuple[answer.Finding, ...],
            Meta(
                description="What is not `met`, with `met=true` all that was found. What each rule rests on is cited in the rule "
                "book's entry, and `cites` is empty here."
            ),
        ]
        | None
    ) = None
    rulebook: answer.Rulebook | None = None
    policy_digest: str | None = None
    inputs_digest: str | None = None
    positions: answer.Positions | None = None
    problem: Annotated[str, Meta(description="Why nothing was found. Then nothing else is told.")] | None = None


_decoder: Final = msgspec.json.Decoder(Found)


def found(determination: Determination, law: Law) -> Found:
    """What is kept of a determination."""
    places: dict[int, int] = {}
    relied_on: list[NamedFact] = []
    findings = [_kept(one, places, relied_on) for one in determination.findings]
    judged = (row for row in determination.verdicts if row.judged_in is not None or row.verdict == "not_assessed")
    return Found(
        status=determination.status,
        provisional=determination.month.provisional,
        claim_lines=tuple([claim_line(line, law, determination.findings) for line in determination.lines]),
        alternatives=tuple([alternative_in_words(one, law) for one in determination.alternatives]),
        verdicts=tuple([verdict_in_words(row) for row in judged]),
        facts=tuple(relied_on),
        findings=tuple(findings),
        rulebook=law.once("rulebook", lambda: rulebook_of(law)),
        policy_digest=determination.month.policy.digest,
    )


def made_by(law: Law) -> bytes:
    """A fingerprint of what decides a month, words it and keeps it: where it is another, what was kept may be, too."""
    return book_digest(law, Path(__file__))


def codes(kept: Found) -> tuple[str, ...]:
    """What is billed, by which a month can be found."""
    return tuple(sorted({line.code for line in kept.claim_lines}))


def practitioners(kept: Found) -> tuple[str, ...]:
    """Who bills it, by which a month can be found."""
    return tuple(sorted({line.practitioner for line in kept.claim_lines}))


def billed_digest(kept: Found) -> bytes:
    """A fingerprint of what is billable: not of the seconds behind it, nor of what it may be denied for."""
    lines = [replace(line, counted_seconds=None, warnings=()) for line in kept.claim_lines]
    return hashlib.sha256(msgspec.json.encode([kept.status, lines])).digest()


def packed(kept: Found) -> bytes:
    """As it is stored."""
    return zlib.compress(msgspec.json.encode(kept), _COMPRESSION)


def unpacked(stored: bytes) -> Found | None:
    """What was kept; none where an earlier version of ours kept it in a form that this one does not read."""
    try:
        return _decoder.decode(zlib.decompress(stored))
    except msgspec.ValidationError:
        return None


def findings_in_words(kept: Found, law: Law, *, met: bool) -> tuple[answer.Finding, ...]:
    """Each finding as a sentence, as the determination says it; in the rule's own name where the book is another by now."""
    ours = kept.rulebook.wording_digest == law.digests.wording and kept.rulebook.law_digest == law.digests.law
    return each_once(
        _in_words(one, kept.facts, law if ours else None) for one in kept.findings if met or one.outcome != "met"
    )


def _kept(finding: Finding, places: dict[int, int], relied_on: list[NamedFact]) -> FoundFinding:
    evidence: list[int] = []
    for fact in finding.evidence:
        place = places.setdefault(id(fact), len(relied_on))
        if place == len(relied_on):
            relied_on.append(NamedFact(fact.kind, fact.id, fact.source))
        evidence.append(place)
    return FoundFinding(finding.rule, finding.program, finding.outcome, finding.reason, tuple(evidence), finding.values)


def _in_words(one: FoundFinding, facts: Sequence[NamedFact], law: Law | None) -> answer.Finding:
    text = None if law is None else law.texts[one.rule]
    return answer.Finding(
        rule=one.rule,
        program=one.program,
        outcome=one.outcome,
        says=f"{one.rule}: {one.reason}." if text is None else said(text, one.reason, one.values),
        evidence=evidence_of([facts[place] for place in one.evidence]),
        cites=(),
        remedy=None if text is None else remedy_said(text, one.reason, one.values),
    )
