"""What the law of a month lets a number of minutes bill, and what a fee schedule allows for it."""

import calendar
import datetime as dt
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from app.determination.amounts import FeeSchedule, Place, Release, unit_cents
from app.determination.facts import Program
from app.determination.law import Law, Pathway
from app.projections.arithmetic import part
from app.rulebook import loader

NATIONAL: Final = "national"
_SUPPLIES: Final = frozenset({"physiologic_supplies", "therapeutic_supplies"})
"""Occasions of the law that a patient's device makes."""
_ONCE: Final = Path(__file__).with_name("once.toml")


class Schedule(Struct, frozen=True, gc=False):
    """The release whose figures are used, with its year's payment localities. `is_substitute`: the month's year has none."""

    fees: FeeSchedule
    release: Release
    is_substitute: bool


class PricedLine(Struct, frozen=True, gc=False, kw_only=True):
    """A code of a patient's month, its whole units, and what they are allowed."""

    code: str
    units: int
    unit_cents: int
    amount_cents: int


def offered(law: Law, program: Program) -> tuple[Pathway, ...]:
    """The pathways that can make every month of a patient in a program, in the law's order."""
    return tuple(pathway for pathway in law.pathways.get(program, ()) if pathway.name not in billed_once())


def has_amount(schedule: Schedule, pathway: Pathway) -> bool:
    """Whether the schedule prints any amount for the base code; for those of clinics and of contractors' prices it prints none."""
    value = schedule.release.values.get(pathway.base_code)
    return value is not None and (value.nonfacility is not None or value.facility is not None)


@cache
def billed_once() -> dict[str, str]:
    """The pathways that are billed once, or once an episode, and when."""
    return tomllib.loads(_ONCE.read_text(encoding="utf-8"))


def base_minutes(pathway: Pathway) -> int:
    """Whole minutes that reach the base code; none where it needs none."""
    return -(-pathway.base_seconds // 60)


def needs_device(pathway: Pathway) -> bool:
    """Whether the code pays for a device the patient has."""
    return pathway.occasion in _SUPPLIES


def schedule_of(law: Law) -> Schedule | None:
    """The figures in force at the end of the law's month; for a year without any, those of the newest year published."""
    year, number = int(law.month[:4]), int(law.month[5:])
    release = law.fees.release_on(dt.date(year, number, calendar.monthrange(year, number)[1]))
    if release is not None:
        return Schedule(law.fees, release, is_substitute=False)
    newest = law.fees.newest
    if newest is None:
        return None
    return Schedule(loader.law(f"{newest.effective.year}-12").fees, newest, is_substitute=True)


def units_of(law: Law, pathway: Pathway, seconds: int) -> Iterator[tuple[str, int]]:
    """The codes of a pathway that the seconds reach, base first, with the whole units a claim may carry.

    A pathway without minutes has its unit whatever the time; one with a ceiling has none from there on.
    """
    if pathway.whose is not None and (seconds < pathway.base_seconds or pathway.above(seconds) is not None):
        return
    yield pathway.base_code, 1
    if pathway.add_on is None:
        return
    limits = [(seconds - pathway.base_seconds) // pathway.add_on.each_seconds]
    limits += [
        limit for limit in (pathway.add_on.max_units, law.codes[pathway.add_on.code].mue_units) if limit is not None
    ]
    if (units := min(limits)) > 0:
        yield pathway.add_on.code, units


def code_cents(
    schedule: Schedule, code: str, *, facility: bool, qualifying_apm: bool, credential: str, place: Place | None
) -> int | None:
    """What one unit is allowed; `None` where the schedule prints no figure."""
    return unit_cents(
        schedule.release,
        code,
        facility=facility,
        qualifying_apm=qualifying_apm,
        percent=schedule.fees.percent(credential),
        place=place,
    )


def paid_by_medicare_cents(allowed_cents: int, owed: int, sequestration_basis_points: int) -> int:
    """What is left for Medicare to pay, less sequestration: it is taken after the patient's share."""
    rest = allowed_cents - owed
    return rest - part(rest, sequestration_basis_points)
