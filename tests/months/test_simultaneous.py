"""One person on two patients at once, out of a real ledger: what stands, in the practice's month, person by person."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import Fact
from app.months import simultaneous
from app.months.simultaneous import ReportPage, SimultaneousWorkReport, simultaneous_work
from tests.ledger.statements import fact, practice_fact, record, retraction


def timed(name: str, patient: str, start: str, end: str, **fields: Any) -> Fact:
    return fact("time_entry", name, patient, on=None, seconds=None, started_at=start, ended_at=end, **fields)


def nine(name: str, patient: str, day: str = "2024-03-05", **fields: Any) -> Fact:
    """From nine to ten in New York, before the clocks change."""
    return timed(name, patient, f"{day}T09:00:00-05:00", f"{day}T10:00:00-05:00", **fields)


async def page(
    engine: AsyncEngine, practice: UUID, month: str = "2024-03", *, performer: str | None = None, after: str = "",
    limit: int = 100,
) -> ReportPage:  # fmt: skip
    return await simultaneous_work(engine, practice, month, performer=performer, after=after, limit=limit)


async def report(engine: AsyncEngine, practice: UUID, month: str = "2024-03", **asked: Any) -> SimultaneousWorkReport:
    told = await page(engine, practice, month, **asked)
    assert told.goes_on_after is None
    return told.report


def stretches(told: SimultaneousWorkReport) -> list[tuple[str, str, str, list[str]]]:
    return [
        (each.performer, f"{each.from_:%d %H:%M:%S}", f"{each.until:%d %H:%M:%S}", [one.id for one in each.entries])
        for each in told.simultaneous_work
    ]


async def test_two_patients_at_once_are_told_with_their_entries(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, nine("a", "P1"))
    half = timed(
        "b", "P2", "2024-03-05T09:30:00-05:00", "2024-03-05T11:00:00-05:00", program="bhi", role="practitioner"
    )
    await record(engine, practice, half, source="phone")
    told = await report(engine, practice)
    (stretch,) = told.simultaneous_work
    assert (stretch.performer, stretch.seconds, stretch.patients_at_once) == ("RN_1", 1800, 2)
    assert stretch.from_ == dt.datetime(2024, 3, 5, 14, 30, tzinfo=dt.UTC)
    assert stretch.until == dt.datetime(2024, 3, 5, 15, 0, tzinfo=dt.UTC)
    assert [(each.patient, each.id, each.source, each.program, each.role) for each in stretch.entries] == [
        ("P1", "a", "ehr", "ccm", "clinical_staff"),
        ("P2", "b", "phone", "bhi", "practitioner"),
    ]
    assert (told.service_month, told.time_zone, told.untested_entries) == ("2024-03", "America/New_York", 0)
    assert told.impossible_days == ()


async def test_one_patient_or_two_people_are_no_finding(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, nine("a", "P1"), nine("b", "P1"), nine("c", "P2", performer="RN_2"))
    assert stretches(await report(engine, practice)) == []


async def test_software_is_nobody(engine: AsyncEngine, practice: UUID) -> None:
    whole_day = fact("time_entry", "d", "P3", seconds=86_400, automated=True)
    await record(engine, practice, nine("a", "P1"), nine("b", "P2", automated=True), whole_day)
    told = await report(engine, practice)
    assert (stretches(told), told.impossible_days, told.untested_entries) == ([], (), 0)
    await record(engine, practice, nine("c", "P3", automated=False))
    assert len(stretches(await report(engine, practice))) == 1


async def test_what_names_a_day_only_is_counted(engine: AsyncEngine, practice: UUID) -> None:
    await record(
        engine,
        practice,
        nine("a", "P1"),
        fact("time_entry", "b", "P2", on="2024-03-01"),
        fact("time_entry", "c", "P3", on="2024-03-31", performer="RN_2"),
        fact("time_entry", "before", "P3", on="2024-02-29"),
        fact("time_entry", "after", "P3", on="2024-04-01"),
        fact("time_entry", "gone", "P3"),
    )
    await record(engine, practice, retraction("r", "time_entry", "gone", "P3"))
    told = await report(engine, practice)
    assert (stretches(told), told.untested_entries) == ([], 2)
    assert (await report(engine, practice, performer="RN_2")).untested_entries == 1
    assert (await report(engine, practice, performer="RN_3")).untested_entries == 0


async def test_only_what_stands(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, nine("a", "P1"), nine("b", "P2"))
    assert len(stretches(await report(engine, practice))) == 1
    moved = timed("b2", "P2", "2024-03-05T10:00:00-05:00", "2024-03-05T11:00:00-05:00", corrects="b")
    await record(engine, practice, moved)
    assert stretches(await report(engine, practice)) == []
    back = nine("b3", "P2", corrects="b2")
    await record(engine, practice, back)
    assert [names for *_, names in stretches(await report(engine, practice))] == [["a", "b3"]]
    await record(engine, practice, retraction("r", "time_entry", "b3", "P2"))
    assert stretches(await report(engine, practice)) == []


async def test_a_correction_into_another_month_takes_it_out_of_this_one(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, nine("a", "P1"), nine("b", "P2"), nine("c", "P2", "2024-02-06"))
    await record(engine, practice, nine("b2", "P2", "2024-02-06", corrects="b"), nine("d", "P1", "2024-02-06"))
    assert stretches(await report(engine, practice)) == []
    assert [names for *_, names in stretches(await report(engine, practice, "2024-02"))] == [["b2", "c", "d"]]


async def test_anothers_correction_of_the_same_name_concerns_its_own(engine: AsyncEngine, practice: UUID) -> None:
    """Sources name their facts apart: a correction replaces its own source's."""
    await record(engine, practice, nine("a", "P1"), nine("b", "P2"))
    await record(engine, practice, fact("time_entry", "b", "P2"), source="phone")
    await record(engine, practice, retraction("r", "time_entry", "b", "P2"), source="phone")
    assert [names for *_, names in stretches(await report(engine, practice))] == [["a", "b"]]


