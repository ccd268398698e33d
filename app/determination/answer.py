"""The answer as the contract writes it. Keys stand in the contract's order; what is absent is left out."""

import datetime as dt

from msgspec import Struct

from app.determination.determine import Status
from app.determination.facts import AnyFact, Program
from app.determination.findings import Outcome
from app.determination.law import Standing
from app.determination.verdicts import CodeVerdict


class ClaimLine(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What the clerk bills: code, units, dates, practitioner. Seconds are all that count for the pathway, before caps."""

    code: str
    units: int
    program: Program
    pathway: str
    practitioner: str
    earliest_service_date: dt.date
    service_date: dt.date
    counted_seconds: int | None = None
    diagnoses: tuple[str, ...]
    amount_cents: int | None = None
    warnings: tuple[str, ...]


class Alternative(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Another lawful set of lines for the whole month, and why it was not chosen."""

    claim_lines: tuple[ClaimLine, ...]
    amount_cents: int | None = None
    why_not_chosen: str


class Verdict(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """How one code stands: what was counted, what the next unit needs in all, and the rules that block it."""

    code: str
    program: Program
    pathway: str | None = None
    verdict: CodeVerdict
    counted_seconds: int | None = None
    needed_seconds: int | None = None
    blockers: tuple[str, ...]


class Evidence(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A fact relied on."""

    kind: str
    id: str
    source: str | None = None


class Cite(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An authority, the place in it, and how well the rule's text was read."""

    source: str
    at: str | None = None
    url: str | None = None
    standing: Standing


class Finding(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One rule's answer for the month, in a sentence, with its evidence and authority."""

    rule: str
    program: Program | None
    outcome: Outcome
    says: str
    evidence: tuple[Evidence, ...]
    cites: tuple[Cite, ...]
    remedy: str | None = None


class Uncounted(Struct, frozen=True, gc=False, kw_only=True):
    """Seconds that do not count, the rule that took them, and why."""

    seconds: int
    rule: str
    says: str


class Entry(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where an entry's seconds stand. Counted and uncounted seconds add up to the entry's."""

    id: str
    source: str | None = None
    seconds: int
    counted_seconds: int
    counted_for: str | None = None
    uncounted: tuple[Uncounted, ...]


class Time(Struct, frozen=True, gc=False, kw_only=True):
    """The ledger of seconds: every entry that touches the month."""

    counted_seconds: int
    entries: tuple[Entry, ...]


class Gap(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a code lacks, whether it can still be had, and facts that would settle it.

    Those facts are named `gap-1`, `gap-2` … beside the ones that were read; whoever records one gives it an id of their own.
    """

    code: str
    needs_seconds: int | None = None
    rules: tuple[str, ...]
    still_possible: bool
    settles: tuple[AnyFact, ...] | None = None
    remedy: str


class Conflict(Struct, frozen=True, gc=False, kw_only=True):
    """Two codes that a claim edit forbids on one date of service."""

    pair: tuple[str, str]
    on: dt.date
    modifier_indicator: int
    rule: str
    remedy: str


class Rulebook(Struct, frozen=True, gc=False, kw_only=True):
    """The law the answer was made under."""

    service_month: str
    version: str
    law_digest: str
    wording_digest: str


class Positions(Struct, frozen=True, gc=False, kw_only=True):
    """How far the patient's ledger and the practice's own were read."""

    patient: int
    practice: int


class ProgramOption(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One way to bill a program: its base code, the seconds of work it needs, what it pays for one unit, and what is missing.

    `patient_share_cents` is what the patient owes of the amount. `possible`: nothing that is missing is beyond remedy.
    `settles`: facts that would meet it all, the work included.
    """

    pathway: str
    code: str
    needed_seconds: int | None = None
    amount_cents: int | None = None
    patient_share_cents: int | None = None
    possible: bool
    missing: tuple[Finding, ...]
    settles: tuple[AnyFact, ...] | None = None


class ComparedProgram(Struct, frozen=True, gc=False, kw_only=True):
    """A program as it would serve the patient from the next month, its best way first; none where it has no codes then."""

    program: Program
    service_month: str
    practitioner: str
    options: tuple[ProgramOption, ...]


class Answer(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Which codes may be billed for this patient's month, and why.

    `claim_lines`: where a person must decide, only what is billed however that falls. `hypothetical`: made under
    the rules of another month than the service month; nothing to bill by. `comparison`: which program would serve the patient
    next, where it was asked.
    """

    patient: str | None = None
    service_month: str
    status: Status
    provisional: bool
    hypothetical: bool = False
    claim_lines: tuple[ClaimLine, ...]
    alternatives: tuple[Alternative, ...]
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    time: Time
    gaps: tuple[Gap, ...]
    conflicts: tuple[Conflict, ...]
    rulebook: Rulebook
    policy_digest: str
    inputs_digest: str
    positions: Positions | None = None
    known_as_of: dt.datetime | None = None
    comparison: tuple[ComparedProgram, ...] | None = None
