"""Dated editions read from TOML: a rule made from one edition's numbers, and what each of its ids says."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from app.determination.facts import Program
from app.determination.findings import FAMILIES, Effect
from app.determination.law import Citation, RuleText, Standing

if TYPE_CHECKING:
    from app.rulebook.sources import Source

S = TypeVar("S")
Prose = Annotated[str, Meta(min_length=1)]

VALUE_NAMES: Final = frozenset(
    {
        "above", "amount_cents", "believed", "claimed", "code", "codes", "count", "counted_seconds", "credential",
        "days", "elements", "figures", "first", "given", "known_on", "locality", "minimum", "models", "needed_seconds",
        "on", "others", "owed_cents", "pair", "pathways", "percent", "performer", "practitioner", "practitioners",
        "preference", "program", "programs", "release", "short_seconds", "since", "supported", "topics", "uncoded", "withdrawn",
        "worked_seconds",
    }
)  # fmt: skip
"""Every value a rule gives to a sentence."""

FILLED_OF_TIME: Final = frozenset({("TIME-05", "untested"), ("TIME-09", "contradiction")})
UNFILLED: Final = frozenset(
    {
        ("CHI-01", "before"), ("CONS-01", "before"), ("CONS-07", "uncounted"), ("CONS-08", "uncounted"), ("ELIG-04", "uncounted"),
        ("ELIG-07", "inside"), ("VAL-01", "no_code"),
    }
)  # fmt: skip
"""What is said of seconds that do not count is said without values: every sentence of a rule about time but those of
`FILLED_OF_TIME`, and these of rules that also block."""


class RulebookError(Exception):
    """The rule book contradicts itself, leaves a hole or names something that does not exist: it is not loaded."""


class Window(Struct, frozen=True, gc=False, kw_only=True):
    """The months an edition is in force. `begins`: the rule itself began then; `ends`: nothing follows this edition."""

    from_: str = field(name="from")
    until: str | None = None
    begins: bool = False
    ends: bool = False

    def in_force(self, month: str) -> bool:
        return self.from_ <= month and (self.until is None or month < self.until)


class Edition(Struct, frozen=True, gc=False):
    """One rule as it is in force from a month until another.

    `gates` are the programs whose codes it may block, `narrower` fewer of them for some of its ids; `takes_time_of` those
    whose time it may take out.
    """

    kind: str
    window: Window
    gates: frozenset[Program]
    narrower: Mapping[str, frozenset[Program]]
    takes_time_of: frozenset[Program]
    rule: Struct
    texts: tuple[RuleText, ...]
    decides: Mapping[str, Any]

    def in_force(self, month: str) -> bool:
        return self.window.in_force(month)

    def gating(self, program: Program) -> tuple[RuleText, ...]:
        """What its ids say that may block a program's codes."""
        return tuple(text for text in self.texts if program in self.narrower.get(text.id, self.gates))


