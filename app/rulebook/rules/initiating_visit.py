"""The face-to-face visit care must start from, where one is required."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import ClassVar

from msgspec import Struct

from app.determination.enrolments import enrolments_of, unbroken_stretches
from app.determination.facts import Consent, Enrollment, PlanningAssessment, TimeEntry, Visit
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth, one_year_before
from app.determination.timekeeping import Closing, closed_before
from app.determination.vocabulary import Code, Month, Program


class VisitReading(Struct, frozen=True, gc=False):
    """The visits from a year before care started to the end of the month, as they bear on one biller."""

    since: dt.date
    in_reach: tuple[Visit, ...]
    qualifying: tuple[Visit, ...]
    own: tuple[Visit, ...]
    unclear: tuple[Visit, ...]
    needed: bool


class QualifyingVisits(Struct, frozen=True, gc=False):
    """Which visits qualify: those with a code of the list on their own day and, with an advisory, those in facilities."""

    qualifying: frozenset[Code]
    with_advisory: tuple[str, ...]
    ended: dict[Code, Month] = {}

    def is_listed(self, visit: Visit) -> bool:
        if visit.code not in self.qualifying:
            return False
        ended = self.ended.get(visit.code)
        return ended is None or visit.on.isoformat()[:7] < ended

    def qualifies(self, visit: Visit) -> bool:
        if visit.code is None or visit.telephone_only:
            return False
        return self.is_listed(visit) or visit.code.startswith(self.with_advisory)

    def how_it_qualifies(self, month: ProgramMonth, own: Sequence[Visit]) -> Finding:
        listed = tuple(visit for visit in own if self.is_listed(visit))
        if not listed:
            return Finding("INIT-04", month.program, "advisory", "facility_visit", tuple(own))
        values = {"on": listed[0].on, "code": listed[0].code}
        return Finding("INIT-03", month.program, "met", "qualifies", listed, values)


class VisitForEveryPatient(QualifyingVisits, frozen=True, gc=False):
    """Met when the biller saw the patient at a qualifying visit, not stated to leave care management out, by the month's end.

    Asked of established patients too, and without a look-back. Work on days before the first such visit does not count.
    """

    reads: ClassVar = frozenset({Visit})
    finds: ClassVar = {
        "INIT-02": {"seen", "none", "unclear", "not_discussed", "not_qualifying", "others_only"},
        "INIT-03": {"qualifies"},
        "INIT-04": {"not_qualifying", "facility_visit"},
        "INIT-05": {"discussed", "not_discussed", "unstated"},
        "INIT-06": {"others_only"},
        "INIT-07": {"before"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        visits = _in_order(month.of(Visit))
        qualifying = tuple(visit for visit in visits if self.qualifies(visit))
        own = _by_biller(month, qualifying)
        if not own:
            return self._unseen(month, visits, qualifying)
        serving = tuple(visit for visit in own if visit.discussed_care_management is not False)
        if not serving:
            return [
                Finding("INIT-02", month.program, "not_met", "not_discussed", own),
                self.how_it_qualifies(month, own),
                Finding("INIT-05", month.program, "not_met", "not_discussed", own),
            ]
        seen = {"on": serving[0].on, "practitioner": serving[0].practitioner}
        return [
            Finding("INIT-02", month.program, "met", "seen", serving, seen),
            self.how_it_qualifies(month, serving),
            _discussion(month, own),
        ]

    def closing(self, month: ProgramMonth) -> Closing | None:
        own = _by_biller(month, [visit for visit in _in_order(month.of(Visit)) if self.qualifies(visit)])
        serving = [visit for visit in own if visit.discussed_care_management is not False]
        return closed_before(month.month, _first_day(serving), "INIT-07")

    def _unseen(
        self, month: ProgramMonth, visits: tuple[Visit, ...], qualifying: tuple[Visit, ...]
    ) -> Iterable[Finding]:
        if qualifying:
            yield Finding("INIT-02", month.program, "not_met", "others_only", qualifying)
            yield Finding("INIT-06", month.program, "not_met", "others_only", qualifying)
        elif unclear := tuple(visit for visit in visits if _is_unclear(visit)):
            yield Finding("INIT-02", month.program, "missing", "unclear", unclear)
        elif visits:
            yield Finding("INIT-02", month.program, "not_met", "not_qualifying", visits)
            yield Finding("INIT-04", month.program, "not_met", "not_qualifying", visits)
        else:
            yield Finding("INIT-02", month.program, "missing", "none")


class InitiatingVisit(QualifyingVisits, frozen=True, gc=False, kw_only=True):
    """Met when the biller saw the patient in the year before care started, or at a qualifying visit since.

    A visit is needed only for a new patient or one not seen in that year; only then must care management have been
    discussed at it, and only then does time before it not count. A visit without a CPT or HCPCS code is neither seen nor
    unseen: the record is silent. `prefixes` count with an advisory.
    """

    new_patient: frozenset[Code]
    discussion_programs: tuple[Program, ...]

    reads: ClassVar = frozenset({Consent, Enrollment, PlanningAssessment, TimeEntry, Visit})
    finds: ClassVar = {
        "INIT-01": {"seen", "since", "none", "unseen", "unclear"},
        "INIT-03": {"qualifies"},
        "INIT-04": {"not_qualifying", "not_initiating", "facility_visit"},
        "INIT-05": {"discussed", "not_discussed", "unstated", "after_a_gap"},
        "INIT-06": {"others_only"},
        "INIT-07": {"before"},
        "INIT-08": {"restart"},
        "G0506-06": {"voluntary"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        reading = self.read(month)
        if not reading.own:
            return [self._unseen(month, reading), *self._restart(month)]
        reason = "since" if reading.own[0].on > reading.since else "seen"
        first = reading.own[0]
        values = {"since": reading.since, "on": first.on, "practitioner": first.practitioner}
        found = [Finding("INIT-01", month.program, "met", reason, reading.own, values)]
        found.append(self.how_it_qualifies(month, reading.own))
        if month.program in self.discussion_programs:
            found += self._discussion(month, reading)
        return [*found, *self._voluntary(month, reading), *self._restart(month)]

    def closing(self, month: ProgramMonth) -> Closing | None:
        reading = self.read(month)
        if not reading.needed:
            return None
        return closed_before(month.month, _first_day(reading.own), "INIT-07")

    def read(self, month: ProgramMonth) -> VisitReading:
        return month.once(InitiatingVisit, lambda: self._read(month))

    def _read(self, month: ProgramMonth) -> VisitReading:
        since = month.care_start()
        first = one_year_before(since)
        in_reach = _in_order(visit for visit in month.of(Visit) if visit.on >= first)
        qualifying = tuple(visit for visit in in_reach if self.qualifies(visit))
        own = _by_biller(month, qualifying)
        unclear = tuple(visit for visit in in_reach if _is_unclear(visit))
        seen = [visit for visit in own if visit.on <= since]
        # New is who has only new-patient visits with this practitioner; a colleague's or a facility's visit shows neither.
        known = [visit for visit in seen if visit.practitioner == month.biller and self.is_listed(visit)]
        new = all(visit.code in self.new_patient for visit in known)
        return VisitReading(since, in_reach, qualifying, own, unclear, needed=not seen or new)

    def _unseen(self, month: ProgramMonth, reading: VisitReading) -> Finding:
        values = {"since": reading.since, "first": one_year_before(reading.since)}
        discussed = month.program in self.discussion_programs
        if reading.unclear:
            return Finding("INIT-01", month.program, "missing", "unclear", reading.unclear, values)
        if not reading.in_reach:
            return Finding("INIT-01", month.program, "missing", "none" if discussed else "unseen", (), values)
        if not reading.qualifying:
            reason = "not_qualifying" if discussed else "not_initiating"
            return Finding("INIT-04", month.program, "not_met", reason, reading.in_reach, values)
        return Finding("INIT-06", month.program, "not_met", "others_only", reading.qualifying, values)

    def _discussion(self, month: ProgramMonth, reading: VisitReading) -> Iterable[Finding]:
        values = {"since": reading.since}
        if not reading.needed:
            if self._seen_after_a_gap(month, reading):
                yield Finding("INIT-05", month.program, "advisory", "after_a_gap", reading.own, values)
            return
        yield _discussion(month, reading.own)

    def _voluntary(self, month: ProgramMonth, reading: VisitReading) -> Iterable[Finding]:
        """Planning was added to a visit that nobody needed: whether that will carry G0506 was not found."""
        if reading.needed or month.program not in self.discussion_programs:
            return
        own = [fact for fact in month.of(PlanningAssessment) if fact.practitioner == month.biller]
        assessed = {fact.on for fact in own if month.month.holds(fact.on)}
        visits = tuple(v for v in reading.own if v.on in assessed and v.practitioner == month.biller)
        if visits:
            yield Finding("G0506-06", month.program, "advisory", "voluntary", visits)

    def _seen_after_a_gap(self, month: ProgramMonth, reading: VisitReading) -> bool:
        """Seen in the year only by undiscussed visits, the first of them more than a year after the one before."""
        seen = [visit for visit in reading.own if visit.on <= reading.since]
        if any(visit.discussed_care_management is not False for visit in seen):
            return False
        earlier = [v.on for v in month.of(Visit) if v.on < seen[0].on and v.practitioner == seen[0].practitioner]
        return bool(earlier) and max(earlier) < one_year_before(seen[0].on)

    def _restart(self, month: ProgramMonth) -> Sequence[Finding]:
        enrolments = enrolments_of(month.patient_month, month.program, month.biller)
        if len(enrolments) < 2:
            return []
        stretches = unbroken_stretches(enrolments)
        if len(stretches) < 2 or month.enrolled_since() in (None, stretches[0][0]):
            return []
        values = {"since": month.enrolled_since()}
        return [Finding("INIT-08", month.program, "advisory", "restart", tuple(enrolments), values)]


def _in_order(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    return tuple(sorted(visits, key=lambda visit: (visit.on, visit.id)))


def _by_biller(month: ProgramMonth, visits: Iterable[Visit]) -> tuple[Visit, ...]:
    """The biller's own; by policy those of anybody in the practice (INIT-06)."""
    if month.policy.same_group_initiating_visit:
        return tuple(visits)
    return tuple(visit for visit in visits if visit.practitioner == month.biller)


def _is_unclear(visit: Visit) -> bool:
    return visit.code is None and not visit.telephone_only


def _discussion(month: ProgramMonth, own: tuple[Visit, ...]) -> Finding:
    if discussed := tuple(visit for visit in own if visit.discussed_care_management):
        return Finding("INIT-05", month.program, "met", "discussed", discussed)
    if any(visit.discussed_care_management is None for visit in own):
        return Finding("INIT-05", month.program, "missing", "unstated", own)
    return Finding("INIT-05", month.program, "not_met", "not_discussed", own)


def _first_day(visits: Sequence[Visit]) -> dt.date | None:
    return visits[0].on if visits else None
