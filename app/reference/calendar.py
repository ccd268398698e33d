"""The months the rule book covers, and those in which something of the law began, ended or changed."""

import datetime as dt
from functools import lru_cache

from msgspec import Struct

from app.reference.comparison import RulebookDiff, compare
from app.reference.words import month_after, month_before
from app.rulebook import loader


class CoveredMonth(Struct, frozen=True, gc=False, kw_only=True):
    """A covered month. `changed`: rules, codes, pathways or claim edits are not those of the month before."""

    written: str
    changed: bool


@lru_cache(maxsize=1)
def covered_months() -> tuple[CoveredMonth, ...]:
    """Every covered month, earliest first."""
    book = loader.book()
    found = [CoveredMonth(written=book.first_month, changed=False)]
    while (written := month_after(found[-1].written)) <= book.last_month:
        found.append(CoveredMonth(written=written, changed=differs(compare(month_before(written), written))))
    return tuple(found)


def covered_on(day: dt.date) -> str:
    """The month of a day, or the covered month nearest to it."""
    book = loader.book()
    return min(max(f"{day:%Y-%m}", book.first_month), book.last_month)


def differs(found: RulebookDiff) -> bool:
    """Whether rules, codes, pathways or claim edits differ. Each year has its conversion factor; that alone is no other law."""
    rules, codes, pathways, edits = found.rules, found.codes, found.pathways, found.claim_edits
    return any((rules.begun, rules.ended, rules.changed, codes.opened, codes.closed)) or any(
        (pathways.begun, pathways.ended, pathways.changed, edits.begun, edits.ended)
    )