class Cite(Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    at: Prose | None = None


class Wording(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one id says in one edition, as written."""

    title: Prose
    effect: Effect
    standing: Standing
    check: Prose
    says: dict[str, Prose]
    cites: tuple[Cite, ...] = ()
    remedies: dict[str, Prose] = {}
    since: str | None = None
    programs: frozenset[Program] | None = None


class _Written(Window, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every edition may state, beside the numbers its rule takes."""

    kind: str
    programs: frozenset[Program] = frozenset()
    takes_time_of: frozenset[Program] = frozenset()
    rules: dict[str, Wording]


def read_editions(
    where: str, table: Mapping[str, Any], kinds: Mapping[str, type[Struct]], sources: Mapping[str, "Source"]
) -> list[Edition]:
    """The editions of one file, checked one by one: known kinds, fields, ids, reasons, values and sources."""
    refuse_unknown(where, table, {"edition"})
    listed = entries(where, table, "edition")
    return [_edition(f"{where}, edition {n}", raw, kinds, sources) for n, raw in enumerate(listed, 1)]


def _edition(
    where: str, raw: Mapping[str, Any], kinds: Mapping[str, type[Struct]], sources: Mapping[str, "Source"]
) -> Edition:
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise RulebookError(f"{where}: no rule is of kind {kind!r}.")
    fields = set(kinds[kind].__struct_fields__)
    decides = {name: value for name, value in raw.items() if name in fields}
    rule = typed(where, decides, kinds[kind])
    written = typed(where, {name: value for name, value in raw.items() if name not in fields}, _Written)
    check_window(where, written)
    for key, stated, asked in (
        ("programs", written.programs, "check"),
        ("takes_time_of", written.takes_time_of, "closing"),
    ):
        if bool(stated) != hasattr(kinds[kind], asked):
            raise RulebookError(f"{where}: {kind} {'has no use for' if stated else 'lacks'} {key}.")
    finds: Mapping[str, set[str]] = kinds[kind].finds  # type: ignore[attr-defined]
    if set(written.rules) != set(finds):
        raise RulebookError(f"{where}: {kind} answers {sorted(finds)}, the edition has {sorted(written.rules)}.")
    texts = tuple(
        read_text(f"{where}, {rule_id}", rule_id, written.rules[rule_id], finds[rule_id], written.from_, sources)
        for rule_id in finds
    )
    window = Window(from_=written.from_, until=written.until, begins=written.begins, ends=written.ends)
    narrower = {rule: one.programs for rule, one in written.rules.items() if one.programs is not None}
    if wider := {rule for rule, programs in narrower.items() if not programs <= written.programs}:
        raise RulebookError(f"{where}: {sorted(wider)} may block programs that the edition does not.")
    return Edition(kind, window, written.programs, narrower, written.takes_time_of, rule, texts, decides)


def read_text(
    where: str, rule_id: str, written: Wording, reasons: Collection[str], from_: str, sources: Mapping[str, "Source"]
) -> RuleText:
    """What an id says, checked: a sentence for every reason its rule gives, naming only values it is given."""
    if rule_id.rpartition("-")[0] not in FAMILIES:
        raise RulebookError(f"{where}: the family has no place in rule-book order.")
    if set(written.says) != set(reasons):
        raise RulebookError(f"{where}: the rule gives {sorted(reasons)}, the edition says {sorted(written.says)}.")
    refuse_unknown(f"{where}, remedies", written.remedies, set(reasons))
    for reason, sentence in (*written.says.items(), *written.remedies.items()):
        said = rule_id, reason
        unfilled = said in UNFILLED or (written.effect == "time" and said not in FILLED_OF_TIME)
        _check_sentence(f"{where}, {reason}", sentence, frozenset() if unfilled else VALUE_NAMES)
    if unknown := {cite.source for cite in written.cites} - sources.keys():
        raise RulebookError(f"{where}: no source {sorted(unknown)} in sources.toml.")
    cites = tuple(Citation(cite.source, cite.at, sources[cite.source].url) for cite in written.cites)
    return RuleText(
        rule_id,
        written.title,
        written.effect,
        written.standing,
        written.check,
        cites or (Citation("RULEBOOK", rule_id),),
        written.says,
        written.remedies,
        check_month(where, written.since or from_),
    )


def _check_sentence(where: str, sentence: str, names: frozenset[str]) -> None:
    """A sentence names values and nothing else: no brace of its own, no index, conversion or format."""
    try:
        parts = list(Formatter().parse(sentence))
    except ValueError as error:
        raise RulebookError(f"{where}: {error}") from error
    for literal, name, shape, conversion in parts:
        if "{" in literal or "}" in literal or shape or conversion:
            raise RulebookError(f"{where}: a sentence has braces around the name of a value only.")
        if name is not None and name not in names:
            raise RulebookError(f"{where}: no value {name!r} is given to this sentence.")


def check_month(where: str, written: str) -> str:
    if len(written) != 7 or not (written[:4] + written[5:]).isdigit() or written[4] != "-":
        raise RulebookError(f"{where}: a month is written YYYY-MM.")
    if not "01" <= written[5:] <= "12":
        raise RulebookError(f"{where}: a month is written YYYY-MM.")
    return written


def check_window(where: str, window: Window) -> None:
    check_month(where, window.from_)
    if window.until is not None and check_month(where, window.until) <= window.from_:
        raise RulebookError(f"{where}: it ends in {window.until}, before it is in force.")
    if window.ends and window.until is None:
        raise RulebookError(f"{where}: it ends, without the month.")


def check_chain(where: str, windows: Sequence[Window], first_month: str, last_month: str) -> None:
    """One edition is in force in every month from the book's first to its last.

    Only where the first edition says `begins = true` or the last says `ends = true` was the law silent before or after:
    a month without an edition is otherwise taken for a slip, at either end as between two editions.
    """
    ordered = sorted(windows, key=lambda window: window.from_)
    if not ordered:
        raise RulebookError(f"{where}: no edition at all.")
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until > later.from_:
            raise RulebookError(f"{where}: two editions are in force in {later.from_}.")
        if earlier.until < later.from_:
            raise RulebookError(f"{where}: no edition is in force from {earlier.until} to {later.from_}.")
        if earlier.ends or later.begins:
            raise RulebookError(f"{where}: it goes on in {later.from_}, where one edition says it ends or begins.")
    if ordered[0].from_ > first_month and not ordered[0].begins:
        raise RulebookError(f"{where}: no edition is in force before {ordered[0].from_}.")
    until = ordered[-1].until
    if until is not None and until <= last_month and not ordered[-1].ends:
        raise RulebookError(f"{where}: no edition is in force from {until} on.")


def typed(where: str, written: object, kind: type[S]) -> S:
    """What a file says as a type; `RulebookError` names the place when it does not fit."""
    try:
        return msgspec.convert(written, kind)
    except msgspec.ValidationError as error:
        raise RulebookError(f"{where}: {error}") from error


def entries(where: str, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """What stands under a repeated heading."""
    return typed(where, table.get(key, []), list[dict[str, Any]])


def refuse_unknown(where: str, raw: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(raw) - known:
        raise RulebookError(f"{where}: unknown {', '.join(sorted(unknown))}.")
