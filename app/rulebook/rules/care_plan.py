"""A comprehensive electronic care plan exists, with its usual elements, and the patient has a copy."""

from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import CARE_PLAN_ELEMENTS, CarePlan
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class ComprehensiveCarePlan(Struct, frozen=True, gc=False):
    """Met when a plan is recorded by the end of the month and is not on paper.

    Of the facts that state `electronic` the latest decides, so a paper plan made electronic within the month serves.
    Elements advise; with the policy `care_plan_elements_block` a lacking one blocks, and so does silence about them all.
    """

    reads: ClassVar = frozenset({CarePlan})
    finds: ClassVar = {
        "PLAN-01": {"electronic", "unstated", "none", "paper"},
        "PLAN-02": {"complete", "lacking", "unstated"},
        "PLAN-03": {"given", "unstated"},
        "PLAN-12": {"staff_author"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        plans = sorted(month.of(CarePlan), key=attrgetter("on"))  # those of one day stand by source and id already
        if not plans:
            yield Finding("PLAN-01", month.program, "missing", "none")
        else:
            yield self._electronic(month, plans)
        yield self._elements(month, plans)
        yield self._copy(month, plans)
        by_staff = tuple([p for p in plans if p.action == "established" and p.author_role == "clinical_staff"])
        if by_staff:
            yield Finding("PLAN-12", month.program, "advisory", "staff_author", by_staff)

    def _electronic(self, month: ProgramMonth, plans: list[CarePlan]) -> Finding:
        stated = [plan for plan in plans if plan.electronic is not None]
        if not stated:
            return Finding("PLAN-01", month.program, "met", "unstated", tuple(plans))
        deciding = tuple([plan for plan in stated if plan.on == stated[-1].on])
        values = {"on": stated[-1].on}
        if any(plan.electronic for plan in deciding):
            return Finding("PLAN-01", month.program, "met", "electronic", deciding, values)
        return Finding("PLAN-01", month.program, "not_met", "paper", deciding, values)

    def _elements(self, month: ProgramMonth, plans: list[CarePlan]) -> Finding:
        stating = tuple([plan for plan in plans if plan.elements is not None])
        lacking = _lacking(frozenset().union(*[plan.elements or () for plan in stating]))
        if not lacking:
            return Finding("PLAN-02", month.program, "met", "complete", stating)
        values = {"elements": lacking}
        if month.policy.care_plan_elements_block:
            return Finding("PLAN-02", month.program, "not_met", "lacking", stating, values)
        if not stating:
            return Finding("PLAN-02", month.program, "missing", "unstated")
        return Finding("PLAN-02", month.program, "advisory", "lacking", stating, values)

    def _copy(self, month: ProgramMonth, plans: list[CarePlan]) -> Finding:
        after = month.month.day_after
        given = tuple([plan for plan in plans if plan.copy_given_on is not None and plan.copy_given_on < after])
        if given:
            return Finding("PLAN-03", month.program, "met", "given", given)
        return Finding("PLAN-03", month.program, "missing", "unstated")


@cache
def _lacking(present: frozenset[str]) -> tuple[str, ...]:
    """The elements a plan usually has and these lack, in their usual order."""
    return tuple(element for element in CARE_PLAN_ELEMENTS if element not in present)
