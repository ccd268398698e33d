"""RTM-01: readings of one body system, minutes with a live contact, a set-up once an episode."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Raw, ask, billed, enrolled_in, staff

MONTH = "2024-03"
SYSTEMS = {
    "respiratory": ("98976", "98984"),
    "musculoskeletal": ("98977", "98985"),
    "cognitive_behavioral": ("98978", "98986"),
}
SUPPLIES = [code for codes in SYSTEMS.values() for code in codes]


def treated(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    return enrolled_in("rtm", month, *more, **named)


def readings(count: int, system: str | None, month: str = MONTH, first: int = 1, **fields: Any) -> list[Raw]:
    """Readings of a body system on so many days on end."""
    stated = {} if system is None else {"body_system": system}
    return [
        {
            "kind": "device_day",
            "program": "rtm",
            "id": f"{system}-{day:02}",
            "on": f"{month}-{day:02}",
            **stated,
            **fields,
        }
        for day in range(first, first + count)
    ]


def set_up(day: str = "2024-03-01", **fields: Any) -> Raw:
    return {"kind": "device_setup", "program": "rtm", "id": "set-up", "on": day, **fields}


def talked(minutes: int, seconds: int = 0, month: str = MONTH, **fields: Any) -> Raw:
    return staff(minutes, f"{month}-12", seconds, program="rtm", **{"live_contact": True, **fields})


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("days", [0, 1, 2, 15, 16, 31])
def test_sixteen_days_of_a_body_system_and_of_no_other(system: str, days: int) -> None:
    answer = ask(treated(readings(days, system)))
    code, short = SYSTEMS[system]
    assert answer.lines == ({code: 1} if days >= 16 else {})
    for other in SUPPLIES[::2]:
        assert answer.blockers(other) == ([] if other == code and days >= 16 else ["RTM-01"])
    assert answer.blockers(short) == ["VAL-01"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("days", [0, 1, 2, 15, 16, 31])
def test_from_2026_fewer_days_have_a_code_of_their_own_and_never_both(system: str, days: int) -> None:
    answer = ask(treated(readings(days, system, "2026-01"), month="2026-01"), "2026-01")
    code, short = SYSTEMS[system]
    assert answer.lines == ({code: 1} if days >= 16 else {short: 1} if days >= 2 else {})
    assert answer.alternatives == []
    for other in set(SUPPLIES) - answer.lines.keys():
        assert answer.blockers(other) == ["RTM-01"]


def test_days_of_different_body_systems_do_not_add_up() -> None:
    answer = ask(treated(readings(15, "respiratory"), readings(15, "musculoskeletal", first=16)))
    assert answer.lines == {}


def test_each_body_system_with_its_days_has_its_code() -> None:
    answer = ask(treated(readings(16, "respiratory"), readings(16, "musculoskeletal")))
    assert answer.lines == {"98976": 1, "98977": 1}
    month = "2026-03"
    unlike = treated(readings(16, "respiratory", month), readings(2, "musculoskeletal", month), month=month)
    assert ask(unlike, month).lines == {"98976": 1, "98985": 1}


def test_a_day_without_a_body_system_is_missing_and_shows_nothing() -> None:
    answer = ask(treated(readings(31, None)))
    assert answer.lines == {}
    about = [found for found in answer.findings("RTM-01") if any(fact["id"] == "None-01" for fact in found["evidence"])]
    assert {found["outcome"] for found in about} == {"missing"}
    assert answer.blockers("98976") == answer.blockers("98977") == ["RTM-01"]
    one_short = ask(treated(readings(15, "respiratory"), readings(16, None, first=16)))
    assert one_short.lines == {}
    enough = ask(treated(readings(16, "respiratory"), readings(15, None, first=17)))
    assert enough.lines == {"98976": 1}


def test_a_days_readings_without_a_program_are_physiologic() -> None:
    unnamed = [
        {field: value for field, value in one.items() if field != "program"} for one in readings(16, "respiratory")
    ]
    answer = ask(treated(unnamed))
    assert answer.lines.get("98976") is None


@pytest.mark.parametrize(("month", "billable"), [("2022-12", False), ("2023-01", True), ("2026-12", True)])
def test_the_cognitive_behavioral_device_has_a_code_from_2023(month: str, billable: bool) -> None:
    answer = ask(treated(readings(16, "cognitive_behavioral", month), month=month), month)
    assert answer.lines == ({"98978": 1} if billable else {})
    assert answer.blockers("98978") == ([] if billable else ["VAL-01"])


@pytest.mark.parametrize(
    ("month", "days", "code"), [("2024-03", 16, "98978"), ("2026-03", 16, "98978"), ("2026-03", 5, "98986")]
)
def test_what_contractors_price_has_no_amount(month: str, days: int, code: str) -> None:
    answer = ask(treated(readings(days, "cognitive_behavioral", month), month=month), month)
    assert "amount_cents" not in answer.line(code)


def test_what_is_published_has_an_amount() -> None:
    assert ask(treated(readings(16, "respiratory"))).line("98976")["amount_cents"] > 0


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1199, {}),
        (1200, {"98980": 1}),
        (2399, {"98980": 1}),
        (2400, {"98980": 1, "98981": 1}),
        (4799, {"98980": 1, "98981": 2}),
        (4800, {"98980": 1, "98981": 3}),
        (6000, {"98980": 1, "98981": 3}),
    ],
)
def test_twenty_minutes_and_whole_further_twenties(seconds: int, lines: dict[str, int]) -> None:
    answer = ask(treated(talked(0, seconds)))
    assert answer.lines == lines
    assert answer.outcomes("UNIT-05") == ({"advisory"} if seconds == 6000 else set())
    if seconds < 1200:
        assert answer.blockers("98980") == ["TIME-02", "RTM-01"]
        assert answer.row("98980")["needed_seconds"] == 1200


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [(599, {}), (600, {"98979": 1}), (1199, {"98979": 1}), (1200, {"98980": 1}), (2400, {"98980": 1, "98981": 1})],
)
def test_from_2026_ten_to_nineteen_minutes_have_a_code_of_their_own(seconds: int, lines: dict[str, int]) -> None:
    answer = ask(treated(talked(0, seconds, "2026-01"), month="2026-01"), "2026-01")
    assert (answer.lines, answer.alternatives) == (lines, [])
    assert ask(treated(talked(0, seconds, "2025-12"), month="2025-12"), "2025-12").blockers("98979") == ["VAL-01"]


@pytest.mark.parametrize(("contact", "outcome"), [(True, "met"), (False, "not_met"), (None, "missing")])
@pytest.mark.parametrize(("month", "seconds", "code"), [("2024-03", 1200, "98980"), ("2026-03", 600, "98979")])
def test_some_counted_time_was_a_live_contact(
    month: str, seconds: int, code: str, contact: bool | None, outcome: str
) -> None:
    stated = {} if contact is None else {"live_contact": contact}
    answer = ask(treated(staff(0, f"{month}-12", seconds, program="rtm", **stated), month=month), month)
    assert answer.blockers(code) == ([] if outcome == "met" else ["RTM-01"])
    assert answer.lines == ({code: 1} if outcome == "met" else {})


def test_a_contact_in_time_that_does_not_count_is_none() -> None:
    facts = treated(talked(5, activity="travel"), talked(20, live_contact=False, id="review"))
    assert ask(facts).blockers("98980") == ["RTM-01"]


@pytest.mark.parametrize(
    ("month", "days", "billable"),
    [
        ("2024-03", 15, False),
        ("2024-03", 16, True),
        ("2025-12", 15, False),
        ("2026-01", 1, False),
        ("2026-01", 2, True),
    ],
)
@pytest.mark.parametrize("system", ["respiratory", "musculoskeletal", "cognitive_behavioral"])
def test_a_set_up_needs_the_days_of_one_body_system(month: str, days: int, system: str, billable: bool) -> None:
    answer = ask(treated(readings(days, system, month), set_up(f"{month}-01"), month=month), month)
    assert answer.blockers("98975") == ([] if billable else ["RTM-01"])
    assert (answer.lines.get("98975") == 1) is billable


def test_a_set_up_is_billed_once() -> None:
    for earlier in ("2024-02-10", "2022-02-10"):
        answer = ask(treated(readings(16, "respiratory"), set_up(), billed("98975", earlier)))
        assert answer.lines == {"98976": 1}
        assert answer.blockers("98975") == ["RTM-01"]
    again = ask(treated(readings(16, "respiratory"), set_up(), billed("98975", "2024-03-16", practitioner="DR_A")))
    assert again.lines == {"98975": 1, "98976": 1}


@pytest.mark.parametrize(("day", "billable"), [("2024-02-29", False), ("2024-03-31", True), ("2024-04-01", False)])
def test_the_set_up_lies_in_the_month(day: str, billable: bool) -> None:
    answer = ask(treated(readings(16, "respiratory"), set_up(day)))
    assert (answer.lines.get("98975") == 1) is billable


def test_a_set_up_of_a_physiologic_device_is_none() -> None:
    for named in ({}, {"program": "rpm"}):
        device = {field: value for field, value in (set_up() | named).items() if named or field != "program"}
        assert ask(treated(readings(16, "respiratory"), device)).lines.get("98975") is None


def test_elig_04_and_death_bound_the_days() -> None:
    uncovered = treated(readings(16, "respiratory"), coverage={"from": "2024-03-02"})
    assert ask(uncovered).lines == {}
    assert ask(treated(readings(17, "respiratory"), coverage={"from": "2024-03-02"})).lines == {"98976": 1}
    assert ask(treated(readings(16, "respiratory"), {"kind": "death", "on": "2024-03-15"})).lines == {}
    assert ask(treated(readings(16, "respiratory"), {"kind": "death", "on": "2024-03-16"})).lines == {"98976": 1}


def test_claim_01_supplies_and_set_up_are_dated_when_they_are_earned() -> None:
    answer = ask(treated(readings(20, "respiratory", first=4), set_up("2024-03-25")))
    assert answer.line("98976")["service_date"] == "2024-03-19"
    assert answer.line("98975")["service_date"] == "2024-03-25"


def test_the_days_of_the_body_system_are_the_evidence() -> None:
    answer = ask(treated(readings(16, "respiratory")))
    assert answer.evidence("RTM-01") == {f"respiratory-{day:02}" for day in range(1, 17)}


@pytest.mark.parametrize(
    ("month", "codes"),
    [
        ("2021-12", []),
        ("2022-01", ["98975", "98976", "98977", "98980", "98981"]),
        ("2025-12", ["98975", "98976", "98977", "98978", "98980", "98981"]),
        ("2026-01", ["98975", "98976", "98977", "98978", "98979", "98980", "98981", "98984", "98985", "98986"]),
    ],
)
def test_the_codes_of_a_month(month: str, codes: list[str]) -> None:
    facts = [readings(16, system, month) for system in SYSTEMS]
    answer = ask(treated(*facts, set_up(f"{month}-01"), talked(40, month=month), month=month), month)
    every = [f"989{number}" for number in (75, 76, 77, 78, 79, 80, 81, 84, 85, 86)]
    assert [code for code in every if answer.blockers(code)[:1] != ["VAL-01"]] == codes
    assert set(answer.lines) == set(codes) - {"98979", "98984", "98985", "98986"}
