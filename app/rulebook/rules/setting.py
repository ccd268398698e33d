"""The kind of site the practice is: one on any day, and the facility's side of a hospital outpatient department."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.doubts import Doubt, at_odds
from app.determination.facts import Setting
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class OneSetting(Struct, frozen=True, gc=False):
    """Two kinds of site in force on one day contradict each other: a person decides. Otherwise advises only: the place of
    service, which clinics do not state (RHC-10), and the facility's side of a hospital.
    """

    reads: ClassVar = frozenset({Setting})
    finds: ClassVar = {"CLAIM-03": {"contradiction", "office", "outpatient"}, "CLAIM-07": {"facility_side"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        setting = month.patient_month.setting()
        if setting is None or setting.type == "physician_office":
            evidence = () if setting is None else (setting,)
            yield Finding("CLAIM-03", month.program, "advisory", "office", evidence)
        elif setting.type == "hospital_outpatient":
            yield Finding("CLAIM-03", month.program, "advisory", "outpatient", (setting,))
            yield Finding("CLAIM-07", month.program, "advisory", "facility_side", (setting,))

    def doubts(self, month: ProgramMonth) -> Iterable[Doubt]:
        possibilities = at_odds(month.in_force(Setting), lambda setting: setting.type)
        return [Doubt("CLAIM-03", None, possibilities)] if possibilities else []
