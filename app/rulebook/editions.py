"""Dated editions read from TOML: a rule made from one edition's numbers, and what each of its ids says."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

import msgspec
from msgspec import Struct

from app.determination.facts import PROGRAMS, Program
from app.determination.findings import FAMILIES, Effect
from app.determination.law import Citation, RuleText, Standing


class RulebookError(Exception):
    """The rule book contradicts itself, leaves a hole or names something that does not exist: it is not loaded."""


class Edition(Struct, frozen=True, gc=False):
    """One rule as it is in force from a month until another.

    `gates` are the programs whose codes it may block; `takes_time_of` those whose time it may take out.
    """

    kind: str
    from_: str
    until: str | None
    gates: frozenset[Program]
    takes_time_of: frozenset[Program]
    rule: Struct
    texts: tuple[RuleText, ...]
    decides: Mapping[str, Any]

    def in_force(self, month: str) -> bool:
        return self.from_ <= month and (self.until is None or month < self.until)


_OWN_KEYS = {"kind", "from", "until", "programs", "takes_time_of", "rules"}


def read_editions(
    where: str, table: Mapping[str, Any], kinds: Mapping[str, type[Struct]], sources: Mapping[str, Citation]
) -> list[Edition]:
    """The editions of one file, checked: known kinds, fields, ids, reasons and sources, no gap and no overlap."""
    refuse_unknown(where, table, {"edition"})
    editions = [_edition(f"{where}, edition {n}", raw, kinds, sources) for n, raw in enumerate(table["edition"], 1)]
    by_ids: dict[frozenset[str], list[Edition]] = {}
    for edition in editions:
        by_ids.setdefault(frozenset(text.id for text in edition.texts), []).append(edition)
    for ids, group in by_ids.items():
        check_contiguous(f"{where}, {', '.join(sorted(ids))}", [(e.from_, e.until) for e in group])
    return editions


def _edition(
    where: str, raw: Mapping[str, Any], kinds: Mapping[str, type[Struct]], sources: Mapping[str, Citation]
) -> Edition:
    kind = raw.get("kind", "")
    if kind not in kinds:
        raise RulebookError(f"{where}: no rule is of kind {kind!r}.")
    fields = set(kinds[kind].__struct_fields__)
    refuse_unknown(where, raw, _OWN_KEYS | fields)
    decides = {name: value for name, value in raw.items() if name in fields}
    try:
        rule = msgspec.convert(decides, kinds[kind])
        from_ = _month(raw["from"])
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        raise RulebookError(f"{where}: {error}") from error
    until = _month(raw["until"]) if "until" in raw else None
    finds: Mapping[str, set[str]] = kinds[kind].finds  # type: ignore[attr-defined]
    if set(raw["rules"]) != set(finds):
        raise RulebookError(f"{where}: {kind} answers {sorted(finds)}, the edition has {sorted(raw['rules'])}.")
    texts = tuple(_text(where, rule_id, raw["rules"][rule_id], finds[rule_id], from_, sources) for rule_id in finds)
    return Edition(
        kind,
        from_,
        until,
        _programs(where, raw, "programs"),
        _programs(where, raw, "takes_time_of"),
        rule,
        texts,
        decides,
    )


def _text(
    where: str, rule_id: str, raw: Mapping[str, Any], reasons: set[str], from_: str, sources: Mapping[str, Citation]
) -> RuleText:
    where = f"{where}, {rule_id}"
    refuse_unknown(where, raw, {"title", "effect", "standing", "check", "cites", "says", "remedies", "since"})
    if rule_id.rpartition("-")[0] not in FAMILIES:
        raise RulebookError(f"{where}: the family has no place in rule-book order.")
    if set(raw["says"]) != reasons:
        raise RulebookError(f"{where}: the rule gives {sorted(reasons)}, the edition says {sorted(raw['says'])}.")
    refuse_unknown(f"{where}, remedies", raw.get("remedies", {}), reasons)
    if raw["effect"] not in get_args(Effect) or raw["standing"] not in get_args(Standing):
        raise RulebookError(f"{where}: unknown effect or standing.")
    cites = []
    for cite in raw.get("cites", []):
        refuse_unknown(where, cite, {"source", "at"})
        if cite["source"] not in sources:
            raise RulebookError(f"{where}: no source {cite['source']!r} in sources.toml.")
        cites.append(Citation(cite["source"], cite.get("at"), sources[cite["source"]].url))
    if not cites:
        cites.append(Citation("RULEBOOK", rule_id))
    return RuleText(
        rule_id,
        raw["title"],
        raw["effect"],
        raw["standing"],
        raw["check"],
        tuple(cites),
        raw["says"],
        raw.get("remedies", {}),
        raw.get("since", from_),
    )


def _programs(where: str, raw: Mapping[str, Any], key: str) -> frozenset[Program]:
    named = raw.get(key, [])
    if not set(named) <= set(PROGRAMS):
        raise RulebookError(f"{where}: {key} names an unknown program.")
    return frozenset(named)


def _month(written: str) -> str:
    if len(written) != 7 or written[4] != "-" or not "01" <= written[5:] <= "12":
        raise ValueError("a month is written YYYY-MM")
    return written


def check_contiguous(where: str, windows: Sequence[tuple[str, str | None]]) -> None:
    ordered = sorted(windows)
    for (_, until), (from_, _) in pairwise(ordered):
        if until is None or until > from_:
            raise RulebookError(f"{where}: two editions are in force in {from_}.")
        if until < from_:
            raise RulebookError(f"{where}: no edition is in force from {until} to {from_}.")


def refuse_unknown(where: str, raw: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(raw) - known:
        raise RulebookError(f"{where}: unknown {', '.join(sorted(unknown))}.")
