"""Facts in: of any kind, and the two most used kinds by themselves."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import FACTS_WRITE
from app.api.documents.fact_routes import CONSENTS, FACTS, TIME_ENTRIES
from app.api.fact_reading import MAXIMUM_FACTS, facts_to_store
from app.api.idempotency import IdempotencyKey, keyed_request
from app.api.json_body import json_or_lines
from app.api.parameters import Partial, only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import engine_of, inbox_of
from app.api.storing import store

router = APIRouter(
    prefix="/v1", tags=["Facts"], dependencies=[needs(FACTS_WRITE), ANSWERED_AS_JSON, only_parameters("partial")]
)


Stored = Callable[[str | None], Awaitable[Response]]
"""What becomes of the request's facts, all of one kind where one is named."""


async def _stored(request: Request, caller: Authorized, key: IdempotencyKey, partial: Partial = False) -> Stored:
    async def stored(kind: str | None) -> Response:
        body = await json_or_lines(request, most_lines=MAXIMUM_FACTS)
        read = facts_to_store(body.value, kind=kind)
        keyed = keyed_request(request, caller, key, body.sent)
        return await store(engine_of(request), inbox_of(request), caller, read, partial=partial, keyed=keyed)

    return stored


Storing = Annotated[Stored, Depends(_stored)]


@router.post("/facts", **FACTS)
async def store_facts(stored: Storing) -> Response:
    """Record up to 1,000 facts of any kind, about any number of patients and the practice.

    All or nothing: one bad fact and none is stored, with an error for everything that is wrong. With `partial=true` the
    good ones are stored and the others reported by their index. Sending the same fact again is safe: it is a
    `duplicate`. The same id with other content is a conflict; to change a fact, send a new one that `corrects` it.

    As `application/x-ndjson` the body is a fact a line; errors then point at `/0`, `/1` … by the fact's place. A line that is no
    JSON spoils no other with `partial=true`.
    """
    return await stored(None)


@router.post("/time-entries", **TIME_ENTRIES)
async def store_time_entries(stored: Storing) -> Response:
    """Record time spent on patients: one entry or up to 1,000. `kind` may be left out.

    Give either `started_at` and `ended_at`, or `on` and `seconds`. Time is kept as it was: seconds are never rounded,
    overlapping entries are counted once, and an entry over midnight or the end of a month is split there.
    """
    return await stored("time_entry")


@router.post("/consents", **CONSENTS)
async def store_consents(stored: Storing) -> Response:
    """Record a patient's agreement to a program, its refusal or its end: one or up to 1,000. `kind` may be left out.

    A withdrawal ends the consent at the close of its month.
    """
    return await stored("consent")
