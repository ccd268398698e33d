"""Entries of the reference put together as a page lists them."""

from collections.abc import Iterable
from itertools import groupby

from app.determination.facts import Program
from app.reference.calendar import CoveredMonth, covered_months
from app.reference.comparison import Change, RuleChange
from app.reference.entries import ClaimEdits, CodeWindow, RuleInForce
from app.reference.history import history
from app.reference.in_force import rule_in


def numbers_once(changed: Iterable[RuleChange]) -> list[tuple[RuleChange, list[Change], str | None]]:
    """Each rule with its changes. Numbers that an edition has for several rules are told under the first of them."""
    told: dict[str, str] = {}
    listed: list[tuple[RuleChange, list[Change], str | None]] = []
    for rule in changed:
        numbers = [change for change in rule.changes if change.what.startswith("numbers.")]
        first = told.setdefault(repr(numbers), rule.rule) if numbers else rule.rule
        if first == rule.rule:
            listed.append((rule, list(rule.changes), None))
        else:
            listed.append((rule, [change for change in rule.changes if change not in numbers], first))
    return listed


def edits_by_rule(month: str, edits: Iterable[ClaimEdits]) -> list[tuple[RuleInForce, list[ClaimEdits]]]:
    """Claim edits under the rule that names them, as it stands or as it first stood."""
    by_rule = groupby(edits, lambda one: one.rule)
    return [(rule_in(month, name) or history(name)[0].rule, list(own)) for name, own in by_rule]


def by_program(codes: Iterable[CodeWindow]) -> dict[Program, dict[tuple[str, str | None], list[str]]]:
    """Codes by their program, and those of one window together."""
    listed: dict[Program, dict[tuple[str, str | None], list[str]]] = {}
    for code in codes:
        listed.setdefault(code.program, {}).setdefault((code.from_, code.until), []).append(code.code)
    return listed


def by_year() -> list[tuple[str, list[CoveredMonth]]]:
    """The covered months by year, the latest year first."""
    years = groupby(covered_months(), lambda month: month.written[:4])
    return [(year, list(months)) for year, months in years][::-1]
