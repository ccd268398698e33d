"""The access log read back, newest first."""

import datetime as dt
from uuid import UUID, uuid5

from msgspec import Struct
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.tables import access_log


class Place(Struct, frozen=True, gc=False):
    """Where a row stands in the log: no two stand at one."""

    at: dt.datetime
    request: UUID
    place: int


class Asked(Struct, frozen=True):
    """Which rows are asked for. `from_` is inclusive, `until` exclusive."""

    patient: str | None = None
    credential: UUID | None = None
    from_: dt.datetime | None = None
    until: dt.datetime | None = None


class Row(Struct, frozen=True, gc=False):
    """Who asked for what, and with which status they were answered. `patient` None: a list, or the practice's own."""

    place: Place
    credential: UUID
    source: str
    call: str
    patient: str | None
    month: str | None
    kinds: tuple[str, ...]
    status: int

    @property
    def id(self) -> UUID:
        """One for each row, the same whenever it is read."""
        return uuid5(self.place.request, str(self.place.place))


async def rows(
    connection: AsyncConnection, tenant: UUID, asked: Asked, *, before: Place | None, limit: int
) -> list[Row]:
    """The newest rows, or the newest of those older than a place."""
    query = select(access_log).where(access_log.c.tenant == tenant)
    if asked.patient is not None:
        query = query.where(access_log.c.patient == asked.patient)
    if asked.credential is not None:
        query = query.where(access_log.c.credential == asked.credential)
    if asked.from_ is not None:
        query = query.where(access_log.c.at >= asked.from_)
    if asked.until is not None:
        query = query.where(access_log.c.at < asked.until)
    order = access_log.c.at, access_log.c.request, access_log.c.place
    if before is not None:
        query = query.where(tuple_(*order) < (before.at, before.request, before.place))
    found = await connection.execute(query.order_by(*(column.desc() for column in order)).limit(limit))
    return [
        Row(
            Place(row.at, row.request, row.place), row.credential, row.source, row.call, row.patient, row.month,
            tuple(row.kinds), row.status,
        )
        for row in found
    ]  # fmt: skip