async def test_the_month_begins_and_ends_at_midnight_there(engine: AsyncEngine, practice: UUID) -> None:
    await record(engine, practice, practice_fact("practice", "zone", time_zone="America/Chicago"))
    first = [
        ("2024-02-29T23:30:00-06:00", "2024-03-01T00:30:00-06:00"),
        ("2024-02-29T23:00:00-06:00", "2024-03-01T00:10:00-06:00"),
    ]
    last = [
        ("2024-03-31T23:30:00-05:00", "2024-04-01T00:30:00-05:00"),
        ("2024-03-31T23:50:00-05:00", "2024-04-01T02:00:00-05:00"),
    ]
    outside = [("2024-04-01T00:00:00-05:00", "2024-04-01T00:20:00-05:00")]
    spans = enumerate([*first, *last, *outside])
    await record(engine, practice, *[timed(f"t{n}", f"P{n}", start, end) for n, (start, end) in spans])
    assert stretches(await report(engine, practice)) == [
        ("RN_1", "01 06:00:00", "01 06:10:00", ["t0", "t1"]),
        ("RN_1", "01 04:50:00", "01 05:00:00", ["t2", "t3"]),
    ]
    before = stretches(await report(engine, practice, "2024-02"))
    assert before == [("RN_1", "01 05:30:00", "01 06:00:00", ["t1", "t0"])]
    after = stretches(await report(engine, practice, "2024-04"))
    assert after == [("RN_1", "01 05:00:00", "01 05:30:00", ["t2", "t3", "t4"])]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
async def test_no_zone_is_too_far_away(engine: AsyncEngine, practice: UUID, zone: str) -> None:
    """The longest entries that just touch the month, at both of its edges."""
    await record(engine, practice, practice_fact("practice", "zone", time_zone=zone))
    (start, end) = {
        "Pacific/Kiritimati": ("2024-02-29T10:00:00Z", "2024-03-31T10:00:00Z"),
        "Pacific/Pago_Pago": ("2024-03-01T11:00:00Z", "2024-04-01T11:00:00Z"),
        "Asia/Kolkata": ("2024-02-29T18:30:00Z", "2024-03-31T18:30:00Z"),
    }[zone]  # fmt: skip
    second, day = dt.timedelta(seconds=1), dt.timedelta(hours=24)
    begins, ends = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
    await record(
        engine,
        practice,
        *[timed(f"a{n}", f"P{n}", f"{begins + second - day:%FT%TZ}", f"{begins + second:%FT%TZ}") for n in range(2)],
        *[timed(f"z{n}", f"P{n}", f"{ends - second:%FT%TZ}", f"{ends - second + day:%FT%TZ}") for n in range(2)],
    )
    told = (await report(engine, practice)).simultaneous_work
    assert [(each.from_, each.until) for each in told] == [(begins, begins + second), (ends - second, ends)]


