"""PCM-01: one complex chronic condition, whole 30-minute steps by staff or by the practitioner, one family of codes a month."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, billed, condition, enrolled_in, own, staff, visit

MONTH = "2024-03"


def principal(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    """The usual patient of principal care, with one condition."""
    return enrolled_in("pcm", month, *more, **{"hypertension": None, **named})


def by_staff(minutes: int, seconds: int = 0, month: str = MONTH, day: int = 12, **fields: object) -> Raw:
    return staff(minutes, f"{month}-{day:02}", seconds, program="pcm", **fields)


def in_person(minutes: int, seconds: int = 0, month: str = MONTH, day: int = 12, **fields: object) -> Raw:
    return own(minutes, f"{month}-{day:02}", seconds, program="pcm", **fields)


def row(answer: Answer, code: str) -> tuple[int, int]:
    """Seconds counted and seconds needed."""
    found = answer.row(code)
    return found["counted_seconds"], found["needed_seconds"]


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1, {}),
        (1799, {}),
        (1800, {"99426": 1}),
        (3599, {"99426": 1}),
        (3600, {"99426": 1, "99427": 1}),
        (5399, {"99426": 1, "99427": 1}),
        (5400, {"99426": 1, "99427": 2}),
        (7199, {"99426": 1, "99427": 2}),
        (7200, {"99426": 1, "99427": 2}),
        (36000, {"99426": 1, "99427": 2}),
    ],
)
def test_time_of_staff_makes_whole_steps_of_thirty_minutes(seconds: int, lines: dict[str, int]) -> None:
    assert ask(principal(by_staff(0, seconds))).lines == lines


@pytest.mark.parametrize(
    ("seconds", "lines", "supported"),
    [
        (1799, {}, None),
        (1800, {"99424": 1}, None),
        (3599, {"99424": 1}, None),
        (3600, {"99424": 1, "99425": 1}, None),
        (5399, {"99424": 1, "99425": 1}, None),
        (5400, {"99424": 1, "99425": 2}, None),
        (7199, {"99424": 1, "99425": 2}, None),
        (7200, {"99424": 1, "99425": 2}, "3"),
        (9000, {"99424": 1, "99425": 2}, "4"),
    ],
)
def test_unit_05_own_time_beyond_the_edit_of_two_is_supported_and_not_claimed(
    seconds: int, lines: dict[str, int], supported: str | None
) -> None:
    answer = ask(principal(in_person(0, seconds)))
    assert answer.lines == lines
    assert answer.outcomes("UNIT-05") == ({"advisory"} if supported else set())
    if supported:
        [warning] = answer.line("99425")["warnings"]
        assert supported in warning
        assert "2" in warning


def test_unit_04_a_third_add_on_of_staff_is_named_under_the_coding_rule() -> None:
    assert ask(principal(by_staff(119, 59))).outcomes("UNIT-04") == set()
    answer = ask(principal(by_staff(120)))
    assert answer.outcomes("UNIT-04") == {"advisory"}
    assert answer.outcomes("UNIT-05") == set()


@pytest.mark.parametrize(
    ("seconds", "staff_needed", "own_needed"),
    [(1799, (1800, 3600), (1800, 3600)), (3600, (1800, 5400), (1800, 5400)), (7200, (1800, 5400), (1800, 9000))],
)
def test_rows_tell_the_seconds_counted_and_what_the_next_unit_needs(
    seconds: int, staff_needed: tuple[int, int], own_needed: tuple[int, int]
) -> None:
    """Where every unit is reached, what the last one needs. The practitioner's own time counts for either family."""
    answer = ask(principal(in_person(0, seconds)))
    for codes, needed in ((("99426", "99427"), staff_needed), (("99424", "99425"), own_needed)):
        assert [row(answer, code) for code in codes] == [(seconds, needed[0]), (seconds, needed[1])]


