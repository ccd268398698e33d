"""Which seconds count, for what, and why not: every second of the month stands in exactly one place.

Filters come first, in rule-book order, and each takes the seconds it closes (`sift`). What passes them belongs to the
first program that can claim the person's minute (TIME-04, `allot`). Within a program, seconds that several people worked
at once count once, for the pathway asked about (TIME-05, TIME-06, PRAC-07, `tally`).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Literal, Protocol

from msgspec import Struct

from app.determination.facts import Program, TimeEntry
from app.determination.program_month import ProgramMonth
from app.determination.spans import ALWAYS, BEGINNING, Span, Spans, beside, meet, split, total
from app.determination.work import Uncounted, Work

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


class Tally(Struct, frozen=True, gc=False):
    """One pathway's time: seconds counted in all, by day and by entry, and what each entry lost to the others."""

    counted_seconds: int
    by_day: tuple[int, ...]
    by_entry: dict[int, int]
    lost: dict[int, tuple[Uncounted, ...]]

    def day_reaching(self, seconds: int) -> int | None:
        """The index of the day on which the running total reaches `seconds`; `None` when it never does."""
        index = bisect_left(list(accumulate(self.by_day)), seconds)
        return index if index < len(self.by_day) else None


def sift(month: ProgramMonth, closings: Sequence[Closing]) -> list[Work]:
    """The program's work in the month, through every filter."""
    return [_filtered(work, closings) for work in month.work()]


def _filtered(work: Work, closings: Sequence[Closing]) -> Work:
    if work.dated_seconds:
        return _filtered_dated(work, closings)
    entry = work.entry
    left: Sequence[Span] = work.spans
    taken: list[Uncounted] = []
    for closing in closings:
        closed = closing(entry)
        if closed is None or not meet(left, closed.spans):
            continue
        inside, left = split(left, closed.spans)
        if inside:
            taken.append(Uncounted(total(inside), closed.rule, closed.reason))
        if not left:
            break
    return work.less(taken, left) if taken else work


def _filtered_dated(work: Work, closings: Sequence[Closing]) -> Work:
    for closing in closings:
        closed = closing(work.entry)
        if closed is not None and closed.days >> work.day_index & 1:
            return work.less((Uncounted(work.dated_seconds, closed.rule, closed.reason),), ())
    return work


def allot(programs: Sequence[tuple[Program, list[Work]]]) -> dict[Program, list[Work]]:
    """Gives each moment of a person's work to the first program it passed the filters of (TIME-04)."""
    if len(programs) == 1:
        return dict(programs)
    claimed: dict[str, list[Span]] = defaultdict(list)
    allotted: dict[Program, list[Work]] = {}
    for program, works in programs:
        allotted[program] = [_less_claimed(work, claimed.get(work.entry.performer, ())) for work in works]
        for work in works:
            performer = work.entry.performer
            claimed[performer] = beside(claimed[performer], work.spans)
    return allotted


def _less_claimed(work: Work, claimed: Spans) -> Work:
    if not claimed or not work.spans:
        return work
    inside, outside = split(work.spans, claimed)
    if not inside:
        return work
    return work.less((Uncounted(total(inside), "TIME-04", "claimed"),), outside)


def tally(month: ProgramMonth, works: Sequence[Work], whose: Whose) -> Tally:
    """Counts a pathway's seconds: everyone's, or only the billing practitioner's own. Overlaps count once."""
    by_day = [0] * month.month.days
    by_entry: dict[int, int] = {}
    lost: dict[int, tuple[Uncounted, ...]] = {}
    taken: dict[bool, list[Span]] = {True: [], False: []}
    busy_until = BEGINNING
    for index, own in _in_turn(month, works, whose):
        work = works[index]
        spans: Spans = work.spans
        losses: tuple[Uncounted, ...] = ()
        if spans:
            by_practitioner = work.entry.role == "practitioner"
            if spans[0][0] < busy_until:
                spans, losses = _less_worked(spans, taken, by_practitioner=by_practitioner)
            counted = total(spans)
            taken[by_practitioner] = beside(taken[by_practitioner], spans)
            if spans:
                busy_until = max(busy_until, spans[-1][1])
        elif work.dated_seconds:
            counted = work.dated_seconds
        else:
            continue
        if own:
            if work.dated_seconds:
                by_day[work.day_index] += counted
            for start, end in spans:
                month.month.spread(start, end, by_day)
        elif counted:
            losses = (*losses, Uncounted(counted, "PRAC-07", "not_own"))
            counted = 0
        by_entry[index] = counted
        if losses:
            lost[index] = losses
    return Tally(sum(by_day), tuple(by_day), by_entry, lost)


def _in_turn(month: ProgramMonth, works: Sequence[Work], whose: Whose) -> Iterable[tuple[int, bool]]:
    """The places of the work in the order in which it keeps what others worked at once, and whether it counts."""
    if whose == "everyone":
        return [(index, True) for index in range(len(works))]
    own = [(index, True) for index, work in enumerate(works) if month.is_own(work.entry)]
    others = [(index, False) for index, work in enumerate(works) if not month.is_own(work.entry)]
    return own + others


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
