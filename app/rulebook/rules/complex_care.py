"""Complex care: moderate or high medical decision making in the month, and work on the plan."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from msgspec import Struct

from app.determination.facts import CarePlan, DecisionMaking
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class ComplexCare(Struct, frozen=True, gc=False):
    """Met when the biller's decision making in the month reached one of `levels`.

    Any work on the care plan in the month is enough (establishing, implementing, revising or monitoring it); a plan with
    only older work is silence, not a refusal.
    """

    levels: tuple[Literal["straightforward", "low", "moderate", "high"], ...]

    finds: ClassVar = {
        "CPLX-01": {"reached", "none", "too_low"},
        "CPLX-03": {"worked_on", "older_only"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_month = tuple(
            fact
            for fact in month.of(DecisionMaking)
            if month.month.holds(fact.on) and fact.practitioner in (None, month.biller)
        )
        reached = tuple(fact for fact in in_month if fact.level in self.levels)
        if reached:
            yield Finding("CPLX-01", month.program, "met", "reached", reached)
        elif in_month:
            yield Finding("CPLX-01", month.program, "not_met", "too_low", in_month)
        else:
            yield Finding("CPLX-01", month.program, "missing", "none")
        plans = tuple(plan for plan in month.of(CarePlan) if month.month.holds(plan.on))
        if plans:
            yield Finding("CPLX-03", month.program, "met", "worked_on", plans)
        else:
            yield Finding("CPLX-03", month.program, "missing", "older_only")
