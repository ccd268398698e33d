"""Which pairs of codes are not paid on one date of service in a month, written short."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from app.determination.findings import rule_book_order
from app.reference.code_ranges import ranges
from app.reference.entries import ClaimEdits
from app.rulebook import loader


class Pair(Struct, frozen=True, kw_only=True):
    """One of our codes and a code not paid on its date: never (0), or only with a modifier (1)."""

    rule: str
    other: str
    code: str
    indicator: int


Dated = tuple[str | None, str | None]
"""The months the rule book gives an edit; `None` where it gives none."""


@lru_cache(maxsize=256)
def pairs_of(month: str) -> Mapping[Pair, Dated]:
    """Every pair of a covered month. A pair holds while both codes exist, as far as their months are known."""
    law = loader.law(month)
    in_force = [n for n, edit in enumerate(loader.book().edits) if edit.in_force(month) and edit.rule in law.texts]
    return _pairs(tuple(in_force), law.closed_codes)


def written_short(pairs: Iterable[tuple[Pair, Dated]]) -> tuple[ClaimEdits, ...]:
    """Pairs by rule; other codes that are paired alike stand together."""
    paired: dict[tuple[str, str, Dated], dict[str, int]] = defaultdict(dict)
    for pair, dated in pairs:
        paired[pair.rule, pair.other, dated][pair.code] = pair.indicator
    alike: dict[tuple[str, Dated, tuple[tuple[str, int], ...]], list[str]] = defaultdict(list)
    for (rule, other, dated), indicators in paired.items():
        alike[rule, dated, tuple(sorted(indicators.items()))].append(other)
    found = (
        ClaimEdits(rule=rule, codes=ranges(others), indicators=dict(indicators), from_=from_, until=until)
        for (rule, (from_, until), indicators), others in alike.items()
    )
    return tuple(sorted(found, key=lambda edits: (rule_book_order(edits.rule), edits.codes)))


@lru_cache(maxsize=256)
def _pairs(in_force: tuple[int, ...], closed: tuple[str, ...]) -> Mapping[Pair, Dated]:
    """Asked by what decides: most months have the pairs of the month before."""
    gone = frozenset(closed)
    first_month = loader.book().first_month
    pairs: dict[Pair, Dated] = {}
    for edit in (loader.book().edits[n] for n in in_force):
        dated = edit.from_ if edit.from_ > first_month else None, edit.until
        for other in edit.codes - gone:
            for code, indicator in edit.indicators.items():
                if code not in gone:
                    pairs[Pair(rule=edit.rule, other=other, code=code, indicator=indicator)] = dated
    return pairs
