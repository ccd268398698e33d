"""Which codes rural health clinics and federally qualified health centers bill, and which only they do."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Setting
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import SettingType


class OneCodeInClinics(Struct, frozen=True, gc=False):
    """Met when the site in force on the month's last day is another, or for the codes that clinics may bill.

    `not_there`: pathways that cannot be billed in `settings`.
    """

    settings: tuple[SettingType, ...]
    not_there: tuple[str, ...]

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"RHC-01": {"individual", "not_paid"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield from _setting_findings("RHC-01", month, self.settings, self.not_there, "not_paid")


class BundledSetting(Struct, frozen=True, gc=False):
    """Met when the site in force on the month's last day bills the pathway: clinics the bundle, all others the individual
    codes.

    `individual`: pathways that cannot be billed in `settings`; `bundle`: those that can be billed nowhere else.
    """

    settings: tuple[SettingType, ...]
    individual: tuple[str, ...]
    bundle: tuple[str, ...]

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"RHC-02": {"individual", "bundled", "elsewhere", "unmade"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield from _setting_findings("RHC-02", month, self.settings, self.individual, "bundled")
        if month.patient_month.setting_type() not in self.settings:
            yield Finding("RHC-02", month.program, "not_met", "elsewhere", _setting(month), pathways=self.bundle)


class PrincipalCareInClinics(Struct, frozen=True, gc=False):
    """Met when the site is no clinic: there principal care is a unit of the bundle, not billed by its own codes."""

    settings: tuple[SettingType, ...]
    individual: tuple[str, ...]

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"RHC-03": {"individual", "bundled"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        return _setting_findings("RHC-03", month, self.settings, self.individual, "bundled")


class MonitoringInClinics(Struct, frozen=True, gc=False):
    """As principal care: monitoring, community health integration and navigation are units of the bundle in clinics."""

    settings: tuple[SettingType, ...]
    individual: tuple[str, ...]

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"RHC-05": {"individual", "bundled"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        return _setting_findings("RHC-05", month, self.settings, self.individual, "bundled")


def _setting_findings(
    rule: str, month: ProgramMonth, settings: tuple[SettingType, ...], barred: tuple[str, ...], reason: str
) -> Iterable[Finding]:
    if month.patient_month.setting_type() not in settings:
        yield Finding(rule, month.program, "met", "individual", _setting(month))
    elif barred:
        yield Finding(rule, month.program, "not_met", reason, _setting(month), pathways=barred)


def _setting(month: ProgramMonth) -> tuple[Setting, ...]:
    setting = month.patient_month.setting()
    return () if setting is None else (setting,)
