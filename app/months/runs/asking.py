"""Runs asked for, followed and cancelled."""

import datetime as dt
from math import ceil
from typing import Annotated, Final, Literal
from uuid import UUID, uuid4

from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.determination.facts import Month, PatientReference
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day
from app.errors import Conflict, FieldError, Invalid, NotDone, NotFound
from app.ledger.read import practice_time_zone
from app.months.answering import covered_month
from app.months.runs import results, stored
from app.months.runs.stored import Patients, Planned, StoredRun
from app.postgres.transaction import transaction

MOST_NAMED: Final = 10_000
MOST_UNDER_WAY: Final = 10
RANGE_SIZE: Final = 500
"""Patients a worker does in one go: a tenth of a second, and what is lost of its work when it is killed."""
LATELY: Final = dt.timedelta(seconds=10)
FIRST_PROBLEMS: Final = 20

State = Literal["queued", "running", "done", "cancelled"]
UNDER_WAY: Final[frozenset[State]] = frozenset({"queued", "running"})

RunId = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="A run's id.")]


class RunRequest(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whose months a run determines; an empty object: all patients of the practice."""

    patients: (
        Annotated[tuple[PatientReference, ...], Meta(min_length=1, max_length=MOST_NAMED, description="Only these.")]
        | None
    ) = None
    changed_since: (
        Annotated[
            RunId,
            Meta(
                description="Only those of whom anything that is read is another than for this earlier run of the same month and "
                "of all patients, which is done."
            ),
        ]
        | None
    ) = None

    anew: (
        Annotated[
            bool, Meta(description="Determine everybody, also where all that is read is as it was for an earlier run.")
        ]
        | None
    ) = None


class RunProblem(Struct, frozen=True):
    """A patient whose month could not be determined, and why."""

    patient: str
    detail: str


class Run(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """How far a run is. Its `done` patients are `determined`, `unchanged` (what an earlier run found stands) or `failed`."""

    id: RunId
    service_month: Month
    patients: Annotated[
        Patients, Meta(description="Of all patients, of those listed, or of what changed since another run.")
    ]
    compared_with: (
        Annotated[RunId, Meta(description="The earlier run whose results stand where nothing that is read is another.")]
        | None
    ) = None
    known_on: Annotated[dt.date, Meta(description="The day it was asked for, in the practice's time zone.")]
    state: State
    total: Annotated[int, Meta(ge=0)]
    done: Annotated[int, Meta(ge=0)]
    determined: Annotated[int, Meta(ge=0)]
    unchanged: Annotated[int, Meta(ge=0)]
    failed: Annotated[int, Meta(ge=0)]
    rate: Annotated[
        float, Meta(ge=0, description="Patients a second: of late while it runs, over all when it is done.")
    ]
    time_left_seconds: Annotated[int, Meta(ge=0, description="At that rate; absent while nobody knows.")] | None = None
    asked_at: Annotated[dt.datetime, Meta(tz=True)]
    ended_at: Annotated[dt.datetime, Meta(tz=True, description="When it was done, or cancelled.")] | None = None
    first_errors: Annotated[
        tuple[RunProblem, ...],
        Meta(
            description=f"Of the failed, the first {FIRST_PROBLEMS} by patient; told only where one run is read, and absent where there are none."
        ),
    ] = ()
    results: Annotated[str, Meta(description="Where its results are read once it is done.")]


class RunPage(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A month's runs, the newest first."""

    runs: tuple[Run, ...]
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


async def ask(connection: AsyncConnection, tenant: UUID, month: str, request: RunRequest, now: dt.datetime) -> Run:
    """Plan a run and put its ranges into the queue, in the caller's transaction; by a list or an earlier run, not both."""
    covered_month(month, DEFAULT_TIME_ZONE)
    if await stored.under_way(connection, tenant) >= MOST_UNDER_WAY:
        detail = f"{MOST_UNDER_WAY} runs of this practice are under way: wait for one, or cancel it."
        raise NotDone(detail, headers={"Retry-After": "10"})
    patients: Patients = "all"
    compared_with = None if request.anew else await stored.last_of_all(connection, tenant, month)
    if request.changed_since is not None:
        patients, compared_with = "changed", UUID(request.changed_since)
        await _refuse_to_compare(connection, tenant, month, compared_with)
    elif request.patients is not None:
        patients = "listed"
    known_on = local_day(now, await practice_time_zone(connection, tenant))
    planned = Planned(uuid4(), month, patients, compared_with, known_on)
    listed = None if request.patients is None else sorted(set(request.patients))
    await stored.plan(connection, tenant, planned, listed, RANGE_SIZE)
    return await progress(connection, tenant, planned.run)


async def _refuse_to_compare(connection: AsyncConnection, tenant: UUID, month: str, run: UUID) -> None:
    try:
        earlier = await progress(connection, tenant, run)
    except NotFound:
        detail = "There is no such run of this practice."
    else:
        if earlier.service_month == month and earlier.patients == "all" and earlier.state == "done":
            return
        detail = "Not a run of this month and of all patients that is done."
    raise Invalid("Nothing can be compared with that run.", errors=[FieldError(detail, pointer="/changed_since")])


async def read_run(engine: AsyncEngine, tenant: UUID, run: UUID) -> Run:
    """How far a run is, and its first errors. `NotFound` where the practice has none such."""
    async with transaction(engine, tenant) as connection:
        told = await progress(connection, tenant, run)
        if not told.failed:
            return told
        found = await results.problems(connection, tenant, told.service_month, run, FIRST_PROBLEMS)
        return replace(told, first_errors=tuple(RunProblem(patient, detail) for patient, detail in found))


async def progress(connection: AsyncConnection, tenant: UUID, run: UUID) -> Run:
    """How far a run is, which names no patient. `NotFound` where the practice has none such."""
    row = await stored.one(connection, tenant, run, LATELY)
    if row is None:
        raise NotFound("This practice has no such run.")
    return _told(row)


async def runs_of_month(
    connection: AsyncConnection, tenant: UUID, month: str, before: tuple[dt.datetime, UUID] | None, limit: int
) -> list[Run]:
    """A month's runs, the newest first."""
    covered_month(month, DEFAULT_TIME_ZONE)
    return [_told(row) for row in await stored.of_month(connection, tenant, month, LATELY, before, limit)]


async def cancel(connection: AsyncConnection, tenant: UUID, run: UUID) -> Run:
    """Cancel a run, or find it cancelled; what it has found until then stays. `Conflict` for one that is done."""
    await stored.cancel(connection, tenant, run)
    after = await progress(connection, tenant, run)
    if after.state == "done":
        raise Conflict("The run is done: there is nothing to cancel.")
    return after


def _told(row: StoredRun) -> Run:
    ended_at = _ended_at(row)
    if ended_at is None:
        seconds = min(LATELY, row.now - row.asked_at).total_seconds()
        rate = row.done_lately / seconds if seconds else 0.0
    else:
        seconds = (ended_at - row.asked_at).total_seconds()
        rate = row.done / seconds if seconds else 0.0
    left = row.total - row.done
    return Run(
        id=str(row.run),
        service_month=row.service_month,
        patients=row.patients,
        compared_with=None if row.compared_with is None else str(row.compared_with),
        known_on=row.known_on,
        state=_state(row),
        total=row.total,
        done=row.done,
        determined=row.determined,
        unchanged=row.unchanged,
        failed=row.failed,
        rate=round(rate, 1),
        time_left_seconds=ceil(left / rate) if ended_at is None and rate else None,
        asked_at=row.asked_at,
        ended_at=ended_at,
        results=f"/v1/runs/{row.run}/results",
    )


def _state(row: StoredRun) -> State:
    if row.ranges_to_do == 0:
        return "done"
    if row.cancelled_at is not None:
        return "cancelled"
    return "running" if row.done else "queued"


def _ended_at(row: StoredRun) -> dt.datetime | None:
    if row.ranges_to_do == 0:
        return row.last_done_at or row.asked_at
    return row.cancelled_at
