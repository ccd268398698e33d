"""FHIR dates and times as days of the practice: whole, to the month, to the year, or an instant.

A date to the month or the year is kept as its first and last possible day; whoever needs one day decides, or goes
without. The day of an instant is the local day in the practice's time zone.
"""

import calendar
import datetime as dt
import re
from typing import Final

from msgspec import Struct

from app.channels.fhir.elements import Element
from app.channels.fhir.issues import BundleError
from app.determination.facts import YEARS
from app.determination.service_month import local_day

_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d):([0-5]\d|60)(?:\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)", re.ASCII
)


class When(Struct, frozen=True, gc=False):
    """A stretch of days in which something happened: one day, unless the sender stated less."""

    first: dt.date
    last: dt.date
    instant: dt.datetime | None = None

    @property
    def day(self) -> dt.date | None:
        """The day, where one is stated."""
        return self.first if self.first == self.last else None


def read_when(element: Element, name: str, time_zone: str) -> When | None:
    """A `date`, `dateTime` or `instant`. `BundleError` for what is no such thing or lies outside the years we keep."""
    written = element.text(name)
    if written is None:
        return None
    try:
        when = _parse(written, time_zone)
    except (ValueError, OverflowError):
        when = None
    if when is None:
        raise BundleError(element.at(name), "value", "Not a possible FHIR date or date with time and offset.")
    if when.first.year not in YEARS or when.last.year not in YEARS:
        raise BundleError(element.at(name), "value", f"The year must lie between {YEARS.start} and {YEARS.stop - 1}.")
    return when


def _parse(written: str, time_zone: str) -> When | None:
    if matched := _DATE.fullmatch(written):
        year, month, day = (None if part is None else int(part) for part in matched.groups())
        assert year is not None
        if month is None:
            return When(dt.date(year, 1, 1), dt.date(year, 12, 31))
        if day is None:
            return When(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))
        return When(dt.date(year, month, day), dt.date(year, month, day))
    if matched := _INSTANT.fullmatch(written):
        # The ledger keeps whole seconds; fractions are cut off, and a leap second is the second before it.
        minute, second, offset = matched.groups()
        instant = dt.datetime.fromisoformat(f"{minute}:{min(int(second), 59):02}{offset}").astimezone(dt.UTC)
        day_of_it = local_day(instant, time_zone)
        return When(day_of_it, day_of_it, instant)
    return None


class Period(Struct, frozen=True, gc=False):
    """A FHIR Period; both ends may be open."""

    start: When | None = None
    end: When | None = None


def read_period(element: Element, name: str, time_zone: str) -> Period:
    """A Period. `BundleError` when its end surely lies before its start."""
    period = element.child(name)
    if period is None:
        return Period()
    start, end = read_when(period, "start", time_zone), read_when(period, "end", time_zone)
    check_ordered(start, end, period.at("end"))
    return Period(start, end)


def check_ordered(start: When | None, end: When | None, place: str) -> None:
    """`BundleError` at `place` when `end` surely lies before `start`."""
    if start is None or end is None:
        return
    backwards = end.last < start.first
    if start.instant is not None and end.instant is not None:
        backwards = end.instant < start.instant
    if backwards:
        raise BundleError(place, "invariant", "Lies before the start.")


def surely_from(start: When | None) -> dt.date | None:
    """The first day on which something that began then surely held."""
    return None if start is None else start.last


def surely_until(end: When | None) -> dt.date | None:
    """The first day on which something that ended then may no longer have held."""
    return None if end is None else end.first
