"""Rural health clinics and federally qualified health centers bill a code of their own instead of the individual ones."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Setting
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import SettingType


class BundledSetting(Struct, frozen=True, gc=False):
    """Met when the site in force on the month's last day may bill the program's individual codes."""

    settings: tuple[SettingType, ...]

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"RHC-02": {"individual", "bundled"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        setting = month.patient_month.setting()
        evidence = () if setting is None else (setting,)
        if setting is not None and setting.type in self.settings:
            return [Finding("RHC-02", month.program, "not_met", "bundled", evidence)]
        return [Finding("RHC-02", month.program, "met", "individual", evidence)]