async def test_an_hour_that_comes_twice_is_two_hours(engine: AsyncEngine, practice: UUID) -> None:
    """From one to two on the night the clocks go back: once in summer's time, once in winter's."""
    await record(
        engine,
        practice,
        timed("summer", "P1", "2024-11-03T01:00:00-04:00", "2024-11-03T02:00:00-04:00"),
        timed("winter", "P2", "2024-11-03T01:00:00-05:00", "2024-11-03T02:00:00-05:00"),
        timed("both", "P3", "2024-11-03T01:30:00-04:00", "2024-11-03T01:30:00-05:00"),
    )
    (stretch,) = (await report(engine, practice, "2024-11")).simultaneous_work
    assert (stretch.seconds, stretch.patients_at_once) == (3600, 2)


async def test_days_above_24_hours_across_patients(engine: AsyncEngine, practice: UUID) -> None:
    """By local day, whatever the entries name; an entry over midnight is split there."""
    over_midnight = timed("n", "P3", "2024-03-05T20:00:00-05:00", "2024-03-06T08:00:00-05:00")
    await record(
        engine,
        practice,
        fact("time_entry", "a", "P1", on="2024-03-05", seconds=36_000),
        fact("time_entry", "b", "P2", on="2024-03-05", seconds=36_000),
        fact("time_entry", "c", "P2", on="2024-03-06", seconds=57_600),
        over_midnight,
    )
    assert (await report(engine, practice)).impossible_days == ()
    await record(engine, practice, fact("time_entry", "d", "P4", on="2024-03-05", seconds=1))
    (day,) = (await report(engine, practice)).impossible_days
    assert (day.performer, day.day, day.seconds) == ("RN_1", dt.date(2024, 3, 5), 86_401)


async def test_other_practices_are_elsewhere(engine: AsyncEngine, practice: UUID, other_practice: UUID) -> None:
    await record(engine, practice, nine("a", "P1"))
    await record(engine, other_practice, nine("b", "P2"), fact("time_entry", "c", "P2"))
    told = await report(engine, practice)
    assert (stretches(told), told.untested_entries) == ([], 0)


async def test_performers_follow_each_other_and_their_stretches_too(
    engine: AsyncEngine, practice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they arrive a few at a time; those of whom there is nothing to tell take no room."""
    monkeypatch.setattr("app.ledger.month_entries._AT_ONCE", 3)
    people = ["Zoë", "RN_1", "rn_1", "a b", "é", "𝄞"]
    facts = [
        nine(f"{who}-{day}-{patient}", patient, f"2024-03-{day}", performer=who)
        for who in people for day in ("06", "05") for patient in ("P1", "P2")
    ]  # fmt: skip
    quiet = [nine(f"{who}", "P1", performer=who) for who in ("Aa", "S", "zz")]
    await record(engine, practice, *facts, *quiet)
    whole = await report(engine, practice)
    expected = [(who, f"0{day} 14:00:00") for who in sorted(people) for day in (5, 6)]
    assert [(who, start) for who, start, *_ in stretches(whole)] == expected
    after, seen, pages = "", [], 0
    while True:
        told = await page(engine, practice, after=after, limit=2)
        seen += stretches(told.report)
        pages += 1
        assert told.report.untested_entries == whole.untested_entries
        if told.goes_on_after is None:
            break
        after = told.goes_on_after
    assert seen == stretches(whole)
    assert pages == 3


async def test_a_page_that_is_full_of_stretches_tells_of_nobody_else(
    engine: AsyncEngine, practice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simultaneous, "_MANY_STRETCHES", 1)
    people = [nine(f"{who}-{patient}", patient, performer=who) for who in ("A", "B") for patient in ("P1", "P2")]
    await record(engine, practice, *people)
    first = await page(engine, practice)
    assert [who for who, *_ in stretches(first.report)] == ["A"]
    assert first.goes_on_after == "A"
    assert [who for who, *_ in stretches(await report(engine, practice, after="A"))] == ["B"]


async def test_one_person_alone_may_be_asked_for(engine: AsyncEngine, practice: UUID) -> None:
    people = [nine(f"{who}-{patient}", patient, performer=who) for who in ("A", "B") for patient in ("P1", "P2")]
    await record(engine, practice, *people)
    assert [who for who, *_ in stretches(await report(engine, practice, performer="B"))] == ["B"]
    assert stretches(await report(engine, practice, performer="b")) == []
