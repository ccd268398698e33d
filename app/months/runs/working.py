"""A range of a run worked out: read at one moment, determined in a thread, stored and marked as done in one transaction.

So however a worker ends, a range is done with all its results or not at all, and another worker does it. What one patient's
facts do to us is that patient's problem: it is stored, and the others are determined.
"""

import datetime as dt
import logging
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.determination.determine import determine
from app.determination.service_month import ServiceMonth, service_month
from app.errors import Unavailable
from app.ledger.read import practice_time_zone
from app.ledger.read_many import KnownPatients, long_ago, practice_position, recent
from app.months.answering import inputs_digest
from app.months.computing import aside
from app.months.many import Months
from app.months.runs import results, stored
from app.months.runs.found import found, made_by
from app.months.runs.results import Earlier, New
from app.months.runs.stored import Range
from app.postgres.transaction import transaction
from app.rulebook import loader

MOST_AT_ONCE: Final = 2_000
"""Patients done in one go, several times what is planned: names that follow all others came while the run was waiting."""
AGAIN: Final = dt.timedelta(seconds=2)
"""Until a range is tried again that the database could not serve, or that somebody else holds."""
NOT_KNOWN: Final = "Nothing is recorded of such a patient."
NOT_DETERMINED: Final = "The month could not be determined: a mistake of ours, which is in the log of the worker."

_log = logging.getLogger(__name__)


class Reading(Struct, frozen=True):
    """What a range is worked out from, all of one moment: the positions of its patients' ledgers, what an earlier run had of
    them, and the facts of those for whom that does not stand.

    `rest`: whom the range goes on with, where so many came since it was planned that it is done in parts. `months` None:
    nobody's month can be determined, for what the practice's own facts do to us.
    """

    part: Range
    month: ServiceMonth
    positions: dict[str, int]
    rest: str | None
    earlier: dict[str, Earlier]
    same: frozenset[str]
    known: KnownPatients
    months: Months | None

    @property
    def known_on(self) -> dt.date:
        """The day it is determined for: from the day after the month on no day changes anything."""
        return min(self.part.known_on, self.month.day_after)


class Worked(Struct, frozen=True):
    """A range worked out: the new results, and who keeps the earlier one."""

    new: list[New]
    same: list[str]


async def work_on(engine: AsyncEngine, payload: bytes) -> dt.timedelta | None:
    """Do the range that a job is about, unless that is done; a time where it is to be tried again later."""
    tenant, run, number = stored.named_by(payload)
    try:
        async with transaction(engine, tenant, snapshot=True) as connection:
            part = await stored.range_to_do(connection, tenant, run, number)
            read = None if part is None else await _read(connection, part)
        if read is not None:
            await _store(engine, read, await aside(worked, read))
    except Unavailable as error:
        _log.warning("a range of a run is tried again", exc_info=error)
        return AGAIN
    return None


async def _read(connection: AsyncConnection, part: Range) -> Reading:
    month = service_month(part.month, await practice_time_zone(connection, part.tenant))
    positions = await results.patients_of(connection, part, MOST_AT_ONCE + 1)
    rest = None
    if part.listed is None and len(positions) > MOST_AT_ONCE:
        rest, _ = positions.popitem()
    earlier = await results.earlier_results(connection, part, list(positions))
    practice = await practice_position(connection, part.tenant)
    as_of = practice, min(part.known_on, month.day_after), made_by(loader.law(part.month))
    same = frozenset(
        patient
        for patient, was in earlier.items()
        if was.patient_position == positions[patient]
        and (was.practice_position, was.known_on, was.book_digest) == as_of
    )
    others = [patient for patient in positions if patient not in same]
    read = await recent(connection, part.tenant, others, month.work_from)
    months = await aside(_months, read, month, part.known_on)
    if months is not None and (asking := await aside(months.asking_of_the_past)):
        months.tell(await long_ago(connection, part.tenant, asking, month.work_from))
    return Reading(part, month, positions, rest, earlier, same, read, months)


def worked(read: Reading) -> Worked:
    """Determine whoever's ledger has moved; where all that was read is as it was, the earlier result stands all the same."""
    law = loader.law(read.part.month)
    book = made_by(law)
    made: list[New] = []
    same = list(read.same)
    months = read.months
    for patient, ledger in sorted(read.known.patients.items()):
        if months is None:
            made.append(New(patient, ledger.position, problem=NOT_DETERMINED))
            continue
        try:
            month = months.of(patient)
            inputs = bytes.fromhex(inputs_digest(month).removeprefix("sha256:"))
            was = read.earlier.get(patient)
            if was is not None and (was.book_digest, was.inputs_digest) == (book, inputs):
                same.append(patient)
            else:
                made.append(results.new(patient, ledger.position, inputs, found(determine(month, law), law)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged, told, and the others go on
            _log.error("a month of a run could not be determined", exc_info=error)
            made.append(New(patient, ledger.position, problem=NOT_DETERMINED))
    made += [New(patient, 0, problem=NOT_KNOWN) for patient in read.part.listed or () if patient not in read.positions]
    return Worked(made, same)


def _months(read: KnownPatients, month: ServiceMonth, known_on: dt.date) -> Months | None:
    try:
        return Months(read, month, known_on)
    except Exception as error:  # noqa: BLE001 - as for a patient: a run comes to its end, and tells
        _log.error("a practice's months could not be determined", exc_info=error)
        return None


async def _store(engine: AsyncEngine, read: Reading, ready: Worked) -> None:
    part, practice = read.part, read.known.practice.position
    failed = sum(1 for new in ready.new if new.problem is not None)
    async with transaction(engine, part.tenant) as connection:
        if not await stored.take(connection, part):
            return
        if read.rest is not None:
            await stored.leave(connection, part, read.rest)
        if ready.new:
            book = made_by(loader.law(part.month))
            await results.keep(connection, part, read.known_on, book, practice, ready.new)
        if ready.same and part.of != "changed":
            positions = {patient: read.positions[patient] for patient in ready.same}
            await results.keep_same(connection, part, read.known_on, practice, positions)
        await stored.done(
            connection, part, determined=len(ready.new) - failed, unchanged=len(ready.same), failed=failed
        )
