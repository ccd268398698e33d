"""The worklist kept current: what is behind is found and worked out, once, by however many; what changed is told in order."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import KINDS, Fact
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day, service_month
from app.errors import Unavailable
from app.ledger.append import append
from app.ledger.read_many import practice_position
from app.months import outbox
from app.months.worklist_keeping import Keeper, _ours, part_of
from app.months.worklist_months import KEPT_FOR, MOST_ASKED_FOR, always_kept, ask_for, forget_others, kept_months
from app.months.worklist_row import WorklistRow
from app.months.worklist_stored import Filters, Place, basis, count_behind, current_to, page
from app.postgres.transaction import transaction
from tests.api.months import usual

Json = dict[str, Any]
TODAY = local_day(dt.datetime.now(dt.UTC), DEFAULT_TIME_ZONE)
MONTH = f"{TODAY:%Y-%m}"
BEFORE = always_kept(TODAY)[1]


def patient_facts(patient: str, minutes: int = 0, month: str = MONTH) -> list[Fact]:
    """Everything in order for a month's care, and so many minutes on its first day."""
    stated = [fact for fact in usual(patient, ()) if "patient" in fact]
    if minutes:
        stated.append(entry(f"{patient}-work", patient, minutes, month))
    return facts(stated)


def entry(name: str, patient: str, minutes: int, month: str = MONTH) -> Json:
    return {
        "kind": "time_entry", "id": name, "patient": patient, "program": "ccm", "performer": "RN_KIM",
        "role": "clinical_staff", "on": f"{month}-01", "seconds": minutes * 60,
    }  # fmt: skip


def practice_facts() -> list[Fact]:
    return facts([fact for fact in usual() if "patient" not in fact])


def facts(stated: Sequence[Json]) -> list[Fact]:
    return [msgspec.convert(fact, KINDS[fact["kind"]]) for fact in stated]


async def record(engine: AsyncEngine, tenant: UUID, *recorded: Fact) -> None:
    async with transaction(engine, tenant) as connection:
        await append(connection, tenant, "ehr", recorded)


async def listed(
    engine: AsyncEngine, tenant: UUID, month: str = MONTH, filters: Filters | None = None, **asked: Any
) -> list[WorklistRow]:
    async with transaction(engine, tenant) as connection:
        of = basis(service_month(month, DEFAULT_TIME_ZONE), TODAY, await practice_position(connection, tenant))
        found = await page(connection, tenant, of, filters or Filters(), asked.get("after"), asked.get("limit", 1_000))
    return [msgspec.json.decode(each.row, type=WorklistRow) for each in found]


async def events(engine: AsyncEngine, tenant: UUID, after: int = 0) -> list[tuple[int, str, str]]:
    async with transaction(engine, tenant) as connection:
        found = await outbox.after(connection, tenant, after, 1_000)
    return [(each.number, each.patient, each.service_month) for each in found]


async def behind(engine: AsyncEngine, tenant: UUID, month: str = MONTH, today: dt.date = TODAY) -> int:
    async with transaction(engine, tenant) as connection:
        position = await practice_position(connection, tenant)
        of = basis(service_month(month, DEFAULT_TIME_ZONE), today, position)
        return await count_behind(connection, tenant, of)


@pytest.fixture
async def keeper(engine: AsyncEngine, practice: UUID) -> Keeper:
    """A worker of this practice, which has recorded what is its own."""
    await record(engine, practice, *practice_facts())
    return Keeper(engine, [practice])


async def test_a_patient_recorded_has_a_row_of_this_month_and_of_the_one_before(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 18))
    assert await behind(engine, practice) == 1
    await keeper.turn()
    (row,) = await listed(engine, practice)
    assert (row.patient, row.state, row.days_left) == ("p1", "at_risk", (service_month(MONTH).day_after - TODAY).days)
    assert row.next_code is not None
    assert (row.next_code.code, row.next_code.needs_seconds) == ("99490", 120)
    (row,) = await listed(engine, practice, BEFORE)
    assert (row.state, row.days_left) == ("lost", 0)
    assert await behind(engine, practice) == await behind(engine, practice, BEFORE) == 0


