"""How well the law was read: rules by the standing of their authority, and sources of which nothing was read."""

from collections.abc import Collection

from msgspec import Struct

from app.determination.findings import rule_book_order
from app.determination.law import Standing
from app.reference.entries import CitedSource, Months
from app.reference.history import history, known_rules
from app.rulebook import loader
from app.rulebook.sources import Source


class OfStanding(Struct, frozen=True, gc=False, kw_only=True):
    """A rule in the months in which its authority has a standing."""

    rule: str
    title: str
    standing: Standing
    months: Months
    cites: tuple[CitedSource, ...]


def rules_of_standing(standings: Collection[Standing]) -> tuple[OfStanding, ...]:
    """Rules with one of the standings in any covered month, in rule-book order, the latest wording of each."""
    found: list[OfStanding] = []
    for rule in sorted(known_rules(), key=rule_book_order):
        for chapter in history(rule):
            if chapter.rule.standing not in standings:
                continue
            begun = chapter.from_
            last = found[-1] if found else None
            if last is not None and (last.rule, last.standing, last.months.until) == (
                rule,
                chapter.rule.standing,
                chapter.from_,
            ):
                begun = found.pop().months.from_
            found.append(
                OfStanding(
                    rule=rule,
                    title=chapter.rule.title,
                    standing=chapter.rule.standing,
                    months=Months(from_=begun, until=chapter.until),
                    cites=chapter.rule.cites,
                )
            )
    return tuple(found)


def unread_sources() -> tuple[Source, ...]:
    """Sources of which nothing was read, in the order of their ids."""
    sources = loader.book().sources
    return tuple(sources[name] for name in sorted(sources) if sources[name].read is None)


def rules_citing(source: str) -> tuple[str, ...]:
    """Rules that cite a source in any covered month, in rule-book order."""
    citing = (
        rule
        for rule in known_rules()
        if any(cite.source == source for chapter in history(rule) for cite in chapter.rule.cites)
    )
    return tuple(sorted(citing, key=rule_book_order))
