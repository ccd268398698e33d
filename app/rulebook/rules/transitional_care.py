"""Transitional care after a stay: reached within days, seen within a week or two, decided upon."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal

from msgspec import Struct

from app.determination.facts import (
    Coverage,
    Death,
    DecisionMaking,
    ExcludedPerformer,
    Fact,
    Service,
    Stay,
    TimeEntry,
    Visit,
)
from app.determination.findings import Finding, Outcome
from app.determination.practice_month import in_force
from app.determination.program_month import ProgramMonth
from app.determination.service_month import LOOK_BACK
from app.determination.skeletons import STAFF
from app.determination.vocabulary import Code, StaySetting

_SATURDAY = 5


class Intensity(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Within how many days of discharge the patient is seen, and which decision making is asked for."""

    visit_days: int
    decisions: tuple[Literal["straightforward", "low", "moderate", "high"], ...]


class Discharge(Struct, frozen=True, gc=False):
    """A discharge as one intensity of transitional care reads it: what it lacks, the visit it is billed on, and what else
    was recorded of it, contacts and decisions.
    """

    on: dt.date
    stay: Stay
    visit: Visit | None
    lacks: tuple[tuple[Outcome, str], ...]
    recorded: tuple[Fact, ...]

    @property
    def evidence(self) -> tuple[Fact, ...]:
        seen = () if self.visit is None else (self.visit,)
        return (self.stay, *seen, *self.recorded)


