"""TIME-01, TIME-02, TIME-04, TIME-05, TIME-06, TIME-15: where every second stands. DST days and the zone's midnight."""

import pytest

from tests.rulebook.usual_patient import ask, at, billed, consent, own_timed, staff, stay, timed, usual


def test_time_01_nothing_carries_over() -> None:
    answer = ask(usual(staff(19, "2024-02-29"), staff(19, "2024-03-01"), staff(19, "2024-04-01")))
    assert answer.counted == 19 * 60
    assert answer.lines == {}


def test_time_15_an_entry_over_the_months_edge_is_split_at_local_midnight() -> None:
    facts = usual(timed("2024-02-29T23:50", 30, id="first"), timed("2024-03-31T23:50", 30, id="last"))
    answer = ask(facts)
    assert answer.uncounted("first") == {"TIME-15": 600}
    assert answer.uncounted("last") == {"TIME-15": 1200}
    assert answer.counted == 1200 + 600


def test_time_15_entries_that_do_not_touch_the_month_are_not_listed() -> None:
    facts = usual(timed("2024-02-29T23:40", 20, id="before"), timed("2024-04-01T00:00", 20, id="after"))
    assert ask(facts).body["time"]["entries"] == []


def test_time_15_one_second_inside_is_listed() -> None:
    answer = ask(usual(timed("2024-02-29T23:40:01", 20, id="before")))
    assert answer.uncounted("before") == {"TIME-15": 1199}
    assert answer.counted == 1


@pytest.mark.parametrize(("zone", "counts"), [("America/New_York", 600), ("America/Los_Angeles", 0), ("UTC", 1200)])
def test_time_15_midnight_is_the_practices(zone: str, counts: int) -> None:
    """23:50 to 00:10 in New York."""
    facts = usual(timed("2024-02-29T23:50", 20))
    assert ask(facts, time_zone=zone).counted == counts


def test_time_zone_is_new_york_where_nothing_says_otherwise() -> None:
    assert ask(usual(timed("2024-02-29T23:50", 20)), time_zone=None).counted == 600


def test_dst_the_hour_that_does_not_exist_is_no_time() -> None:
    """10 March 2024: 01:50 EST to 03:10 EDT is 20 minutes."""
    entry = timed("2024-03-10T01:50", 0) | {"ended_at": at("2024-03-10T03:10")}
    assert ask(usual(entry)).lines == {"99490": 1}


def test_dst_the_hour_that_comes_twice_counts_twice() -> None:
    """3 November 2024: 00:50 EDT to 02:10 EST is 140 minutes."""
    entry = timed("2024-11-03T00:50", 0) | {"ended_at": at("2024-11-03T02:10")}
    assert ask(usual(entry), "2024-11").counted == 140 * 60


def test_dst_the_day_ends_at_its_own_midnight() -> None:
    answer = ask(usual(timed("2024-03-10T23:50", 20), {"kind": "death", "on": "2024-03-10"}))
    assert answer.uncounted() == {"TIME-09": 600}
    autumn = ask(usual(timed("2024-11-03T23:50", 20), {"kind": "death", "on": "2024-11-03"}), "2024-11")
    assert autumn.uncounted() == {"TIME-09": 600}


def test_dst_a_day_whose_midnight_does_not_exist_begins_when_the_clock_jumped() -> None:
    """Havana, 10 March 2024: midnight jumps to 01:00."""
    zone = "America/Havana"
    entry = timed("2024-03-09T23:50", 20, zone=zone)
    answer = ask(usual(entry, {"kind": "death", "on": "2024-03-09"}), time_zone=zone)
    assert answer.uncounted() == {"TIME-09": 600}


def test_a_leap_day_is_a_day_of_february() -> None:
    facts = usual(timed("2024-02-29T23:40", 30))
    assert ask(facts, "2024-02").lines == {"99490": 1}
    assert ask(facts, "2024-03").counted == 600


@pytest.mark.parametrize(("seconds", "reached"), [(1199, False), (1200, True)])
def test_time_02_one_second_short_is_short(seconds: int, reached: bool) -> None:
    answer = ask(usual(staff(seconds=seconds)))
    assert answer.blockers() == ([] if reached else ["TIME-02"])
    assert answer.outcomes("TIME-02") >= ({"met"} if reached else {"not_met"})


def test_time_02_is_named_beside_what_took_the_minutes() -> None:
    assert ask(usual(staff(20), consent=None)).blockers() == ["CONS-01", "TIME-02"]


def test_time_03_many_short_contacts_add_up() -> None:
    answer = ask(usual([staff(seconds=75, day=f"2024-03-{day:02}") for day in range(1, 17)]))
    assert answer.lines == {"99490": 1}


def test_time_05_two_people_at_one_moment_count_once_and_the_earlier_start_keeps_it() -> None:
    first = timed("2024-03-12T10:00", 15, id="b", performer="RN_2")
    answer = ask(usual(first, timed("2024-03-12T10:10", 15, id="a")))
    assert answer.uncounted("b") == {}
    assert answer.uncounted("a") == {"TIME-05": 300}
    assert answer.counted == 25 * 60


