"""What each person is recorded to have done in a month, whoever the patients are."""

from collections.abc import Sequence
from typing import Final

from app.determination.facts import TimeEntry
from app.determination.service_month import ServiceMonth
from app.determination.work import Work, work_in
from app.months.overlaps import Overlap, Stint, overlaps

WHOLE_DAY: Final = 86_400


class PersonsMonth:
    """One person's stints, and what the person's entries add up to on each day. An entry by its day only has no stint."""

    def __init__(self, days: int) -> None:
        self._stints: list[Stint] = []
        self._seconds = [0] * days

    def take(self, work: Work) -> None:
        for index, seconds in work.by_day:
            self._seconds[index] += seconds
        entry = work.entry
        assert entry.patient is not None and entry.source is not None, "a stored entry has both"
        for start, end in work.spans:
            self._stints.append(Stint(start, entry.source, entry.id, end, entry.patient, entry.program, entry.role))

    def overlaps(self) -> list[Overlap]:
        return overlaps(sorted(self._stints))

    def impossible_days(self) -> list[tuple[int, int]]:
        """The days, by their place in the month, with more than 24 hours, and the seconds."""
        return [(index, seconds) for index, seconds in enumerate(self._seconds) if seconds > WHOLE_DAY]


class Persons:
    """The people of a month who follow `after` by name, or the one asked for. What software did is nobody's time.

    `untested`: how many entries, of all people or the one asked for, name their day only.
    """

    def __init__(self, month: ServiceMonth, *, performer: str | None, after: str) -> None:
        self.untested = 0
        self.by_performer: dict[str, PersonsMonth] = {}
        self._month = month
        self._performer = performer
        self._after = after

    def take(self, entries: Sequence[TimeEntry]) -> None:
        asked = (each for each in entries if not each.automated and self._performer in {None, each.performer})
        for work in work_in(self._month, asked):
            if not work.spans:
                self.untested += 1
            performer = work.entry.performer
            if performer <= self._after:
                continue
            person = self.by_performer.get(performer)
            if person is None:
                person = self.by_performer[performer] = PersonsMonth(self._month.days)
            person.take(work)
