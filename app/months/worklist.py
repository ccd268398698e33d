"""A practice's worklist: the patients of a month by what their next code is worth, or as it was known at an instant."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import answer, succession
from app.determination.explanation import rulebook_of
from app.determination.facts import Month
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day
from app.ledger.as_of import patients_known, reading
from app.ledger.read import practice_time_zone
from app.ledger.read_many import KnownPatients, known, practice_position
from app.ledger.tables import PRACTICE_STREAM
from app.months import revisions
from app.months.answering import covered_month, time_zones
from app.months.computing import aside
from app.months.worklist_months import always_kept, ask_for
from app.months.worklist_row import WorklistRow
from app.months.worklist_rows import Rows
from app.months.worklist_stored import Filters, Listed, Place, basis, count_behind, page
from app.postgres.transaction import transaction
from app.rulebook import loader


class Worklist(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A page of a month's worklist, and how far it can be trusted to be current."""

    service_month: Month
    ordered_by: Annotated[
        Literal["value", "patient"],
        Meta(
            description="`value`: what the next code adds for each minute of its effort, the highest first, those without "
            "one last, then by patient. `patient`: a list of what was known at an instant is in this order."
        ),
    ]
    computed_for: Annotated[dt.date, Meta(description="The day the question is asked on, in the practice's time zone.")]
    patients_behind: (
        Annotated[
            int,
            Meta(
                ge=0,
                description="Patients of the practice, listed here or not, whose row is behind what is recorded, or still to be "
                "made: a worker will have done so within seconds, or where a month is asked for the first time within minutes. "
                "Absent where the list is of an instant, which is worked out when it is asked for.",
            ),
        ]
        | None
    ) = None
    rows: tuple[WorklistRow, ...]
    rulebook: Annotated[
        answer.Rulebook,
        Meta(
            description="The law the rows are made under, as of an instant too: with the digests of an answer that was given then, "
            "equal; with others, it may differ. A row made under another is `behind`."
        ),
    ]
    known_as_of: Annotated[dt.datetime, Meta(tz=True)] | None = None
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


class StoredPage(Struct, frozen=True):
    """A page by value, and the place of its last row where others follow."""

    listed: Worklist
    goes_on_after: Place | None


class PageKnownThen(Struct, frozen=True):
    """A page by patient, and after which patient it goes on."""

    listed: Worklist
    goes_on_after: str | None


async def worklist(
    engine: AsyncEngine,
    tenant: UUID,
    month: str,
    filters: Filters,
    now: dt.datetime,
    *,
    after: Place | None,
    limit: int,
) -> StoredPage:
    """The stored rows that fit, from the one that follows a place; the month is kept current from now on."""
    covered_month(month, DEFAULT_TIME_ZONE)
    async with transaction(engine, tenant) as connection:
        zone = await practice_time_zone(connection, tenant)
        today = local_day(now, zone)
        if month not in always_kept(today):
            await ask_for(connection, tenant, [month])
        of = basis(covered_month(month, zone), today, await practice_position(connection, tenant))
        found = await page(connection, tenant, of, filters, after, limit + 1)
        behind = await count_behind(connection, tenant, of)
    shown = found[:limit]
    listed = Worklist(
        service_month=month,
        ordered_by="value",
        computed_for=today,
        patients_behind=behind,
        rows=tuple(map(_told, shown)),  # type: ignore[arg-type]
        rulebook=rulebook_of(loader.law(month)),
    )
    return StoredPage(listed, shown[-1].place if len(found) > limit else None)


async def worklist_known_then(
    engine: AsyncEngine,
    tenant: UUID,
    month: str,
    filters: Filters,
    known_as_of: dt.datetime,
    *,
    after: str,
    limit: int,
) -> PageKnownThen:
    """The rows of what was known at an instant, worked out anew, of at most `limit` patients who follow `after` by name."""
    covered_month(month, DEFAULT_TIME_ZONE)
    patients = await patients_known(engine, tenant, known_as_of, after=after, limit=limit + 1)
    looked_at = patients[:limit]
    async with reading(engine, tenant, (PRACTICE_STREAM, *looked_at), known_as_of) as connection:
        read = await known(connection, tenant, looked_at, known_as_of=known_as_of)
        closed = await revisions.closed(connection, tenant, looked_at, month, known_as_of)
    day, rows = await aside(_known_then, read, month, known_as_of, closed)
    listed = Worklist(
        service_month=month,
        ordered_by="patient",
        computed_for=day,
        rows=tuple(row for row in rows if filters.fit(row)),
        rulebook=rulebook_of(loader.law(month)),
        known_as_of=known_as_of,
    )
    return PageKnownThen(listed, looked_at[-1] if len(patients) > limit else None)


def _known_then(
    read: KnownPatients, month: str, known_as_of: dt.datetime, closed: frozenset[str]
) -> tuple[dt.date, list[WorklistRow]]:
    zone = next(iter(time_zones(succession.standing(read.practice.facts()))), DEFAULT_TIME_ZONE)
    day = local_day(known_as_of, zone)
    rows = Rows(read, covered_month(month, zone), day, closed)
    return day, [rows.row(patient) for patient in rows.patients]


def _told(listed: Listed) -> msgspec.Raw | WorklistRow:
    """A row as it is stored, byte for byte, unless it has to say that it is behind."""
    if not listed.is_behind:
        return msgspec.Raw(listed.row)
    return replace(msgspec.json.decode(listed.row, type=WorklistRow), behind=True)
