"""The whole story of a patient's month: every revision, every amendment, every decision, and what was answered then."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.errors import NotFound
from app.months import amendments, revisions
from app.months.amend import given, open_now
from app.months.bearing import known_for
from app.months.close import UNKNOWN
from app.months.computing import LIGHT_FACTS, aside
from app.months.told import Amendment, MonthHistory, told
from app.postgres.transaction import transaction


async def history(engine: AsyncEngine, tenant: UUID, patient: str, month: str, now: dt.datetime) -> MonthHistory:
    """Every revision of a month, and its amendments. `NotFound` for a patient of whom nothing is recorded."""
    then = None
    async with transaction(engine, tenant, snapshot=True) as connection:
        stored = await known_for(connection, tenant, patient, month, now)
        if stored is None:
            raise NotFound(UNKNOWN)
        kept = await revisions.of_month(connection, tenant, patient, month)
        decided = await amendments.decided(connection, tenant, patient, month)
        closed = kept[-1][0] if kept and kept[-1][0].frozen is not None else None
        if closed is not None:
            then = await given(connection, tenant, patient, month, closed)
    waiting: Amendment | None = None
    if closed is not None and then is not None:
        asked = (stored, patient, month, now, closed, then, decided)
        waiting = open_now(*asked) if len(stored.facts) <= LIGHT_FACTS else await aside(open_now, *asked)
    return MonthHistory(
        patient=patient,
        service_month=month,
        state="closed" if closed is not None else "reopened" if kept else "open",
        revisions=tuple(told(patient, month, revision, attested) for revision, attested in kept),
        amendments=(*decided, *([] if waiting is None else [waiting])),
    )


async def given_answer(engine: AsyncEngine, tenant: UUID, patient: str, month: str, revision: int) -> bytes:
    """The determination that a revision froze, byte for byte. `NotFound` where there is none."""
    async with transaction(engine, tenant) as connection:
        answer = await revisions.given(connection, tenant, patient, month, revision)
    if answer is None:
        raise NotFound("No answer was frozen under such a revision.")
    return answer
