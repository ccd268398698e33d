"""A practice's service month: its own facts by kind and its policy, read once for all its patients."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeVar

from app.determination import facts
from app.determination.facts import Fact
from app.determination.policy import Policy
from app.determination.service_month import ServiceMonth

F = TypeVar("F", bound=Fact)
T = TypeVar("T")
ByKind = dict[type[Fact], list[Fact]]

MOST_KEPT: Final = 64
"""Practices' months kept with what follows from them, the latest asked for."""
MOST_ANSWERS: Final = 400
"""Answers kept of one practice's month, some for each kind of patient and each practitioner; a usual one has a few dozen."""


class PracticeMonth:
    """The practice's facts that may bear on a service month, read once and never changed.

    What follows from them and the law alone is worked out when it is first asked for, and serves every patient (`once`).
    """

    __slots__ = ("_memo", "by_kind", "month", "policy")

    def __init__(self, month: ServiceMonth, standing: Iterable[Fact], *, policy: Policy) -> None:
        self.month = month
        self.policy = policy
        self.by_kind = by_kind(month, standing)
        self._memo: dict[object, object] = {}

    def beside(self, added: Iterable[Fact]) -> "PracticeMonth":
        """The practice's month as it would be with those facts appended."""
        again = PracticeMonth(self.month, added, policy=self.policy)
        again.by_kind = together(self.by_kind, again.by_kind)
        return again

    def once(self, key: object, answer: Callable[[], T]) -> T:
        """What follows from the practice's facts and the law, whoever the patient is."""
        # Two threads may both work one out: the answers are equal.
        kept = self._memo.get(key, _UNKNOWN)
        if kept is _UNKNOWN:
            kept = answer()
            if len(self._memo) >= MOST_ANSWERS:
                self._memo.clear()
            self._memo[key] = kept
        return kept  # type: ignore[return-value]

    def setting(self) -> facts.Setting | None:
        """The kind of site in force on the month's last day; without any, a physician's office."""
        return self.once("setting", self._setting)

    def _setting(self) -> facts.Setting | None:
        last, after = self.month.last_day, self.month.day_after
        stated: Iterable[facts.Setting] = self.by_kind.get(facts.Setting, [])  # type: ignore[assignment]
        return next((fact for fact in stated if in_force(fact, last, after)), None)


_UNKNOWN: Final = object()


@lru_cache(maxsize=MOST_KEPT)
def practice_month(month: ServiceMonth, standing: tuple[Fact, ...], policy: Policy) -> PracticeMonth:
    """The practice's month of those facts, kept: whoever states the same facts and policy is answered from it.

    It is found by what was stated, never by whose it is, so nothing can be out of date or another practice's.
    """
    return PracticeMonth(month, standing, policy=policy)


def by_kind(month: ServiceMonth, standing: Iterable[Fact]) -> ByKind:
    """The facts that may bear on the month, of each kind by source and id."""
    found: ByKind = defaultdict(list)
    day_after, end = month.day_after, month.ends_at
    for fact in standing:
        if fact.bears_before(day_after, end):
            found[type(fact)].append(fact)
    for same_kind in found.values():
        if len(same_kind) > 1:
            same_kind.sort(key=_source_and_id)
    return found


def together(known: ByKind, added: ByKind) -> ByKind:
    """The facts of both, of each kind by source and id."""
    both = {kind: sorted([*known.get(kind, ()), *more], key=_source_and_id) for kind, more in added.items()}
    return {**known, **both}


def in_force(fact: Fact, first: dt.date, after: dt.date) -> bool:
    """Whether a dated fact's span touches the days from `first` to the day before `after`."""
    start: dt.date | None = fact.from_  # type: ignore[attr-defined]
    until: dt.date | None = fact.until  # type: ignore[attr-defined]
    return (start is None or start < after) and (until is None or until > first)


def _source_and_id(fact: Fact) -> tuple[str, str]:
    return fact.source or "", fact.id
