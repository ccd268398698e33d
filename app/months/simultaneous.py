"""Who is recorded to have worked on two patients at once: a report across patients, never part of a determination."""

import datetime as dt
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Month, Program, Role
from app.determination.service_month import ServiceMonth, service_month
from app.ledger.month_entries import month_entries
from app.ledger.read import practice_time_zone
from app.months.computing import aside
from app.months.overlaps import MOST_STINTS, Overlap
from app.months.persons import Persons
from app.postgres.transaction import transaction

_MANY_STRETCHES: Final = 1_000
"""Found on a page, it holds no further performer."""

Moment = Annotated[dt.datetime, Meta(tz=True)]


class SimultaneousEntry(Struct, frozen=True, gc=False, kw_only=True):
    """A time entry that lies in the stretch, at least with a part of it."""

    patient: str
    id: str
    source: str
    program: Program
    role: Role


class SimultaneousStretch(Struct, frozen=True, gc=False, kw_only=True):
    """A stretch of time throughout which one person is recorded to have worked for two or more patients."""

    performer: str
    from_: Moment = msgspec.field(name="from")
    until: Moment
    seconds: int
    patients_at_once: Annotated[int, Meta(ge=2, description="How many patients at the stretch's fullest moment.")]
    entry_count: Annotated[int, Meta(ge=2, description="How many entries lie in it.")]
    entries: Annotated[
        tuple[SimultaneousEntry, ...],
        Meta(max_length=MOST_STINTS, description=f"The entries, by start; of more than {MOST_STINTS} the first."),
    ]


class ImpossibleDay(Struct, frozen=True, gc=False, kw_only=True):
    """A local day on which one person's entries, of all patients together, add up to more than 24 hours."""

    performer: str
    day: dt.date
    seconds: int


class SimultaneousWorkReport(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One person on two patients at once, and days too long to be true, in a practice's month: by performer, then time."""

    service_month: Month
    time_zone: str
    untested_entries: Annotated[
        int,
        Meta(
            ge=0,
            description="Entries of the whole month that name their day and no instants: nobody can tell whether they "
            "overlap others.",
        ),
    ]
    simultaneous_work: tuple[SimultaneousStretch, ...]
    impossible_days: tuple[ImpossibleDay, ...]
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


class ReportPage(Struct, frozen=True):
    """A part of the report, and after which performer it goes on."""

    report: SimultaneousWorkReport
    goes_on_after: str | None


async def simultaneous_work(
    engine: AsyncEngine, tenant: UUID, written: str, *, performer: str | None, after: str, limit: int
) -> ReportPage:
    """The report of a practice's month: of at most `limit` performers for whom there is something to report."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        month = service_month(written, await practice_time_zone(connection, tenant))
        persons = Persons(month, performer=performer, after=after)
        async for some in month_entries(connection, tenant, month):
            await aside(persons.take, some)
    return await aside(_page, month, persons, limit)


def _page(month: ServiceMonth, persons: Persons, limit: int) -> ReportPage:
    stretches: list[SimultaneousStretch] = []
    days: list[ImpossibleDay] = []
    told: list[str] = []
    goes_on_after = None
    for performer in sorted(persons.by_performer):
        person = persons.by_performer[performer]
        overlaps, impossible = person.overlaps(), person.impossible_days()
        if not overlaps and not impossible:
            continue
        if len(told) == limit or len(stretches) >= _MANY_STRETCHES:
            goes_on_after = told[-1]
            break
        told.append(performer)
        stretches += [_stretch(performer, overlap) for overlap in overlaps]
        days += [
            ImpossibleDay(performer=performer, day=month.day(index), seconds=seconds) for index, seconds in impossible
        ]
    report = SimultaneousWorkReport(
        service_month=month.written,
        time_zone=month.time_zone,
        untested_entries=persons.untested,
        simultaneous_work=tuple(stretches),
        impossible_days=tuple(days),
    )
    return ReportPage(report, goes_on_after)


def _stretch(performer: str, overlap: Overlap) -> SimultaneousStretch:
    return SimultaneousStretch(
        performer=performer,
        from_=dt.datetime.fromtimestamp(overlap.start, dt.UTC),
        until=dt.datetime.fromtimestamp(overlap.end, dt.UTC),
        seconds=overlap.end - overlap.start,
        patients_at_once=overlap.patients_at_once,
        entry_count=overlap.stint_count,
        entries=tuple(
            [
                SimultaneousEntry(
                    patient=stint.patient, id=stint.id, source=stint.source, program=stint.program, role=stint.role
                )
                for stint in overlap.stints
            ]
        ),
    )
