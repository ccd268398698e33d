"""Where one person's time entries lie, across patients: the stretches with two patients at once, and each day's total."""

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice, takewhile
from typing import Final

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.determination.spans import END
from app.determination.work import Work

MOST_ENTRIES: Final = 100
"""How many entries of a stretch are named; the others are counted."""
WHOLE_DAY: Final = 86_400


class Overlap(Struct):
    """A stretch in which entries for two or more patients lie throughout, in seconds since 1970.

    `entries`: the first that lie in it, by start; `entry_count`: how many there are. `patients_at_once`: at its fullest.
    """

    start: int
    end: int
    entries: list[TimeEntry]
    entry_count: int
    patients_at_once: int


class PersonsMonth:
    """What one person is recorded to have done in a month, taken up entry by entry in the order of their starts.

    Only entries that are under way are kept, and what was found.
    """

    def __init__(self, performer: str, month: ServiceMonth) -> None:
        self.performer = performer
        self.overlaps: list[Overlap] = []
        self._month = month
        self._seconds = [0] * month.days
        self._taken = 0
        self._under_way: dict[int, TimeEntry] = {}
        self._ends: list[tuple[int, int]] = []
        self._patients: Counter[str | None] = Counter()
        self._overlapping = False
        self._last_joined = 0

    def take(self, work: Work) -> None:
        """One entry more, none of which started later than those to come. By its day only, it fills the day alone."""
        for index, seconds in work.by_day:
            self._seconds[index] += seconds
        for start, end in work.spans:
            self._pass(start)
            self._begin(work.entry, start, end)

    def end(self) -> None:
        """There are no more."""
        self._pass(END)

    def impossible_days(self) -> Iterator[tuple[int, int]]:
        """The days, by their place in the month, with more than 24 hours, and the seconds."""
        return ((index, seconds) for index, seconds in enumerate(self._seconds) if seconds > WHOLE_DAY)

    def _pass(self, instant: int) -> None:
        """What ends up to an instant is over: what begins then does not overlap it."""
        while self._ends and self._ends[0][0] <= instant:
            end, number = heappop(self._ends)
            patient = self._under_way.pop(number).patient
            self._patients[patient] -= 1
            if not self._patients[patient]:
                del self._patients[patient]
            if self._overlapping and len(self._patients) < 2:
                self.overlaps[-1].end = end
                self._overlapping = False

    def _begin(self, entry: TimeEntry, start: int, end: int) -> None:
        self._taken += 1
        self._under_way[self._taken] = entry
        heappush(self._ends, (end, self._taken))
        self._patients[entry.patient] += 1
        if len(self._patients) < 2:
            return
        if self._overlapping or (self.overlaps and self.overlaps[-1].end == start):
            # Also where one patient's entry ends as another's begins: still two at once, without a break.
            self._join(self.overlaps[-1])
        else:
            first = list(islice(self._under_way.values(), MOST_ENTRIES))
            self.overlaps.append(Overlap(start, end, first, len(self._under_way), len(self._patients)))
        self._last_joined = self._taken
        self._overlapping = True

    def _join(self, overlap: Overlap) -> None:
        """What began since the last entry joined lies in the stretch, too."""
        joining = list(takewhile(lambda number: number > self._last_joined, reversed(self._under_way)))
        overlap.entry_count += len(joining)
        room = MOST_ENTRIES - len(overlap.entries)
        overlap.entries += [self._under_way[number] for number in joining[::-1][:room]]
        overlap.patients_at_once = max(overlap.patients_at_once, len(self._patients))