async def test_only_what_is_behind_is_worked_out_again(engine: AsyncEngine, practice: UUID, keeper: Keeper) -> None:
    for patient in ("p1", "p2", "p3"):
        await record(engine, practice, *patient_facts(patient, 18))
    assert (await keeper.turn()).rows >= 6
    before = {row.patient: row.positions for row in await listed(engine, practice)}
    assert (await Keeper(engine, [practice]).turn()).rows == 0
    await record(engine, practice, *facts([entry("more", "p2", 2)]))
    assert await behind(engine, practice) == 1
    assert (await keeper.turn()).rows == 2
    after = {row.patient: row for row in await listed(engine, practice)}
    assert {patient for patient, row in after.items() if row.positions != before[patient]} == {"p2"}
    assert [line.code for line in after["p2"].claim_lines] == ["99490"]


async def test_a_fact_of_the_practice_a_day_and_a_law_make_all_rows_behind(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    for patient in ("p1", "p2"):
        await record(engine, practice, *patient_facts(patient, 18))
    await keeper.turn()
    tomorrow = TODAY + dt.timedelta(days=1)
    if tomorrow.month == TODAY.month:
        assert await behind(engine, practice, today=tomorrow) == 2
    assert await behind(engine, practice, BEFORE, tomorrow) == 0  # it is over, whatever the day
    await record(
        engine,
        practice,
        *facts([{"kind": "policy", "id": "policy", "from": "2020-01", "preference": "highest_amount"}]),
    )
    assert await behind(engine, practice) == 2
    await keeper.turn()
    assert await behind(engine, practice) == 0
    async with transaction(engine, practice) as connection:
        digest = "UPDATE worklist_row SET book_digest = sha256('another law') WHERE patient = 'p1'"
        await connection.execute(text(digest))
    assert (await behind(engine, practice), await behind(engine, practice, BEFORE)) == (1, 1)


async def test_the_order_is_by_value_then_patient_and_goes_on_after_a_place(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    for patient, minutes in {"b": 18, "a": 18, "c": 19, "d": 5, "e": 0}.items():
        await record(engine, practice, *patient_facts(patient, minutes))
    await keeper.turn()
    rows = await listed(engine, practice)
    assert [row.patient for row in rows] == ["c", "a", "b", "d", "e"]
    values = [row.value_cents_per_minute or -1 for row in rows]
    assert values == sorted(values, reverse=True)
    seen: list[str] = []
    after: Place | None = None
    while found := await listed(engine, practice, after=after, limit=2):
        seen += [row.patient for row in found]
        after = Place(found[-1].value_cents_per_minute or -1, found[-1].patient)
    assert seen == ["c", "a", "b", "d", "e"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(state="at_risk"), {"short", "none"}),
        (Filters(state="extendable"), {"billable"}),
        (Filters(status="not_billable"), {"short", "none", "other"}),
        (Filters(program="ccm"), {"short", "none", "billable"}),
        (Filters(program="bhi"), set()),
        (Filters(code="99439"), {"billable"}),
        (Filters(code="99490"), {"short", "none", "billable"}),
        (Filters(practitioner="DR_LEE"), {"short", "none", "billable"}),
        (Filters(practitioner="DR_NOBODY"), set()),
        (Filters(min_value=1_000), {"short"}),
        (Filters(min_value=0), {"short", "none", "billable"}),
        (Filters(state="at_risk", min_value=1_000, program="ccm", code="99490"), {"short"}),
    ],
)
async def test_filters(
    engine: AsyncEngine, practice: UUID, keeper: Keeper, filters: Filters, expected: set[str]
) -> None:
    await record(engine, practice, *patient_facts("short", 18), *patient_facts("none"), *patient_facts("billable", 25))
    await record(engine, practice, *facts([{"kind": "coverage", "id": "x", "patient": "other", "payer": "medicaid"}]))
    await keeper.turn()
    found = await listed(engine, practice, filters=filters)
    assert {row.patient for row in found} == expected
    assert {row.patient for row in await listed(engine, practice) if filters.fit(row)} == expected


