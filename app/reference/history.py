"""A rule's editions over time: from which month on it said what."""

from functools import lru_cache

from msgspec import Struct

from app.reference.comparison import Change, changes
from app.reference.entries import RuleInForce
from app.reference.in_force import rule_in
from app.reference.stating import stated_rules, statings_of
from app.rulebook import loader


class Chapter(Struct, frozen=True, gc=False, kw_only=True):
    """Months in which a rule stood unchanged, and what had changed since the chapter before."""

    from_: str
    until: str | None
    rule: RuleInForce
    changed: tuple[Change, ...] = ()


@lru_cache(maxsize=1024)
def history(rule: str) -> tuple[Chapter, ...]:
    """A rule's chapters, earliest first; none for an id that nothing states in a covered month.

    Editions that differ in nothing a rule says or decides are one chapter.
    """
    book = loader.book()
    stating = statings_of(rule)
    months = {one.window.from_ for one in stating} | {one.text.since for one in stating}
    months |= {until for one in stating if (until := one.window.until) is not None}
    chapters: list[Chapter] = []
    covered = {max(month, book.first_month): month for month in sorted(months)}
    for month, begun in covered.items():
        stated = rule_in(month, rule) if month <= book.last_month else None
        if stated is None:
            continue
        last = chapters[-1] if chapters and chapters[-1].until == begun else None
        if last is not None and not (changed := changes(last.rule, stated)):
            chapters[-1] = Chapter(from_=last.from_, until=stated.edition.until, rule=last.rule, changed=last.changed)
        else:
            chapters.append(
                Chapter(
                    from_=stated.edition.from_,
                    until=stated.edition.until,
                    rule=stated,
                    changed=changed if last is not None else (),
                )
            )
    return tuple(chapters)


@lru_cache(maxsize=1)
def known_rules() -> frozenset[str]:
    """Every rule id that some covered month states."""
    return frozenset(rule for rule in stated_rules() if history(rule))
