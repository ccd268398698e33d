"""Under a hospice election Part B pays the attending practitioner, and care unrelated to the terminal illness."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Stay, TimeEntry
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.spans import Span, covers, split, union
from app.determination.stays import days_touched, stretch, touches
from app.determination.timekeeping import Closed, Closing


class Hospice(Struct, frozen=True, gc=False):
    """Met unless the election covers the whole month, the biller is not its attending and no work is stated unrelated."""

    reads: ClassVar = frozenset({Stay, TimeEntry})
    finds: ClassVar = {"ELIG-07": {"none", "payable", "all_month", "attending", "unrelated", "inside"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        stays = tuple(stay for stay in month.of(Stay) if stay.setting == "hospice" and touches(stay, month.month))
        if not stays:
            return [Finding("ELIG-07", month.program, "met", "none")]
        foreign = tuple(stay for stay in stays if stay.attending != month.biller or month.biller is None)
        unrelated = tuple(work.entry for work in month.work() if work.entry.unrelated_to_terminal_illness)
        found = []
        if not unrelated and covers(
            union(stretch(stay, month.month) for stay in foreign), month.month.start, month.month.end
        ):
            return [Finding("ELIG-07", month.program, "not_met", "all_month", foreign)]
        found.append(Finding("ELIG-07", month.program, "met", "payable", stays))
        attended = tuple(stay for stay in stays if stay not in foreign)
        if self._inside(month, month.entries, attended):
            found.append(Finding("ELIG-07", month.program, "advisory", "attending", attended))
        if inside := self._inside(month, unrelated, foreign):
            found.append(Finding("ELIG-07", month.program, "advisory", "unrelated", (*foreign, *inside)))
        return found

    def _inside(
        self, month: ProgramMonth, entries: Iterable[TimeEntry], stays: tuple[Stay, ...]
    ) -> tuple[TimeEntry, ...]:
        """Entries with time inside one of the elections: only their claim needs a modifier."""
        if not stays:
            return ()
        spans = union(stretch(stay, month.month) for stay in stays)
        days = days_touched(stays, month.month)
        return tuple(entry for entry in entries if self._touches(month, entry, spans, days))

    def _touches(self, month: ProgramMonth, entry: TimeEntry, spans: list[Span], days: int) -> bool:
        if entry.started_at is None or entry.ended_at is None:
            assert entry.on is not None, "an entry has instants or a day"
            return month.month.holds(entry.on) and bool(days >> month.month.index(entry.on) & 1)
        start = max(int(entry.started_at.timestamp()), month.month.start)
        end = min(int(entry.ended_at.timestamp()), month.month.end)
        return start < end and bool(split([(start, end)], spans)[0])

    def closing(self, month: ProgramMonth) -> Closing | None:
        stays = [stay for stay in month.of(Stay) if stay.setting == "hospice" and touches(stay, month.month)]
        attended = [stay for stay in stays if stay.attending is not None and stay.attending == month.biller]
        foreign = [stay for stay in stays if stay not in attended]
        if not foreign:
            return None
        spans = union(stretch(stay, month.month) for stay in foreign)
        _, spans = split(spans, union(stretch(stay, month.month) for stay in attended))
        days = days_touched(foreign, month.month) & ~days_touched(attended, month.month)
        closed = Closed("ELIG-07", "inside", spans, days)

        def close(entry: TimeEntry) -> Closed | None:
            return None if entry.unrelated_to_terminal_illness else closed

        return close
