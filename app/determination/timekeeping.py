"""Which seconds count, for what, and why not: every second of the month stands in exactly one place.

Filters come first, in rule-book order, and each takes the seconds it closes (`sift`). What passes them belongs to the
first program that can claim the person's minute (TIME-04, `allot`). Within a program, seconds that several people worked
at once count once, for the pathway asked about (TIME-05, TIME-06, PRAC-07, `tally`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from app.determination.facts import Program, TimeEntry
from app.determination.program_month import ProgramMonth
from app.determination.service_month import ServiceMonth
from app.determination.spans import ALWAYS, Span, Spans, beside, split, total

Whose = Literal["everyone", "biller"]
"""Whose time a pathway counts: T, or the billing practitioner's own P."""


class Closed(Struct, frozen=True, gc=False):
    """When time does not count, under which rule: spans for timed entries, days (bits) for entries that name a day only."""

    rule: str
    reason: str
    spans: Spans = ALWAYS
    days: int = -1


Closing = Callable[[TimeEntry], Closed | None]


class TimeRule(Protocol):
    """One reason time does not count."""

    def closing(self, month: ProgramMonth) -> Closing | None:
        """What it closes for an entry of this program-month; `None` when it closes nothing for any."""
        ...


class Uncounted(Struct, frozen=True, gc=False):
    """Seconds of an entry that do not count, and the rule that took them."""

    seconds: int
    rule: str
    reason: str


class Sifted(Struct, frozen=True, gc=False):
    """An entry that touches the month, after the filters: what was taken, and what is left (spans, or seconds of a day)."""

    entry: TimeEntry
    seconds: int
    uncounted: tuple[Uncounted, ...]
    spans: tuple[Span, ...] = ()
    dated_seconds: int = 0
    day_index: int = 0

    @property
    def left(self) -> int:
        return self.dated_seconds + total(self.spans)

    @property
    def order(self) -> tuple[bool, int, str, str]:
        """Entries that name a day only first, then by start, source and id."""
        entry = self.entry
        if entry.on is not None:
            return False, entry.on.toordinal(), entry.source or "", entry.id
        assert entry.started_at is not None, "an entry has instants or a day"
        return True, int(entry.started_at.timestamp()), entry.source or "", entry.id


class Tally(Struct, frozen=True, gc=False):
    """One pathway's time: seconds counted in all, by day and by entry, and what each entry lost to the others."""

    counted_seconds: int
    by_day: tuple[int, ...]
    by_entry: dict[int, int]
    lost: dict[int, tuple[Uncounted, ...]]

    def day_reaching(self, seconds: int) -> int | None:
        """The index of the day on which the running total reaches `seconds`; `None` when it never does."""
        running = 0
        for index, counted in enumerate(self.by_day):
            running += counted
            if counted and running >= seconds:
                return index
        return None


def sift(month: ProgramMonth, closings: Sequence[Closing]) -> list[Sifted]:
    """The program's entries that touch the month, by start (day-only first), source and id, through every filter."""
    sifted = [found for entry in month.entries if (found := _sift_entry(entry, closings, month.month)) is not None]
    sifted.sort(key=lambda one: one.order)
    return sifted


def _sift_entry(entry: TimeEntry, closings: Sequence[Closing], month: ServiceMonth) -> Sifted | None:
    if entry.started_at is None or entry.ended_at is None:
        return _sift_dated(entry, closings, month)
    start, end = int(entry.started_at.timestamp()), int(entry.ended_at.timestamp())
    if start >= month.end or end <= month.start:
        return None
    uncounted: list[Uncounted] = []
    left: list[Span] = [(max(start, month.start), min(end, month.end))]
    if (beyond := (end - start) - total(left)) > 0:
        uncounted.append(Uncounted(beyond, "TIME-15", "outside"))
    for closing in closings:
        closed = closing(entry)
        if closed is None:
            continue
        inside, left = split(left, closed.spans)
        if inside:
            uncounted.append(Uncounted(total(inside), closed.rule, closed.reason))
        if not left:
            break
    return Sifted(entry, end - start, tuple(uncounted), tuple(left))


