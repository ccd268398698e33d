"""Section 8: units, needed minutes, MUE, the choice of pathway (UNIT-01 to UNIT-06) and the line's dates (CLAIM-01)."""

import pytest

from tests.rulebook.usual_patient import ask, decision, own, own_timed, plan_work, staff, timed, usual

HIGHEST = {"preference": "highest_amount"}


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1199, {}),
        (1200, {"99490": 1}),
        (39 * 60, {"99490": 1}),
        (2399, {"99490": 1}),
        (2400, {"99490": 1, "99439": 1}),
        (3599, {"99490": 1, "99439": 1}),
        (3600, {"99490": 1, "99439": 2}),
        (90 * 60, {"99490": 1, "99439": 2}),
        (390 * 60, {"99490": 1, "99439": 2}),
    ],
)
def test_section_8_staff_units(seconds: int, lines: dict[str, int]) -> None:
    assert ask(usual(staff(seconds=seconds))).lines == lines


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1199, {}),
        (1200, {"99490": 1}),
        (2400, {"99490": 1, "99439": 1}),
        (3599, {"99490": 1, "99439": 1}),
        (3600, {"99487": 1}),
        (5399, {"99487": 1}),
        (5400, {"99487": 1, "99489": 1}),
        (120 * 60, {"99487": 1, "99489": 2}),
        (360 * 60, {"99487": 1, "99489": 10}),
        (390 * 60, {"99487": 1, "99489": 10}),
    ],
)
def test_section_8_complex_units(seconds: int, lines: dict[str, int]) -> None:
    assert ask(usual(staff(seconds=seconds), decision(), plan_work())).lines == lines


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1799, {"99490": 1}),
        (1800, {"99491": 1}),
        (3599, {"99491": 1}),
        (3600, {"99491": 1, "99437": 1}),
        (5399, {"99491": 1, "99437": 1}),
        (5400, {"99491": 1, "99437": 2}),
        (120 * 60, {"99491": 1, "99437": 2}),
    ],
)
def test_section_8_practitioner_units(seconds: int, lines: dict[str, int]) -> None:
    assert ask(usual(own(seconds=seconds))).lines == lines


@pytest.mark.parametrize(("minutes", "advises"), [(60, False), (79, False), (80, True)])
def test_unit_04_advises_on_more_than_two_of_99439(minutes: int, advises: bool) -> None:
    answer = ask(usual(staff(minutes)))
    assert answer.outcomes("UNIT-04") == ({"advisory"} if advises else set())
    assert bool(answer.line("99439")["warnings"]) is advises


@pytest.mark.parametrize(("minutes", "advises"), [(360, False), (389, False), (390, True)])
def test_unit_05_99489_names_what_the_time_supports_and_the_mue(minutes: int, advises: bool) -> None:
    answer = ask(usual(staff(minutes), decision(), plan_work()))
    assert answer.outcomes("UNIT-05") == ({"advisory"} if advises else set())
    if advises:
        [warning] = answer.line("99489")["warnings"]
        assert "time supports 11" in warning
        assert "MUE 10" in warning


@pytest.mark.parametrize(("minutes", "advises"), [(90, False), (119, False), (120, True)])
def test_unit_05_99437_supports_three_and_claims_two(minutes: int, advises: bool) -> None:
    answer = ask(usual(own(minutes)))
    assert answer.outcomes("UNIT-05") == ({"advisory"} if advises else set())
    assert answer.lines["99437"] == 2


@pytest.mark.parametrize(
    ("minutes", "needed"),
    [
        (10, {"99490": 1200, "99439": 2400, "99487": 3600, "99489": 5400}),
        (20, {"99490": 1200, "99439": 2400, "99487": 3600, "99489": 5400}),
        (40, {"99490": 1200, "99439": 3600, "99487": 3600, "99489": 5400}),
        (60, {"99490": 1200, "99439": 3600, "99487": 3600, "99489": 5400}),
        (90, {"99490": 1200, "99439": 3600, "99487": 3600, "99489": 7200}),
    ],
)
def test_needed_seconds_are_those_of_the_next_unit_or_of_the_last(minutes: int, needed: dict[str, int]) -> None:
    answer = ask(usual(staff(minutes)))
    assert {code: answer.row(code)["needed_seconds"] for code in needed} == needed


@pytest.mark.parametrize(
    ("minutes", "needed"),
    [(0, {"99491": 1800, "99437": 3600}), (30, {"99491": 1800, "99437": 3600}), (60, {"99491": 1800, "99437": 5400})],
)
def test_needed_seconds_of_the_practitioners_codes(minutes: int, needed: dict[str, int]) -> None:
    answer = ask(usual([own(minutes)] if minutes else []))
    assert {code: answer.row(code)["needed_seconds"] for code in needed} == needed


def test_counted_seconds_are_all_of_the_pathway_before_caps_and_add_ons_repeat_them() -> None:
    answer = ask(usual(staff(400)))
    for code in ("99490", "99439"):
        assert answer.row(code)["counted_seconds"] == answer.line(code)["counted_seconds"] == 400 * 60
    assert answer.counted == 400 * 60


