"""One month closed by a person, or opened again."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.credentials import Caller
from app.errors import Conflict, FieldError, NotFound
from app.ledger.hold import Held, hold
from app.months import revisions
from app.months.attesting import Attesting, Closing, attestation
from app.months.bearing import known_for
from app.months.choosing import lines_to_close
from app.months.computing import LIGHT_FACTS, aside
from app.months.freezing import NewRevision, Present, freeze, is_closed, newly, next_revision, present
from app.months.revisions import Revision
from app.months.told import MonthRevision, told

UNKNOWN = "No such patient."


async def close(
    connection: AsyncConnection, caller: Caller, patient: str, month: str, closing: Closing
) -> MonthRevision:
    """Freeze what is decided of a patient's month now, in a READ COMMITTED transaction of the caller's.

    `NotFound` for a patient of whom nothing is recorded; `Conflict` for a month that is closed, not over (unless `early`),
    or needs a decision that the person has not named.
    """
    held = await held_ledger(connection, caller, patient)
    last = (await revisions.last(connection, caller.tenant, [patient], month)).get(patient)
    if is_closed(last):
        raise Conflict("The month is closed already; what changes it now is an amendment, or reopening it.")
    number = next_revision(last)
    now = await present_month(connection, caller, patient, month, held)
    if (detail := not_yet(now, early=bool(closing.early))) is not None:
        raise Conflict("The month cannot be closed yet.", errors=[FieldError(detail, pointer="/early")])
    new = newly(patient, month, number, now.answer, lines_to_close(now.answer, closing.claim_lines))
    made = await freeze(connection, caller, month, "closed", closing, {patient: new})
    return told(patient, month, made[patient], attestation(closing, caller, patient, month, number, "closed"))


async def reopen(
    connection: AsyncConnection, caller: Caller, patient: str, month: str, said: Attesting
) -> MonthRevision:
    """Open a closed month again, for the reason in the words attested. Its lines are taken back from later months.

    `Conflict` for a month that is not closed.
    """
    await held_ledger(connection, caller, patient)
    last = await closed_revision(connection, caller, patient, month)
    number = next_revision(last)
    assert last.frozen is not None, "it is closed"
    new = NewRevision(number, None, (), (), [each.service for each in last.frozen.lines])
    made = await freeze(connection, caller, month, "reopened", said, {patient: new})
    return told(patient, month, made[patient], attestation(said, caller, patient, month, number, "reopened"))


async def held_ledger(connection: AsyncConnection, caller: Caller, patient: str) -> Held:
    """The patient's ledger, held; whoever had it is waited for. `NotFound` where nothing is recorded."""
    held = await hold(connection, caller.tenant, [patient])
    if not held.patients:
        raise NotFound(UNKNOWN)
    return held


async def closed_revision(connection: AsyncConnection, caller: Caller, patient: str, month: str) -> Revision:
    """The revision that the month is closed with. `Conflict` where it is not closed."""
    last = (await revisions.last(connection, caller.tenant, [patient], month)).get(patient)
    if last is None or last.frozen is None:
        raise Conflict("The month is not closed.")
    return last


async def present_month(connection: AsyncConnection, caller: Caller, patient: str, month: str, held: Held) -> Present:
    """The month as it is decided at the instant at which its ledgers are held."""
    stored = await known_for(connection, caller.tenant, patient, month, held.instant)
    assert stored is not None, "a ledger that is held has facts"
    if len(stored.facts) <= LIGHT_FACTS:
        return present(stored, patient, month, held.instant)
    return await aside(present, stored, patient, month, held.instant)


def not_yet(month: Present, *, early: bool) -> str | None:
    """Why a month cannot be closed yet. None: it can."""
    if not month.answer.provisional:
        return None
    if not month.begun:
        return "The month has not begun."
    return None if early else "The month is not over: send `early` as true to close it before."