class TransitionalCare(Struct, frozen=True, gc=False):
    """Met when, after a discharge home from one of `settings`, the patient was reached live within two business days, seen by
    the biller in time on a covered day, and decided upon as the code asks.

    Billed on the visit, so it belongs to the visit's month. Holidays are not known: a business day is Monday to Friday.
    """

    intensities: dict[str, Intensity]
    settings: tuple[StaySetting, ...]
    not_to: tuple[StaySetting, ...]
    contact_business_days: int
    episode_days: int
    codes: frozenset[Code]

    reads: ClassVar = frozenset({Stay, TimeEntry, Visit, DecisionMaking, Coverage, Service, Death, ExcludedPerformer})
    finds: ClassVar = {
        "TCM-01": {
            "given", "no_discharge", "to_facility", "no_contact", "contact_late", "no_visit", "visit_late",
            "visit_elsewhen", "days_over", "no_decision", "decision_too_low", "billed",
        }
    }  # fmt: skip

    def __post_init__(self) -> None:
        if self.episode_days > LOOK_BACK.days:
            raise ValueError(f"An episode longer than {LOOK_BACK.days} days asks for contacts that a month leaves out.")

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        for pathway, intensity in self.intensities.items():
            discharge = self._nearest(month, intensity)
            alone = (pathway,)
            if discharge is None:
                yield Finding("TCM-01", month.program, "missing", "no_discharge", (), pathways=alone)
                continue
            values = {"on": discharge.on, "days": intensity.visit_days}
            for outcome, reason in discharge.lacks or (("met", "given"),):
                yield Finding("TCM-01", month.program, outcome, reason, discharge.evidence, values, alone)

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None:
        """The day of the visit."""
        discharge = self._nearest(month, self.intensities[pathway])
        return None if discharge is None or discharge.visit is None else discharge.visit.on

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """What is not recorded, each on the last day of the month it could be; what came late, no fact undoes."""
        intensity = self.intensities[pathway]
        discharge = self._nearest(month, intensity)
        if discharge is None or any(outcome != "missing" for outcome, _ in discharge.lacks):
            return
        lacking = {reason for _, reason in discharge.lacks}
        if "no_contact" in lacking:
            called_on = min(self._contact_by(discharge.on), month.last_day_alive())
            yield TimeEntry(
                id=next(ids), program=month.program, performer=STAFF, role="clinical_staff", on=called_on, seconds=1,
                live_contact=True,
            )  # fmt: skip
        if "no_visit" in lacking and month.biller is not None:
            seen_on = min(day, discharge.on + dt.timedelta(days=intensity.visit_days))
            yield Visit(id=next(ids), code="99214", on=seen_on, practitioner=month.biller)
        if "no_decision" in lacking:
            decided_on = min(day, discharge.on + dt.timedelta(days=self.episode_days - 1))
            level = intensity.decisions[0]
            yield DecisionMaking(id=next(ids), level=level, on=decided_on, practitioner=month.biller)

    def _nearest(self, month: ProgramMonth, intensity: Intensity) -> Discharge | None:
        """Of the discharges whose episode touches the month, the first that lacks nothing, else the one that lacks least."""
        read = [
            self._read(month, stay, on, intensity) for stay in month.of(Stay) if (on := self._touching(stay, month))
        ]
        return min(read, key=lambda discharge: (len(discharge.lacks), discharge.on), default=None)

    def _touching(self, stay: Stay, month: ProgramMonth) -> dt.date | None:
        """The day of a discharge whose episode touches the month."""
        on = month.discharge_day(stay) if stay.setting in self.settings else None
        if on is None or on > month.month.last_day:
            return None
        last = on + dt.timedelta(days=self.episode_days - 1)
        return on if last >= month.month.first_day else None

    def _read(self, month: ProgramMonth, stay: Stay, on: dt.date, intensity: Intensity) -> Discharge:
        lacks: list[tuple[Outcome, str]] = []
        following = (other for other in month.of(Stay) if other is not stay and on <= other.from_ <= _next(on))
        if any(other.setting in self.not_to for other in following):
            lacks.append(("not_met", "to_facility"))
        reached = [
            # A contact over midnight is one of both days, as it would be if it were written down in two entries.
            entry
            for entry in month.entries
            if entry.live_contact and _is_care(entry, month) and _follows(entry, stay, on, month)
        ]
        lacks += self._lacks_contact([max(month.day_of(entry), on) for entry in reached], on)
        visit = self._visit(month, on, intensity.visit_days)
        if visit is None:
            late = self._visit(month, on, self.episode_days - 1) is not None
            over = on + dt.timedelta(days=intensity.visit_days) < month.month.first_day
            missed: tuple[Outcome, str] = ("not_met", "days_over") if over else ("missing", "no_visit")
            lacks.append(("not_met", "visit_late") if late else missed)
        elif not month.month.holds(visit.on):
            lacks.append(("not_met", "visit_elsewhen"))
        decided = self._decided(month, on)
        if not decided:
            lacks.append(("missing", "no_decision"))
        elif not any(fact.level in intensity.decisions for fact in decided):
            lacks.append(("not_met", "decision_too_low"))
        if self._billed(month, on):
            lacks.append(("not_met", "billed"))
        return Discharge(on, stay, visit, tuple(lacks), (*reached, *decided))

    def _lacks_contact(self, contacts: Sequence[dt.date], on: dt.date) -> Iterable[tuple[Outcome, str]]:
        if not contacts:
            yield "missing", "no_contact"
        elif min(contacts) > self._contact_by(on):
            yield "not_met", "contact_late"

    def _contact_by(self, on: dt.date) -> dt.date:
        """The last business day on which a first contact after a discharge is in time."""
        for _ in range(self.contact_business_days):
            on = _next_business_day(on)
        return on

    def _visit(self, month: ProgramMonth, on: dt.date, days: int) -> Visit | None:
        """The biller's first visit within some days of the discharge, on a covered day."""
        last = on + dt.timedelta(days=days)
        in_time = [
            visit
            for visit in month.of(Visit)
            if visit.practitioner == month.biller
            and on <= visit.on <= last
            and not visit.telephone_only
            and month.is_covered(visit.on)
            and visit.on <= month.last_day_alive()
        ]
        return min(in_time, key=lambda visit: (visit.on, visit.id), default=None)

    def _decided(self, month: ProgramMonth, on: dt.date) -> list[DecisionMaking]:
        """The biller's decision making in the thirty days from a discharge."""
        last = on + dt.timedelta(days=self.episode_days - 1)
        decided = (fact for fact in month.of(DecisionMaking) if on <= fact.on <= last)
        return [fact for fact in decided if fact.practitioner in (None, month.biller)]

    def _billed(self, month: ProgramMonth, on: dt.date) -> bool:
        """Whether the episode is billed already: before the month by anybody of the practice."""
        return any(
            service.code in self.codes
            and on <= service.on < month.month.first_day
            and service.same_practice is not False
            for service in month.of(Service)
        )


def _is_care(entry: TimeEntry, month: ProgramMonth) -> bool:
    """Whether it is somebody's work here that this biller may claim; whether the day is covered is asked of the visit."""
    done_here = not (entry.automated or entry.outside_us or entry.patient_outside_us or entry.part_of_visit)
    day = month.day_of(entry)
    excluded = any(
        fact.performer == entry.performer and in_force(fact, day, _next(day)) for fact in month.of(ExcludedPerformer)
    )
    by_staff = entry.role != "non_clinical" and entry.supervised_by in (None, month.biller)
    return done_here and by_staff and not excluded and entry.activity != "voicemail"


def _follows(entry: TimeEntry, stay: Stay, discharged_on: dt.date, month: ProgramMonth) -> bool:
    """Whether it lies, in part at least, after the discharge; to the second where both know it."""
    if entry.ended_at is None or stay.discharged_at is None:
        return month.last_day_of(entry) >= discharged_on
    return entry.ended_at > stay.discharged_at


def _next(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _next_business_day(day: dt.date) -> dt.date:
    following = _next(day)
    while following.weekday() >= _SATURDAY:
        following = _next(following)
    return following
