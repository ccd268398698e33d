"""Where one person's work lies on two patients at once: a sweep over stints in the order of their starts."""

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import islice, takewhile
from typing import Final

from msgspec import Struct

from app.determination.facts import Program, Role
from app.determination.spans import END

MOST_STINTS: Final = 100
"""How many stints of a stretch are named; the others are counted."""


class Stint(Struct, frozen=True, gc=False, order=True):
    """One person's time entry as it lies in a month, in seconds since 1970. In order by start, source and id."""

    start: int
    source: str
    id: str
    end: int
    patient: str
    program: Program
    role: Role


class Overlap(Struct):
    """A stretch throughout which there are stints for two or more patients.

    `stints`: the first that lie in it, at least with a part; `stint_count`: how many there are. `patients_at_once`: at its
    fullest moment.
    """

    start: int
    end: int
    stints: list[Stint]
    stint_count: int
    patients_at_once: int


def overlaps(stints: Iterable[Stint]) -> list[Overlap]:
    """The stretches in which one person's stints, given in order, lie on two patients or more."""
    sweep = _Sweep()
    for stint in stints:
        sweep.pass_by(stint.start)
        sweep.begin(stint)
    sweep.pass_by(END)
    return sweep.found


class _Sweep:
    """What is under way at the moment the sweep has come to, and what it found."""

    def __init__(self) -> None:
        self.found: list[Overlap] = []
        self._begun = 0
        self._under_way: dict[int, Stint] = {}
        self._ends: list[tuple[int, int]] = []
        self._patients: Counter[str] = Counter()
        self._overlapping = False
        self._last_joined = 0

    def pass_by(self, instant: int) -> None:
        """What ends up to an instant is over: what begins then does not overlap it."""
        while self._ends and self._ends[0][0] <= instant:
            end, number = heappop(self._ends)
            patient = self._under_way.pop(number).patient
            self._patients[patient] -= 1
            if not self._patients[patient]:
                del self._patients[patient]
            if self._overlapping and len(self._patients) < 2:
                self.found[-1].end = end
                self._overlapping = False

    def begin(self, stint: Stint) -> None:
        self._begun += 1
        self._under_way[self._begun] = stint
        heappush(self._ends, (stint.end, self._begun))
        self._patients[stint.patient] += 1
        if len(self._patients) < 2:
            return
        if self._overlapping or (self.found and self.found[-1].end == stint.start):
            # Also where one patient's stint ends as another's begins: still two at once, without a break.
            self._join(self.found[-1])
        else:
            first = list(islice(self._under_way.values(), MOST_STINTS))
            self.found.append(Overlap(stint.start, stint.end, first, len(self._under_way), len(self._patients)))
        self._last_joined = self._begun
        self._overlapping = True

    def _join(self, overlap: Overlap) -> None:
        """What began since the last stint joined lies in the stretch, too."""
        joining = list(takewhile(lambda number: number > self._last_joined, reversed(self._under_way)))
        overlap.stint_count += len(joining)
        room = MOST_STINTS - len(overlap.stints)
        overlap.stints += [self._under_way[number] for number in joining[::-1][:room]]
        overlap.patients_at_once = max(overlap.patients_at_once, len(self._patients))
