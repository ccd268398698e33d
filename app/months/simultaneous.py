"""Who is recorded to have worked on two patients at once: a report across patients, never part of a determination."""

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Month, Program, Role, TimeEntry
from app.determination.service_month import ServiceMonth, service_month
from app.determination.work import work_in
from app.ledger.month_entries import count_by_day_only, entries_by_performer
from app.ledger.read import practice_time_zone
from app.months.computing import aside
from app.months.overlaps import MOST_ENTRIES, Overlap, PersonsMonth
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
        Meta(max_length=MOST_ENTRIES, description=f"The entries, by start; of more than {MOST_ENTRIES} the first."),
    ]


class ImpossibleDay(Struct, frozen=True, gc=False, kw_only=True):
    """A local day on which one person's entries, of all patients together, add up to more than 24 hours."""

    performer: str
    day: dt.date
    seconds: int


class SimultaneousWork(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
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

    report: SimultaneousWork
    goes_on_after: str | None


async def simultaneous_work(
    engine: AsyncEngine, tenant: UUID, written: str, *, performer: str | None, after: str, limit: int
) -> ReportPage:
    """The report of a practice's month: of at most `limit` performers for whom there is something to report."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        month = service_month(written, await practice_time_zone(connection, tenant))
        untested = await count_by_day_only(connection, tenant, month, performer=performer)
        found = Findings(month, limit)
        async for some in entries_by_performer(connection, tenant, month, after=after, performer=performer):
            await aside(found.take, some)
            if found.complete:
                break
    found.end()
    report = SimultaneousWork(
        service_month=written,
        time_zone=month.time_zone,
        untested_entries=untested,
        simultaneous_work=tuple(found.stretches),
        impossible_days=tuple(found.days),
    )
    return ReportPage(report, found.last_performer if found.complete else None)


class Findings:
    """What there is to report of a month's entries, taken by performer and start: a page of it.

    `complete`: something is to be reported of a further performer, who is left to the next page.
    """

    def __init__(self, month: ServiceMonth, limit: int) -> None:
        self.stretches: list[SimultaneousStretch] = []
        self.days: list[ImpossibleDay] = []
        self.last_performer: str | None = None
        self.complete = False
        self._month = month
        self._limit = limit
        self._performers = 0
        self._person: PersonsMonth | None = None

    def take(self, entries: Sequence[TimeEntry]) -> None:
        for performer, theirs in groupby(entries, attrgetter("performer")):
            if self._person is None or self._person.performer != performer:
                self.end()
                self._person = PersonsMonth(performer, self._month)
            if self.complete:
                return
            for work in work_in(self._month, theirs):
                self._person.take(work)

    def end(self) -> None:
        """The performer's entries are all taken."""
        person, self._person = self._person, None
        if person is None or self.complete:
            return
        person.end()
        days = [
            ImpossibleDay(performer=person.performer, day=self._month.day(index), seconds=seconds)
            for index, seconds in person.impossible_days()
        ]
        if not person.overlaps and not days:
            return
        if self._performers == self._limit or len(self.stretches) >= _MANY_STRETCHES:
            self.complete = True
            return
        self.stretches += _stretches(person.performer, person.overlaps)
        self.days += days
        self.last_performer = person.performer
        self._performers += 1


def _stretches(performer: str, overlaps: Iterable[Overlap]) -> Iterable[SimultaneousStretch]:
    for overlap in overlaps:
        yield SimultaneousStretch(
            performer=performer,
            from_=dt.datetime.fromtimestamp(overlap.start, dt.UTC),
            until=dt.datetime.fromtimestamp(overlap.end, dt.UTC),
            seconds=overlap.end - overlap.start,
            patients_at_once=overlap.patients_at_once,
            entry_count=overlap.entry_count,
            entries=tuple([_entry(entry) for entry in overlap.entries]),
        )


def _entry(entry: TimeEntry) -> SimultaneousEntry:
    assert entry.patient is not None and entry.source is not None, "a stored entry has both"
    return SimultaneousEntry(
        patient=entry.patient, id=entry.id, source=entry.source, program=entry.program, role=entry.role
    )
