"""What work never counts: minutes of a billed visit, and activities that are no care management."""

from typing import ClassVar

from msgspec import Struct

from app.determination.facts import TimeEntry, Visit
from app.determination.findings import NOTHING
from app.determination.program_month import ProgramMonth
from app.determination.spans import union
from app.determination.timekeeping import Closed, Closing
from app.determination.vocabulary import Activity


class VisitTime(Struct, frozen=True, gc=False):
    """Minutes of a visit are paid with the visit. By policy staff time outside it on the same day is dropped too."""

    reads: ClassVar = frozenset({Visit})
    finds: ClassVar = {"TIME-07": {"part_of_visit", "visit_day"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        in_visit = Closed("TIME-07", "part_of_visit")
        on_visit_days = None if month.policy.count_staff_time_on_visit_day else self._visit_days(month)

        def close(entry: TimeEntry) -> Closed | None:
            if entry.part_of_visit:
                return in_visit
            return on_visit_days if entry.role == "clinical_staff" else None

        return close

    def _visit_days(self, month: ProgramMonth) -> Closed | None:
        days = {
            month.month.index(visit.on)
            for visit in month.of(Visit)
            if visit.practitioner == month.biller and month.month.holds(visit.on)
        }
        if not days:
            return None
        starts = month.month.day_starts
        spans = union((starts[index], starts[index + 1]) for index in days)
        return Closed("TIME-07", "visit_day", spans, sum(1 << index for index in days))


class NoCareManagement(Struct, frozen=True, gc=False):
    """Clerical work, travel, voicemail and enrolment talk; prior authorization unless the policy counts it; supervision."""

    never: frozenset[Activity]
    by_policy: frozenset[Activity]
    supervision: frozenset[Activity]

    reads: ClassVar = NOTHING
    finds: ClassVar = {"TIME-12": {"activity", "by_policy"}, "PRAC-12": {"supervision"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = dict.fromkeys(self.never, Closed("TIME-12", "activity"))
        closed |= dict.fromkeys(self.supervision, Closed("PRAC-12", "supervision"))
        if not month.policy.count_prior_authorization:
            closed |= dict.fromkeys(self.by_policy, Closed("TIME-12", "by_policy"))
        return lambda entry: closed.get(entry.activity) if entry.activity is not None else None
