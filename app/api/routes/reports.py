"""What concerns all patients of a practice's month together."""

import msgspec
from fastapi import APIRouter
from msgspec.structs import replace
from starlette.responses import Response

from app.access.scopes import FACTS_READ
from app.api.cursors import cursor_after, name_of
from app.api.documents.report_routes import SIMULTANEOUS_WORK
from app.api.parameters import MonthInPath, Performer, PerformerCursor, PerformerLimit, only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.months.simultaneous import simultaneous_work
from app.postgres.transaction import retrying

_PARAMETERS = only_parameters("performer", "cursor", "limit")

router = APIRouter(prefix="/v1", tags=["Reports"], dependencies=[needs(FACTS_READ), ANSWERED_AS_JSON, _PARAMETERS])


@router.get("/months/{month}/simultaneous-work", **SIMULTANEOUS_WORK)
async def read_simultaneous_work(
    month: MonthInPath,
    caller: Authorized,
    engine: Engine,
    performer: Performer = None,
    cursor: PerformerCursor = None,
    limit: PerformerLimit = 100,
) -> Response:
    """Where one person's time entries lie on two or more patients at once, and where a day of theirs exceeds 24 hours.

    Over all patients of the practice and all sources, by what stands in the month now; entries are cut to it, and one
    that ends as another begins does not overlap it. Entries that name their day only cannot be tested for overlap and
    are counted, but fill their day; what software did (`automated`) is nobody's time. No determination is changed by
    any of this: within one patient's month, TIME-18 advises of long days.
    """
    bound = (caller.tenant, "simultaneous-work", month, performer)
    after = name_of(cursor, *bound)
    page = await retrying(
        lambda: simultaneous_work(engine, caller.tenant, month, performer=performer, after=after, limit=limit)
    )
    follows = None if page.goes_on_after is None else cursor_after(page.goes_on_after, *bound)
    return Response(msgspec.json.encode(replace(page.report, next_cursor=follows)), media_type="application/json")
