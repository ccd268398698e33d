"""Nothing counts after the day the patient died; that day does."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.doubts import Doubt
from app.determination.facts import Death
from app.determination.program_month import ProgramMonth
from app.determination.spans import END
from app.determination.timekeeping import Closed, Closing


class AfterDeath(Struct, frozen=True, gc=False):
    """Closes every day after the day of death. Two different days of death contradict each other: a person decides."""

    reads: ClassVar = frozenset({Death})
    finds: ClassVar = {"TIME-09": {"after", "contradiction"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        days = [death.on for death in month.of(Death)]
        if not days:
            return None
        index = month.month.index(min(days)) + 1
        if index >= month.month.days:
            return None
        first = max(index, 0)
        closed = Closed("TIME-09", "after", ((month.month.day_starts[first], END),), ~((1 << first) - 1))
        return lambda _: closed

    def doubts(self, month: ProgramMonth) -> Iterable[Doubt]:
        deaths = month.of(Death)
        days = sorted({death.on for death in deaths})
        if len(days) < 2 or days[0] >= month.month.day_after:
            return []
        return [Doubt("TIME-09", None, tuple(tuple(d for d in deaths if d.on == day) for day in days))]