def _sift_dated(entry: TimeEntry, closings: Sequence[Closing], month: ServiceMonth) -> Sifted | None:
    assert entry.on is not None and entry.seconds is not None, "an entry has instants or a day"
    if not month.holds(entry.on):
        return None
    index = month.index(entry.on)
    for closing in closings:
        closed = closing(entry)
        if closed is not None and closed.days >> index & 1:
            taken = (Uncounted(entry.seconds, closed.rule, closed.reason),)
            return Sifted(entry, entry.seconds, taken, day_index=index)
    return Sifted(entry, entry.seconds, (), dated_seconds=entry.seconds, day_index=index)


def allot(programs: Sequence[tuple[Program, list[Sifted]]]) -> dict[Program, list[Sifted]]:
    """Gives each moment of a person's work to the first program it passed the filters of (TIME-04)."""
    if len(programs) == 1:
        return dict(programs)
    claimed: dict[str, list[Span]] = defaultdict(list)
    allotted: dict[Program, list[Sifted]] = {}
    for program, entries in programs:
        allotted[program] = [_less_claimed(sifted, claimed.get(sifted.entry.performer, ())) for sifted in entries]
        for sifted in entries:
            performer = sifted.entry.performer
            claimed[performer] = beside(claimed[performer], sifted.spans)
    return allotted


def _less_claimed(sifted: Sifted, claimed: Spans) -> Sifted:
    if not claimed or not sifted.spans:
        return sifted
    inside, outside = split(sifted.spans, claimed)
    if not inside:
        return sifted
    taken = (*sifted.uncounted, Uncounted(total(inside), "TIME-04", "claimed"))
    return Sifted(sifted.entry, sifted.seconds, taken, tuple(outside))


def tally(month: ProgramMonth, sifted: Sequence[Sifted], whose: Whose) -> Tally:
    """Counts a pathway's seconds: everyone's, or only the billing practitioner's own. Overlaps count once."""
    by_day = [0] * month.month.days
    by_entry: dict[int, int] = {}
    lost: dict[int, tuple[Uncounted, ...]] = {}
    taken: dict[bool, list[Span]] = {True: [], False: []}
    order = sorted(range(len(sifted)), key=lambda i: not month.is_own(sifted[i].entry)) if whose == "biller" else None
    for index in order if order is not None else range(len(sifted)):
        item = sifted[index]
        if not item.spans and not item.dated_seconds:
            continue
        own = month.is_own(item.entry)
        losses: tuple[Uncounted, ...] = ()
        if item.dated_seconds:
            counted = item.dated_seconds
            if whose == "everyone" or own:
                by_day[item.day_index] += counted
        else:
            spans, losses = _less_worked(item, taken)
            counted = total(spans)
            by_practitioner = item.entry.role == "practitioner"
            taken[by_practitioner] = beside(taken[by_practitioner], spans)
            if whose == "everyone" or own:
                _spread(spans, by_day, month.month)
        if whose == "biller" and not own:
            if counted:
                losses = (*losses, Uncounted(counted, "PRAC-07", "not_own"))
            counted = 0
        by_entry[index] = counted
        if losses:
            lost[index] = losses
    return Tally(sum(by_day), tuple(by_day), by_entry, lost)


def _less_worked(item: Sifted, taken: dict[bool, list[Span]]) -> tuple[list[Span], tuple[Uncounted, ...]]:
    """What of an entry nobody else has worked yet; practitioner beside staff is TIME-06, like beside like TIME-05."""
    by_practitioner = item.entry.role == "practitioner"
    losses: list[Uncounted] = []
    spans: list[Span] = list(item.spans)
    for rule, already in (("TIME-05", taken[by_practitioner]), ("TIME-06", taken[not by_practitioner])):
        if already and spans and already[-1][1] > spans[0][0]:
            inside, spans = split(spans, already)
            if inside:
                losses.append(Uncounted(total(inside), rule, "overlaps"))
    return spans, tuple(losses)


def _spread(spans: Iterable[Span], by_day: list[int], month: ServiceMonth) -> None:
    for start, end in spans:
        for index, seconds in month.by_day(start, end):
            by_day[index] += seconds
