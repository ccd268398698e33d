"""What is known of one patient, as far as it bears on a month."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination import past
from app.determination.service_month import service_month
from app.determination.succession import standing
from app.ledger.read import Snapshot, snapshot
from app.ledger.read_many import facts_stated, long_ago, recent


async def known_for(
    connection: AsyncConnection,
    tenant: UUID,
    patient: str,
    month: str,
    now: dt.datetime,
    *,
    known_as_of: dt.datetime | None = None,
) -> Snapshot | None:
    """As `snapshot`, now without work of long ago of which the month asks nothing. `month`: one that the rule book covers."""
    if known_as_of is not None:
        return await snapshot(connection, tenant, patient, known_as_of=known_as_of)
    days = service_month(month)  # which days they are is the same in every time zone
    read = await recent(connection, tenant, [patient], days.work_from)
    ledger = read.patients.get(patient)
    if ledger is None:
        return None
    facts = ledger.facts()
    # The practice's zone is among what is being read: nowhere is it an earlier day than this.
    known_on = now.astimezone(dt.UTC).date() - dt.timedelta(days=1)
    if past.is_asked(ledger.unread, standing(facts), days, known_on=known_on):
        rest = await long_ago(connection, tenant, [patient], days.work_from)
        facts += facts_stated(rest.get(patient, ()))
    return Snapshot((*read.practice.facts(), *facts), ledger.position, read.practice.position)
