"""A practice's closed months that wait for a person: those which later facts, or another law, would have billed otherwise."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Month
from app.ledger.read import Snapshot
from app.months import amendments, revisions
from app.months.amend import given, open_now
from app.months.bearing import known_for
from app.months.computing import aside
from app.months.delta import Given
from app.months.revisions import Revision
from app.months.told import Amendment
from app.postgres.transaction import transaction


class OpenAmendments(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The amendments of a month that are open, by patient, as far as this request went."""

    service_month: Month
    closed_months: Annotated[int, Meta(ge=0, description="How many closed months were looked at.")]
    amendments: tuple[Amendment, ...]
    next_cursor: Annotated[str | None, Meta(description="Where the list goes on; absent on its last page.")] = None


class OpenPage(Struct, frozen=True):
    """A part of the list, and after which patient it goes on."""

    listed: OpenAmendments
    goes_on_after: str | None


class _Closed(Struct, frozen=True):
    """A closed month with all that it is compared by."""

    patient: str
    revision: Revision
    given: Given
    stored: Snapshot
    decided: list[Amendment]


async def open_amendments(
    engine: AsyncEngine, tenant: UUID, month: str, now: dt.datetime, *, after: str, limit: int
) -> OpenPage:
    """The open amendments of the patients who follow `after` by name, of at most `limit` closed months."""
    async with transaction(engine, tenant, snapshot=True) as connection:
        found = await revisions.closed_after(connection, tenant, month, after, limit + 1)
        closed = []
        for patient, revision in found[:limit]:
            stored = await known_for(connection, tenant, patient, month, now)
            assert stored is not None, "who has a closed month has facts"
            then = await given(connection, tenant, patient, month, revision)
            decided = await amendments.decided(connection, tenant, patient, month)
            closed.append(_Closed(patient, revision, then, stored, decided))

    def compare() -> list[Amendment | None]:
        return [
            open_now(each.stored, each.patient, month, now, each.revision, each.given, each.decided) for each in closed
        ]

    waiting = [one for one in (await aside(compare) if closed else []) if one is not None]
    goes_on_after = closed[-1].patient if len(found) > limit else None
    return OpenPage(
        OpenAmendments(service_month=month, closed_months=len(closed), amendments=tuple(waiting)), goes_on_after
    )
