"""Where the patient lives, or a home-health episode, does not bar care management."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Stay
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.stays import touches
from app.determination.vocabulary import StaySetting


class Residence(Struct, frozen=True, gc=False):
    """Advises only: residents of nursing and assisted-living facilities are eligible."""

    facilities: tuple[StaySetting, ...]

    reads: ClassVar = frozenset({Stay})
    finds: ClassVar = {"ELIG-06": {"resident"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        resident = _stays(month, self.facilities)
        return [Finding("ELIG-06", month.program, "advisory", "resident", resident)] if resident else []


class HomeHealthEpisode(Struct, frozen=True, gc=False):
    """Advises only: home-health patients are eligible, unless this practitioner bills the oversight of their care."""

    reads: ClassVar = frozenset({Stay})
    finds: ClassVar = {"ELIG-08": {"home_health"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        at_home = _stays(month, ("home_health",))
        return [Finding("ELIG-08", month.program, "advisory", "home_health", at_home)] if at_home else []


def _stays(month: ProgramMonth, settings: tuple[StaySetting, ...]) -> tuple[Stay, ...]:
    return tuple(stay for stay in month.of(Stay) if stay.setting in settings and touches(stay, month.month))
