"""What the reference shows of one month's law, as the API writes it. What is absent is left out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from app.determination.facts import Program
from app.determination.findings import Effect
from app.determination.law import Standing
from app.determination.timekeeping import Whose


class CitedSource(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An authority, the place in it, and where it can be read."""

    source: str
    title: str
    publisher: str
    at: str | None = None
    url: str | None = None


class Months(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The first month of something, and the first month after it; without `until` it goes on."""

    from_: str = field(name="from")
    until: str | None = None


class RuleInForce(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One rule as it stands in a month.

    `since` and `until` are when it has been the law, `edition` the months in which it stood exactly as here. `programs`
    are those whose codes or time it may touch (none named: it belongs to none in particular); `codes` those it may
    refuse. `checked_in` is empty where it has no check of its own. `numbers` are the edition's, which may answer other ids beside
    this one, or what a row of a table decides; codes in them may be written as a range, both ends included. `denials`
    are, by the reason of a sentence, the adjustment reason codes a payer denies or cuts a line with.
    """

    rule: str
    title: str
    effect: Effect
    standing: Standing
    since: str
    until: str | None = None
    edition: Months
    programs: tuple[Program, ...] = ()
    codes: tuple[str, ...] = ()
    check: str
    checked_in: tuple[str, ...]
    numbers: Mapping[str, Any] = {}
    says: Mapping[str, str]
    remedies: Mapping[str, str] = {}
    denials: Mapping[str, str] = {}
    cites: tuple[CitedSource, ...]


class CodeWindow(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code, the months it exists, and the units a claim may carry for one date of service."""

    code: str
    program: Program
    pathway: str | None = None
    in_force: bool
    from_: str = field(name="from")
    until: str | None = None
    mue_units: int | None = None
    shared_with: tuple[Program, ...] = ()


class BaseCode(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The code that opens a pathway, and the seconds it needs; none where it is earned on an occasion.

    It is for less time than `below_seconds` only, where that is said.
    """

    code: str
    seconds: int | None = None
    below_seconds: int | None = None


class AddOnCode(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The code of further whole increments, the seconds of each, and a coding rule's cap."""

    code: str
    each_seconds: int
    max_units: int | None = None


class PathwayInForce(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One way to bill a program: whose time counts, the thresholds, and the rules that must not block.

    A pathway without minutes says on which `occasion` it is earned instead. `live_contact` is the rule that asks for a live
    contact in its time. Several programs may make units of one line: a claim carries `shared_units` of them.
    """

    program: Program
    pathway: str
    edition: Months
    counts: Whose | None = None
    occasion: str | None = None
    base: BaseCode
    add_on: AddOnCode | None = None
    live_contact: str | None = None
    shared_units: int | None = None
    requires: tuple[str, ...]


class PolicyDefault(Struct, frozen=True, gc=False, kw_only=True):
    """A choice the law leaves to the practice, and what holds when the practice says nothing."""

    name: str
    default: bool | str
    choices: tuple[bool | str, ...]
    rule: str
    says: str


class ConversionFactor(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Dollars for one relative value unit, from a day on. `qualifying_apm` only where it differs."""

    effective: dt.date
    dollars: str
    qualifying_apm: str | None = None


class ClaimEdits(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Codes not paid on one date of service by one practitioner beside codes of ours, and the rule that says so.

    `indicators` are by our code: 0 never, 1 only with a modifier. `codes` may be written as a range, both ends included.
    `from` and `until` stand where the edit has months of its own; else it holds while both codes exist.
    """

    rule: str
    codes: tuple[str, ...]
    indicators: Mapping[str, int]
    from_: str | None = field(name="from", default=None)
    until: str | None = None


class Allowed(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Total relative value units, and what a physician is allowed for a unit, national. `qualifying_apm_cents` only where it differs."""

    relative_value_units: str
    cents: int
    qualifying_apm_cents: int | None = None


class CodeAmount(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code's figures by kind of site; a site for which the schedule prints none is left out."""

    code: str
    nonfacility: Allowed | None = None
    facility: Allowed | None = None


class ReleaseInForce(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A release of the fee schedule that holds on days of the month: its conversion factor and its codes.

    `figures` says how well its figures were read.
    """

    release: str
    figures: str
    effective: dt.date
    dollars: str
    qualifying_apm: str | None = None
    codes: tuple[CodeAmount, ...]


class Amounts(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What the month's codes are allowed, how well the figures were read, and who is paid a share of them.

    Without a release nothing is published for the year.
    """

    source: str
    title: str
    publisher: str
    url: str | None = None
    standing: Standing
    note: str = ""
    reduced_for: tuple[str, ...]
    reduced_percent: int
    releases: tuple[ReleaseInForce, ...]


class Fingerprint(Struct, frozen=True, gc=False, kw_only=True):
    """Which law it is. Answers of an equal law digest were decided alike."""

    service_month: str
    version: str
    law_digest: str
    wording_digest: str


class RulebookMonth(Struct, frozen=True, gc=False, kw_only=True):
    """The law of one service month, whole. `ways_out` say what may be done about two codes on one date of service."""

    rulebook: Fingerprint
    rules: tuple[RuleInForce, ...]
    codes: tuple[CodeWindow, ...]
    pathways: tuple[PathwayInForce, ...]
    policies: tuple[PolicyDefault, ...]
    conversion_factors: tuple[ConversionFactor, ...]
    amounts: Amounts
    claim_edits: tuple[ClaimEdits, ...]
    ways_out: Mapping[str, str]
