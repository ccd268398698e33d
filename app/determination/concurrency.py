"""Services of the month, billed by anybody, that may not stand beside a pathway's codes or that may, with advice."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from app.determination.facts import Service, Stay
from app.determination.findings import Finding, Outcome
from app.determination.program_month import ProgramMonth
from app.determination.timekeeping import Tally

Bearing = Literal["blocks", "advises"]
Reason = Literal["blocks", "advises", "ended", "short_after"]

_DISCHARGED_FROM = ("inpatient", "snf_part_a")


class ConcurrentService(Struct, frozen=True, gc=False, kw_only=True):
    """Codes that bear on some pathways' codes when they stand in the month, by who billed them.

    `settings` limits it to kinds of sites, `except_settings` leaves some out. A service that covers `episode_days` from
    discharge stands in every month it touches; it leaves the month free when it ended within it and `free_seconds` of the
    program's time lie after its last day.
    """

    rule: str
    codes: frozenset[str]
    pathways: frozenset[str]
    same_practitioner: Bearing | None = None
    same_practice: Bearing | None = None
    elsewhere: Bearing | None = None
    settings: frozenset[str] = frozenset()
    except_settings: frozenset[str] = frozenset()
    episode_days: int | None = None
    free_seconds: int | None = None

    def bears_on(self, setting: str) -> bool:
        return setting not in self.except_settings and (not self.settings or setting in self.settings)

    def bearing(self, service: Service, month: ProgramMonth) -> Bearing | None:
        """What the service means for the biller: whether it blocks, advises or says nothing."""
        if month.is_same_practitioner(service):
            return self.same_practitioner
        return self.elsewhere if service.same_practice is False else self.same_practice

    def last_day(self, service: Service, month: ProgramMonth) -> dt.date:
        """The last day of the service: as stated, else of the episode that began at the discharge before it."""
        if service.through is not None:
            return service.through
        if self.episode_days is None:
            return service.on
        length = dt.timedelta(days=self.episode_days - 1)
        discharges = [
            day
            for stay in month.of(Stay)
            if stay.setting in _DISCHARGED_FROM
            and (day := month.discharge_day(stay)) is not None
            and day <= service.on <= day + length
        ]
        # Where no discharge is known the episode may have begun with the service: nothing says that it ended sooner.
        return max(discharges, default=service.on) + length


def concurrent_services(month: ProgramMonth, rows: Iterable[ConcurrentService], everyone: Tally) -> Iterable[Finding]:
    """What the month's services mean for a pathway on which these rows bear; `everyone` counts the program's time."""
    for row, reason, named in bearings(month, rows, month.of(Service), everyone):
        values: dict[str, object] = {"codes": tuple(sorted({service.code for service in named}))}
        if reason == "short_after":
            values["short_seconds"] = max(_short_after(row, service, month, everyone) for service in named)
        outcome: Outcome = "not_met" if reason in ("blocks", "short_after") else "advisory"
        yield Finding(row.rule, month.program, outcome, reason, tuple(named), values)


def bearings(
    month: ProgramMonth, rows: Iterable[ConcurrentService], services: Sequence[Service], everyone: Tally
) -> Iterator[tuple[ConcurrentService, Reason, list[Service]]]:
    """What some services mean for a pathway: of each row and reason, the services it concerns."""
    setting = month.patient_month.setting_type()
    for row in rows:
        if not services or not row.bears_on(setting):
            continue
        found: dict[Reason, list[Service]] = defaultdict(list)
        for service in services:
            if service.code in row.codes and (reason := _reason(row, service, month, everyone)) is not None:
                found[reason].append(service)
        for reason, named in found.items():
            yield row, reason, named


def _reason(row: ConcurrentService, service: Service, month: ProgramMonth, everyone: Tally) -> Reason | None:
    bearing = row.bearing(service, month)
    last = row.last_day(service, month)
    if bearing is None or last < month.month.first_day:
        return None
    if bearing == "blocks" and row.free_seconds is not None and last < month.month.last_day:
        return "short_after" if _short_after(row, service, month, everyone) > 0 else "ended"
    return bearing


def _short_after(row: ConcurrentService, service: Service, month: ProgramMonth, everyone: Tally) -> int:
    """Seconds of the program's time still lacking after the service's last day, to leave the month free."""
    assert row.free_seconds is not None, "only asked of a row that time may free"
    last = row.last_day(service, month)
    return row.free_seconds - sum(everyone.by_day[month.month.index(last) + 1 :])