def test_unit_01_03_an_add_on_never_stands_without_its_base() -> None:
    answer = ask(usual(staff(90), decision("low"), plan_work()))
    assert answer.verdict("99489") == "not_billable"
    assert "99489" not in answer.lines


def test_unit_06_complex_where_supported() -> None:
    answer = ask(usual(own(60), decision(), plan_work()))
    assert answer.lines == {"99487": 1}
    assert {"99491": 1, "99437": 1} in answer.alternatives
    assert {"99490": 1, "99439": 2} in answer.alternatives


def test_unit_06_the_practitioners_codes_where_all_counted_time_is_their_own() -> None:
    answer = ask(usual(own(60)))
    assert answer.lines == {"99491": 1, "99437": 1}
    assert answer.alternatives == [{"99490": 1, "99439": 2}]


def test_unit_06_one_counted_second_of_anybody_else_leaves_the_highest_amount() -> None:
    assert ask(usual(own(60), staff(seconds=1))).lines == {"99490": 1, "99439": 2}
    assert ask(usual(own(60), own(seconds=1, performer="DR_B"))).lines == {"99490": 1, "99439": 2}


def test_unit_06_seconds_of_others_that_do_not_count_do_not_matter() -> None:
    assert ask(usual(own(60), staff(30, activity="clerical"))).lines == {"99491": 1, "99437": 1}
    inside = usual(own_timed("2024-03-12T10:00", 60), timed("2024-03-12T10:10", 30))
    assert ask(inside).lines == {"99491": 1, "99437": 1}


def test_unit_06_otherwise_the_highest_amount() -> None:
    """30 own of 39 minutes: 99491 (84.55) pays more than 99490 (62.58)."""
    assert ask(usual(own(30), staff(9))).lines == {"99491": 1}
    assert ask(usual(own(30), staff(10))).lines == {"99490": 1, "99439": 1}


def test_unit_06_highest_amount_by_policy() -> None:
    assert ask(usual(own(60)), policy=HIGHEST).lines == {"99490": 1, "99439": 2}
    answer = ask(usual(staff(60), decision(), plan_work()), policy=HIGHEST)
    assert answer.lines == {"99490": 1, "99439": 2}
    assert answer.alternatives == [{"99487": 1}]


def test_unit_06_alternatives_stand_highest_amount_first() -> None:
    answer = ask(usual(own(60), decision(), plan_work()))
    amounts = [one["amount_cents"] for one in answer.body["alternatives"]]
    assert amounts == [6258 + 2 * 4793, 8455 + 5958]


def test_unit_06_lawful_codes_not_chosen_are_billable_without_blockers() -> None:
    answer = ask(usual(own(60)))
    assert {code: answer.verdict(code) for code in ("99491", "99437")} == {"99491": "chosen", "99437": "chosen"}
    assert answer.verdict("99490") == answer.verdict("99439") == "billable"
    assert answer.blockers("99490") == []


def test_lines_stand_base_before_add_on() -> None:
    assert list(ask(usual(staff(60))).lines) == ["99490", "99439"]


def test_claim_01_each_line_is_earned_on_the_day_its_last_unit_is_reached() -> None:
    answer = ask(
        usual(staff(20, "2024-03-05"), staff(20, "2024-03-11"), staff(20, "2024-03-18"), staff(20, "2024-03-25"))
    )
    assert answer.line("99490")["earliest_service_date"] == "2024-03-05"
    assert answer.line("99439")["earliest_service_date"] == "2024-03-18"
    assert answer.line("99490")["service_date"] == answer.line("99439")["service_date"] == "2024-03-18"


def test_claim_01_the_last_claimed_unit_within_the_mue_decides() -> None:
    days = [own(30, f"2024-03-{day:02}") for day in (5, 6, 7, 8)]
    answer = ask(usual(days))
    assert answer.line("99491")["earliest_service_date"] == "2024-03-05"
    assert answer.line("99437")["earliest_service_date"] == "2024-03-07"


def test_claim_01_an_entrys_seconds_fall_on_their_own_local_day() -> None:
    assert ask(usual(timed("2024-03-05T23:45", 20))).line("99490")["earliest_service_date"] == "2024-03-06"
    assert ask(usual(timed("2024-03-05T23:40", 20))).line("99490")["earliest_service_date"] == "2024-03-05"


def test_claim_01_only_counted_seconds_earn() -> None:
    facts = usual(staff(20, "2024-03-05", activity="clerical"), staff(20, "2024-03-11"))
    assert ask(facts).line("99490")["earliest_service_date"] == "2024-03-11"


def test_claim_01_the_practitioners_own_running_total() -> None:
    answer = ask(usual(own(20, "2024-03-05"), staff(9, "2024-03-06"), own(10, "2024-03-20")))
    assert answer.lines == {"99491": 1}
    assert answer.line("99491")["earliest_service_date"] == "2024-03-20"
