"""Rules written as tables: which pathways and services exclude each other, which pairs are not paid on one date, and what is
only said. Each row is its rule's edition: it has its months, its authority and its wording beside what it decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import asdict

from app.determination.concurrency import Bearing, ConcurrentService
from app.determination.findings import Effect
from app.determination.law import ClaimEdit, Exclusion, RuleText, Standing, Within
from app.determination.vocabulary import Code, Month
from app.rulebook.editions import Cite, Prose, RulebookError, Window, Wording, check_window, read_text, typed
from app.rulebook.sources import Source

_RANGE_MOST: Final = 1_000


class Stated(Window, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row's rule, months, authority and wording."""

    rule: str
    title: Prose
    effect: Effect
    standing: Standing
    check: Prose
    cites: tuple[Cite, ...] = ()
    says: dict[str, Prose] = field(default_factory=dict)
    remedies: dict[str, Prose] = field(default_factory=dict)
    since: Month | None = None


class _Note(Stated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Notes(Struct, frozen=True, forbid_unknown_fields=True):
    note: tuple[_Note, ...]


class _Exclusion(Stated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    groups: tuple[tuple[str, ...], ...]
    within: Within = "practitioner"


class _Exclusions(Struct, frozen=True, forbid_unknown_fields=True):
    exclusion: tuple[_Exclusion, ...]


class _Service(Stated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    label: Prose
    advice: Prose = ""
    pathways: tuple[str, ...] | None = None
    same_practitioner: Bearing | None = None
    same_practice: Bearing | None = None
    elsewhere: Bearing | None = None
    settings: frozenset[str] = frozenset()
    except_settings: frozenset[str] = frozenset()
    episode_days: Annotated[int, Meta(ge=1, le=366)] | None = None
    free_seconds: Annotated[int, Meta(ge=1)] | None = None


class _Services(Struct, frozen=True, forbid_unknown_fields=True):
    pathways: tuple[str, ...]
    says: dict[str, Prose]
    remedies: dict[str, Prose]
    service: tuple[_Service, ...]


class _Edit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rule: str
    codes: tuple[str, ...]
    indicators: dict[Code, Literal[0, 1]]
    from_: Month = field(name="from", default="0000-01")
    until: Month | None = None


class WaysOut(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be done about two codes on one date."""

    another_day: Prose
    no_day_left: Prose
    fixed: Prose
    modifier: Prose


class _Edits(Struct, frozen=True, forbid_unknown_fields=True):
    ways_out: WaysOut
    edit: tuple[_Edit, ...]


class Statement(Struct, frozen=True, gc=False):
    """A row as read: the months it is in force, its text and what it decides (nothing, where it is only said)."""

    window: Window
    text: RuleText
    decides: Exclusion | ConcurrentService | None = None

    @property
    def about(self) -> frozenset[str]:
        """The pathways it is about."""
        if isinstance(self.decides, Exclusion):
            return frozenset[str]().union(*self.decides.groups)
        return self.decides.pathways if isinstance(self.decides, ConcurrentService) else frozenset()


class DatedEdit(Struct, frozen=True, gc=False):
    """Pairs of codes not paid on one date of service, in the months they hold."""

    from_: str
    until: str | None
    codes: frozenset[str]
    indicators: Mapping[str, int]
    rule: str

    def in_force(self, month: str) -> bool:
        return self.from_ <= month and (self.until is None or month < self.until)


def read_notes(where: str, table: Mapping[str, Any], sources: Mapping[str, Source]) -> Iterator[Statement]:
    """Rules that nothing checks, or that the determination says where it decides them."""
    for n, note in enumerate(typed(where, table, _Notes).note, 1):
        yield _statement(f"{where}, note {n}", note, sources)


def read_exclusions(where: str, table: Mapping[str, Any], sources: Mapping[str, Source]) -> Iterator[Statement]:
    """Which pathways never share a month."""
    for n, row in enumerate(typed(where, table, _Exclusions).exclusion, 1):
        place = f"{where}, exclusion {n}"
        needed = {"claimed", "elsewhere"} if row.within == "practice" else {"claimed"}
        if set(row.says) not in (needed, {*needed, "instead"}):
            raise RulebookError(
                f"{place}: it says what a claim of another group means (`claimed`; of another practice `elsewhere`,"
                " where it binds the whole practice), and of programs which is billed (`instead`)."
            )
        groups = tuple(frozenset(group) for group in row.groups)
        if len(groups) < 2 or sum(map(len, groups)) != len(frozenset[str]().union(*groups)):
            raise RulebookError(f"{place}: two groups or more, and a pathway in one of them only.")
        yield _statement(place, row, sources, Exclusion(row.rule, groups, row.within))


def read_services(
    where: str,
    table: Mapping[str, Any],
    sources: Mapping[str, Source],
    on_one_date: Mapping[str, frozenset[str]],
    ours: Collection[str],
) -> Iterator[Statement]:
    """What services of the month mean for pathways. `on_one_date`: by rule, what edits say of its codes; `ours` are codes
    that we may bill ourselves.
    """
    read = typed(where, table, _Services)
    for n, row in enumerate(read.service, 1):
        place = f"{where}, service {n}"
        bearings = {row.same_practitioner, row.same_practice, row.elsewhere} - {None}
        reasons = {str(bearing) for bearing in bearings} | on_one_date.get(row.rule, frozenset())
        if row.free_seconds is not None:
            reasons |= {"ended", "short_after"}
        if ("advises" in bearings) != bool(row.advice):
            raise RulebookError(f"{place}: a row that advises says what, and no other does.")
        if "blocks" in (row.same_practitioner, row.same_practice) and not expanded(place, row.codes).isdisjoint(ours):
            reasons |= {"instead"}
        says = {reason: _labelled(read.says[reason], row) for reason in sorted(reasons)}
        remedies = {reason: text for reason, text in read.remedies.items() if reason in reasons}
        decides = ConcurrentService(
            rule=row.rule,
            codes=expanded(place, row.codes),
            pathways=frozenset(read.pathways if row.pathways is None else row.pathways),
            same_practitioner=row.same_practitioner,
            same_practice=row.same_practice,
            elsewhere=row.elsewhere,
            settings=row.settings,
            except_settings=row.except_settings,
            episode_days=row.episode_days,
            free_seconds=row.free_seconds,
        )
        yield _statement(place, row, sources, decides, says, remedies)


def read_edits(where: str, table: Mapping[str, Any]) -> tuple[list[DatedEdit], dict[str, str]]:
    """Pairs of codes not paid on one date of service, and what may be done about them."""
    read = typed(where, table, _Edits)
    edits = [
        DatedEdit(row.from_, row.until, expanded(f"{where}, edit {n}", row.codes), row.indicators, row.rule)
        for n, row in enumerate(read.edit, 1)
    ]
    return edits, asdict(read.ways_out)


def said_of_one_date(edits: Iterable[DatedEdit]) -> dict[str, frozenset[str]]:
    """By rule, the sentences its edits need."""
    found: dict[str, set[str]] = {}
    for edit in edits:
        reasons = {reason_on_one_date(indicator) for indicator in edit.indicators.values()}
        found.setdefault(edit.rule, set()).update(reasons)
    return {rule: frozenset(reasons) for rule, reasons in found.items()}


def reason_on_one_date(indicator: int) -> str:
    return "never_on_one_date" if indicator == 0 else "with_modifier"


def edits_in(edits: Iterable[DatedEdit], month: str, rules: Mapping[str, RuleText]) -> dict[str, dict[str, ClaimEdit]]:
    """By each of our codes the codes not paid on its date. A pair whose rule is not in force has no valid partner."""
    found: dict[str, dict[str, ClaimEdit]] = {}
    for edit in edits:
        if not edit.in_force(month) or edit.rule not in rules:
            continue
        for code, indicator in edit.indicators.items():
            for other in edit.codes:
                pair = ClaimEdit(edit.rule, indicator)
                if found.setdefault(code, {}).setdefault(other, pair) != pair:
                    raise RulebookError(f"claim_edits.toml: {code} with {other} stands twice in {month}.")
    return found


def expanded(where: str, written: Iterable[str]) -> frozenset[str]:
    """Codes, with ranges written out: `99374-99380`, `G0556-G0558`."""
    codes: set[str] = set()
    for one in written:
        first, dash, last = one.partition("-")
        letter = first[:1] if first[:1].isalpha() else ""
        digits = [code.removeprefix(letter) for code in (first, last or first)]
        if any(len(letter + number) != 5 or not number.isdigit() for number in digits):
            raise RulebookError(f"{where}: {one} is no code and no range of codes.")
        low, high = map(int, digits)
        if not low <= high < low + _RANGE_MOST or (dash and low == high):
            raise RulebookError(f"{where}: {one} is no range of codes.")
        codes.update(f"{letter}{number:0{5 - len(letter)}}" for number in range(low, high + 1))
    return frozenset(codes)


def _labelled(sentence: str, row: _Service) -> str:
    return sentence.replace("{label}", row.label).replace("{advice}", row.advice)


def _statement(
    where: str,
    row: Stated,
    sources: Mapping[str, Source],
    decides: Exclusion | ConcurrentService | None = None,
    says: dict[str, str] | None = None,
    remedies: dict[str, str] | None = None,
) -> Statement:
    """The row with its own sentences or, for rows that share theirs, those made for it."""
    check_window(where, row)
    if says is not None and (row.says or row.remedies):
        raise RulebookError(f"{where}: what it says stands at the head of the file.")
    wording = Wording(
        title=row.title,
        effect=row.effect,
        standing=row.standing,
        check=row.check,
        says=row.says if says is None else says,
        cites=row.cites,
        remedies=row.remedies if remedies is None else remedies,
        since=row.since,
    )
    window = Window(from_=row.from_, until=row.until, begins=row.begins, ends=row.ends)
    return Statement(window, read_text(where, row.rule, wording, wording.says, row.from_, sources), decides)
