"""Remote monitoring: the days on which a device sent readings, its set-up, and a patient the practitioner knows."""

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import ClassVar, Literal

from msgspec import Struct

from app.determination.facts import Coverage, Death, DeviceDay, DeviceSetup, Fact, Service, Visit
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth, years_before
from app.determination.vocabulary import Code

BodySystem = Literal["respiratory", "musculoskeletal", "cognitive_behavioral"]
_BY_DEFAULT = "rpm"
_on = attrgetter("on")


class Supply(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How many days of readings a device's code asks for, at least and at most, and of which body system."""

    least_days: int
    most_days: int | None = None
    body_system: BodySystem | None = None


def days_with_readings(month: ProgramMonth, body_system: BodySystem | None = None) -> dict[dt.date, list[DeviceDay]]:
    """The month's covered days, up to the patient's death, on which a device of the program sent readings, in order.

    The calendar month is taken as the period of 30 days; several devices on one day are one day.
    """
    return month.once((days_with_readings, body_system), lambda: _by_day(month, body_system))


def _by_day(month: ProgramMonth, body_system: BodySystem | None) -> dict[dt.date, list[DeviceDay]]:
    found: dict[dt.date, list[DeviceDay]] = {}
    for fact in _transmitted(month):
        if body_system in (None, fact.body_system):
            found.setdefault(fact.on, []).append(fact)
    return found


def _transmitted(month: ProgramMonth) -> list[DeviceDay]:
    """The readings that count, of whatever body system, by day."""
    fit = set(_days_open(month))
    own = [fact for fact in month.of(DeviceDay) if fact.on in fit and (fact.program or _BY_DEFAULT) == month.program]
    return sorted(own, key=_on)


class DeviceSupplies(Struct, frozen=True, gc=False):
    """Met for a pathway when readings came on as many days as its code asks for, and on no more than it allows."""

    supplies: dict[str, Supply]

    reads: ClassVar = frozenset({DeviceDay, Coverage, Death})
    rule: ClassVar[str]

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        return [self._supplied(month, pathway, supply) for pathway, supply in self.supplies.items()]

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None:
        """The day on which readings have come on as many days as the code asks for."""
        supply = self.supplies[pathway]
        days = list(days_with_readings(month, supply.body_system))
        return days[supply.least_days - 1] if len(days) >= supply.least_days else None

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """Readings on the last days of the month without any, as many as are lacking."""
        supply = self.supplies.get(pathway)
        if supply is None:
            return []
        known = days_with_readings(month, supply.body_system)
        return _readings(month, known, supply.least_days - len(known), supply.body_system, ids)

    def _supplied(self, month: ProgramMonth, pathway: str, supply: Supply) -> Finding:
        days = days_with_readings(month, supply.body_system)
        evidence = tuple(fact for facts in days.values() for fact in facts)
        values = {"count": len(days), "minimum": supply.least_days}
        alone = (pathway,)
        if supply.most_days is not None and len(days) > supply.most_days:
            return Finding(self.rule, month.program, "not_met", "too_many_days", evidence, values, alone)
        if len(days) >= supply.least_days:
            return Finding(self.rule, month.program, "met", "enough_days", evidence, values, alone)
        if 0 < len(_days_open(month)) < supply.least_days:
            return Finding(self.rule, month.program, "not_met", "days_lacking", evidence, values, alone)
        unstated = tuple(fact for fact in _transmitted(month) if supply.body_system and fact.body_system is None)
        if unstated:
            return Finding(self.rule, month.program, "missing", "system_unstated", unstated, values, alone)
        if not days:
            return Finding(self.rule, month.program, "missing", "no_days", (), values, alone)
        return Finding(self.rule, month.program, "not_met", "too_few_days", evidence, values, alone)


class PhysiologicSupplies(DeviceSupplies, frozen=True, gc=False):
    """Remote physiologic monitoring, whatever the device."""

    rule: ClassVar = "RPM-01"
    finds: ClassVar = {"RPM-01": {"enough_days", "too_few_days", "too_many_days", "no_days", "days_lacking"}}


class TherapeuticSupplies(DeviceSupplies, frozen=True, gc=False):
    """Remote therapeutic monitoring; each code is for one body system. Readings of no stated system show nothing."""

    rule: ClassVar = "RTM-01"
    finds: ClassVar = {
        "RTM-01": {"enough_days", "too_few_days", "too_many_days", "no_days", "days_lacking", "system_unstated"}
    }


class DeviceSetUps(Struct, frozen=True, gc=False):
    """Met when a device was set up in the month, once an episode, and readings of one body system came on `least_days`."""

    pathway: str
    code: Code
    least_days: int
    body_systems: tuple[BodySystem, ...] = ()

    reads: ClassVar = frozenset({DeviceDay, DeviceSetup, Coverage, Death, Service})
    rule: ClassVar[str]

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        alone = (self.pathway,)
        billed = tuple(s for s in month.of(Service) if s.code == self.code and s.on < month.month.first_day)
        if billed:
            values: dict[str, object] = {"on": billed[0].on}
            yield Finding(self.rule, month.program, "not_met", "set_up_before", billed, values, alone)
        done = self._done(month)
        if not done:
            yield Finding(self.rule, month.program, "missing", "no_set_up", (), pathways=alone)
        most = max(map(len, self._days(month)))
        values = {"count": most, "minimum": self.least_days}
        if most < self.least_days:
            reason = "too_few_to_use" if 0 < len(_days_open(month)) < self.least_days else "set_up_unused"
            yield Finding(self.rule, month.program, "not_met", reason, tuple(done), values, alone)
        elif done and not billed:
            yield Finding(self.rule, month.program, "met", "set_up", tuple(done), {"on": done[0].on}, alone)

    def earned_on(self, month: ProgramMonth, pathway: str) -> dt.date | None:
        """The day of the set-up, or the one on which enough readings had come."""
        assert pathway == self.pathway, "one pathway is earned by a set-up"
        enough = [days[self.least_days - 1] for days in self._days(month) if len(days) >= self.least_days]
        done = self._done(month)
        return max(done[0].on, min(enough)) if done and enough else None

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """A set-up, and the readings that lack."""
        if pathway != self.pathway:
            return
        if not self._done(month):
            yield DeviceSetup(id=next(ids), program=_named(month), on=day)
        systems = self.body_systems or (None,)
        system, known = max(((one, days_with_readings(month, one)) for one in systems), key=lambda pair: len(pair[1]))
        yield from _readings(month, known, self.least_days - len(known), system, ids)

    def _done(self, month: ProgramMonth) -> Sequence[DeviceSetup]:
        last = month.last_day_alive()
        return sorted(
            (
                fact
                for fact in month.of(DeviceSetup)
                if (fact.program or _BY_DEFAULT) == month.program
                and month.month.holds(fact.on)
                and fact.on <= last
                and month.is_covered(fact.on)
            ),
            key=lambda fact: fact.on,
        )

    def _days(self, month: ProgramMonth) -> list[list[dt.date]]:
        """The days with readings, of each body system or, where none is asked for, of all devices."""
        return [list(days_with_readings(month, system)) for system in self.body_systems or (None,)]


def _readings(
    month: ProgramMonth, known: Container[dt.date], lacking: int, system: BodySystem | None, ids: Iterator[str]
) -> Iterable[DeviceDay]:
    """Readings on the last covered days that have none; none at all where the days are too few."""
    free = [day for day in _days_open(month) if day not in known]
    if not 0 < lacking <= len(free):
        return []
    return [DeviceDay(id=next(ids), program=_named(month), body_system=system, on=day) for day in free[-lacking:]]


def _days_open(month: ProgramMonth) -> list[dt.date]:
    """The month's covered days up to the patient's death."""
    last = month.last_day_alive()
    return [day for day in month.covered_days() if day <= last]


def _named(month: ProgramMonth) -> Literal["rtm"] | None:
    """The program as a device's facts name it."""
    return "rtm" if month.program == "rtm" else None


class PhysiologicSetUp(DeviceSetUps, frozen=True, gc=False):
    """Remote physiologic monitoring. Advises where the biller has not seen the patient for years."""

    established_years: int = 3

    reads: ClassVar = frozenset({*DeviceSetUps.reads, Visit})
    rule: ClassVar = "RPM-03"
    finds: ClassVar = {
        "RPM-03": {"set_up", "no_set_up", "set_up_before", "set_up_unused", "too_few_to_use", "not_seen"}
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield from super().check(month)
        since = years_before(month.month.last_day, self.established_years)
        if not any(visit.practitioner == month.biller and visit.on >= since for visit in month.of(Visit)):
            yield Finding("RPM-03", month.program, "advisory", "not_seen", (), {"first": since})


class TherapeuticSetUp(DeviceSetUps, frozen=True, gc=False):
    """Remote therapeutic monitoring."""

    rule: ClassVar = "RTM-01"
    finds: ClassVar = {"RTM-01": {"set_up", "no_set_up", "set_up_before", "set_up_unused", "too_few_to_use"}}
