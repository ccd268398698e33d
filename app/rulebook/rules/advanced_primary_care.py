"""Advanced primary care management: no minutes, but an enrolment, a level, and a patient the practice knows."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import ClassVar

from msgspec import Struct

from app.determination.conditions import coded_conditions
from app.determination.facts import (
    Condition,
    Consent,
    Coverage,
    Death,
    Enrollment,
    Fact,
    Service,
    Setting,
    TimeEntry,
    Visit,
)
from app.determination.findings import Finding, Outcome
from app.determination.program_month import ProgramMonth, one_year_before, years_before
from app.determination.vocabulary import Code, SettingType


class Level(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How many lasting conditions a level asks for and allows, and whether for qualified beneficiaries or for the others."""

    least: int = 0
    most: int | None = None
    qualified_beneficiary: bool | None = None


class AdvancedPrimaryCare(Struct, frozen=True, gc=False):
    """Met when the patient is enrolled, at the level of their conditions, and is no stranger: seen by the practice within
    `known_years` before the start or since, or given one of `codes` by it in the year before; all of it while alive, on
    some covered day of the month.
    """

    levels: dict[str, Level]
    known_years: int
    codes: frozenset[Code]
    clinics: tuple[SettingType, ...]

    reads: ClassVar = frozenset({Condition, Consent, Coverage, Death, Enrollment, Service, Setting, TimeEntry, Visit})
    finds: ClassVar = {
        "APCM-01": {
            "enrolled",
            "not_enrolled",
            "level",
            "other_level",
            "too_few_known",
            "no_beneficiary",
            "seen",
            "unseen",
            "no_day",
        },
        "RHC-08": {"clinic"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        since = month.enrolled_since()
        if since is None:
            yield Finding("APCM-01", month.program, "missing", "not_enrolled")
        else:
            yield Finding("APCM-01", month.program, "met", "enrolled", (), {"since": since})
        yield from self._levels(month)
        known_by = self._known_by(month)
        if known_by:
            yield Finding("APCM-01", month.program, "met", "seen", known_by)
        else:
            yield Finding("APCM-01", month.program, "missing", "unseen", (), {"first": self._reach(month)})
        if self._first_day(month) is None and month.covered_days():
            yield Finding("APCM-01", month.program, "not_met", "no_day", known_by)
        if month.patient_month.setting_type() in self.clinics:
            yield Finding("RHC-08", month.program, "advisory", "clinic", tuple(month.in_force(Setting)))

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """An enrolment for the month, a visit that makes the patient known and, for a level, what is not stated."""
        assert month.biller is not None, "only asked where somebody bills"
        level = self.levels[pathway]
        lasting = [condition for condition in coded_conditions(month.patient_month) if condition.lasts]
        for code in _durations_unstated(month)[: max(level.least - len(lasting), 0)]:
            yield Condition(id=next(ids), code=code, expected_duration="at_least_12_months")
        if level.qualified_beneficiary and not _qualified(month):
            first = month.month.first_day
            yield Coverage(id=next(ids), payer="medicare_part_b", from_=first, qualified_medicare_beneficiary=True)
        if month.enrolled_since() is None:
            first = month.month.first_day
            yield Enrollment(id=next(ids), program=month.program, practitioner=month.biller, from_=first)
        if not self._known_by(month):
            yield Visit(id=next(ids), code="99214", on=day, practitioner=month.biller)

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None:
        """The first day of the month on which the patient was enrolled, had agreed, was known and covered."""
        assert pathway in self.levels, "a level is earned"
        return self._first_day(month)

    def _first_day(self, month: ProgramMonth) -> dt.date | None:
        """That day; `None` where the patient died, or cover ended, before all of it was there."""
        starts = [month.month.first_day, month.care_start()]
        if month.consent.counts_from_day is not None:
            starts.append(month.consent.counts_from_day)
        if known_by := self._known_by(month):
            starts.append(min(fact.on for fact in known_by))
        return next((day for day in month.covered_days() if max(starts) <= day <= month.last_day_alive()), None)

    def _levels(self, month: ProgramMonth) -> Iterable[Finding]:
        lasting = [condition for condition in coded_conditions(month.patient_month) if condition.lasts]
        evidence = tuple(fact for condition in lasting for fact in condition.facts)
        qualified = _qualified(month)
        values = {"count": len(lasting), "codes": tuple(condition.code for condition in lasting)}
        for pathway, level in self.levels.items():
            outcome, reason = self._fit(month, level, len(lasting), qualified=bool(qualified))
            yield Finding("APCM-01", month.program, outcome, reason, (*evidence, *qualified), values, (pathway,))

    def _fit(self, month: ProgramMonth, level: Level, lasting: int, *, qualified: bool) -> tuple[Outcome, str]:
        """Whether the level is the patient's, or might be were more stated."""
        if lasting < level.least:
            might = lasting + len(_durations_unstated(month)) >= level.least
            return ("missing", "too_few_known") if might else ("not_met", "other_level")
        if level.most is not None and lasting > level.most:
            return "not_met", "other_level"
        if level.qualified_beneficiary is None or level.qualified_beneficiary == qualified:
            return "met", "level"
        return ("not_met", "other_level") if qualified else ("missing", "no_beneficiary")

    def _reach(self, month: ProgramMonth) -> dt.date:
        return years_before(month.care_start(), self.known_years)

    def _known_by(self, month: ProgramMonth) -> tuple[Visit | Service, ...]:
        """What shows that the patient is no stranger to the practice; anybody's visit there does."""
        first = self._reach(month)
        visits = [visit for visit in month.of(Visit) if visit.on >= first]
        year = one_year_before(month.care_start())
        services = [
            service
            for service in month.of(Service)
            if service.code in self.codes
            and year <= service.on < month.month.first_day
            and service.same_practice is not False
        ]
        return (*visits, *services)


def _qualified(month: ProgramMonth) -> tuple[Coverage, ...]:
    return tuple(coverage for coverage in month.in_force(Coverage) if coverage.qualified_medicare_beneficiary)


def _durations_unstated(month: ProgramMonth) -> list[str]:
    """Codes of conditions of which nobody says how long they are expected to last."""
    return [condition.code for condition in coded_conditions(month.patient_month) if condition.duration_unstated]
