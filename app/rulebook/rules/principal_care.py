"""Principal care management: one complex chronic condition, and a visit again once a year."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import ClassVar

from msgspec import Struct

from app.determination.conditions import coded_conditions, uncoded_conditions
from app.determination.facts import Condition, Fact, Visit
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth, one_year_before


class ComplexCondition(Struct, frozen=True, gc=False):
    """Met when a condition in force puts the patient at significant risk. How long it is expected to last has no field.

    Advises where the biller's last visit lies more than a year before the month.
    """

    reads: ClassVar = frozenset({Condition, Visit})
    finds: ClassVar = {"PCM-01": {"complex", "none", "uncoded", "unstated", "not_complex", "visit_again"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield self._condition(month)
        seen = [visit for visit in month.of(Visit) if visit.practitioner == month.biller]
        latest = max(seen, key=lambda visit: (visit.on, visit.id), default=None)
        if latest is not None and latest.on < one_year_before(month.month.first_day):
            yield Finding("PCM-01", month.program, "advisory", "visit_again", (latest,), {"on": latest.on})

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """A condition recorded, stated to put the patient at significant risk; rather one of which nothing else is stated."""
        coded = sorted(coded_conditions(month.patient_month), key=lambda one: (not one.risk_unstated, one.code))
        if self._condition(month).outcome != "met" and coded:
            yield Condition(id=next(ids), code=coded[0].code, significant_risk=True)

    def _condition(self, month: ProgramMonth) -> Finding:
        coded = coded_conditions(month.patient_month)
        uncoded = tuple(uncoded_conditions(month.patient_month))
        complex_ = [condition for condition in coded if condition.risky]
        if complex_:
            evidence = tuple(fact for condition in complex_ for fact in condition.facts)
            values = {"codes": tuple(condition.code for condition in complex_)}
            return Finding("PCM-01", month.program, "met", "complex", evidence, values)
        stated = tuple(fact for condition in coded for fact in condition.facts)
        if any(condition.risk_unstated for condition in coded):
            return Finding("PCM-01", month.program, "missing", "unstated", stated)
        if uncoded:
            return Finding("PCM-01", month.program, "missing", "uncoded", uncoded)
        if coded:
            return Finding("PCM-01", month.program, "not_met", "not_complex", stated)
        return Finding("PCM-01", month.program, "missing", "none")
