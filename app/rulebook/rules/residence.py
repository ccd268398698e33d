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
    """Advises only: residents of nursing and assisted-living facilities are eligible, and so are home-health patients."""

    facilities: tuple[StaySetting, ...]

    finds: ClassVar = {"ELIG-06": {"resident"}, "ELIG-08": {"home_health"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        stays = [stay for stay in month.of(Stay) if touches(stay, month.month)]
        resident = tuple(stay for stay in stays if stay.setting in self.facilities)
        home_health = tuple(stay for stay in stays if stay.setting == "home_health")
        if resident:
            yield Finding("ELIG-06", month.program, "advisory", "resident", resident)
        if home_health:
            yield Finding("ELIG-08", month.program, "advisory", "home_health", home_health)
