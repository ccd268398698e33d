"""Time entries as they lie in a month: what of each may count, until a rule or somebody else's work takes it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth, second_of
from app.determination.spans import Spans

ByDay = Sequence[tuple[int, int]]
"""Seconds on local days of the month, by the day's place."""


class Uncounted(Struct, frozen=True, gc=False):
    """Seconds of an entry that do not count, and the rule that took them."""

    seconds: int
    rule: str
    reason: str


class Work(Struct, frozen=True, gc=False):
    """An entry that touches the month: the seconds left of it, in all and by local day, and what was taken.

    `spans` is where they lie; of an entry that names a day only nobody knows. `order` puts those first; then entries stand
    by start, source and id.
    """

    entry: TimeEntry
    seconds: int
    order: tuple[bool, int, str, str]
    uncounted: tuple[Uncounted, ...]
    spans: Spans
    left: int
    by_day: ByDay

    def less(self, month: ServiceMonth, taken: Iterable[Uncounted], spans: Spans) -> "Work":
        """The same entry with more of it taken."""
        by_day = month.by_day(spans)
        uncounted = (*self.uncounted, *taken)
        return Work(self.entry, self.seconds, self.order, uncounted, spans, sum([day[1] for day in by_day]), by_day)


def work_in(month: ServiceMonth, entries: Iterable[TimeEntry]) -> list[Work]:
    """The entries that touch the month, in their order, cut to it (TIME-15)."""
    return in_order([work for entry in entries if (work := _work(month, entry)) is not None])


def in_order(work: Iterable[Work]) -> list[Work]:
    return sorted(work, key=_order)


_order = attrgetter("order")


def _work(month: ServiceMonth, entry: TimeEntry) -> Work | None:
    started, ended = entry.started_at, entry.ended_at
    if started is None or ended is None:
        on, seconds = entry.on, entry.seconds
        assert on is not None and seconds is not None, "an entry has instants or a day"
        if not month.holds(on):
            return None
        order = (False, on.toordinal(), entry.source or "", entry.id)
        return Work(entry, seconds, order, (), (), seconds, ((month.index(on), seconds),))
    end = second_of(ended)
    if end <= month.start:
        return None
    start = second_of(started)
    order = (True, start, entry.source or "", entry.id)
    seconds = left = end - start
    uncounted: tuple[Uncounted, ...] = ()
    if start < month.start or end > month.end:
        start, end = max(start, month.start), min(end, month.end)
        if start >= end:
            return None
        left = end - start
        uncounted = (Uncounted(seconds - left, "TIME-15", "outside"),)
    spans = ((start, end),)
    index = bisect_right(month.day_starts, start) - 1
    by_day: ByDay = ((index, left),) if end <= month.day_starts[index + 1] else month.by_day(spans)
    return Work(entry, seconds, order, uncounted, spans, left, by_day)