def test_short_minutes_are_named_under_time_02_and_pcm_01() -> None:
    answer = ask(principal(by_staff(29, 59)))
    assert answer.status == "not_billable"
    assert answer.blockers("99426") == ["TIME-02", "PCM-01"]
    assert answer.blockers("99427") == ["TIME-02", "PCM-01"]
    assert row(answer, "99424") == (0, 1800)


def test_unit_06_own_time_alone_is_the_practitioners_whatever_the_amounts() -> None:
    answer = ask(principal(in_person(65)))
    assert answer.lines == {"99424": 1, "99425": 1}
    assert answer.alternatives == [{"99426": 1, "99427": 1}]
    assert answer.verdict("99426") == answer.verdict("99427") == "billable"
    assert answer.outcomes("UNIT-06") == {"advisory"}


def test_unit_06_one_second_of_staff_lets_the_amount_decide() -> None:
    """30 minutes of the practitioner's own and as much of staff: two units of staff time are worth more than one of own."""
    answer = ask(principal(in_person(30), by_staff(30, day=13)))
    assert answer.lines == {"99426": 1, "99427": 1}
    assert answer.alternatives == [{"99424": 1}]
    [alternative] = answer.body["alternatives"]
    assert alternative["amount_cents"] < sum(line["amount_cents"] for line in answer.body["claim_lines"])


def test_one_family_of_codes_a_month() -> None:
    """PRAC-06: own seconds go wholly to the codes chosen; a claim of the other family stands against ours."""
    answer = ask(principal(in_person(60)))
    assert not {"99426", "99427"} & answer.lines.keys()
    claimed = ask(principal(in_person(60), billed("99426", practitioner="DR_A")))
    assert "PCM-01" in claimed.blockers("99424")
    assert claimed.lines == {"99426": 1, "99427": 1}


def test_staff_time_never_goes_to_the_practitioners_codes() -> None:
    answer = ask(principal(in_person(29, 59), by_staff(30)))
    assert answer.blockers("99424") == ["TIME-02", "PCM-01"]
    assert row(answer, "99424") == (1799, 1800)
    assert row(answer, "99426") == (3599, 1800)


def test_another_practitioners_time_is_no_own_time() -> None:
    answer = ask(principal(in_person(60, performer="DR_B")))
    assert row(answer, "99424") == (0, 1800)
    assert answer.lines == {"99426": 1, "99427": 1}


@pytest.mark.parametrize(
    ("month", "staff_codes", "own_codes"),
    [
        ("2019-12", {}, {}),
        ("2020-01", {"G2065": 1}, {"G2064": 1}),
        ("2021-12", {"G2065": 1}, {"G2064": 1}),
        ("2022-01", {"99426": 1, "99427": 2}, {"99424": 1, "99425": 2}),
        ("2027-12", {"99426": 1, "99427": 2}, {"99424": 1, "99425": 2}),
    ],
)
def test_the_codes_of_2020_and_2021_have_no_add_on(
    month: str, staff_codes: dict[str, int], own_codes: dict[str, int]
) -> None:
    assert ask(principal(by_staff(90, month=month), month=month), month).lines == staff_codes
    assert ask(principal(in_person(90, month=month), month=month), month).lines == own_codes