async def test_many_workers_at_once_make_each_row_once(engine: AsyncEngine, practice: UUID, keeper: Keeper) -> None:
    patients = [f"p{number:03}" for number in range(150)]
    await record(engine, practice, *[fact for patient in patients for fact in patient_facts(patient, 25)])
    done = [turn.rows for turn in await asyncio.gather(*(Keeper(engine, [practice]).turn() for _ in range(6)))]
    while (turn := await keeper.turn()).rows:
        done.append(turn.rows)
    assert {row.patient for row in await listed(engine, practice)} == set(patients)
    assert sum(done) == 2 * len(patients)
    told = await events(engine, practice)
    assert [number for number, _, _ in told] == [*range(1, len(told) + 1)]
    assert sorted(patient for _, patient, _ in told) == patients


async def test_whoever_finds_a_part_taken_goes_on_with_others(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 18), *patient_facts("p2", 18))
    assert part_of("p1") != part_of("p2")
    async with transaction(engine, practice) as elsewhere:
        assert await _ours(elsewhere, practice, MONTH, ["p1"]) == ["p1"]
        await keeper.turn()
        assert [row.patient for row in await listed(engine, practice)] == ["p2"]
    await keeper.turn()
    assert {row.patient for row in await listed(engine, practice)} == {"p1", "p2"}


async def test_what_is_billable_is_told_once_and_when_it_changes(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 18), *patient_facts("p2"))
    await keeper.turn()
    assert await events(engine, practice) == []  # nothing could be billed, and nothing can
    await record(engine, practice, *facts([entry("e1", "p1", 2)]))
    await keeper.turn()
    await record(engine, practice, *facts([entry("e2", "p1", 5)]))  # seconds that change no line
    await keeper.turn()
    assert await events(engine, practice) == [(1, "p1", MONTH)]
    retracted: Json = {"kind": "retraction", "id": "r", "patient": "p1", "reason": "wrong patient",
                       "retracts": {"kind": "time_entry", "id": "p1-work"}}  # fmt: skip
    await record(engine, practice, *facts([retracted, entry("late", "p2", 20, BEFORE)]))
    await keeper.turn()
    told = await events(engine, practice, after=1)
    assert [number for number, _, _ in told] == [2, 3]
    assert {(patient, month) for _, patient, month in told} == {("p1", MONTH), ("p2", BEFORE)}


async def test_events_are_committed_in_order_without_holes(engine: AsyncEngine, practice: UUID) -> None:
    """One that is rolled back leaves none; who comes second waits for the first's end."""

    async def add(patient: str, *, fails: bool) -> None:
        async with transaction(engine, practice) as connection:
            await outbox.add(connection, practice, outbox.DETERMINATION_CHANGED, MONTH, [patient, f"{patient}-too"])
            await asyncio.sleep(0.01)
            if fails:
                raise RuntimeError

    async def read() -> None:
        """Whoever reads meanwhile sees the numbers from 1 on, always all of them."""
        for _ in range(30):
            seen = [number for number, _, _ in await events(engine, practice)]
            assert seen == [*range(1, len(seen) + 1)]
            await asyncio.sleep(0.005)

    adding = [add(f"p{number}", fails=number % 3 == 0) for number in range(12)]
    await asyncio.gather(read(), *adding, return_exceptions=True)
    told = await events(engine, practice)
    assert [number for number, _, _ in told] == [*range(1, 17)]
    assert {patient for _, patient, _ in told if "-" not in patient} == {f"p{n}" for n in range(12) if n % 3}


