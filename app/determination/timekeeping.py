"""Which seconds count, for what, and why not: every second of the month stands in exactly one place.

Filters come first, in rule-book order, and each takes the seconds it closes (`sift`). What passes them belongs to the
first program that can claim the person's minute (TIME-04, `allot`). Within a program, seconds that several people worked
at once count once, for the pathway asked about (TIME-05, TIME-06, PRAC-07, `tally`).
"""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Literal, Protocol

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.program_month import ProgramMonth
from app.determination.service_month import ServiceMonth
from app.determination.spans import ALWAYS, BEGINNING, Span, Spans, beside, meet, split, total
from app.determination.work import Uncounted, Work

Whose = Literal["everyone", "biller", "peers", "others"]
"""Whose time a pathway counts: T, the billing practitioner's own P, or that of peer support workers, or of all others."""

Contact = Literal["had", "denied", "unstated"]
"""Whether some counted entry was a live contact with the patient, as far as it is stated."""


class Closed(Struct, frozen=True, gc=False):
    """When time does not count, under which rule: spans for timed entries, days (bits) for entries that name a day only."""

    rule: str
    reason: str
    spans: Spans = ALWAYS
    days: int = -1


Closing = Callable[[TimeEntry], Closed | None]


def closed_before(month: ServiceMonth, day: dt.date | None, rule: str) -> Closing | None:
    """Closes the days of a month before a day, all of them where there is none; `None` where the day lies before them."""
    if day is None:
        closed = Closed(rule, "before")
        return lambda _: closed
    index = month.index(day)
    if index <= 0:
        return None
    closed = Closed(rule, "before", ((BEGINNING, month.day_starts[index]),), (1 << index) - 1)
    return lambda _: closed


class TimeRule(Protocol):
    """One reason time does not count."""

    def closing(self, month: ProgramMonth) -> Closing | None:
        """What it closes for an entry of this program-month; `None` when it closes nothing for any."""
        ...


class Tally(Struct, frozen=True, gc=False):
    """One pathway's time: seconds counted in all, by day and by entry, and what each entry lost to the others.

    Of the program's `works`, by their place, those stand in `by_entry` whose time the pathway counts.
    """

    counted_seconds: int
    by_day: tuple[int, ...]
    by_entry: dict[int, int]
    lost: dict[int, tuple[Uncounted, ...]]
    works: Sequence[Work]

    def day_reaching(self, seconds: int) -> int | None:
        """The index of the day on which the running total reaches `seconds`; `None` when it never does."""
        index = bisect_left(list(accumulate(self.by_day)), seconds)
        return index if index < len(self.by_day) else None

    def counted(self) -> list[TimeEntry]:
        """The entries of which some seconds count."""
        return [self.works[place].entry for place, seconds in self.by_entry.items() if seconds]

    def contact(self) -> Contact:
        """Whether the patient or caregiver was reached, live and both ways, in time that counts."""
        stated = {entry.live_contact for entry in self.counted()}
        if True in stated:
            return "had"
        return "unstated" if None in stated or not stated else "denied"


def sift(month: ProgramMonth, closings: Sequence[Closing]) -> list[Work]:
    """The program's work in the month, through every filter."""
    return [_filtered(work, closings, month.month) for work in month.work()]


def _filtered(work: Work, closings: Sequence[Closing], month: ServiceMonth) -> Work:
    entry = work.entry
    left = work.spans
    taken: list[Uncounted] = []
    for closing in closings:
        closed = closing(entry)
        if closed is None:
            continue
        if not left:  # a day only: all of it is taken, or nothing
            if closed.days >> work.by_day[0][0] & 1:
                return work.less(month, (Uncounted(work.left, closed.rule, closed.reason),), ())
        elif meet(left, closed.spans):
            inside, left = split(left, closed.spans)
            if inside:
                taken.append(Uncounted(total(inside), closed.rule, closed.reason))
            if not left:
                break
    return work.less(month, taken, left) if taken else work


