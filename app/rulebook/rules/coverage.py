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
        prevailing = month.patient_month.prevailing(self.precedence)
        accepted = tuple([one for one in prevailing if one is not None and one.payer in self.accepted])
        if not accepted:
            return [Finding("ELIG-04", month.program, "not_met", "not_covered", in_force)]
        found = [Finding("ELIG-04", month.program, "met", "covered", accepted)]
        by_plan = tuple([one for one in accepted if one.payer in self.plan_rules])
        if by_plan:
            found.append(Finding("ELIG-04", month.program, "advisory", "plan_rules", by_plan))
        beneficiary = tuple([one for one in in_force if one.qualified_medicare_beneficiary])
        if beneficiary:
            found.append(Finding("COST-02", month.program, "advisory", "owes_nothing", beneficiary))
        return found

    def closing(self, month: ProgramMonth) -> Closing | None:
        if all(map(self._accepts, month.patient_month.prevailing(self.precedence))):
            return None
        days = month.patient_month.payers(self.precedence)
        uncovered = [index for index, day in enumerate(days) if not self._accepts(day)]
        spans: list[Span] = [(month.month.day_starts[index], month.month.day_starts[index + 1]) for index in uncovered]
        closed = Closed("ELIG-04", "uncounted", spans, sum(1 << index for index in uncovered))
        return lambda _: closed

    def _accepts(self, coverage: Coverage | None) -> bool:
        return coverage is not None and coverage.payer in self.accepted