def test_time_05_at_equal_starts_the_smaller_source_and_id_keeps_it() -> None:
    facts = usual(
        timed("2024-03-12T10:00", 20, id="a", source="z"), timed("2024-03-12T10:00", 15, id="b", source="y", performer="RN_2")
    )  # fmt: skip
    answer = ask(facts)
    assert answer.uncounted("b") == {}
    assert answer.uncounted("a") == {"TIME-05": 900}
    by_id = ask(usual(timed("2024-03-12T10:00", 20, id="b"), timed("2024-03-12T10:00", 20, id="a", performer="RN_2")))
    assert by_id.uncounted("b") == {"TIME-05": 1200}


def test_time_05_entries_that_only_touch_do_not_overlap() -> None:
    assert ask(usual(timed("2024-03-12T10:00", 10), timed("2024-03-12T10:10", 10))).counted == 1200


def test_time_05_a_second_taken_out_of_one_entry_counts_for_the_other() -> None:
    facts = usual(timed("2024-03-12T10:00", 20, id="out", activity="clerical"), timed("2024-03-12T10:05", 20, id="in"))
    answer = ask(facts)
    assert answer.uncounted("out") == {"TIME-12": 1200}
    assert answer.uncounted("in") == {}


def test_time_05_entries_without_instants_are_not_tested() -> None:
    assert ask(usual(timed("2024-03-12T10:00", 20), staff(20, "2024-03-12"))).counted == 2400


def test_time_06_practitioner_and_staff_at_one_moment_count_once_the_earlier_start_keeps_it() -> None:
    facts = usual(
        timed("2024-03-12T10:00", 20, id="staff"),
        own_timed("2024-03-12T10:10", 20, id="own"),
        staff(20, "2024-03-13"),
    )
    answer = ask(facts)
    assert answer.lines == {"99490": 1, "99439": 1}
    assert answer.uncounted("staff") == {}
    assert answer.uncounted("own") == {"TIME-06": 600}


def test_time_06_for_the_practitioners_codes_the_own_entry_keeps_it() -> None:
    facts = usual(
        timed("2024-03-12T09:50", 20, id="staff"),
        own_timed("2024-03-12T10:00", 30, id="own"),
        billed("99491", practitioner="DR_A"),
    )
    answer = ask(facts)
    assert answer.lines == {"99491": 1}
    assert answer.uncounted("own") == {}
    assert answer.uncounted("staff") == {"TIME-06": 600, "PRAC-07": 600}


def test_time_05_comes_before_prac_07() -> None:
    """Section 0, order of the time filters: TIME-05, TIME-06, then by pathway PRAC-07."""
    facts = usual(
        timed("2024-03-12T10:00", 10, id="a"),
        timed("2024-03-12T10:05", 10, id="b", performer="RN_2"),
        own_timed("2024-03-13T10:00", 30),
        billed("99491", practitioner="DR_A"),
    )
    answer = ask(facts)
    assert answer.lines == {"99491": 1}
    assert answer.uncounted("a") == {"PRAC-07": 600}
    assert answer.uncounted("b") == {"TIME-05": 300, "PRAC-07": 300}


def test_time_04_a_minute_of_one_person_serves_ccm_before_bhi() -> None:
    facts = usual(
        consent("2024-02-01", program="bhi"),
        timed("2024-03-12T10:00", 20, id="bhi", program="bhi"),
        timed("2024-03-12T10:10", 20, id="ccm"),
    )
    answer = ask(facts)
    assert answer.uncounted("ccm") == {}
    assert answer.uncounted("bhi") == {"TIME-04": 600}
    assert answer.lines == {"99490": 1}


def test_time_04_two_people_may_serve_two_programs_at_once() -> None:
    facts = usual(
        consent("2024-02-01", program="bhi"),
        timed("2024-03-12T10:00", 20, id="bhi", program="bhi", performer="RN_2"),
        timed("2024-03-12T10:00", 20, id="ccm"),
    )
    assert ask(facts).uncounted() == {}


def test_time_04_a_second_ccm_may_not_count_is_left_to_bhi() -> None:
    facts = usual(
        consent("2024-02-01", program="bhi"),
        timed("2024-03-12T10:00", 20, id="bhi", program="bhi"),
        timed("2024-03-12T10:00", 20, id="ccm", activity="clerical"),
    )
    answer = ask(facts)
    assert answer.uncounted("bhi") == {}
    assert answer.uncounted("ccm") == {"TIME-12": 1200}


def test_entries_stand_by_start_those_without_instants_first() -> None:
    facts = usual(
        timed("2024-03-05T10:00", 1, id="c"),
        staff(1, "2024-03-20", id="b"),
        staff(1, "2024-03-10", id="d"),
        timed("2024-03-01T10:00", 1, id="a"),
    )
    assert [entry["id"] for entry in ask(facts).body["time"]["entries"]] == ["d", "b", "a", "c"]


def test_time_08_work_between_two_stays_counts() -> None:
    stays = [stay("inpatient", "2024-03-04", "2024-03-08"), stay("inpatient", "2024-03-16", "2024-03-20")]
    answer = ask(usual(timed("2024-03-12T09:00", 20, id="work"), *stays))
    assert answer.uncounted("work") == {}
