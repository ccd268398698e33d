"""The law of one service month, compiled: what `determine` reads. Made by `rulebook.loader`, never by hand."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, Protocol, TypeVar

from msgspec import Struct, field

from app.determination.amounts import FeeSchedule
from app.determination.concurrency import ConcurrentService
from app.determination.consents import ConsentTerms
from app.determination.coverage import CoverTerms
from app.determination.doubts import Doubting
from app.determination.facts import Program
from app.determination.findings import Effect, Rule
from app.determination.policy import Policy
from app.determination.program_month import ProgramMonth
from app.determination.timekeeping import TimeRule, Whose

T = TypeVar("T")

MOST_PROGRAM_SETS: Final = 64
"""Answers kept of one month's law for sets of programs."""

Standing = Literal["read", "proposed", "secondary", "unread", "derived"]

Preferred = Literal["supported", "own_time"]
"""When a pathway is the most accurate: wherever it is lawful, or where all counted time is the practitioner's own."""


class CodeRow(Struct, frozen=True, gc=False):
    """A code with a verdict row: its program, the months it exists and the units a claim may carry.

    `mue_units` is the medically unlikely edit: units a practitioner may claim for one date of service, which for a
    monthly code acts monthly. `before` and `after` name the rule that says why it does not exist before or after its months,
    `unmade` the one named where no program of the month that shares it makes a unit of it.
    """

    code: str
    program: Program
    from_: str
    until: str | None = None
    mue_units: int | None = None
    shared_with: tuple[Program, ...] = ()
    unmade: str | None = None
    before: str | None = None
    after: str | None = None

    def exists_in(self, written_month: str) -> bool:
        return self.from_ <= written_month and (self.until is None or written_month < self.until)

    def closed_by(self, written_month: str) -> tuple[str, ...]:
        """The rules named for a month in which the code does not exist."""
        rule = self.before if written_month < self.from_ else self.after
        return ("VAL-01",) if rule is None else ("VAL-01", rule)


class AddOn(Struct, frozen=True, gc=False):
    """Whole increments beyond the base. `max_units`: a coding rule's cap (UNIT-04); `short`: named beside TIME-02."""

    code: str
    each_seconds: int
    max_units: int | None = None
    short: tuple[str, ...] = ()


class Ceiling(Struct, frozen=True, gc=False):
    """A base for less time than `below_seconds` only, and the rule named from there on."""

    below_seconds: int
    rule: str


class Pathway(Struct, frozen=True, gc=False, kw_only=True):
    """One way to bill a month: a base code at its threshold, an add-on for whole increments, and whose time counts.

    A pathway without minutes (`whose` is `None`) is earned on an occasion instead: `occasion` names the kind of the rule that
    tells its day, which is the only one its line may bear where the `date_is_fixed`. `requires` names the rules that must
    not block, with those of its program unless it stands `apart`; `short` the ids named beside TIME-02 when the base is not
    reached. `live_contact` is the rule that asks for one counted contact with the patient, `ceiling` ends the base's time.

    `preferred` tells when the pathway is the most accurate of several (UNIT-06). Pathways of one name in several programs
    make one line together, each a unit of it, of which a claim carries at most `shared_units`.
    """

    name: str
    program: Program
    base_code: str
    base_seconds: int = 0
    whose: Whose | None = None
    add_on: AddOn | None = None
    requires: frozenset[str] = frozenset()
    short: tuple[str, ...] = ()
    live_contact: str | None = None
    ceiling: Ceiling | None = None
    occasion: str | None = None
    date_is_fixed: bool = False
    apart: bool = False
    preferred: Preferred | None = None
    shared_units: int | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.base_code,) if self.add_on is None else (self.base_code, self.add_on.code)

    def above(self, seconds: int) -> str | None:
        """The rule that ends the base's time, where it is at an end."""
        ceiling = self.ceiling
        return None if ceiling is None or seconds < ceiling.below_seconds else ceiling.rule

    @property
    def key(self) -> str:
        """As the ledger of seconds writes it: `ccm/clinical_staff`."""
        return f"{self.program}/{self.name}"


class Occasion(Protocol):
    """A rule that tells on which day of the month a pathway without minutes was earned."""

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None: ...


Within = Literal["practitioner", "practice"]


class Exclusion(Struct, frozen=True, gc=False):
    """Pathways of different groups never share a month: a set of lines holds one group's, and a claim of another's blocks.

    It binds what one practitioner bills or, `within` the practice, what anybody there does; of another practice it then
    advises.
    """

    rule: str
    groups: tuple[frozenset[str], ...]
    within: Within = "practitioner"

    def excludes(self, one: Pathway, other: Pathway) -> bool:
        """Whether two pathways stand in different groups."""
        places = [self._place(pathway) for pathway in (one, other)]
        return None not in places and places[0] != places[1]

    def _place(self, pathway: Pathway) -> int | None:
        """The group that names the pathway, by its name or, of one that several programs have, by its key."""
        named = {pathway.name, pathway.key}
        return next((place for place, group in enumerate(self.groups) if not named.isdisjoint(group)), None)


class ClaimEdit(Struct, frozen=True, gc=False):
    """A pair of codes not paid on one date of service: never (0) or only with a modifier (1), and the rule that names it."""

    rule: str
    indicator: int


class Citation(Struct, frozen=True, gc=False, omit_defaults=True):
    """An authority and the place in it. The standing is the rule's own."""

    source: str
    at: str | None = None
    url: str | None = None


