"""The ledgers as pages of facts, in the order in which they were recorded."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from app.api.cursors import cursor, position_of
from app.api.parameters import UNKNOWN_PATIENT
from app.determination.service_month import service_month
from app.errors import NotFound
from app.ledger.as_of import reading
from app.ledger.read import StoredFact, page, practice_time_zone
from app.ledger.tables import PRACTICE_STREAM
from app.postgres.transaction import retrying


class Page(Struct, frozen=True, omit_defaults=True):
    """A stretch of a ledger."""

    facts: list[dict[str, Any]]
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


class PageQuery(Struct, frozen=True):
    """Which facts of a ledger are asked for."""

    stream: str
    kind: str | None
    month: str | None
    known_as_of: dt.datetime | None
    limit: int
    cursor: str | None


async def ledger_page(engine: AsyncEngine, tenant: UUID, query: PageQuery) -> Response:
    """One page of a ledger. `Invalid` for a cursor of another list, `NotFound` for a patient nothing is recorded of."""
    bound = (tenant, query.stream, query.kind, query.month, query.known_as_of)
    after = position_of(query.cursor, *bound)

    async def once() -> list[StoredFact]:
        async with reading(engine, tenant, (PRACTICE_STREAM, query.stream), query.known_as_of) as connection:
            return await _found(connection, tenant, query, after)

    found = await retrying(once)
    shown = found[: query.limit]
    follows = cursor(shown[-1].position, *bound) if len(found) > query.limit else None
    return Response(msgspec.json.encode(Page([_shown(fact) for fact in shown], follows)), media_type="application/json")


async def _found(connection: AsyncConnection, tenant: UUID, query: PageQuery, after: int) -> list[StoredFact]:
    """The page's facts and, where the list goes on, one more."""
    month = None
    if query.month is not None:
        zone = await practice_time_zone(connection, tenant, known_as_of=query.known_as_of)
        month = service_month(query.month, zone)
    found = await page(
        connection, tenant, query.stream, kind=query.kind, month=month, known_as_of=query.known_as_of,
        after_position=after, limit=query.limit + 1,
    )  # fmt: skip
    if not found and query.stream != PRACTICE_STREAM:
        # Nothing to show is an answer; nobody to show it of is not.
        anything = await page(connection, tenant, query.stream, known_as_of=query.known_as_of, limit=1)
        if not anything:
            raise NotFound(UNKNOWN_PATIENT)
    return found


def _shown(stored: StoredFact) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(stored.fact, order="deterministic")
    shown["recorded_at"] = stored.recorded_at
    shown["position"] = stored.position
    return shown
