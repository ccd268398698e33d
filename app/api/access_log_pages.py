"""The access log as pages, newest first: as JSON, or as FHIR AuditEvents by the same rows."""

import datetime as dt
import re
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.access.access_log import Asked, Place, Row, rows
from app.api.audit_events import bundle
from app.api.cursors import cursor_after, name_of, not_ours
from app.api.representations import FHIR_JSON
from app.postgres.transaction import retrying, transaction

_NAME: Final = re.compile(r"(\d{1,18})\.([0-9a-f]{32})\.(\d{1,5})", re.ASCII)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_LATEST: Final = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
_LAST: Final = 2**15 - 1


class AccessLogEntry(Struct, frozen=True, omit_defaults=True):
    """Who asked for what, and whether they got it. Never what it said."""

    id: UUID
    at: Annotated[dt.datetime, Meta(tz=True)]
    credential: Annotated[UUID, Meta(description="The key or client, as `access list` prints it.")]
    source: Annotated[str, Meta(description="What the credential sends and asks as.")]
    call: Annotated[str, Meta(description="Method and path, with the names of its parameters.")]
    status: Annotated[int, Meta(ge=200, le=499, description="As it was answered; 400 and above: refused.")]
    request_id: Annotated[str, Meta(description="`X-Request-ID` of the answer. A write about several has a row each.")]
    patient: Annotated[
        str | None, Meta(description="Absent: a list across patients, the practice's own, or none that could be told.")
    ] = None
    month: Annotated[str | None, Meta(description="The service month asked for.")] = None
    kinds: Annotated[tuple[str, ...], Meta(description="Of the facts sent or asked for; absent: any.")] = ()


class AccessLogPage(Struct, frozen=True, omit_defaults=True):
    """A stretch of the access log."""

    entries: list[AccessLogEntry]
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


async def access_log_page(
    request: Request, engine: AsyncEngine, tenant: UUID, asked: Asked, cursor: str | None, limit: int, media_type: str
) -> Response:
    """One page. `Invalid` for a cursor of another list."""
    bound = (tenant, "access-log", *msgspec.structs.astuple(asked))
    before = _place_of(name_of(cursor, *bound))

    async def once() -> list[Row]:
        async with transaction(engine, tenant) as connection:
            return await rows(connection, tenant, asked, before=before, limit=limit + 1)

    found = await retrying(once)
    shown = found[:limit]
    follows = cursor_after(_name(shown[-1].place), *bound) if len(found) > limit else None
    if media_type == FHIR_JSON:
        body = msgspec.json.encode(bundle(shown, *_links(request, follows)))
    else:
        body = msgspec.json.encode(AccessLogPage([_entry(row) for row in shown], follows))
    return Response(body, media_type=media_type)


def _entry(row: Row) -> AccessLogEntry:
    return AccessLogEntry(
        row.id, row.place.at, row.credential, row.source, row.call, row.status, row.place.request.hex, row.patient,
        row.month, row.kinds,
    )  # fmt: skip


def _name(place: Place) -> str:
    return f"{(place.at - _EPOCH) // _MICROSECOND}.{place.request.hex}.{place.place}"


def _place_of(name: str) -> Place | None:
    if not name:
        return None
    read = _NAME.fullmatch(name)
    if read is None or int(read[1]) > _LATEST or int(read[3]) > _LAST:
        raise not_ours()  # its digest fits, and still we never gave it
    return Place(_EPOCH + int(read[1]) * _MICROSECOND, UUID(read[2]), int(read[3]))


def _links(request: Request, follows: str | None) -> tuple[str, str | None]:
    """Where this page is found, and the next."""
    here = f"{request.app.state.public_url}{request.url.path}"
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    given = f"{here}?{request.url.query}" if request.url.query else here
    return given, None if follows is None else f"{here}?{urlencode([*asked, ('cursor', follows)])}"
