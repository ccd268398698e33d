"""Ledgers read without their work of long ago give the months they give read whole.

What is recorded is drawn by a fixed chance: entries on both sides of the day that divides them, some moved over it by a
correction, some retracted, of patients who are enrolled in what they name, in some of it, or in nothing.
"""

import datetime as dt
import random
from collections import Counter
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination import facts
from app.determination.facts import Fact, Program
from app.determination.patient_month import PatientMonth
from app.determination.service_month import service_month
from app.determination.succession import standing
from app.ledger.append import append
from app.ledger.read_many import known, long_ago, recent
from app.months.answering import month_of
from app.months.bearing import known_for
from app.months.many import Months
from app.postgres.transaction import transaction

MONTH: Final = service_month("2026-03")
AFTERWARDS: Final = dt.datetime(2026, 4, 2, tzinfo=dt.UTC)
PATIENTS: Final = 400
PROGRAMS: Final[tuple[Program, ...]] = ("ccm",) * 6 + ("pcm", "bhi")
_ENROLLED: Final[tuple[Program, ...]] = ("ccm", "pcm", "bhi")
# Days before the one from which work is read, and after it.
DAYS: Final = (-900, -60, -3, -2, -1, 0, 1, 2, 20, 40, 80)


def entry(chance: random.Random, patient: str, name: str, program: Program, corrects: str | None = None) -> Fact:
    on = MONTH.work_from + dt.timedelta(days=chance.choice(DAYS))
    if chance.random() < 0.5:
        return facts.TimeEntry(
            id=name, patient=patient, program=program, performer="RN", role="clinical_staff", on=on, seconds=600,
            corrects=corrects,
        )  # fmt: skip
    started = dt.datetime(on.year, on.month, on.day, chance.randrange(24), tzinfo=dt.UTC)
    return facts.TimeEntry(
        id=name, patient=patient, program=program, performer="RN", role="clinical_staff", corrects=corrects,
        started_at=started, ended_at=started + dt.timedelta(hours=3),
    )  # fmt: skip


def ledger(chance: random.Random, patient: str) -> list[Fact]:
    told: list[Fact] = []
    replaced: list[str] = []
    for number in range(chance.randint(0, 5)):
        name = f"{patient}-{number}"
        earlier = [fact.id for fact in told if isinstance(fact, facts.TimeEntry) and fact.id not in replaced]
        corrects = chance.choice(earlier) if earlier and chance.random() < 0.5 else None
        if corrects is not None:
            replaced.append(corrects)
        told.append(entry(chance, patient, name, chance.choice(PROGRAMS), corrects))
    standing = [fact.id for fact in told if fact.id not in replaced]
    if standing and chance.random() < 0.3:
        gone = facts.Retracted(kind="time_entry", id=chance.choice(standing))
        told.append(facts.Retraction(id=f"{patient}-gone", patient=patient, retracts=gone, reason="entered in error"))
    for program in _ENROLLED:
        if chance.random() < 0.7:
            since = chance.choice((dt.date(2025, 1, 5), dt.date(2026, 3, 31), dt.date(2026, 4, 1)))
            until = chance.choice((None, None, dt.date(2026, 3, 1), dt.date(2026, 3, 2)))
            told.append(
                facts.Enrollment(
                    id=f"{patient}-{program}", patient=patient, program=program, practitioner="DR", from_=since,
                    until=until if until is not None and until > since else None,
                )
            )  # fmt: skip
    told.append(
        facts.Consent(id=f"{patient}-c", patient=patient, action="given", program="ccm", on=dt.date(2021, 3, 1))
    )
    return told[:-1] if chance.random() < 0.1 else told


def bears(month: PatientMonth) -> dict[str, list[str]]:
    return {kind.__name__: [fact.id for fact in same_kind] for kind, same_kind in month.own.items()}