class RuleText(Struct, frozen=True, gc=False):
    """What a rule id says in this edition: its title, how it is checked, its sentences by reason, its remedies."""

    id: str
    title: str
    effect: Effect
    standing: Standing
    check: str
    cites: tuple[Citation, ...]
    says: Mapping[str, str]
    remedies: Mapping[str, str]
    since: str


class Digests(Struct, frozen=True, gc=False):
    """Fingerprints of the compiled book: of what decides, and of its wording."""

    version: str
    law: str
    wording: str


class Law(Struct, frozen=True, gc=False):
    """Every edition in force in one month.

    `codes` holds every code's row by code, in ascending order, `closed_codes` those that do not exist this month, and `pathway_names` the pathway that bills a code this month.
    `gates` and `time_rules` are by program, in rule-book order; `pathways` by assessed program in the order that breaks
    ties. A program without pathways is not assessed by this version. `concurrent` holds, by a pathway's key, the services that
    bear on it; `edits`, by code, the codes not paid on its date of service; `occasions`, by kind, the rules that tell the
    day of a pathway without minutes; `claims`, by its key, its codes of any month, as a claim may hold them; `denials`, by
    reason, the code a payer denies a line with; `ways_out` say what may be done about two codes on one date.
    """

    month: str
    codes: Mapping[str, CodeRow]
    closed_codes: tuple[str, ...]
    gates: Mapping[Program, tuple[Rule, ...]]
    time_rules: Mapping[Program, tuple[TimeRule, ...]]
    doubting: tuple[Doubting, ...]
    pathways: Mapping[Program, tuple[Pathway, ...]]
    pathway_names: Mapping[str, str]
    claims: Mapping[str, frozenset[str]]
    texts: Mapping[str, RuleText]
    consent_terms: Mapping[Program, ConsentTerms]
    cover: CoverTerms
    exclusions: tuple[Exclusion, ...]
    concurrent: Mapping[str, tuple[ConcurrentService, ...]]
    edits: Mapping[str, Mapping[str, ClaimEdit]]
    occasions: Mapping[str, Occasion]
    denials: Mapping[str, str]
    ways_out: Mapping[str, str]
    fees: FeeSchedule
    default_policy: Policy
    digests: Digests
    memo: dict[object, object] = field(default_factory=dict)
    memo_by_programs: dict[tuple[object, frozenset[Program]], object] = field(default_factory=dict)

    def once(self, key: object, answer: Callable[[], T]) -> T:
        """What follows from the law alone, worked out when it is first asked for."""
        if key not in self.memo:
            self.memo[key] = answer()
        return self.memo[key]  # type: ignore[return-value]

    def once_for(self, named: frozenset[Program], key: object, answer: Callable[[], T]) -> T:
        """What follows from the law and the programs a month names. There are a thousand sets of them and a law for every
        month: after `MOST_PROGRAM_SETS` answers it is worked out anew.
        """
        # Two threads may both work one out: the answers are equal.
        kept = self.memo_by_programs.get((key, named))
        if kept is None:
            kept = answer()
            if len(self.memo_by_programs) >= MOST_PROGRAM_SETS:
                self.memo_by_programs.clear()
            self.memo_by_programs[key, named] = kept
        return kept  # type: ignore[return-value]

    @property
    def shared_codes(self) -> frozenset[str]:
        """Codes that several pathways bill."""
        return self.once("shared codes", self._shared_codes)

    def _shared_codes(self) -> frozenset[str]:
        billed = Counter(code for own in self.pathways.values() for pathway in own for code in pathway.codes)
        return frozenset(code for code, times in billed.items() if times > 1)

    def effect(self, rule: str) -> Effect:
        return self.texts[rule].effect

    def pathway_codes(self, program: Program, name: str) -> frozenset[str]:
        """The codes a pathway bills."""
        return self.once(("codes", program, name), lambda: frozenset(self._pathway(program, name).codes))

    def _pathway(self, program: Program, name: str) -> Pathway:
        return next(pathway for pathway in self.pathways[program] if pathway.name == name)

    def excluding(self, pathway: Pathway) -> tuple[tuple[Exclusion, frozenset[str]], ...]:
        """What excludes a pathway, each with the codes of a claim that blocks it."""
        return self.once(("excluding", pathway.key), lambda: self._excluding(pathway))

    def _excluding(self, pathway: Pathway) -> tuple[tuple[Exclusion, frozenset[str]], ...]:
        own = self.claims[pathway.key]
        found = []
        for exclusion in self.exclusions:
            everyones = (other for others in self.pathways.values() for other in others)
            others = [self.claims[other.key] for other in everyones if exclusion.excludes(pathway, other)]
            if codes := frozenset[str]().union(*others) - own:
                found.append((exclusion, codes))
        return tuple(found)

    def rows_between(self, one: Pathway, other: Pathway) -> tuple[ConcurrentService, ...]:
        """What is said of a pathway beside another's codes, as if these had been billed."""
        key = ("rows between", one.key, other.key)
        return self.once(key, lambda: self._rows_between(one, other))

    def _rows_between(self, one: Pathway, other: Pathway) -> tuple[ConcurrentService, ...]:
        return tuple(row for row in self.concurrent[one.key] if not row.codes.isdisjoint(other.codes))

    def exclusions_between(self, one: Pathway, other: Pathway) -> tuple[Exclusion, ...]:
        """What keeps two pathways out of one set of lines."""
        key = ("exclusions", one.key, other.key)
        return self.once(key, lambda: tuple(e for e in self.exclusions if e.excludes(one, other)))

    def names(self, code: str, named: Collection[Program]) -> bool:
        """Whether a fact names the code's program, or one of those a shared code stands for (PROG-00)."""
        row = self.codes[code]
        return row.program in named or any(program in named for program in row.shared_with)
