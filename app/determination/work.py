"""Time entries as they lie in a month: what of each may count, until a rule or somebody else's work takes it."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.determination.spans import Span, Spans

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
    source = entry.source or ""
    if entry.started_at is None or entry.ended_at is None:
        assert entry.on is not None and entry.seconds is not None, "an entry has instants or a day"
        if not month.holds(entry.on):
            return None
        seconds = entry.seconds
        order = (False, entry.on.toordinal(), source, entry.id)
        return Work(entry, seconds, order, (), (), seconds, ((month.index(entry.on), seconds),))
    start, end = int(entry.started_at.timestamp()), int(entry.ended_at.timestamp())
    order = (True, start, source, entry.id)
    if start >= month.start and end <= month.end:
        span: Span = (start, end)
        return Work(entry, end - start, order, (), (span,), end - start, month.by_day((span,)))
    first, after = max(start, month.start), min(end, month.end)
    if first >= after:
        return None
    inside = after - first
    outside = (Uncounted(end - start - inside, "TIME-15", "outside"),)
    return Work(entry, end - start, order, outside, ((first, after),), inside, month.by_day(((first, after),)))
