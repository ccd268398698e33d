"""Assessment and planning of care, billed once beside the visit that begins care management (G0506)."""

import datetime as dt
from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Coverage, Death, PlanningAssessment, Service, Visit
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import Code, Month

PATHWAY = ("planning",)


class PlanningReading(Struct, frozen=True, gc=False):
    """The biller's assessment the month's G0506 rests on, and the visit of that day it adds to."""

    assessment: PlanningAssessment
    primary: Visit | None
    others: tuple[Visit, ...]
    covered: bool


class PlanningBesideVisit(Struct, frozen=True, gc=False):
    """Met when the biller personally assessed and planned beyond a visit of `primaries` on the same day, at which care
    management was discussed, and never billed it for the patient before.

    Dated on the assessment; work on a day without cover does not count. `begun` and `ended` hold the months from which, and
    until which, some of the primaries count.
    """

    primaries: frozenset[Code]
    begun: dict[Code, Month]
    ended: dict[Code, Month]
    code: Code

    reads: ClassVar = frozenset({PlanningAssessment, Visit, Service, Coverage, Death})
    finds: ClassVar = {
        "ELIG-04": {"assessed_uncovered"},
        "G0506-01": {"first", "billed"},
        "G0506-02": {"beside", "none", "no_visit", "uncoded", "other_visit"},
        "G0506-03": {"personally", "none", "not_personally", "undocumented"},
        "G0506-06": {"discussed", "none", "unstated", "not_discussed"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield self._billed_before(month)
        reading = self.read(month)
        if reading is None:
            for rule in ("G0506-02", "G0506-03", "G0506-06"):
                yield Finding(rule, month.program, "missing", "none")
            return
        if not reading.covered:
            uncovered = (reading.assessment,)
            yield Finding("ELIG-04", month.program, "not_met", "assessed_uncovered", uncovered, pathways=PATHWAY)
        yield self._beside(month, reading)
        yield self._personally(month, reading.assessment)
        yield self._initiates(month, reading)

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None:
        """The day of the assessment; `None` where there is none in the month."""
        reading = self.read(month)
        return None if reading is None else reading.assessment.on

    def read(self, month: ProgramMonth) -> PlanningReading | None:
        """The first assessment to which nothing is lacking; otherwise the one that lacks least."""
        return month.once(PlanningBesideVisit, lambda: self._read(month))

    def _read(self, month: ProgramMonth) -> PlanningReading | None:
        readings = []
        for assessment in month.of(PlanningAssessment):
            if assessment.practitioner != month.biller or not month.month.holds(assessment.on):
                continue
            if any(death.on < assessment.on for death in month.of(Death)):
                continue
            same_day = [v for v in month.of(Visit) if v.on == assessment.on and v.practitioner == month.biller]
            primaries = [visit for visit in same_day if self._is_primary(visit)]
            readings.append(
                PlanningReading(
                    assessment,
                    min(primaries, key=lambda visit: (_discussion(visit), visit.id), default=None),
                    tuple(same_day),
                    month.is_covered(assessment.on),
                )
            )
        return min(readings, key=lambda reading: (_lacks(reading), reading.assessment.on), default=None)

    def _is_primary(self, visit: Visit) -> bool:
        if visit.code not in self.primaries:
            return False
        month = visit.on.isoformat()[:7]
        return self.begun.get(visit.code, month) <= month and (
            visit.code not in self.ended or month < self.ended[visit.code]
        )

    def _billed_before(self, month: ProgramMonth) -> Finding:
        before = tuple(
            service
            for service in month.of(Service)
            if service.code == self.code and service.on < month.month.first_day and month.is_same_practitioner(service)
        )
        if before:
            return Finding("G0506-01", month.program, "not_met", "billed", before, {"on": before[0].on})
        return Finding("G0506-01", month.program, "met", "first")

    def _beside(self, month: ProgramMonth, reading: PlanningReading) -> Finding:
        on = {"on": reading.assessment.on}
        if reading.primary is not None:
            evidence = (reading.assessment, reading.primary)
            return Finding("G0506-02", month.program, "met", "beside", evidence, {**on, "code": reading.primary.code})
        if not reading.others:
            return Finding("G0506-02", month.program, "missing", "no_visit", (reading.assessment,), on)
        if any(visit.code is None for visit in reading.others):
            return Finding("G0506-02", month.program, "missing", "uncoded", reading.others, on)
        return Finding("G0506-02", month.program, "not_met", "other_visit", reading.others, on)

    def _personally(self, month: ProgramMonth, assessment: PlanningAssessment) -> Finding:
        if not assessment.personally_performed:
            return Finding("G0506-03", month.program, "not_met", "not_personally", (assessment,))
        if assessment.documented is False:
            return Finding("G0506-03", month.program, "not_met", "undocumented", (assessment,))
        return Finding("G0506-03", month.program, "met", "personally", (assessment,), {"on": assessment.on})

    def _initiates(self, month: ProgramMonth, reading: PlanningReading) -> Finding:
        visit = reading.primary
        if visit is None:
            return Finding("G0506-06", month.program, "missing", "none", (reading.assessment,))
        if visit.discussed_care_management is None:
            return Finding("G0506-06", month.program, "missing", "unstated", (visit,))
        if not visit.discussed_care_management:
            return Finding("G0506-06", month.program, "not_met", "not_discussed", (visit,))
        return Finding("G0506-06", month.program, "met", "discussed", (visit,), {"on": visit.on})


def _discussion(visit: Visit) -> int:
    """Discussed first, then what is not stated."""
    return {True: 0, None: 1, False: 2}[visit.discussed_care_management]


def _lacks(reading: PlanningReading) -> int:
    assessment, primary = reading.assessment, reading.primary
    lacking = [
        not reading.covered,
        primary is None,
        not assessment.personally_performed,
        assessment.documented is False,
    ]
    return sum(lacking) + (0 if primary is not None and primary.discussed_care_management else 1)
