"""VAL-01 and PROG-00: a code inside its window, a program that a fact names."""

import pytest

from tests.rulebook.usual_patient import CCM, Raw, ask, at, codes_of, consent, enrollment, own, staff, usual

NOBODY_NAMED: dict[str, Raw | None] = {"enrollment": None, "consent": None}


@pytest.mark.parametrize(
    ("code", "month", "exists"),
    [
        ("G2058", "2021-01", False),
        ("99437", "2021-12", False),
        ("99437", "2022-01", True),
        ("G0511", "2025-09", True),
        ("G0511", "2025-10", False),
        ("G0512", "2025-12", True),
        ("G0512", "2026-01", False),
        ("99470", "2025-12", False),
        ("99470", "2026-01", True),
        ("G0556", "2024-12", False),
        ("G0556", "2025-01", True),
        ("G2065", "2021-12", True),
        ("G2065", "2022-01", False),
        ("99490", "2027-12", True),
    ],
)
def test_val_01_stands_first_outside_the_window_whether_named_or_not(code: str, month: str, exists: bool) -> None:
    for facts in (usual(staff(20, f"{month}-12"), year=int(month[:4]) - 1), []):
        answer = ask(facts, month)
        assert (answer.blockers(code)[:1] == ["VAL-01"]) is not exists
        if not exists:
            assert answer.verdict(code) == "not_billable"


def test_val_01_99437_does_not_exist_in_2021_however_long_the_practitioner_worked() -> None:
    answer = ask(usual(own(90, "2021-12-12"), year=2021), "2021-12")
    assert answer.lines == {"99491": 1}
    assert ask(usual(own(90, "2022-01-12"), year=2021), "2022-01").lines == {"99491": 1, "99437": 2}


def test_val_01_99439_replaces_g2058_from_2021() -> None:
    assert ask(usual(staff(40, "2021-01-12"), year=2020), "2021-01").lines == {"99490": 1, "99439": 1}


def test_prog_00_is_the_single_blocker_of_a_program_no_fact_names() -> None:
    answer = ask(usual(changes=NOBODY_NAMED), gaps=True)
    assert answer.status == "not_billable"
    for code in (*CCM, "G0506", "G0511", "99484", "99457"):
        assert answer.blockers(code) == ["PROG-00"]
    assert not [finding for finding in answer.body["findings"] if finding["program"] == "ccm"]
    assert answer.body["gaps"] == []


@pytest.mark.parametrize(
    "fact",
    [
        staff(1),
        staff(1, "2023-05-05"),
        consent("2024-03-31"),
        consent("2024-03-31", action="declined"),
        consent(at=at("2024-03-31T23:59:59")),
        enrollment("DR_A", "2024-03-31"),
        enrollment("DR_A", "2023-01-01", "2023-02-01"),
    ],
)
def test_prog_00_a_fact_dated_up_to_the_end_of_the_month_names_the_program(fact: Raw) -> None:
    assert "PROG-00" not in ask(usual(fact, changes=NOBODY_NAMED)).blockers()


@pytest.mark.parametrize(
    "fact",
    [
        staff(1, "2024-04-01"),
        consent("2024-04-01"),
        consent(at=at("2024-04-01T00:00:00")),
        enrollment("DR_A", "2024-04-01"),
        staff(1, program="bhi"),
        {"kind": "device_day", "on": "2024-03-05"},
    ],
)
def test_prog_00_a_later_fact_or_another_programs_does_not_name_it(fact: Raw) -> None:
    assert ask(usual(fact, changes=NOBODY_NAMED)).blockers() == ["PROG-00"]


@pytest.mark.parametrize(
    ("fact", "named"),
    [
        (staff(1, program="bhi"), True),
        (staff(1, program="pcm"), True),
        ({"kind": "device_day", "on": "2024-03-05"}, True),
        ({"kind": "device_day", "on": "2024-03-05", "program": "rtm"}, True),
        (staff(1, program="chi"), True),
        (staff(1, program="pin"), True),
        (staff(1, program="tcm"), False),
        (staff(1, program="cocm"), False),
    ],
)
def test_prog_00_g0511_is_named_by_any_program_it_bundles(fact: Raw, named: bool) -> None:
    assert ("PROG-00" not in ask(usual(fact, changes=NOBODY_NAMED)).blockers("G0511")) is named


def test_a_device_day_without_program_names_rpm() -> None:
    answer = ask(usual({"kind": "device_day", "on": "2024-03-05"}, changes=NOBODY_NAMED))
    assert "PROG-00" not in answer.blockers("99454")
    assert answer.blockers("98976") == ["PROG-00"]


def test_a_code_without_law_here_is_not_assessed_and_has_no_blockers() -> None:
    """Of the add-ons to advanced primary care the rule book says beside what they stand, not what they ask for."""
    answer = ask(usual(enrollment("DR_A", "2026-01-01", program="apcm"), year=2025), "2026-03")
    for code in ("G0568", "G0569", "G0570"):
        assert answer.row(code) == {"code": code, "program": "apcm", "verdict": "not_assessed", "blockers": []}


def test_a_named_program_is_judged_in_every_code_of_its_window() -> None:
    """Section 1: codes by program; what 2024 has of each."""
    programs: dict[str, str] = {
        "pcm": "99424-99427", "bhi": "99484", "cocm": "99492-99494, G2214", "rpm": "99453, 99454, 99457, 99458",
        "rtm": "98975-98978, 98980, 98981", "tcm": "99495, 99496", "chi": "G0019, G0022",
        "pin": "G0023, G0024, G0140, G0146",
    }  # fmt: skip
    for program, codes in programs.items():
        answer = ask(usual(staff(20), staff(1, program=program)))
        for code in codes_of(codes):
            assert answer.verdict(code) == "not_billable"
            assert answer.blockers(code) and "PROG-00" not in answer.blockers(code)


def test_every_code_has_one_row_by_code() -> None:
    codes = [row["code"] for row in ask(usual(staff(20))).body["verdicts"]]
    assert codes == sorted(set(codes))
