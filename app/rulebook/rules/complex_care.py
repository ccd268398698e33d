"""Complex care: moderate or high medical decision making in the month, and work on the plan."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from msgspec import Struct

from app.determination.facts import CarePlan, DecisionMaking
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class ComplexDecisions(Struct, frozen=True, gc=False):
    """Met when the biller's decision making in the month reached one of `levels`."""

    levels: tuple[Literal["straightforward", "low", "moderate", "high"], ...]

    reads: ClassVar = frozenset({DecisionMaking})
    finds: ClassVar = {"CPLX-01": {"reached", "none", "too_low"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_month = tuple(
            [
                fact
                for fact in month.of(DecisionMaking)
                if month.month.holds(fact.on) and fact.practitioner in (None, month.biller)
            ]
        )
        reached = tuple([fact for fact in in_month if fact.level in self.levels])
        if reached:
            return [Finding("CPLX-01", month.program, "met", "reached", reached)]
        if in_month:
            return [Finding("CPLX-01", month.program, "not_met", "too_low", in_month)]
        return [Finding("CPLX-01", month.program, "missing", "none")]


class PlanMadeAnew(Struct, frozen=True, gc=False):
    """Met when the care plan was established or substantially revised in the month; other work on it is not enough."""

    actions: tuple[Literal["established", "substantially_revised"], ...]

    reads: ClassVar = frozenset({CarePlan})
    finds: ClassVar = {"CPLX-02": {"made_anew", "other_work", "none"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_month = plans_in(month)
        anew = tuple(plan for plan in in_month if plan.action in self.actions)
        if anew:
            return [Finding("CPLX-02", month.program, "met", "made_anew", anew)]
        if in_month:
            return [Finding("CPLX-02", month.program, "not_met", "other_work", in_month)]
        return [Finding("CPLX-02", month.program, "missing", "none")]


class PlanWorkedOn(Struct, frozen=True, gc=False):
    """Any work on the care plan in the month is enough (establishing, implementing, revising or monitoring it); a plan with
    only older work is silence, not a refusal.
    """

    reads: ClassVar = frozenset({CarePlan})
    finds: ClassVar = {"CPLX-03": {"worked_on", "older_only"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_month = plans_in(month)
        if in_month:
            return [Finding("CPLX-03", month.program, "met", "worked_on", in_month)]
        return [Finding("CPLX-03", month.program, "missing", "older_only")]


def plans_in(month: ProgramMonth) -> tuple[CarePlan, ...]:
    """The care plan facts of the month itself."""
    return tuple(plan for plan in month.of(CarePlan) if month.month.holds(plan.on))
