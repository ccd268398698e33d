"""TIME-14, TIME-18 and the advice of TIME-05."""

import pytest

from tests.rulebook.usual_patient import ask, staff, timed, usual


@pytest.mark.parametrize(
    ("fields", "thin"),
    [
        ({"activity": "review", "note_ref": "note-1"}, False),
        ({"activity": "review"}, True),
        ({"note_ref": "note-1"}, True),
        ({}, True),
    ],
)
def test_time_14_advises_where_activity_or_note_is_absent(fields: dict[str, str], thin: bool) -> None:
    answer = ask(usual(staff(20) | fields))
    assert answer.outcomes("TIME-14") == ({"advisory"} if thin else set())
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("minutes", "seconds", "advises"), [(12 * 60, 0, False), (12 * 60, 1, True), (24 * 60, 0, True)]
)
def test_time_18_advises_above_12_hours_of_one_person_in_a_day(minutes: int, seconds: int, advises: bool) -> None:
    answer = ask(usual(staff(minutes, seconds=seconds)))
    assert answer.outcomes("TIME-18") == ({"advisory"} if advises else set())
    assert answer.lines == {"99490": 1, "99439": 2}


def test_time_18_adds_up_one_persons_entries_of_every_program_on_a_local_day() -> None:
    answer = ask(usual(staff(7 * 60), staff(7 * 60, program="bhi")))
    assert answer.outcomes("TIME-18") == {"advisory"}


def test_time_18_two_people_or_two_days_are_not_added_up() -> None:
    assert not ask(usual(staff(7 * 60), staff(7 * 60, performer="RN_2"))).findings("TIME-18")
    assert not ask(usual(staff(7 * 60), staff(7 * 60, "2024-03-13"))).findings("TIME-18")
    assert not ask(usual(timed("2024-03-12T17:00", 14 * 60))).findings("TIME-18")


def test_time_18_speaks_of_12_and_of_24_hours_differently() -> None:
    long = ask(usual(staff(13 * 60))).findings("TIME-18")[0]["says"]
    impossible = ask(usual(staff(13 * 60), staff(12 * 60))).findings("TIME-18")[0]["says"]
    assert long != impossible


def test_time_05_advises_when_two_entries_without_instants_share_a_day_and_counts_both() -> None:
    answer = ask(usual(staff(10), staff(10, performer="RN_2")))
    assert answer.outcomes("TIME-05") == {"advisory"}
    assert answer.counted == 1200


def test_time_05_does_not_advise_on_different_days_or_beside_instants() -> None:
    assert not ask(usual(staff(10), staff(10, "2024-03-13"))).findings("TIME-05")
    assert not ask(usual(timed("2024-03-12T10:00", 10), timed("2024-03-12T11:00", 10))).findings("TIME-05")
