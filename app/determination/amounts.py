"""What Medicare Part B allows for a line: relative values times a conversion factor, in integer cents."""

import datetime as dt
from collections.abc import Iterable, Mapping

from msgspec import Struct


class RelativeValue(Struct, frozen=True, gc=False):
    """A code's relative value units, in hundredths; `None` where the schedule prints none.

    `nonfacility` and `facility` are totals, the others their parts: work, practice expense in both kinds of places, and
    malpractice.
    """

    nonfacility: int | None
    facility: int | None
    work: int | None = None
    expense: int | None = None
    facility_expense: int | None = None
    malpractice: int | None = None


class Place(Struct, frozen=True, gc=False):
    """A payment locality: the geographic indices of a year, in thousandths."""

    name: str
    work: int
    expense: int
    malpractice: int


class Release(Struct, frozen=True, gc=False):
    """One release of the physician fee schedule. The factors are in ten-thousandths of a dollar.

    `figures` says how well its figures were read.
    """

    name: str
    figures: str
    effective: dt.date
    conversion_factor: int
    qualifying_apm_factor: int
    values: Mapping[str, RelativeValue]


class FeeSchedule(Struct, frozen=True, gc=False):
    """The releases of the month's year, earliest first, and the newest release published at all.

    `newest` ranks sets of lines where the year itself has no figures; it never becomes an amount. Practitioners with one
    of the `reduced_for` credentials are paid `reduced_percent` of the physician amount (AMT-01). `places` are the year's
    payment localities by contractor and locality (`01112-05`); the patient owes `coinsurance_percent` (COST-01).
    """

    releases: tuple[Release, ...]
    newest: Release | None
    reduced_for: frozenset[str]
    reduced_percent: int
    places: Mapping[str, Place]
    coinsurance_percent: int

    def percent(self, credential: str | None) -> int:
        """The share of the physician amount a credential is paid."""
        return self.reduced_percent if credential in self.reduced_for else 100

    def owed_cents(self, amounts_cents: Iterable[int]) -> int:
        """The patient's share of the amounts of lines, each half up to the cent (COST-01)."""
        return sum(half_up(amount * self.coinsurance_percent, 100) for amount in amounts_cents)

    def release_on(self, day: dt.date) -> Release | None:
        """The latest release begun by the day, else the year's earliest; `None` for a year without figures."""
        begun = [release for release in self.releases if release.effective <= day]
        return begun[-1] if begun else next(iter(self.releases), None)


def unit_cents(
    release: Release, code: str, *, facility: bool, qualifying_apm: bool, percent: int, place: Place | None = None
) -> int | None:
    """What one unit is allowed, half up to the cent: nationally, or in a place. `None` where the schedule prints no figure."""
    value = release.values.get(code)
    units = None if value is None else _hundred_thousandths(value, place, facility=facility)
    if units is None:
        return None
    factor = release.qualifying_apm_factor if qualifying_apm else release.conversion_factor
    return half_up(units * factor * percent, 100 * 1_000 * 10_000)


def _hundred_thousandths(value: RelativeValue, place: Place | None, *, facility: bool) -> int | None:
    """Relative value units, each part weighed by the place's index; nationally every index is 1."""
    if place is None:
        total = value.facility if facility else value.nonfacility
        return None if total is None else total * 1_000
    expense = value.facility_expense if facility else value.expense
    if value.work is None or expense is None or value.malpractice is None:
        return None
    return value.work * place.work + expense * place.expense + value.malpractice * place.malpractice


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves upwards (below zero, too), of a quotient."""
    return (2 * numerator + denominator) // (2 * denominator)
