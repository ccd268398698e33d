"""Month-end runs: asked for, followed, cancelled, and what they found as files."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ
from app.api.accessing import about_month, about_patients
from app.api.cursors import cursor_at, not_ours, place_of
from app.api.documents.run_routes import CANCEL_RUN, CHANGES, READ_RUN, READ_RUNS, RESULTS, RUN_EVENTS, START_RUN
from app.api.idempotency import IdempotencyKey, keyed_request
from app.api.json_body import json_body_or_none
from app.api.parameters import (
    CodeBilled,
    MonthInPath,
    PractitionerBilling,
    RunInPath,
    RunLimit,
    RunsCursor,
    Since,
    StatusWanted,
    WithMet,
    month_in_address,
    only_parameters,
)
from app.api.representations import ANSWERED_AS_JSON, EVENT_STREAM, answered_as, chosen
from app.api.result_files import FORMS, change_file, result_file
from app.api.run_reading import run_request
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.api.streamed_files import file_answer
from app.api.writing import write
from app.months.runs import asking, telling
from app.months.runs.asking import Run, RunPage, RunRequest
from app.months.runs.results import Filters
from app.postgres.transaction import retrying, transaction

router = APIRouter(prefix="/v1", tags=["Runs"], dependencies=[needs(DETERMINATIONS_READ)])

PROGRESS_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 15.0
"""After which a stream in which nothing happens says that it is alive."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@router.post("/months/{month}/runs", dependencies=[ANSWERED_AS_JSON, only_parameters()], **START_RUN)
async def start_run(
    request: Request, month: MonthInPath, caller: Authorized, engine: Engine, key: IdempotencyKey
) -> Response:
    """Determine a month for all patients of the practice, for those listed, or for those of whom anything changed since a run.

    The answer comes at once; workers do the rest, range by range, and a range that was begun and lost with its worker is done
    by another. Each patient is determined from what is recorded when its range is worked on, and the result names the
    positions that were read. Where nothing that is read is another than for the newest finished run of all patients, that
    run's result stands, unless `anew` is asked for: the patient counts as `unchanged`. Ten runs of a practice may be under way
    at a time; beyond these: 409, with `Retry-After`. One that cannot be determined is told with its problem and stops
    nobody else.
    """
    body = await json_body_or_none(request)
    asked = RunRequest() if body is None else run_request(body.value)
    now = dt.datetime.now(dt.UTC)

    if asked.patients is not None:
        about_patients(caller, asked.patients)

    async def act(connection: AsyncConnection) -> Response:
        run = await asking.ask(connection, caller.tenant, month, asked, now)
        return Response(msgspec.json.encode(run), 202, {"Location": f"/v1/runs/{run.id}"}, "application/json")

    with month_in_address():
        return await write(engine, caller, keyed_request(request, caller, key, b"" if body is None else body.sent), act)


