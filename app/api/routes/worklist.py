"""The worklist of a practice's month, and the events by which a program follows what changes in it."""

import datetime as dt

import msgspec
from fastapi import APIRouter
from msgspec.structs import replace
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ
from app.api.cursors import cursor_after, cursor_at, name_of, place_of, position_of
from app.api.documents.worklist_routes import EVENTS, WORKLIST
from app.api.event_pages import event_page
from app.api.parameters import (
    CodeWanted,
    EventCursor,
    EventLimit,
    KnownAsOf,
    LeastValue,
    MonthInPath,
    PractitionerWanted,
    ProgramWanted,
    RowLimit,
    StatusWanted,
    WorklistCursor,
    WorklistState,
    month_in_address,
    only_parameters,
)
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.months import outbox
from app.months.worklist import Worklist, worklist, worklist_known_then
from app.months.worklist_stored import Filters, Place
from app.postgres.transaction import retrying, transaction

router = APIRouter(prefix="/v1", tags=["Worklist"], dependencies=[needs(DETERMINATIONS_READ), ANSWERED_AS_JSON])

_FILTERS = ("state", "status", "program", "code", "practitioner", "min_value")


@router.get(
    "/months/{month}/worklist", dependencies=[only_parameters(*_FILTERS, "known_as_of", "cursor", "limit")], **WORKLIST
)
async def read_worklist(
    month: MonthInPath,
    caller: Authorized,
    engine: Engine,
    state: WorklistState = None,
    status: StatusWanted = None,
    program: ProgramWanted = None,
    code: CodeWanted = None,
    practitioner: PractitionerWanted = None,
    min_value: LeastValue = None,
    known_as_of: KnownAsOf = None,
    cursor: WorklistCursor = None,
    limit: RowLimit = 100,
) -> Response:
    """Whom to call before the month ends: a row a patient, first where the next code adds most for each minute of work.

    Each row says what may be billed so far, the next code with the seconds it lacks and what it adds, what else is missing,
    what can no longer be had, the days left and the last contact. It is read off the patient's determination. Rows are kept
    current by workers, for this month, the one before and for some days those asked for; `patients_behind` says how many
    are not yet, and a row that is not says `behind`.

    `known_as_of` lists what was known at an instant: worked out anew, by patient, of `limit` patients a page, with filters
    applied to these; a page where none fits is empty and may still have a `next_cursor`.
    """
    filters = Filters(state, status, program, code, practitioner, min_value)
    bound = (caller.tenant, "worklist", month, filters, known_as_of)
    with month_in_address():
        if known_as_of is not None:
            return _json(await _known_then(caller, engine, month, filters, known_as_of, cursor, limit, bound))
        after = None if cursor is None else Place(*place_of(cursor, *bound))
        now = dt.datetime.now(dt.UTC)
        found = await retrying(lambda: worklist(engine, caller.tenant, month, filters, now, after=after, limit=limit))
    last = found.goes_on_after
    follows = None if last is None else cursor_at(last.value, last.patient, *bound)
    return _json(replace(found.listed, next_cursor=follows))


async def _known_then(
    caller: Authorized,
    engine: Engine,
    month: str,
    filters: Filters,
    instant: dt.datetime,
    word: str | None,
    limit: int,
    bound: tuple[object, ...],
) -> Worklist:
    after = name_of(word, *bound)
    found = await retrying(
        lambda: worklist_known_then(engine, caller.tenant, month, filters, instant, after=after, limit=limit)
    )
    follows = None if found.goes_on_after is None else cursor_after(found.goes_on_after, *bound)
    return replace(found.listed, next_cursor=follows)


@router.get("/events", dependencies=[only_parameters("cursor", "limit")], **EVENTS)
async def read_events(
    caller: Authorized, engine: Engine, cursor: EventCursor = None, limit: EventLimit = 100
) -> Response:
    """What changed, in the order in which it was committed: come back with `next_cursor`, and nothing is missed or told twice.

    `determination.changed`: the status or the lines of a patient's month are others than they were, in this month or the
    one before. What it is now is read from the determination. Of a month just begun the first lines are the first change.
    """
    bound = (caller.tenant, "events")
    after = position_of(cursor, *bound)
    async with transaction(engine, caller.tenant) as connection:
        found = await outbox.after(connection, caller.tenant, after, limit)
    return _json(event_page(found, cursor, bound))


def _json(told: object) -> Response:
    return Response(msgspec.json.encode(told), media_type="application/json")
