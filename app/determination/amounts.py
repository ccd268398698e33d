"""What Medicare Part B allows for a line: relative values times a conversion factor, in integer cents."""

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct


class RelativeValue(Struct, frozen=True, gc=False):
    """A code's total relative value units, in hundredths; `None` where the schedule prints none."""

    nonfacility: int | None
    facility: int | None


class Release(Struct, frozen=True, gc=False):
    """One release of the physician fee schedule. The factors are in ten-thousandths of a dollar."""

    effective: dt.date
    conversion_factor: int
    qualifying_apm_factor: int
    values: Mapping[str, RelativeValue]


class FeeSchedule(Struct, frozen=True, gc=False):
    """The releases of the month's year, earliest first, and the newest release published at all.

    `newest` ranks sets of lines where the year itself has no figures; it never becomes an amount. Practitioners with one
    of the `reduced_for` credentials are paid `reduced_percent` of the physician amount (AMT-01).
    """

    releases: tuple[Release, ...]
    newest: Release | None
    reduced_for: frozenset[str]
    reduced_percent: int

    def percent(self, credential: str | None) -> int:
        """The share of the physician amount a credential is paid."""
        return self.reduced_percent if credential in self.reduced_for else 100

    def release_on(self, day: dt.date) -> Release | None:
        """The latest release begun by the day, else the year's earliest; `None` for a year without figures."""
        begun = [release for release in self.releases if release.effective <= day]
        return begun[-1] if begun else next(iter(self.releases), None)


def unit_cents(release: Release, code: str, *, facility: bool, qualifying_apm: bool, percent: int) -> int | None:
    """What one unit is allowed, half up to the cent; `None` where the schedule prints no figure."""
    value = release.values.get(code)
    hundredths = None if value is None else (value.facility if facility else value.nonfacility)
    if hundredths is None:
        return None
    factor = release.qualifying_apm_factor if qualifying_apm else release.conversion_factor
    return half_up(hundredths * factor * percent, 100 * 10_000)


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves upwards, of a quotient that is not negative."""
    return (2 * numerator + denominator) // (2 * denominator)