@pytest.mark.parametrize(
    ("month", "closed"),
    [
        ("2019-12", ["99424", "99425", "99426", "99427", "G2064", "G2065"]),
        ("2020-01", ["99424", "99425", "99426", "99427"]),
        ("2021-12", ["99424", "99425", "99426", "99427"]),
        ("2022-01", ["G2064", "G2065"]),
    ],
)
def test_codes_outside_their_window_have_val_01_first(month: str, closed: list[str]) -> None:
    answer = ask(principal(by_staff(90, month=month), month=month), month)
    codes = ["99424", "99425", "99426", "99427", "G2064", "G2065"]
    assert [code for code in codes if answer.blockers(code)[:1] == ["VAL-01"]] == closed


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "met"),
        ({"diabetes": {"expected_duration": "less_than_12_months"}}, "met"),
        ({"diabetes": {"expected_duration": None}}, "met"),
        ({"diabetes": {"significant_risk": None}}, "missing"),
        ({"diabetes": {"significant_risk": False}}, "not_met"),
        ({"diabetes": None}, "missing"),
        ({"diabetes": {"until": "2024-03-01"}}, "missing"),
        ({"diabetes": {"until": "2024-03-02"}}, "met"),
        ({"diabetes": {"from": "2024-03-31"}}, "met"),
        ({"diabetes": {"from": "2024-04-01"}}, "missing"),
        ({"hypertension": {"significant_risk": False}, "diabetes": {"significant_risk": True}}, "met"),
    ],
)
def test_one_condition_in_force_that_puts_the_patient_at_risk(changes: dict[str, Any], outcome: str) -> None:
    """How long it is expected to last is not asked: three months have no field."""
    answer = ask(principal(in_person(60), **changes))
    assert [finding["outcome"] for finding in answer.findings("PCM-01")] == [outcome]
    for code in ("99424", "99425", "99426", "99427"):
        assert answer.blockers(code) == ([] if outcome == "met" else ["PCM-01"])
    assert answer.lines == ({"99424": 1, "99425": 1} if outcome == "met" else {})


def test_the_conditions_relied_on_are_the_evidence() -> None:
    answer = ask(principal(in_person(60), {"id": "kidney", **condition("N18.4", significant_risk=False)}))
    assert answer.evidence("PCM-01") == {"diabetes"}
    denied = ask(principal(in_person(60), diabetes={"significant_risk": False}))
    assert denied.evidence("PCM-01") == {"diabetes"}


def test_the_managed_condition_is_the_diagnosis() -> None:
    assert ask(principal(by_staff(30))).line("99426")["diagnoses"] == ["E11.9"]


@pytest.mark.parametrize(
    "rule", ["ELIG-01", "ELIG-02", "ELIG-03", "ELIG-05", "PLAN-01", "CONS-02", "CONS-05", "INIT-05"]
)
def test_what_only_ccm_asks_is_not_asked(rule: str) -> None:
    facts = principal(by_staff(30), plan=None, visit={"code": "99203", "discussed_care_management": False})
    answer = ask(facts)
    assert answer.lines == {"99426": 1}
    assert not [finding for finding in answer.findings(rule) if finding["program"] == "pcm"]


def test_claim_01_a_line_is_dated_on_the_day_its_last_unit_is_reached() -> None:
    days = [
        by_staff(20, day=5),
        by_staff(9, 59, day=8),
        by_staff(0, 1, day=9),
        by_staff(30, day=21),
        by_staff(5, day=28),
    ]
    answer = ask(principal(days))
    assert answer.line("99426")["earliest_service_date"] == "2024-03-09"
    assert answer.line("99427")["earliest_service_date"] == "2024-03-21"
    assert {line["service_date"] for line in answer.body["claim_lines"]} == {"2024-03-21"}
    assert {line["counted_seconds"] for line in answer.body["claim_lines"]} == {65 * 60}


@pytest.mark.parametrize(
    ("visits", "outcome"),
    [
        ([visit("2022-01-12")], {"met", "advisory"}),
        ([visit("2022-01-12"), visit("2024-02-12", practitioner="DR_B")], {"met", "advisory"}),
        ([visit("2022-01-12"), visit("2024-02-12")], {"met"}),
    ],
)
def test_init_08_long_since_seen_the_practitioner_is_advised_to_see_the_patient_again(
    visits: list[Raw], outcome: set[str]
) -> None:
    since = {"from": "2022-02-01"}
    answer = ask(principal(in_person(60), visits, visit=None, enrollment=since, consent={"on": "2022-02-01"}))
    assert answer.outcomes("PCM-01") == outcome
    assert answer.lines == {"99424": 1, "99425": 1}
