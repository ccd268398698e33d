"""CONC-01: transitional care of 30 days from discharge, at the edges of the episode and of the 20 minutes after it.

A discharge on 20 February 2019 begins an episode that ends on 21 March.
"""

import pytest

from tests.rulebook.usual_patient import Raw, ask, billed, staff, stay, usual_in

LEFT = stay("inpatient", "2019-02-10", "2019-02-20")


@pytest.mark.parametrize(
    ("billed_on", "day", "blocks"),
    [
        ("2019-02-20", "2019-03-22", False),  # on the day of discharge: the episode runs to 21 March
        ("2019-02-20", "2019-03-21", True),
        ("2019-03-05", "2019-03-21", True),
        ("2019-03-05", "2019-03-22", False),
        ("2019-03-21", "2019-03-22", False),
    ],
)
@pytest.mark.parametrize("code", ["99495", "99496"])
def test_an_episode_lasts_30_days_from_the_discharge_before_it(
    billed_on: str, day: str, blocks: bool, code: str
) -> None:
    answer = ask(usual_in("2019-03", staff(20, day), LEFT, billed(code, billed_on)), "2019-03")
    assert ("CONC-01" in answer.blockers()) is blocks


@pytest.mark.parametrize(
    ("discharged_on", "bears"),
    [("2019-01-30", False), ("2019-01-31", True)],  # episodes to 28 February and to 1 March
)
def test_an_episode_that_ended_before_the_month_leaves_it_alone(discharged_on: str, bears: bool) -> None:
    stayed = stay("inpatient", "2019-01-20", discharged_on)
    answer = ask(usual_in("2019-03", staff(20, "2019-03-01"), stayed, billed("99495", "2019-02-05")), "2019-03")
    assert ("CONC-01" in answer.blockers()) is bears


@pytest.mark.parametrize(("seconds", "blocks"), [(1199, True), (1200, False)])
def test_twenty_minutes_after_the_episode_make_the_month_free(seconds: int, blocks: bool) -> None:
    work = staff(30, "2019-03-12"), staff(0, "2019-03-22", seconds)
    answer = ask(usual_in("2019-03", *work, LEFT, billed("99495", "2019-03-05")), "2019-03")
    assert ("CONC-01" in answer.blockers()) is blocks


@pytest.mark.parametrize(
    ("fields", "day", "blocks"),
    [
        ({"through": "2019-03-20"}, "2019-03-20", True),
        ({"through": "2019-03-20"}, "2019-03-21", False),
        ({"through": "2019-03-30"}, "2019-03-31", False),
        ({"through": "2019-03-31"}, "2019-03-31", True),
    ],
)
def test_a_stated_last_day_prevails_over_the_discharge(fields: Raw, day: str, blocks: bool) -> None:
    answer = ask(usual_in("2019-03", staff(20, day), LEFT, billed("99495", "2019-03-05", **fields)), "2019-03")
    assert ("CONC-01" in answer.blockers()) is blocks


def test_a_stay_elsewhere_begins_no_episode() -> None:
    for setting in ("nursing_facility", "assisted_living", "hospice"):
        stayed = stay(setting, "2019-02-10", "2019-02-20", attending="DR_A")
        # Of the stay's end, 20 February, they would end on 21 March; of the service itself on 3 April.
        answer = ask(usual_in("2019-03", staff(20, "2019-03-25"), stayed, billed("99495", "2019-03-05")), "2019-03")
        assert "CONC-01" in answer.blockers()


def test_the_latest_of_several_discharges_counts() -> None:
    again = stay("snf_part_a", "2019-02-22", "2019-03-04")
    answer = ask(usual_in("2019-03", staff(20, "2019-03-25"), LEFT, again, billed("99495", "2019-03-05")), "2019-03")
    assert "CONC-01" in answer.blockers()


@pytest.mark.parametrize("unrelated", ["2019-03-06", "2019-01-30"])
def test_a_discharge_after_the_service_or_more_than_30_days_before_is_not_its_own(unrelated: str) -> None:
    stayed = stay("inpatient", "2019-01-20", unrelated)
    april = ask(usual_in("2019-04", staff(20, "2019-04-03"), stayed, billed("99495", "2019-03-05")), "2019-04")
    assert "CONC-01" in april.blockers()  # 30 days from the service itself, 5 March, end on 3 April
    later = ask(usual_in("2019-04", staff(20, "2019-04-04"), stayed, billed("99495", "2019-03-05")), "2019-04")
    assert "CONC-01" not in later.blockers()
