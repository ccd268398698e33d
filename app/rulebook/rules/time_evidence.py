"""How well the time itself is recorded: what a reviewer would ask of the entries. Advises only."""

from collections import defaultdict
from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import TimeEntry
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class TimeEvidence(Struct, frozen=True, gc=False):
    """Entries without activity or note, days on which entries cannot be tested for overlap, and days too long to be true."""

    long_day_seconds: int
    whole_day_seconds: int

    reads: ClassVar = frozenset({TimeEntry})
    finds: ClassVar = {
        "TIME-14": {"thin"},
        "TIME-05": {"untested", "overlaps"},
        "TIME-18": {"long", "impossible"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        entries = [work.entry for work in month.work()]
        thin = tuple([entry for entry in entries if entry.activity is None or entry.note_ref is None])
        if thin:
            yield Finding("TIME-14", month.program, "advisory", "thin", thin, {"count": len(thin)})
        yield from self._untested(month, entries)
        yield from self._long_days(month)

    def _untested(self, month: ProgramMonth, entries: list[TimeEntry]) -> Iterable[Finding]:
        by_day: dict[object, list[TimeEntry]] = defaultdict(list)
        for entry in [entry for entry in entries if entry.on is not None]:
            by_day[entry.on].append(entry)
        shared = {day: group for day, group in by_day.items() if len(group) > 1}
        if shared:
            evidence = tuple(entry for group in shared.values() for entry in group)
            values = {"days": tuple(sorted(str(day) for day in shared))}
            yield Finding("TIME-05", month.program, "advisory", "untested", evidence, values)

    def _long_days(self, month: ProgramMonth) -> Iterable[Finding]:
        """All of one person's entries for the patient on a local day, whatever the program."""
        everybodys = month.patient_month.work()
        if sum([work.seconds for work in everybodys]) <= self.long_day_seconds:
            return
        worked: dict[tuple[str, int], int] = defaultdict(int)
        evidence: dict[tuple[str, int], list[TimeEntry]] = defaultdict(list)
        for work in everybodys:
            for index, seconds in work.by_day:
                worked[work.entry.performer, index] += seconds
                evidence[work.entry.performer, index].append(work.entry)
        for (performer, index), seconds in sorted(worked.items()):
            if seconds <= self.long_day_seconds:
                continue
            reason = "impossible" if seconds > self.whole_day_seconds else "long"
            values = {"performer": performer, "on": month.month.day(index), "worked_seconds": seconds}
            entries = tuple(evidence[performer, index])
            yield Finding("TIME-18", month.program, "advisory", reason, entries, values)
