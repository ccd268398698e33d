"""Edges of the neighbours' lines and sentences: joined units, exchanged pathways, the thirty days of transitional care."""

import pytest

from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    consent,
    decision,
    enrolled_in,
    enrollment,
    joined,
    own,
    staff,
    stay,
    usual,
    visit,
)


def clinic(*facts: Raw | list[Raw]) -> Answer:
    """Rule book, 13: in 2024 each program that reaches its own minimum makes a unit of one line of G0511."""
    bhi = [enrollment("DR_A", "2024-02-01", program="bhi"), consent("2024-02-01", program="bhi")]
    return ask(usual(bhi, *facts, setting={"type": "rhc"}))


def test_rhc_05_a_joined_line_counts_the_seconds_of_every_program_that_makes_a_unit() -> None:
    answer = clinic(staff(25, "2024-03-12"), staff(21, "2024-03-19", program="bhi"))
    line = answer.line("G0511")
    assert (line["units"], line["counted_seconds"]) == (2, 46 * 60)
    assert (line["earliest_service_date"], line["service_date"]) == ("2024-03-19", "2024-03-19")


def test_rhc_02_until_2023_one_unit_is_earned_on_the_first_day_either_program_reaches_it() -> None:
    bhi = [enrollment("DR_A", "2023-02-01", program="bhi"), consent("2023-02-01", program="bhi")]
    work = [staff(25, "2023-03-19"), staff(21, "2023-03-12", program="bhi")]
    line = ask(usual(bhi, work, year=2023, setting={"type": "rhc"}), "2023-03").line("G0511")
    assert (line["units"], line["service_date"], line["counted_seconds"]) == (1, "2023-03-12", 46 * 60)


def test_unit_06_an_alternative_names_what_it_has_in_place_of_what_is_billed() -> None:
    """60 minutes of the practitioner's own: 99491 and 99437 are chosen, the staff's codes are lawful as well."""
    answer = ask(usual(own(60), joined("rpm", "2024-03"), staff(20, program="rpm", live_contact=True)))
    (alternative,) = answer.body["alternatives"]
    assert {line["code"] for line in alternative["claim_lines"]} == {"99490", "99439", "99457"}
    assert "clinical_staff is lawful as well" in alternative["why_not_chosen"]
    assert "monitoring" not in alternative["why_not_chosen"]


@pytest.mark.parametrize(("day", "lines"), [("2024-03-30", {"99496": 1}), ("2024-03-31", {})])
def test_tcm_01_a_decision_counts_to_the_thirtieth_day(day: str, lines: dict[str, int]) -> None:
    """Discharged on 1 March: 30 March is the thirtieth day."""
    facts = enrolled_in(
        "tcm",
        "2024-03",
        stay("inpatient", "2024-02-26", "2024-03-01"),
        staff(5, "2024-03-04", program="tcm", live_contact=True),
        visit("2024-03-06"),
        decision("high", day),
    )
    assert ask(facts).lines == lines


def test_tcm_01_shows_everything_it_rests_on() -> None:
    facts = enrolled_in(
        "tcm",
        "2024-03",
        {"id": "stay", **stay("inpatient", "2024-02-26", "2024-03-01")},
        {"id": "call", **staff(5, "2024-03-04", program="tcm", live_contact=True)},
        {"id": "seen", **visit("2024-03-06")},
        {"id": "decided", **decision("high", "2024-03-06")},
        {"id": "before", **decision("high", "2024-02-20")},
    )
    assert ask(facts).evidence("TCM-01") == {"stay", "call", "seen", "decided"}


def test_rpm_03_in_a_month_with_days_enough_the_remedy_is_readings() -> None:
    set_up = {"kind": "device_setup", "on": "2024-03-02"}
    reading = {"kind": "device_day", "on": "2024-03-05"}
    found = ask(usual(joined("rpm", "2024-03"), set_up, reading)).findings("RPM-03")
    assert [finding["remedy"] for finding in found if finding["outcome"] == "not_met"] == [
        "Readings on 16 days of the month."
    ]
