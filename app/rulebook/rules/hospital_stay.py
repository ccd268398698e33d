"""Time inside an inpatient or Part A skilled nursing stay is paid with the stay."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Stay
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.spans import covers, union
from app.determination.stays import days_touched, stretch, touches
from app.determination.timekeeping import Closed, Closing
from app.determination.vocabulary import StaySetting


class HospitalStay(Struct, frozen=True, gc=False):
    """Met while the patient spends some of the month outside. Time outside the stay counts, to the second of discharge.

    An entry that names a day only is out on every day the stay touches, instants or not.
    """

    settings: tuple[StaySetting, ...]

    reads: ClassVar = frozenset({Stay})
    finds: ClassVar = {"ELIG-05": {"outside", "all_month"}, "TIME-08": {"inside"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        stays = self._stays(month)
        spans = union(stretch(stay, month.month) for stay in stays)
        if covers(spans, month.month.start, month.month.end):
            return [Finding("ELIG-05", month.program, "not_met", "all_month", stays)]
        return [Finding("ELIG-05", month.program, "met", "outside", stays)]

    def closing(self, month: ProgramMonth) -> Closing | None:
        stays = self._stays(month)
        if not stays:
            return None
        spans = union(stretch(stay, month.month) for stay in stays)
        closed = Closed("TIME-08", "inside", spans, days_touched(stays, month.month))
        return lambda _: closed

    def _stays(self, month: ProgramMonth) -> tuple[Stay, ...]:
        return tuple(s for s in month.of(Stay) if s.setting in self.settings and touches(s, month.month))
