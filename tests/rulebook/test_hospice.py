"""ELIG-07: a hospice election."""

import pytest

from tests.rulebook.usual_patient import ask, at, staff, stay, timed, usual


def test_elig_07_is_met_without_an_election() -> None:
    assert ask(usual(staff(20))).outcomes("ELIG-07") == {"met"}


@pytest.mark.parametrize("attending", ["DR_H", None])
def test_elig_07_blocks_a_whole_month_of_another_attending(attending: str | None) -> None:
    answer = ask(usual(staff(20, id="work"), stay("hospice", "2024-02-10", attending=attending)))
    assert answer.blockers() == ["ELIG-07", "TIME-02"]
    assert answer.uncounted("work") == {"ELIG-07": 1200}


def test_elig_07_counts_the_attending_with_advice() -> None:
    answer = ask(usual(staff(20), stay("hospice", "2024-02-10", attending="DR_A")))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("ELIG-07") == {"met", "advisory"}


def test_elig_07_counts_only_work_stated_unrelated_with_advice() -> None:
    work = [staff(20, id="unrelated", unrelated_to_terminal_illness=True), staff(20, "2024-03-13", id="related")]
    answer = ask(usual(work, stay("hospice", "2024-02-10", attending="DR_H")))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("ELIG-07") == {"met", "advisory"}
    assert answer.uncounted("related") == {"ELIG-07": 1200}


@pytest.mark.parametrize("unrelated", [False, None])
def test_elig_07_work_not_stated_unrelated_does_not_lift_the_block(unrelated: bool | None) -> None:
    entry = staff(20) | ({} if unrelated is None else {"unrelated_to_terminal_illness": unrelated})
    assert "ELIG-07" in ask(usual(entry, stay("hospice", "2024-02-10"))).blockers()


def test_elig_07_unrelated_work_of_another_month_or_program_does_not_lift_the_block() -> None:
    elsewhere = [
        staff(20, "2024-02-20", unrelated_to_terminal_illness=True),
        staff(20, program="bhi", unrelated_to_terminal_illness=True),
    ]
    assert "ELIG-07" in ask(usual(staff(20), elsewhere, stay("hospice", "2024-02-10"))).blockers()


@pytest.mark.parametrize(("since", "blocks"), [("2024-03-01", True), ("2024-03-02", False)])
def test_elig_07_blocks_only_when_every_day_is_covered(since: str, blocks: bool) -> None:
    assert ("ELIG-07" in ask(usual(staff(20, "2024-03-01"), stay("hospice", since))).blockers()) is blocks


@pytest.mark.parametrize(("day", "counts"), [("2024-03-09", True), ("2024-03-10", False), ("2024-03-31", False)])
def test_elig_07_the_day_of_election_is_out_where_its_instant_is_unknown(day: str, counts: bool) -> None:
    answer = ask(usual(staff(20, day, id="work"), stay("hospice", "2024-03-10", attending="DR_H")))
    assert answer.uncounted("work") == ({} if counts else {"ELIG-07": 1200})


def test_elig_07_edges_are_those_of_time_08() -> None:
    election = stay(
        "hospice",
        "2024-03-10",
        "2024-03-20",
        admitted_at=at("2024-03-10T12:00:00"),
        discharged_at=at("2024-03-20T12:00:00"),
    )
    answer = ask(
        usual(
            election,
            timed("2024-03-10T11:50", 20, id="in"),
            timed("2024-03-20T11:50", 20, id="out"),
            staff(20, "2024-03-20", id="edge"),
        )
    )
    assert answer.uncounted("in") == answer.uncounted("out") == {"ELIG-07": 600}
    assert answer.uncounted("edge") == {"ELIG-07": 1200}


def test_elig_07_does_not_advise_on_modifiers_where_nothing_was_done_inside_the_election() -> None:
    for fields in ({"attending": "DR_A"}, {"attending": "DR_H"}):
        work = staff(20, "2024-03-02", unrelated_to_terminal_illness=True)
        answer = ask(usual(work, stay("hospice", "2024-03-20", **fields)))
        assert answer.lines == {"99490": 1}
        assert answer.outcomes("ELIG-07") == {"met"}


def test_elig_07_time_08_owns_a_second_inside_both_stays() -> None:
    stays = [stay("hospice", "2024-03-10", "2024-03-14"), stay("inpatient", "2024-03-10", "2024-03-14")]
    assert ask(usual(staff(20, id="work"), stays)).uncounted("work") == {"TIME-08": 1200}


@pytest.mark.parametrize(
    ("start", "inside"), [("2024-03-10T08:30", False), ("2024-03-10T08:41", True), ("2024-03-10T09:00", True)]
)
def test_elig_07_the_modifier_is_told_of_entries_inside_the_election_by_the_clock(start: str, inside: bool) -> None:
    """20 minutes that end at, reach over, or lie after the instant of election at nine."""
    elected = stay("hospice", "2024-03-10", admitted_at=at("2024-03-10T09:00"), attending="DR_H")
    entry = timed(start, 20, id="work", unrelated_to_terminal_illness=True)
    answer = ask(usual(entry, elected))
    assert answer.uncounted("work") == {}
    assert ("work" in answer.evidence("ELIG-07")) is inside