def allot(before: Iterable[Sequence[Work]], works: Sequence[Work], month: ServiceMonth) -> Sequence[Work]:
    """What is left of a program's work once the programs before it have claimed their people's minutes (TIME-04)."""
    if not before:
        return works
    claimed: dict[str, list[Span]] = defaultdict(list)
    for earlier in before:
        for work in earlier:
            performer = work.entry.performer
            claimed[performer] = beside(claimed[performer], work.spans)
    return [_less_claimed(work, claimed.get(work.entry.performer, ()), month) for work in works]


def _less_claimed(work: Work, claimed: Spans, month: ServiceMonth) -> Work:
    if not claimed or not work.spans:
        return work
    inside, outside = split(work.spans, claimed)
    if not inside:
        return work
    return work.less(month, (Uncounted(total(inside), "TIME-04", "claimed"),), outside)


def tally(month: ProgramMonth, works: Sequence[Work], whose: Whose) -> Tally:
    """Counts a pathway's seconds: everyone's, or only some people's. Overlaps count once."""
    mine = [True] * len(works) if whose == "everyone" else [_counts(month, work.entry, whose) for work in works]
    left = [work.left for work in works]
    days = [work.by_day for work in works]
    lost: dict[int, tuple[Uncounted, ...]] = {}
    if _at_once(works):
        # For the practitioner's codes the practitioner keeps what others worked at once.
        first = mine if whose == "biller" else [True] * len(works)
        for place, spans, losses in _once(works, sorted(range(len(works)), key=lambda place: not first[place])):
            left[place], days[place], lost[place] = total(spans), month.month.by_day(spans), losses
    by_day = [0] * month.month.days
    by_entry: dict[int, int] = {}
    for place, seconds in enumerate(left):
        if mine[place]:
            by_entry[place] = seconds
            for index, on_the_day in days[place]:
                by_day[index] += on_the_day
        elif whose != "biller":
            lost.pop(place, None)  # it stands whole with the pathway that counts it
        elif seconds:
            lost[place] = (*lost.get(place, ()), Uncounted(seconds, "PRAC-07", "not_own"))
    return Tally(sum(by_day), tuple(by_day), by_entry, lost, works)


def _counts(month: ProgramMonth, entry: TimeEntry, whose: Whose) -> bool:
    if whose == "biller":
        return month.is_own(entry)
    return (entry.worker == "peer_support") == (whose == "peers")


def _at_once(works: Sequence[Work]) -> bool:
    """Whether any two may have been worked at once. They stand by their start."""
    busy_until = BEGINNING
    for work in works:
        if work.spans:
            if work.spans[0][0] < busy_until:
                return True
            busy_until = work.spans[-1][1]
    return False


def _once(works: Sequence[Work], places: Iterable[int]) -> Iterator[tuple[int, Spans, tuple[Uncounted, ...]]]:
    """Entries that lose what others, before them in the order of `places`, have worked already; what is left, what is lost."""
    taken: dict[bool, list[Span]] = {True: [], False: []}
    for place in places:
        by_practitioner = works[place].entry.role == "practitioner"
        spans, losses = _less_worked(works[place].spans, taken, by_practitioner=by_practitioner)
        taken[by_practitioner] = beside(taken[by_practitioner], spans)
        if losses:
            yield place, spans, losses


def _less_worked(
    spans: Spans, taken: dict[bool, list[Span]], *, by_practitioner: bool
) -> tuple[Spans, tuple[Uncounted, ...]]:
    """What of an entry nobody else has worked yet; practitioner beside staff is TIME-06, like beside like TIME-05."""
    losses: list[Uncounted] = []
    for rule, already in (("TIME-05", taken[by_practitioner]), ("TIME-06", taken[not by_practitioner])):
        if already and spans and already[-1][1] > spans[0][0]:
            inside, spans = split(spans, already)
            if inside:
                losses.append(Uncounted(total(inside), rule, "overlaps"))
    return spans, tuple(losses)