async def test_what_was_not_read_changes_no_month(engine: AsyncEngine, practice: UUID) -> None:
    chance = random.Random(20260301)
    ledgers = {f"p{number:03}": ledger(chance, f"p{number:03}") for number in range(PATIENTS)}
    for told in ledgers.values():
        async with transaction(engine, practice) as connection:
            await append(connection, practice, "ehr", told)
    async with transaction(engine, practice, snapshot=True) as connection:
        whole = await known(connection, practice, list(ledgers))
        part = await recent(connection, practice, list(ledgers), MONTH.work_from)
    assert {name: each.position for name, each in part.patients.items()} == {
        name: each.position for name, each in whole.patients.items()
    }
    months, expected = Months(part, MONTH, MONTH.day_after), Months(whole, MONTH, MONTH.day_after)
    asking = months.asking_of_the_past()
    left_unread = {name: len(whole.patients[name].facts()) - len(part.patients[name].facts()) for name in part.patients}
    met = Counter((left_unread[name] > 0, name in asking) for name in part.patients)
    assert min(met[True, True], met[True, False], met[False, False]) >= 10
    async with transaction(engine, practice) as connection:
        months.tell(await long_ago(connection, practice, asking, MONTH.work_from))
    for name, told in ledgers.items():
        if told:
            assert bears(months.of(name)) == bears(expected.of(name)), name
            assert months.positions(name) == expected.positions(name)
    async with transaction(engine, practice, snapshot=True) as connection:
        for name, told in ledgers.items():
            alone = await known_for(connection, practice, name, MONTH.written, AFTERWARDS)
            assert (alone is not None) is bool(told)
            if alone is not None:
                assert bears(month_of(MONTH, standing(alone.facts))) == bears(expected.of(name)), name
                assert alone.patient_position == whole.patients[name].position


async def test_who_has_nothing_but_work_of_long_ago_is_read(engine: AsyncEngine, practice: UUID) -> None:
    old = facts.TimeEntry(
        id="t", patient="p", program="ccm", performer="RN", role="clinical_staff", on=dt.date(2020, 1, 1), seconds=60
    )
    async with transaction(engine, practice) as connection:
        await append(connection, practice, "ehr", [old])
        read = await recent(connection, practice, ["p", "nobody"], MONTH.work_from)
    assert (read.patients["p"].stated, read.patients["p"].position) == ((), 1)
    assert set(read.patients) == {"p"}
    assert Months(read, MONTH, MONTH.day_after).asking_of_the_past() == ["p"]


async def test_a_ledger_whose_head_an_earlier_version_moved_is_read_whole_until_its_next_fact(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID
) -> None:
    """While a release is rolled out it records what the head then does not name."""
    enrolled = facts.Enrollment(id="e", patient="p", program="ccm", practitioner="DR", from_=dt.date(2019, 1, 1))
    work = [
        facts.TimeEntry(
            id=program, patient="p", program=program, performer="RN", role="clinical_staff", on=dt.date(2020, 1, 1), seconds=60
        )
        for program in _ENROLLED
    ]  # fmt: skip

    async def asking() -> tuple[list[str], frozenset[str] | None]:
        async with transaction(engine, practice) as connection:
            read = await recent(connection, practice, ["p"], MONTH.work_from)
        return Months(read, MONTH, MONTH.day_after).asking_of_the_past(), read.patients["p"].unread

    async def told(one: Fact) -> None:
        async with transaction(engine, practice) as connection:
            await append(connection, practice, "ehr", [one])

    await told(enrolled)
    await told(work[0])
    assert await asking() == ([], frozenset({"ccm"}))
    await told(work[1])
    async with transaction(engine, practice) as connection:  # as if an earlier version had recorded the last of them
        await connection.execute(
            text("UPDATE stream SET position = position + 1, recorded_at = clock_timestamp() WHERE stream = 'p'")
        )
    assert await asking() == (["p"], None)
    await told(work[2])
    assert await asking() == (["p"], frozenset(_ENROLLED))


@pytest.mark.parametrize(("asked_on", "read"), [("2025-12-01", 2), ("2026-02-02", 1)])
async def test_asked_weeks_before_the_month_all_is_read(
    engine: AsyncEngine, practice: UUID, asked_on: str, read: int
) -> None:
    """What lies between the question and the month is dated after the question (CLAIM-02)."""
    enrolled = facts.Enrollment(id="e", patient="p", program="ccm", practitioner="DR", from_=dt.date(2019, 1, 1))
    planned = facts.TimeEntry(
        id="t", patient="p", program="ccm", performer="RN", role="clinical_staff", on=dt.date(2025, 12, 9), seconds=60
    )
    now = dt.datetime.fromisoformat(f"{asked_on}T12:00:00+00:00")
    async with transaction(engine, practice) as connection:
        await append(connection, practice, "ehr", [enrolled, planned])
        alone = await known_for(connection, practice, "p", MONTH.written, now)
        many = await recent(connection, practice, ["p"], MONTH.work_from)
    assert alone is not None and len(alone.facts) == read
    assert Months(many, MONTH, now.date()).asking_of_the_past() == (["p"] if read == 2 else [])
