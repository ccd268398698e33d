"""Many patients' months closed at once: those that may be, with a report of the others and why."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.credentials import Caller
from app.determination.answer import ClaimLine
from app.determination.facts import Month, PatientReference
from app.errors import Conflict
from app.ledger.hold import hold, known_patients, patients_after
from app.ledger.read import Snapshot, practice_time_zone
from app.months import revisions
from app.months.answering import covered_month
from app.months.attesting import Attesting
from app.months.bearing import known_for
from app.months.close import not_yet
from app.months.computing import aside
from app.months.freezing import NewRevision, Present, freeze, is_closed, newly, next_revision, present
from app.months.revisions import Revision

MOST_NAMED: Final = 1_000

Reason = Literal["needs_decision", "provisional", "nothing_to_bill", "already_closed", "problem"]


class BulkClosing(Attesting, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Months to be closed, under one attestation."""

    patients: (
        Annotated[
            tuple[PatientReference, ...],
            Meta(min_length=1, max_length=MOST_NAMED, description="Only these; absent: all of the practice."),
        ]
        | None
    ) = None
    early: Annotated[bool, Meta(description="Close before the month is over.")] | None = None


class ClosedMonth(Struct, frozen=True, gc=False, kw_only=True):
    """A month that was closed."""

    patient: str
    revision: Annotated[int, Meta(ge=1)]
    claim_lines: tuple[ClaimLine, ...]


class LeftOut(Struct, frozen=True, gc=False, kw_only=True):
    """A month that was not closed, and why."""

    patient: str
    reason: Reason
    detail: str


class BulkReport(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What became of each patient's month, by patient, as far as this request went."""

    service_month: Month
    closed: tuple[ClosedMonth, ...]
    left_out: tuple[LeftOut, ...]
    next_cursor: Annotated[
        str | None, Meta(description="Where it goes on; absent where every month was looked at.")
    ] = None


class BulkPage(Struct, frozen=True):
    """A part of the report, and after which patient it goes on."""

    report: BulkReport
    goes_on_after: str | None


async def close_many(
    connection: AsyncConnection, caller: Caller, month: str, closing: BulkClosing, *, after: str, limit: int
) -> BulkPage:
    """Close the months of the patients who follow `after` by name, at most `limit` of them; all in one transaction.

    Patients somebody else is writing to at that moment are left out, not waited for.
    """
    covered_month(month, await practice_time_zone(connection, caller.tenant))
    patients, goes_on_after = await _next_patients(connection, caller, closing, after, limit)
    held = await hold(connection, caller.tenant, patients, skip_busy=True)
    known = held.patients | await known_patients(
        connection, caller.tenant, [p for p in patients if p not in held.patients]
    )
    last = await revisions.last(connection, caller.tenant, sorted(held.patients), month)
    left: dict[str, LeftOut] = {}
    stored: dict[str, Snapshot] = {}
    for patient in patients:
        if patient not in held.patients:
            busy = "Somebody else is writing to this patient's ledger; ask again."
            left[patient] = _left_out(patient, "problem", busy if patient in known else "No such patient.")
        elif is_closed(last.get(patient)):
            left[patient] = _left_out(patient, "already_closed", "A person closed it before.")
        elif (found := await known_for(connection, caller.tenant, patient, month, held.instant)) is not None:
            stored[patient] = found

    def decide() -> dict[str, Present]:
        return {patient: present(found, patient, month, held.instant) for patient, found in stored.items()}

    decided = await aside(decide) if stored else {}
    made: dict[str, NewRevision] = {}
    for patient, now in decided.items():
        weighed = _weighed(patient, month, now, last, early=bool(closing.early))
        if isinstance(weighed, LeftOut):
            left[patient] = weighed
        else:
            made[patient] = weighed
    if made:
        await freeze(connection, caller, month, "closed", closing, made)
    report = BulkReport(
        service_month=month,
        closed=tuple(
            ClosedMonth(patient=patient, revision=new.revision, claim_lines=tuple(each.line for each in new.lines))
            for patient, new in sorted(made.items())
        ),
        left_out=tuple(left[patient] for patient in sorted(left)),
    )
    return BulkPage(report, goes_on_after)


async def _next_patients(
    connection: AsyncConnection, caller: Caller, closing: BulkClosing, after: str, limit: int
) -> tuple[list[str], str | None]:
    if closing.patients is None:
        found = await patients_after(connection, caller.tenant, after, limit + 1)
    else:
        found = sorted({patient for patient in closing.patients if patient > after})
    chosen = found[:limit]
    return chosen, chosen[-1] if len(found) > limit else None


def _weighed(
    patient: str, month: str, now: Present, last: Mapping[str, Revision], *, early: bool
) -> NewRevision | LeftOut:
    answer = now.answer
    if (detail := not_yet(now, early=early)) is not None:
        return _left_out(patient, "provisional", detail)
    if answer.status == "needs_decision":
        return _left_out(patient, "needs_decision", "A person must decide which lines are billed, and close it alone.")
    if not answer.claim_lines:
        return _left_out(patient, "nothing_to_bill", _refusals(now))
    try:
        number = next_revision(last.get(patient))
    except Conflict as conflict:
        return _left_out(patient, "problem", conflict.detail)
    return newly(patient, month, number, answer, answer.claim_lines)


def _refusals(now: Present) -> str:
    """The rules that stand against codes of programs that any fact names."""
    rules: dict[str, None] = {}
    for verdict in now.answer.verdicts:
        if not {"PROG-00", "VAL-01"} & set(verdict.blockers):
            rules.update(dict.fromkeys(verdict.blockers))
    return f"No code may be billed: {', '.join(rules)}." if rules else "No program is recorded of the patient."


def _left_out(patient: str, reason: Reason, detail: str) -> LeftOut:
    return LeftOut(patient=patient, reason=reason, detail=detail)
