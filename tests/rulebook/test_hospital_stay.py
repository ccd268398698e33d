"""ELIG-05 and TIME-08: inpatient and Part A skilled nursing stays."""

import pytest

from tests.rulebook.usual_patient import ask, at, staff, stay, timed, usual


@pytest.mark.parametrize("setting", ["inpatient", "snf_part_a"])
def test_elig_05_blocks_a_stay_all_month(setting: str) -> None:
    answer = ask(usual(staff(20, id="work"), stay(setting, "2024-02-20", "2024-04-02")))
    assert answer.blockers() == ["ELIG-05", "TIME-02"]
    assert answer.uncounted("work") == {"TIME-08": 1200}


def test_elig_05_blocks_a_stay_without_an_end() -> None:
    assert "ELIG-05" in ask(usual(staff(20), stay("inpatient", "2024-02-20"))).blockers()


@pytest.mark.parametrize(
    ("since", "until", "all_month"),
    [
        ("2024-03-01", "2024-03-31", True),
        ("2024-03-02", "2024-03-31", False),
        ("2024-03-01", "2024-03-30", False),
    ],
)
def test_elig_05_asks_whether_every_day_of_the_month_is_covered(since: str, until: str, all_month: bool) -> None:
    assert ("ELIG-05" in ask(usual(staff(20), stay("inpatient", since, until))).blockers()) is all_month


def test_elig_05_adds_up_a_hospital_and_a_nursing_stay() -> None:
    stays = [stay("inpatient", "2024-02-20", "2024-03-15"), stay("snf_part_a", "2024-03-15", "2024-04-05")]
    assert "ELIG-05" in ask(usual(staff(20), stays)).blockers()


def test_elig_05_is_met_without_a_stay() -> None:
    assert ask(usual(staff(20))).outcomes("ELIG-05") == {"met"}


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2024-03-09", True), ("2024-03-10", False), ("2024-03-12", False), ("2024-03-14", False), ("2024-03-15", True)],
)
def test_time_08_whole_edge_days_are_out_where_no_instants_are_known(day: str, counts: bool) -> None:
    for entry in (staff(20, day, id="work"), timed(f"{day}T10:00", 20, id="work")):
        answer = ask(usual(entry, stay("inpatient", "2024-03-10", "2024-03-14")))
        assert answer.uncounted("work") == ({} if counts else {"TIME-08": 1200})


def test_time_08_instants_prevail_to_the_second() -> None:
    inpatient = stay(
        "inpatient",
        "2024-03-11",
        "2024-03-14",
        admitted_at=at("2024-03-11T14:00:00"),
        discharged_at=at("2024-03-14T10:00:00"),
    )
    answer = ask(
        usual(
            inpatient,
            timed("2024-03-11T13:50:00", 20, id="over-admission"),
            timed("2024-03-14T09:55:00", 20, id="over-discharge"),
            timed("2024-03-14T09:30:00", seconds=1, id="inside"),
        )
    )
    assert answer.uncounted("over-admission") == {"TIME-08": 600}
    assert answer.uncounted("over-discharge") == {"TIME-08": 300}
    assert answer.uncounted("inside") == {"TIME-08": 1}
    assert answer.counted == 600 + 900


def test_time_08_the_second_of_discharge_counts() -> None:
    inpatient = stay("inpatient", "2024-03-11", "2024-03-14", discharged_at=at("2024-03-14T10:00:00"))
    answer = ask(usual(inpatient, timed("2024-03-14T10:00:00", 20, id="after")))
    assert answer.uncounted("after") == {}


def test_time_08_an_entry_with_its_day_only_is_out_on_an_edge_day_instants_or_not() -> None:
    inpatient = stay(
        "inpatient",
        "2024-03-11",
        "2024-03-14",
        admitted_at=at("2024-03-11T23:00:00"),
        discharged_at=at("2024-03-14T00:30:00"),
    )
    answer = ask(usual(inpatient, staff(20, "2024-03-11", id="in"), staff(20, "2024-03-14", id="out")))
    assert answer.uncounted("in") == answer.uncounted("out") == {"TIME-08": 1200}


def test_time_08_an_edge_day_in_the_month_is_out_though_the_stay_ended_at_its_first_second() -> None:
    inpatient = stay("inpatient", "2024-02-20", "2024-03-01", discharged_at=at("2024-03-01T00:00:00"))
    answer = ask(usual(inpatient, staff(20, "2024-03-01", id="day"), timed("2024-03-01T00:00:00", 20, id="timed")))
    assert answer.uncounted("day") == {"TIME-08": 1200}
    assert answer.uncounted("timed") == {}


def test_time_08_one_known_instant_leaves_the_other_edge_to_its_day() -> None:
    inpatient = stay("inpatient", "2024-03-11", "2024-03-14", admitted_at=at("2024-03-11T14:00:00"))
    answer = ask(
        usual(
            inpatient, timed("2024-03-11T13:00:00", 20, id="before"), timed("2024-03-14T23:30:00", 60, id="last-night")
        )
    )
    assert answer.uncounted("before") == {}
    assert answer.uncounted("last-night") == {"TIME-08": 1800}


@pytest.mark.parametrize("setting", ["nursing_facility", "assisted_living", "home_health"])
def test_time_08_no_other_stay_takes_time_out(setting: str) -> None:
    answer = ask(usual(staff(20), stay(setting, "2024-02-20")))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("ELIG-05") == {"met"}
