"""RPM-01, RPM-02, RPM-03: days with readings, minutes with a live contact, a set-up once an episode."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, billed, enrolled_in, own, staff, stay, visit

MONTH = "2024-03"


def monitored(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    return enrolled_in("rpm", month, *more, **named)


def readings(count: int, month: str = MONTH, first: int = 1, **fields: Any) -> list[Raw]:
    """Readings on so many days on end."""
    days = range(first, first + count)
    return [{"kind": "device_day", "id": f"day-{day:02}", "on": f"{month}-{day:02}", **fields} for day in days]


def set_up(day: str = "2024-03-01", **fields: Any) -> Raw:
    return {"kind": "device_setup", "id": "set-up", "on": day, **fields}


def talked(minutes: int, seconds: int = 0, month: str = MONTH, day: int = 12, **fields: Any) -> Raw:
    """Staff time that was a live contact."""
    return staff(minutes, f"{month}-{day:02}", seconds, program="rpm", **{"live_contact": True, **fields})


def row(answer: Answer, code: str) -> tuple[int, int]:
    found = answer.row(code)
    return found["counted_seconds"], found["needed_seconds"]


@pytest.mark.parametrize(
    ("days", "lines"), [(0, {}), (1, {}), (2, {}), (15, {}), (16, {"99454": 1}), (31, {"99454": 1})]
)
def test_sixteen_days_of_readings(days: int, lines: dict[str, int]) -> None:
    answer = ask(monitored(readings(days)))
    assert answer.lines == lines
    assert answer.blockers("99454") == ([] if lines else ["RPM-01"])
    assert answer.outcomes("RPM-01") == {"met" if lines else "not_met" if days else "missing"}


@pytest.mark.parametrize(
    ("days", "lines"),
    [(0, {}), (1, {}), (2, {"99445": 1}), (15, {"99445": 1}), (16, {"99454": 1}), (31, {"99454": 1})],
)
def test_from_2026_fewer_days_have_a_code_of_their_own_and_never_both(days: int, lines: dict[str, int]) -> None:
    answer = ask(monitored(readings(days, "2026-01"), month="2026-01"), "2026-01")
    assert answer.lines == lines
    assert [code for code in ("99445", "99454") if not answer.blockers(code)] == list(lines)
    for code in {"99445", "99454"} - lines.keys():
        assert answer.blockers(code) == ["RPM-01"]
    assert answer.alternatives == []


def test_the_month_before_2026_few_days_have_none() -> None:
    answer = ask(monitored(readings(15, "2025-12"), month="2025-12"), "2025-12")
    assert answer.lines == {}
    assert answer.blockers("99445") == ["VAL-01"]


def test_several_devices_on_a_day_are_one_day() -> None:
    cuffs = readings(15, device="cuff")
    scales = [{**reading, "id": f"{reading['id']}-scales", "device": "scales"} for reading in readings(15)]
    assert ask(monitored(cuffs, scales)).lines == {}
    assert ask(monitored(cuffs, scales, readings(1, first=31, device="scales"))).lines == {"99454": 1}


@pytest.mark.parametrize(("program", "lines"), [("rpm", {"99454": 1}), (None, {"99454": 1}), ("rtm", {})])
def test_a_days_readings_are_of_the_program_named_or_else_physiologic(
    program: str | None, lines: dict[str, int]
) -> None:
    last = {"kind": "device_day", "on": "2024-03-31", **({} if program is None else {"program": program})}
    if program == "rtm":
        last["body_system"] = "respiratory"
    answer = ask(monitored(readings(15), last))
    assert {code: units for code, units in answer.lines.items() if code == "99454"} == lines


def test_readings_of_other_months_do_not_count() -> None:
    """The calendar month is taken as the period."""
    before, after = readings(29, "2024-02"), readings(30, "2024-04")
    for reading in before + after:
        reading["id"] += reading["on"]
    assert ask(monitored(readings(15), before, after)).lines == {}


@pytest.mark.parametrize(
    ("payer", "lines"),
    [
        ("medicare_part_b", {"99454": 1}),
        ("medicare_advantage", {"99454": 1}),
        ("medicaid", {}),
        ("medicare_part_a_only", {}),
    ],
)
def test_elig_04_only_covered_days_count(payer: str, lines: dict[str, int]) -> None:
    later = {"kind": "coverage", "payer": payer, "from": "2024-03-16"}
    assert ask(monitored(readings(16), later, coverage={"until": "2024-03-16"})).lines == lines


@pytest.mark.parametrize(
    ("died", "lines"), [("2024-03-15", {}), ("2024-03-16", {"99454": 1}), ("2024-03-31", {"99454": 1})]
)
def test_readings_count_up_to_the_day_of_death(died: str, lines: dict[str, int]) -> None:
    assert ask(monitored(readings(20), {"kind": "death", "on": died})).lines == lines


def test_who_died_before_the_month_has_no_readings() -> None:
    assert ask(monitored(readings(20), {"kind": "death", "on": "2024-02-29"})).lines == {}


def test_claim_01_the_supply_is_dated_on_the_last_day_needed() -> None:
    assert ask(monitored(readings(20, first=3))).line("99454")["service_date"] == "2024-03-18"
    short = ask(monitored(readings(3, "2026-03", first=9), month="2026-03"), "2026-03")
    assert short.line("99445")["service_date"] == "2026-03-10"
    assert "counted_seconds" not in short.line("99445")


def test_codes_without_minutes_have_no_seconds_in_their_row() -> None:
    answer = ask(monitored(readings(16), set_up(), talked(20)))
    for code in ("99453", "99454"):
        assert not {"counted_seconds", "needed_seconds"} & answer.row(code).keys()
    assert row(answer, "99457") == (1200, 1200)


def test_the_days_with_readings_are_the_evidence() -> None:
    assert ask(monitored(readings(16))).evidence("RPM-01") == {f"day-{day:02}" for day in range(1, 17)}


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1199, {}),
        (1200, {"99457": 1}),
        (2399, {"99457": 1}),
        (2400, {"99457": 1, "99458": 1}),
        (4799, {"99457": 1, "99458": 2}),
        (4800, {"99457": 1, "99458": 3}),
        (5999, {"99457": 1, "99458": 3}),
        (6000, {"99457": 1, "99458": 3}),
    ],
)
def test_twenty_minutes_and_whole_further_twenties(seconds: int, lines: dict[str, int]) -> None:
    """UNIT-05: 99458 three times at most; the fourth is supported and named."""
    answer = ask(monitored(talked(0, seconds)))
    assert answer.lines == lines
    assert answer.outcomes("UNIT-05") == ({"advisory"} if seconds == 6000 else set())
    if seconds < 1200:
        assert answer.blockers("99457") == ["TIME-02", "RPM-02"]


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (599, {}),
        (600, {"99470": 1}),
        (1199, {"99470": 1}),
        (1200, {"99457": 1}),
        (2399, {"99457": 1}),
        (2400, {"99457": 1, "99458": 1}),
    ],
)
def test_from_2026_ten_to_nineteen_minutes_have_a_code_of_their_own(seconds: int, lines: dict[str, int]) -> None:
    month = "2026-01"
    answer = ask(monitored(talked(0, seconds, month), month=month), month)
    assert answer.lines == lines
    assert answer.alternatives == []
    if "99457" in lines:
        assert answer.blockers("99470") == ["RPM-02"]
        assert row(answer, "99470") == (seconds, 600)
    if "99470" in lines:
        assert answer.blockers("99458") == ["TIME-02", "RPM-02"]


def test_the_month_before_2026_ten_minutes_have_none() -> None:
    answer = ask(monitored(talked(19, 59, "2025-12"), month="2025-12"), "2025-12")
    assert (answer.lines, answer.blockers("99470")) == ({}, ["VAL-01"])


@pytest.mark.parametrize("month", ["2024-03", "2026-03"])
@pytest.mark.parametrize(
    ("contacts", "outcome"),
    [
        ([True], "met"),
        ([False], "not_met"),
        ([None], "missing"),
        ([False, True], "met"),
        ([None, True], "met"),
        ([False, False], "not_met"),
    ],
)
def test_some_counted_time_was_a_live_contact(month: str, contacts: list[bool | None], outcome: str) -> None:
    """Nothing said is a no as well: the rule blocks. So it is for the shorter code of 2026."""
    seconds, code = (2400, "99457") if month < "2026" else (600, "99470")
    work = [
        talked(0, seconds // len(contacts), month, 12 + place, live_contact=contact)
        for place, contact in enumerate(contacts)
    ]
    said = [{field: value for field, value in entry.items() if value is not None} for entry in work]
    answer = ask(monitored(said, month=month), month)
    assert answer.blockers(code) == ([] if outcome == "met" else ["RPM-02"])
    assert (code in answer.lines) is (outcome == "met")
    if code == "99457":
        assert answer.outcomes("RPM-02") == {outcome}
        assert answer.blockers("99458") == answer.blockers("99457")


@pytest.mark.parametrize(
    "uncounted",
    [
        {"activity": "clerical"},
        {"role": "non_clinical"},
        {"outside_us": True},
        {"on": "2024-02-29"},
        {"supervised_by": "DR_B"},
        {"automated": True},
    ],
)
def test_a_contact_in_time_that_does_not_count_is_none(uncounted: Raw) -> None:
    answer = ask(monitored(talked(5, **uncounted), talked(20, day=13, live_contact=False)))
    assert answer.blockers("99457") == ["RPM-02"]


def test_the_contact_is_the_evidence() -> None:
    answer = ask(monitored(talked(5, id="call"), talked(35, day=13, id="review", live_contact=False)))
    assert answer.evidence("RPM-02") == {"call"}


def test_own_time_and_staff_time_add_up() -> None:
    assert ask(monitored(talked(10), own(10, program="rpm"))).lines == {"99457": 1}


def test_the_sixteen_days_do_not_gate_the_minutes() -> None:
    answer = ask(monitored(talked(20)))
    assert answer.lines == {"99457": 1}
    assert answer.blockers("99454") == ["RPM-01"]


def test_time_08_a_hospital_stay_takes_the_minutes_in_it() -> None:
    inside = monitored(talked(20), stay("inpatient", "2024-03-10", "2024-03-14"), readings(16))
    answer = ask(inside)
    assert answer.uncounted() == {"TIME-08": 1200}
    assert answer.lines == {"99454": 1}


@pytest.mark.parametrize(
    ("month", "days", "lines"),
    [
        ("2024-03", 15, {}),
        ("2024-03", 16, {"99453": 1, "99454": 1}),
        ("2025-12", 15, {}),
        ("2026-01", 1, {}),
        ("2026-01", 2, {"99445": 1, "99453": 1}),
    ],
)
def test_a_set_up_needs_the_days_of_readings(month: str, days: int, lines: dict[str, int]) -> None:
    answer = ask(monitored(readings(days, month), set_up(f"{month}-01"), month=month), month)
    assert answer.lines == lines
    assert answer.blockers("99453") == ([] if lines else ["RPM-03"])


@pytest.mark.parametrize(
    ("day", "billable"),
    [("2024-02-29", False), ("2024-03-01", True), ("2024-03-31", True), ("2024-04-01", False)],
)
def test_the_set_up_lies_in_the_month(day: str, billable: bool) -> None:
    answer = ask(monitored(readings(16), set_up(day)))
    assert (answer.lines.get("99453") == 1) is billable
    assert answer.blockers("99453") == ([] if billable else ["RPM-03"])


@pytest.mark.parametrize(
    ("earlier", "billable"),
    [
        (None, True),
        (billed("99453", "2024-02-10"), False),
        (billed("99453", "2021-02-10", practitioner="DR_A"), False),
        (billed("99454", "2024-02-10"), True),
    ],
)
def test_a_set_up_is_billed_once(earlier: Raw | None, billable: bool) -> None:
    answer = ask(monitored(readings(16), set_up(), [] if earlier is None else [earlier]))
    assert (answer.lines.get("99453") == 1) is billable
    assert answer.lines["99454"] == 1


def test_our_own_line_of_the_month_is_no_earlier_set_up() -> None:
    answer = ask(monitored(readings(16), set_up(), billed("99453", "2024-03-16", practitioner="DR_A")))
    assert answer.lines["99453"] == 1


def test_a_set_up_on_a_day_without_cover_or_of_another_program_is_none() -> None:
    later = {"kind": "coverage", "payer": "medicare_part_b", "from": "2024-03-02"}
    uncovered = ask(monitored(readings(17), set_up(), later, coverage=None))
    assert uncovered.lines == {"99454": 1}
    assert ask(monitored(readings(16), set_up(program="rtm"))).lines.get("99453") is None
    assert ask(monitored(readings(16), set_up(program="rpm"))).lines == {"99453": 1, "99454": 1}


@pytest.mark.parametrize(("day", "dated"), [("2024-03-01", "2024-03-16"), ("2024-03-20", "2024-03-20")])
def test_claim_01_the_set_up_is_dated_when_set_up_and_readings_are_there(day: str, dated: str) -> None:
    assert ask(monitored(readings(18), set_up(day))).line("99453")["service_date"] == dated


@pytest.mark.parametrize(
    ("visits", "advised"),
    [
        ([visit("2021-04-15")], False),
        ([visit("2024-03-31")], False),
        ([visit("2021-02-27")], True),
        ([visit("2024-03-01", practitioner="DR_B")], True),
        ([], True),
    ],
)
def test_who_was_not_seen_in_three_years_is_advised_about_and_billed(visits: list[Raw], advised: bool) -> None:
    """No initiating visit is asked of remote monitoring."""
    answer = ask(monitored(readings(16), set_up(), visits, talked(20), visit=None))
    assert ("advisory" in answer.outcomes("RPM-03")) is advised
    assert answer.lines == {"99453": 1, "99454": 1, "99457": 1}
    assert not answer.findings("INIT-01")


@pytest.mark.parametrize(
    ("month", "codes"),
    [
        ("2018-12", []),
        ("2019-01", ["99453", "99454", "99457"]),
        ("2019-12", ["99453", "99454", "99457"]),
        ("2020-01", ["99453", "99454", "99457", "99458"]),
        ("2025-12", ["99453", "99454", "99457", "99458"]),
        ("2026-01", ["99453", "99454", "99457", "99458"]),
    ],
)
def test_the_codes_of_a_month(month: str, codes: list[str]) -> None:
    facts = monitored(readings(16, month), set_up(f"{month}-01"), talked(40, month=month), month=month)
    answer = ask(facts, month)
    assert sorted(answer.lines) == codes
    every = ("99445", "99453", "99454", "99457", "99458", "99470")
    open_ = [code for code in every if answer.blockers(code)[:1] != ["VAL-01"]]
    assert open_ == (codes if month < "2026-01" else list(every))