async def test_a_month_asked_for_is_kept_for_some_days_and_no_longer(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 25, "2026-03"))
    await keeper.turn()
    assert await listed(engine, practice, "2026-03") == []
    async with transaction(engine, practice) as connection:
        await ask_for(connection, practice, ["2026-03"])
    await keeper.turn()
    (row,) = await listed(engine, practice, "2026-03")
    assert row.state == "complete"
    assert await events(engine, practice) == []  # of months kept for a while nothing is told
    async with transaction(engine, practice) as connection:
        await connection.execute(
            text(
                "UPDATE worklist_month SET asked_at = now() - CAST(:kept AS interval) WHERE service_month = '2026-03'"
            ),
            {"kept": KEPT_FOR + dt.timedelta(seconds=1)},
        )
    assert await Keeper(engine, [practice]).forget(100) >= 1
    assert await listed(engine, practice, "2026-03") == []
    assert len(await listed(engine, practice)) == 1


async def test_of_many_months_asked_for_the_latest_are_kept(engine: AsyncEngine, practice: UUID) -> None:
    asked = [f"2025-{month:02}" for month in range(1, 13)]
    async with transaction(engine, practice) as connection:
        for month in asked:
            await ask_for(connection, practice, [month])
        kept = await kept_months(connection, practice, dt.date(2026, 11, 27))
    assert list(kept) == ["2026-11", "2026-10", *asked[: -MOST_ASKED_FOR - 1 : -1]]


async def test_the_month_asked_for_last_is_kept_however_many_were_before(engine: AsyncEngine, practice: UUID) -> None:
    """Within the hour, too: whoever asks again asks last."""
    asked = ["2025-01", *(f"2025-{month:02}" for month in range(2, 10))]
    for month in asked:
        async with transaction(engine, practice) as connection:
            await ask_for(connection, practice, [month])
    async with transaction(engine, practice) as connection:
        await connection.execute(text("UPDATE worklist_month SET asked_at = asked_at - interval '2 seconds'"))
        await ask_for(connection, practice, ["2025-01"])
        kept = await kept_months(connection, practice, dt.date(2026, 11, 27))
    assert kept[2] == "2025-01"


async def test_a_month_whose_rows_are_being_removed_is_not_taken_for_current(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 25), *patient_facts("p2", 25))
    async with transaction(engine, practice) as connection:
        await ask_for(connection, practice, ["2026-03"])
    await keeper.turn()
    assert len(await listed(engine, practice, "2026-03")) == 2
    assert await behind(engine, practice, "2026-03") == 0
    async with transaction(engine, practice) as connection:
        aged = text(
            "UPDATE worklist_month SET asked_at = now() - CAST(:kept AS interval) WHERE service_month = '2026-03'"
        )
        await connection.execute(aged, {"kept": KEPT_FOR + dt.timedelta(seconds=1)})
        assert await forget_others(connection, practice, TODAY, 1) == 1
    assert await behind(engine, practice, "2026-03") == 1
    async with transaction(engine, practice) as connection:
        await ask_for(connection, practice, ["2026-03"])
    await keeper.turn()
    assert len(await listed(engine, practice, "2026-03")) == 2


async def test_a_practice_that_is_held_up_holds_up_no_other(
    engine: AsyncEngine, practice: UUID, other_practice: UUID
) -> None:
    for tenant in (practice, other_practice):
        await record(engine, tenant, *patient_facts("p1", 18))
    async with transaction(engine, practice) as elsewhere:
        await ask_for(elsewhere, practice, [MONTH])
        with pytest.raises(Unavailable):
            await Keeper(engine, [practice, other_practice]).turn()
    assert len(await listed(engine, other_practice)) == 1
    assert await listed(engine, practice) == []