@router.get("/months/{month}/runs", dependencies=[ANSWERED_AS_JSON, only_parameters("cursor", "limit")], **READ_RUNS)
async def read_runs(
    month: MonthInPath, caller: Authorized, engine: Engine, cursor: RunsCursor = None, limit: RunLimit = 20
) -> Response:
    """The runs of a month, the newest first, and how far each is."""
    bound = (caller.tenant, "runs", month)
    before = None if cursor is None else _place(*place_of(cursor, *bound))
    with month_in_address():
        async with transaction(engine, caller.tenant) as connection:
            found = await asking.runs_of_month(connection, caller.tenant, month, before, limit + 1)
    shown = tuple(found[:limit])
    follows = None
    if len(found) > limit:
        since = shown[-1].asked_at - _EPOCH
        follows = cursor_at(since // _MICROSECOND, shown[-1].id, *bound)
    return _json(RunPage(runs=shown, next_cursor=follows))


@router.get("/runs/{run}", dependencies=[ANSWERED_AS_JSON, only_parameters()], **READ_RUN)
async def read_run(run: RunInPath, caller: Authorized, engine: Engine) -> Response:
    """How far a run is: patients done of all, how many a second, the time left, and the first of those that failed."""
    told = await asking.read_run(engine, caller.tenant, run)
    about_month(caller, told.service_month)
    about_patients(caller, (problem.patient for problem in told.first_errors))
    return _json(told)


@router.post("/runs/{run}/cancel", dependencies=[ANSWERED_AS_JSON, only_parameters()], **CANCEL_RUN)
async def cancel_run(
    request: Request, run: RunInPath, caller: Authorized, engine: Engine, key: IdempotencyKey
) -> Response:
    """Cancel a run. What it has found until then stays and can be read; a run that is done cannot be cancelled: 409.

    A run cancelled before is found as it is.
    """

    async def act(connection: AsyncConnection) -> Response:
        told = await asking.cancel(connection, caller.tenant, run)
        about_month(caller, told.service_month)
        return _json(told)

    return await write(engine, caller, keyed_request(request, caller, key, b""), act)


@router.get("/runs/{run}/events", dependencies=[answered_as(EVENT_STREAM), only_parameters()], **RUN_EVENTS)
async def follow_run(run: RunInPath, caller: Authorized, engine: Engine) -> Response:
    """Follow a run by server-sent events: a `progress` whenever it has come further, at most once a second, and at last `done`
    or `cancelled`, after which the stream ends. The data of each is the run, as reading it gives it but for its first errors.
    """
    first = await _progress(engine, caller.tenant, run)
    about_month(caller, first.service_month)
    return EventSourceResponse(_followed(engine, caller.tenant, first), headers={"Cache-Control": "no-store"})


@router.get(
    "/runs/{run}/results",
    dependencies=[answered_as(*FORMS), only_parameters("status", "code", "practitioner", "met")],
    **RESULTS,
)
async def read_results(
    request: Request,
    run: RunInPath,
    caller: Authorized,
    engine: Engine,
    status: StatusWanted = None,
    code: CodeBilled = None,
    practitioner: PractitionerBilling = None,
    met: WithMet = False,
) -> Response:
    """What a run found, a patient's month after the other in the order of their references: as NDJSON, a determination a
    line, or as a table, CSV or Parquet, a row a claim line and one for each month without any.

    Sent while it is read, of any length, compressed where `Accept-Encoding` has gzip; always in the same order. While the run is
    under way: 409. Of a run that was cancelled, what was found until then. Sentences are made when they are read: where the law
    or its wording is another by now, a finding names its rule and reason instead. Parquet needs an extra where the service
    runs; without it, it is not among the forms.
    """
    form = chosen(request, *FORMS)
    found = await telling.finished(engine, caller.tenant, run)
    about_month(caller, found.service_month)
    pages = telling.told(engine, caller.tenant, found, Filters(status, code, practitioner), met=met)
    return file_answer(request, result_file(form), pages, f"run-{found.service_month}-{run}")


@router.get("/runs/{run}/changes", dependencies=[answered_as(*FORMS), only_parameters("since")], **CHANGES)
async def read_changes(request: Request, run: RunInPath, since: Since, caller: Authorized, engine: Engine) -> Response:
    """What a run found billable otherwise than an earlier run of all patients: before and after, and what it changes in money.

    In the forms of results. Seconds more or less that bill the same are no change; nor is a patient whom the later run did
    not look at.
    """
    form = chosen(request, *FORMS)
    later, earlier = await telling.compared(engine, caller.tenant, run, since)
    about_month(caller, later.service_month)
    pages = telling.told_apart(engine, caller.tenant, later, earlier)
    return file_answer(request, change_file(form), pages, f"changes-{later.service_month}-{run}")


async def _progress(engine: AsyncEngine, tenant: UUID, run: UUID) -> Run:
    async with transaction(engine, tenant) as connection:
        return await asking.progress(connection, tenant, run)


async def _followed(engine: AsyncEngine, tenant: UUID, run: Run) -> AsyncIterator[bytes]:
    """The run again and again, until it has ended."""
    silent = 0.0
    told: Run | None = None
    while True:
        if told is None or (run.done, run.state) != (told.done, told.state):
            event = "progress" if run.state in asking.UNDER_WAY else run.state
            yield format_sse_event(event=event, data_str=msgspec.json.encode(run).decode())
            told, silent = run, 0.0
        elif silent >= SILENT_SECONDS:
            yield format_sse_event(comment="still here")
            silent = 0.0
        if run.state not in asking.UNDER_WAY:
            return
        await asyncio.sleep(PROGRESS_SECONDS)
        silent += PROGRESS_SECONDS
        run = await retrying(lambda: _progress(engine, tenant, UUID(run.id)))  # noqa: B023 - called at once


def _place(microseconds: int, run: str) -> tuple[dt.datetime, UUID]:
    """Where a cursor of ours says the list goes on."""
    try:
        return _EPOCH + microseconds * _MICROSECOND, UUID(run)
    except (OverflowError, ValueError):
        raise not_ours() from None


def _json(told: Any) -> Response:
    return Response(msgspec.json.encode(told), media_type="application/json")
