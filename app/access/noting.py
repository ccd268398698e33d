"""Rows of the access log: written with what they tell of, or before it is answered. Where none can be, nothing is."""

import logging
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.access.credentials import Caller
from app.errors import Unavailable
from app.postgres.transaction import alone

_NOTE: Final = text("""
    SELECT note_access(
        :tenant, :request, :credential, :source, :call, CAST(:patients AS text[]), :month, CAST(:kinds AS text[]),
        CAST(:status AS smallint)
    )
""")
# The same for several requests of a practice at once.
_NOTE_ALL: Final = text("""
    SELECT note_access(:tenant, request, credential, source, call, patients, month, kinds, status)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS noted (
        request uuid, credential uuid, source text, call text, patients text[], month text, kinds text[], status smallint
    )
""")

_log = logging.getLogger(__name__)


async def note(connection: AsyncConnection, caller: Caller, status: int) -> None:
    """Note the caller's access and its outcome in the transaction of what was done. `Unavailable` where that fails."""
    try:
        await connection.execute(_NOTE, _row(caller, status))
    except DBAPIError as error:
        raise _unnoted(error) from error


async def note_all(connection: AsyncConnection, tenant: UUID, noted: Iterable[tuple[Caller, int]]) -> None:
    """As `note`, of several requests of a practice."""
    rows = msgspec.json.encode([_row(caller, status) for caller, status in noted]).decode()
    try:
        await connection.execute(_NOTE_ALL, {"tenant": tenant, "rows": rows})
    except DBAPIError as error:
        raise _unnoted(error) from error


async def note_alone(engine: AsyncEngine, caller: Caller, status: int) -> None:
    """As `note`, in a transaction of its own and one round trip: of what was read, or refused."""
    try:
        await alone(engine, _NOTE, _row(caller, status))
    except DBAPIError as error:
        raise _unnoted(error) from error


def _row(caller: Caller, status: int) -> dict[str, object]:
    access = caller.access
    assert access is not None, "what touches a practice's records is a request"
    return {
        "tenant": caller.tenant,
        "request": access.request,
        "credential": caller.credential,
        "source": caller.source,
        "call": access.call,
        "patients": list(access.patients),
        "month": access.month,
        "kinds": list(access.kinds),
        "status": status,
    }


def _unnoted(error: DBAPIError) -> Unavailable:
    _log.error("no access row could be written", exc_info=error)
    return Unavailable("The access cannot be noted, so nothing is done or told.", headers={"Retry-After": "2"})
