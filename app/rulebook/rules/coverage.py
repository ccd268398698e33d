"""Part B on the day of the work; Medicare Advantage pays by its plan's rules."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Coverage
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.spans import Span
from app.determination.timekeeping import Closed, Closing
from app.determination.vocabulary import Payer


class CoveredDays(Struct, frozen=True, gc=False):
    """Met when some day of the month has an accepted payer. Work on any other day does not count.

    Of coverages that overlap the one that stands first in `precedence` prevails, so Part A alone beside Part B is Part B.
    """

    accepted: tuple[Payer, ...]
    plan_rules: tuple[Payer, ...]
    precedence: tuple[Payer, ...]

    reads: ClassVar = frozenset({Coverage})
    finds: ClassVar = {
        "ELIG-04": {"covered", "unknown", "not_covered", "plan_rules", "uncounted"},
        "COST-02": {"owes_nothing"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_force = tuple(month.in_force(Coverage))
        if not in_force:
            return [Finding("ELIG-04", month.program, "missing", "unknown")]
        days = month.patient_month.payers(self.precedence)
        accepted = _distinct(day for day in days if day is not None and day.payer in self.accepted)
        if not accepted:
            return [Finding("ELIG-04", month.program, "not_met", "not_covered", in_force)]
        found = [Finding("ELIG-04", month.program, "met", "covered", accepted)]
        by_plan = tuple(coverage for coverage in accepted if coverage.payer in self.plan_rules)
        if by_plan:
            found.append(Finding("ELIG-04", month.program, "advisory", "plan_rules", by_plan))
        beneficiary = tuple(coverage for coverage in in_force if coverage.qualified_medicare_beneficiary)
        if beneficiary:
            found.append(Finding("COST-02", month.program, "advisory", "owes_nothing", beneficiary))
        return found

    def closing(self, month: ProgramMonth) -> Closing | None:
        days = month.patient_month.payers(self.precedence)
        uncovered = [index for index, day in enumerate(days) if day is None or day.payer not in self.accepted]
        if not uncovered:
            return None
        spans: list[Span] = [(month.month.day_starts[index], month.month.day_starts[index + 1]) for index in uncovered]
        closed = Closed("ELIG-04", "uncounted", spans, sum(1 << index for index in uncovered))
        return lambda _: closed


def _distinct(coverages: Iterable[Coverage]) -> tuple[Coverage, ...]:
    return tuple({id(coverage): coverage for coverage in coverages}.values())
