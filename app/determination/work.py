"""Time entries as they lie in a month: what of each may count, until a rule or somebody else's work takes it."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.determination.spans import Span


class Uncounted(Struct, frozen=True, gc=False):
    """Seconds of an entry that do not count, and the rule that took them."""

    seconds: int
    rule: str
    reason: str


class Work(Struct, frozen=True, gc=False):
    """An entry that touches the month: what is left of it (spans, or seconds of a day), and what was taken.

    `order` puts entries that name a day only first; then they stand by start, source and id.
    """

    entry: TimeEntry
    seconds: int
    order: tuple[bool, int, str, str]
    uncounted: tuple[Uncounted, ...]
    spans: tuple[Span, ...] = ()
    dated_seconds: int = 0
    day_index: int = 0

    def by_day(self, month: ServiceMonth) -> list[tuple[int, int]]:
        """The seconds left on each of the month's local days, by the day's place."""
        if self.dated_seconds:
            return [(self.day_index, self.dated_seconds)]
        return [day for start, end in self.spans for day in month.by_day(start, end)]

    def less(self, taken: Sequence[Uncounted], spans: Iterable[Span], dated_seconds: int = 0) -> "Work":
        """The same entry with more of it taken."""
        uncounted = (*self.uncounted, *taken)
        left = tuple(spans)
        return Work(self.entry, self.seconds, self.order, uncounted, left, dated_seconds, self.day_index)


def work_in(month: ServiceMonth, entries: Iterable[TimeEntry]) -> list[Work]:
    """The entries that touch the month, in their order, cut to it (TIME-15)."""
    found = [work for entry in entries if (work := _work(month, entry)) is not None]
    found.sort(key=_order)
    return found


_order = attrgetter("order")


def _work(month: ServiceMonth, entry: TimeEntry) -> Work | None:
    source = entry.source or ""
    if entry.started_at is None or entry.ended_at is None:
        assert entry.on is not None and entry.seconds is not None, "an entry has instants or a day"
        if not month.holds(entry.on):
            return None
        index, seconds = month.index(entry.on), entry.seconds
        order = (False, entry.on.toordinal(), source, entry.id)
        return Work(entry, seconds, order, (), (), seconds, index)
    start, end = int(entry.started_at.timestamp()), int(entry.ended_at.timestamp())
    first, after = max(start, month.start), min(end, month.end)
    if first >= after:
        return None
    beyond = (end - start) - (after - first)
    outside = (Uncounted(beyond, "TIME-15", "outside"),) if beyond else ()
    return Work(entry, end - start, (True, start, source, entry.id), outside, ((first, after),))