async def test_a_month_that_cannot_be_worked_out_keeps_nobody_waiting(
    engine: AsyncEngine, practice: UUID, keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    await record(engine, practice, *patient_facts("p1", 18), *patient_facts("p2", 18))
    async with transaction(engine, practice) as connection:
        # What no sender can record: an entry without its length.
        await connection.execute(
            text("""
            INSERT INTO fact (tenant, stream, position, kind, source, id, recorded_at, payload, payload_digest, chain_hash)
            SELECT tenant, stream, position + 1, 'time_entry', 'ehr', 'bad', now(),
                '{"kind":"time_entry","id":"bad","patient":"p1","program":"ccm","performer":"x","role":"clinical_staff"}',
                sha256(''), sha256('') FROM stream WHERE stream = 'p1'
        """)
        )
    await keeper.turn()
    assert [row.patient for row in await listed(engine, practice)] == ["p2"]
    assert await behind(engine, practice) == 1  # and it is told
    said = [record.message for record in caplog.records]
    assert said.count("a month could not be worked out for the worklist") == 2
    await keeper.turn()
    assert len([record for record in caplog.records if "worked out" in record.message]) == 2  # not every second
    assert "p1" not in caplog.text


async def current(engine: AsyncEngine, tenant: UUID, month: str = MONTH) -> dt.datetime | None:
    async with transaction(engine, tenant) as connection:
        position = await practice_position(connection, tenant)
        return await current_to(connection, tenant, basis(service_month(month, DEFAULT_TIME_ZONE), TODAY, position))


async def test_a_month_is_said_to_be_current_once_all_that_was_found_is_worked_out(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    assert await current(engine, practice) is None
    await record(engine, practice, *patient_facts("p1", 18), *patient_facts("p2", 18))
    async with transaction(engine, practice) as elsewhere:
        assert await _ours(elsewhere, practice, MONTH, ["p1"]) == ["p1"]
        await keeper.turn()
        assert await current(engine, practice) is None  # somebody else is at one of them
    await keeper.turn()
    first = await current(engine, practice)
    assert first is not None
    await record(engine, practice, *facts([entry("more", "p1", 2)]))
    assert await current(engine, practice) == first
    assert await behind(engine, practice) == 1
    await keeper.turn()
    second = await current(engine, practice)
    assert second is not None
    assert second > first
    await record(engine, practice, *facts([{"kind": "policy", "id": "policy", "from": "2020-01"}]))
    assert await current(engine, practice) is None  # every row is of another position of the practice
    assert await behind(engine, practice) == 2


async def test_what_moved_is_found_and_what_escapes_that_is_found_by_looking_at_all(
    engine: AsyncEngine, practice: UUID, keeper: Keeper
) -> None:
    await record(engine, practice, *patient_facts("p1", 18), *patient_facts("p2", 18))
    await keeper.turn()
    await record(engine, practice, *facts([entry("more", "p1", 2)]))
    assert (await keeper.turn()).rows == 2  # this month's and the one before
    async with transaction(engine, practice) as connection:
        # As if it had been committed long after its instant.
        await connection.execute(text("UPDATE worklist_row SET patient_position = 1 WHERE patient = 'p2'"))
        await connection.execute(text("UPDATE worklist_month SET current_to = now() + interval '1 hour'"))
    assert (await keeper.turn()).rows == 0
    assert (await Keeper(engine, [practice]).turn()).rows == 2


async def test_the_longest_names_have_their_row(engine: AsyncEngine, practice: UUID, keeper: Keeper) -> None:
    """Eight who could bill, each reference as long as it may be."""
    patient = "𝄞" * 128
    named = [f"{number}" + "𝄞" * 127 for number in range(8)]
    begun = [fact | {"patient": patient} for fact in usual("p", ()) if "patient" in fact]
    for fact in begun:
        if fact["kind"] == "consent":
            del fact["practitioner"]  # it serves any
    theirs: list[Json] = [entry("work", patient, 25)]
    for number, each in enumerate(named):
        about = {"patient": patient, "practitioner": each}
        theirs += [
            {"kind": "enrollment", "id": f"e{number}", "program": "ccm", "from": "2026-02-01", **about},
            {"kind": "visit", "id": f"v{number}", "code": "99214", "on": "2026-01-13", "discussed_care_management": True,
             **about},
            {"kind": "practitioner", "id": f"p{number}", "practitioner": each, "credential": "MD"},
        ]  # fmt: skip
    await record(engine, practice, *facts([*begun, *theirs]))
    await keeper.turn()
    for each in named:
        (row,) = await listed(engine, practice, filters=Filters(practitioner=each))
        assert row.patient == patient
