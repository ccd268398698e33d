"""Two months' laws side by side: what began, what ended, and what of it changed."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from app.determination.findings import rule_book_order
from app.reference.claim_edits import pairs_of, written_short
from app.reference.entries import ClaimEdits, CodeWindow, ConversionFactor, Fingerprint, PathwayInForce, RuleInForce
from app.reference.in_force import rulebook_of

S = TypeVar("S", bound=Struct)

NOT_COMPARED: Final = {"rule", "since", "until", "edition", "codes", "checked_in"}
"""When a rule was the law is what "begun" and "ended" say; the codes follow from the pathways; files are not the law."""


class Change(Struct, frozen=True, gc=False, kw_only=True):
    """One thing that differs: `check`, `numbers.minimum`, `says.withdrawn`. A side that lacks it is left out."""

    what: str
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class RuleChange(Struct, frozen=True, gc=False, kw_only=True):
    """A rule in force in both months that does not stand as it stood."""

    rule: str
    title: str
    changes: tuple[Change, ...]


class PathwayChange(Struct, frozen=True, gc=False, kw_only=True):
    """A pathway of both months with other thresholds, codes, time or requirements."""

    program: str
    pathway: str
    changes: tuple[Change, ...]


class RuleDifferences(Struct, frozen=True, gc=False, kw_only=True):
    """Rules of one month only, and rules that changed."""

    begun: tuple[RuleInForce, ...]
    ended: tuple[RuleInForce, ...]
    changed: tuple[RuleChange, ...]


class CodeDifferences(Struct, frozen=True, gc=False, kw_only=True):
    """Codes that exist in one of the months only."""

    opened: tuple[CodeWindow, ...]
    closed: tuple[CodeWindow, ...]


class PathwayDifferences(Struct, frozen=True, gc=False, kw_only=True):
    """Pathways of one month only, and pathways that changed."""

    begun: tuple[PathwayInForce, ...]
    ended: tuple[PathwayInForce, ...]
    changed: tuple[PathwayChange, ...]


class FactorDifferences(Struct, frozen=True, gc=False, kw_only=True):
    """Conversion factors of one month's year only."""

    begun: tuple[ConversionFactor, ...]
    ended: tuple[ConversionFactor, ...]


class EditDifferences(Struct, frozen=True, gc=False, kw_only=True):
    """Pairs of codes not paid on one date in one of the months only. A pair of another indicator stands on both sides."""

    begun: tuple[ClaimEdits, ...]
    ended: tuple[ClaimEdits, ...]


class RulebookDiff(Struct, frozen=True, gc=False, kw_only=True):
    """What differs between the laws of two months. An equal `law_digest` means that nothing that decides does."""

    from_: Fingerprint = field(name="from")
    to: Fingerprint
    rules: RuleDifferences
    codes: CodeDifferences
    pathways: PathwayDifferences
    conversion_factors: FactorDifferences
    claim_edits: EditDifferences


@lru_cache(maxsize=256)
def compare(from_: str, to: str) -> RulebookDiff:
    """What differs between two covered months, in whichever order."""
    before, after = rulebook_of(from_), rulebook_of(to)
    old_rules = {one.rule: one for one in before.rules}
    new_rules = {one.rule: one for one in after.rules}
    old_paths = {(one.program, one.pathway): one for one in before.pathways}
    new_paths = {(one.program, one.pathway): one for one in after.pathways}
    existed = {one.code for one in before.codes if one.in_force}
    exists = {one.code for one in after.codes if one.in_force}
    return RulebookDiff(
        from_=before.rulebook,
        to=after.rulebook,
        rules=RuleDifferences(
            begun=tuple(one for one in after.rules if one.rule not in old_rules),
            ended=tuple(one for one in before.rules if one.rule not in new_rules),
            changed=tuple(
                RuleChange(rule=rule, title=new_rules[rule].title, changes=changed)
                for rule in sorted(old_rules.keys() & new_rules.keys(), key=rule_book_order)
                if (changed := changes(old_rules[rule], new_rules[rule]))
            ),
        ),
        codes=CodeDifferences(
            opened=tuple(one for one in after.codes if one.code in exists - existed),
            closed=tuple(one for one in before.codes if one.code in existed - exists),
        ),
        pathways=PathwayDifferences(
            begun=tuple(one for key, one in new_paths.items() if key not in old_paths),
            ended=tuple(one for key, one in old_paths.items() if key not in new_paths),
            changed=tuple(
                PathwayChange(program=one.program, pathway=one.pathway, changes=changed)
                for key, one in new_paths.items()
                if key in old_paths and (changed := changes(old_paths[key], one))
            ),
        ),
        conversion_factors=FactorDifferences(
            begun=_without(after.conversion_factors, before.conversion_factors),
            ended=_without(before.conversion_factors, after.conversion_factors),
        ),
        claim_edits=EditDifferences(begun=_pairs_without(to, from_), ended=_pairs_without(from_, to)),
    )


def changes(before: Struct, after: Struct) -> tuple[Change, ...]:
    """What one entry says otherwise than another, part by part; sentences and numbers one by one."""
    old, new = _parts(before), _parts(after)
    return tuple(
        Change(what=what, before=old.get(what, UNSET), after=new.get(what, UNSET))
        for what in dict.fromkeys((*new, *old))
        if old.get(what) != new.get(what)
    )


def _parts(entry: Struct) -> dict[str, Any]:
    written: Mapping[str, Any] = msgspec.to_builtins(entry)
    parts: dict[str, Any] = {}
    for name, value in written.items():
        if name in NOT_COMPARED:
            continue
        if isinstance(value, dict):
            parts.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            parts[name] = value
    return parts


def _pairs_without(month: str, other: str) -> tuple[ClaimEdits, ...]:
    """The pairs of one month that another lacks."""
    these, others = pairs_of(month), pairs_of(other)
    if these is others:
        return ()
    return written_short((pair, dated) for pair, dated in these.items() if pair not in others)


def _without(these: Iterable[S], others: Iterable[S]) -> tuple[S, ...]:
    known = list(others)
    return tuple(one for one in these if one not in known)
