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
    are those whose codes or time it may touch (none named: every program); `codes` those that it must not block. `numbers` are the edition's, which may answer other
    ids beside this one.
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


class BaseCode(Struct, frozen=True, gc=False, kw_only=True):
    """The code that opens a pathway, and the seconds it needs."""

    code: str
    seconds: int


class AddOnCode(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The code of further whole increments, the seconds of each, and a coding rule's cap."""

    code: str
    each_seconds: int
    max_units: int | None = None


class PathwayInForce(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One way to bill a program: whose time counts, the thresholds, and the rules that must not block."""

    program: Program
    pathway: str
    edition: Months
    counts: Whose | None = None
    base: BaseCode
    add_on: AddOnCode | None = None
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


class Fingerprint(Struct, frozen=True, gc=False, kw_only=True):
    """Which law it is. Answers of an equal law digest were decided alike."""

    service_month: str
    version: str
    law_digest: str
    wording_digest: str


class RulebookMonth(Struct, frozen=True, gc=False, kw_only=True):
    """The law of one service month, whole."""

    rulebook: Fingerprint
    rules: tuple[RuleInForce, ...]
    codes: tuple[CodeWindow, ...]
    pathways: tuple[PathwayInForce, ...]
    policies: tuple[PolicyDefault, ...]
    conversion_factors: tuple[ConversionFactor, ...]
