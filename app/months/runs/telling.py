"""What runs found, told page by page, and what one found otherwise than another; a page at a time is all that is held."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import answer
from app.determination.determine import Status
from app.determination.facts import Month
from app.errors import FieldError, Invalid, NotDone, NotFound
from app.months.computing import aside
from app.months.runs import asking, results
from app.months.runs.asking import Run
from app.months.runs.found import Found, MonthResult, findings_in_words, unpacked
from app.months.runs.results import Difference, Filters, Result
from app.postgres.transaction import retrying, transaction
from app.rulebook import loader

PAGE: Final = 500
KEPT_OTHERWISE: Final = (
    "Kept by an earlier version in a form that this one does not read: have the month determined again."
)


class SideOfChange(Struct, frozen=True, gc=False, kw_only=True):
    """What a run found billable of a month."""

    status: Status
    claim_lines: tuple[answer.ClaimLine, ...]


class MonthChange(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A patient's month of which two runs found different things billable, or one of them nothing at all.

    `added`: the earlier run did not know the patient.
    """

    patient: str
    service_month: Month
    change: Literal["added", "changed"]
    before: SideOfChange | None = None
    after: SideOfChange | None = None
    amount_change_cents: Annotated[int | None, Meta(description="Of all lines; absent where an amount is unknown.")] = (
        None
    )
    before_problem: str | None = None
    after_problem: str | None = None


async def finished(engine: AsyncEngine, tenant: UUID, run: UUID) -> Run:
    """A run that has ended. `NotFound` where there is none such, `NotDone` while it is under way."""
    found = await asking.read_run(engine, tenant, run)
    if found.state in asking.UNDER_WAY:
        detail = f"The run is under way: {found.done:,} of {found.total:,} patients are done."
        raise NotDone(detail, headers={"Retry-After": str(min(found.time_left_seconds or 5, 60))})
    return found


async def compared(engine: AsyncEngine, tenant: UUID, run: UUID, since: UUID) -> tuple[Run, Run]:
    """A run that has ended and an earlier one of all patients of the same month. `Invalid` where they cannot be compared."""
    later = await finished(engine, tenant, run)
    try:
        earlier = await asking.read_run(engine, tenant, since)
    except NotFound:
        detail = "There is no such run of this practice."
    else:
        if earlier.service_month == later.service_month and earlier.patients == "all" and earlier.state == "done":
            return later, earlier
        detail = "Not a run of the same month and of all patients that is done."
    raise Invalid("These runs cannot be compared.", errors=[FieldError(detail, parameter="since")])


async def told(
    engine: AsyncEngine, tenant: UUID, run: Run, filters: Filters, *, met: bool
) -> AsyncIterator[Sequence[MonthResult]]:
    """The results of a run that fit, by patient, page by page. `met`: also findings that are met."""
    after = ""
    while True:
        found = await retrying(lambda: _page(engine, tenant, run, filters, after))  # noqa: B023 - called at once
        if found:
            yield await aside(_months, found, run.service_month, met=met)
        if len(found) < PAGE:
            return
        after = found[-1].patient


async def told_apart(engine: AsyncEngine, tenant: UUID, run: Run, since: Run) -> AsyncIterator[Sequence[MonthChange]]:
    """What a run found billable otherwise than an earlier one, by patient, page by page."""
    after = ""
    while True:
        found = await retrying(lambda: _differences(engine, tenant, run, since, after))  # noqa: B023 - as above
        if found:
            yield await aside(_changes, found, run.service_month)
        if len(found) < PAGE:
            return
        after = found[-1].patient


async def _page(engine: AsyncEngine, tenant: UUID, run: Run, filters: Filters, after: str) -> list[Result]:
    async with transaction(engine, tenant) as connection:
        return await results.page(connection, tenant, run.service_month, UUID(run.id), filters, after, PAGE)


async def _differences(engine: AsyncEngine, tenant: UUID, run: Run, since: Run, after: str) -> list[Difference]:
    async with transaction(engine, tenant) as connection:
        return await results.differences(
            connection, tenant, run.service_month, UUID(run.id), UUID(since.id), after, PAGE
        )


def _months(found: Sequence[Result], month: str, *, met: bool) -> list[MonthResult]:
    return [_month(one, month, met=met) for one in found]


def _month(one: Result, month: str, *, met: bool) -> MonthResult:
    found, problem = _read(one.answer, one.problem)
    if found is None:
        return MonthResult(patient=one.patient, service_month=month, problem=problem)
    assert one.inputs_digest is not None, "what was determined was read from something"
    return MonthResult(
        patient=one.patient,
        service_month=month,
        status=found.status,
        provisional=found.provisional,
        claim_lines=found.claim_lines,
        alternatives=found.alternatives,
        verdicts=found.verdicts,
        findings=findings_in_words(found, loader.law(month), met=met),
        rulebook=found.rulebook,
        policy_digest=found.policy_digest,
        inputs_digest=f"sha256:{one.inputs_digest.hex()}",
        positions=one.positions,
    )


def _changes(found: Sequence[Difference], month: str) -> list[MonthChange]:
    return [_change(one, month) for one in found]


def _change(one: Difference, month: str) -> MonthChange:
    before, before_problem = _read(one.before, one.before_problem)
    after, after_problem = _read(one.after, one.after_problem)
    known = before_problem is None and after_problem is None
    return MonthChange(
        patient=one.patient,
        service_month=month,
        change="changed" if one.known_before else "added",
        before=_side(before),
        after=_side(after),
        amount_change_cents=_amount_change(before, after) if known else None,
        before_problem=before_problem,
        after_problem=after_problem,
    )


def _read(kept: bytes | None, problem: str | None) -> tuple[Found | None, str | None]:
    """What was found, or the problem; neither, where there was no such patient."""
    if kept is None:
        return None, problem
    found = unpacked(kept)
    return found, None if found is not None else KEPT_OTHERWISE


def _side(found: Found | None) -> SideOfChange | None:
    return None if found is None else SideOfChange(status=found.status, claim_lines=found.claim_lines)


def _amount_change(before: Found | None, after: Found | None) -> int | None:
    change = 0
    for sign, found in ((-1, before), (1, after)):
        for line in () if found is None else found.claim_lines:
            if line.amount_cents is None:
                return None
            change += sign * line.amount_cents
    return change
