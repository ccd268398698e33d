"""TIME-04: a minute of one person serves one service; the other allocation is an alternative, and each second has one place."""

from itertools import pairwise
from typing import Any, Final

import pytest

from tests.rulebook.neighbours import amount, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, at, joined, stay, timed, usual_in

MONTH: Final = "2025-11"
ORDER: Final = ("ccm", "pcm", "bhi", "cocm", "chi", "pin", "tcm", "apcm", "rpm", "rtm")
BASES: Final = {"ccm": "99490", "bhi": "99484", "rpm": "99457"}
NOON: Final = f"{MONTH}-12T12:00"


def claimed(program: str, minutes: int = 20, start: str = NOON, **fields: Any) -> Raw:
    """RN_1's minutes, said to be a program's."""
    return timed(start, minutes, **{"program": program, "id": f"for-{program}", "live_contact": True, **fields})


def programs(*named: str, month: str = MONTH) -> list[Raw]:
    """Neighbours of CCM joined."""
    return [fact for program in named if program != "ccm" for fact in joined(program, month)]


def asked(*facts: Raw | list[Raw], month: str = MONTH, **named: Any) -> Answer:
    return ask(usual_in(month, *facts, **({"visit": {"social_need_found": True}} | named)), month)


def kept_by(answer: Answer) -> dict[str, int]:
    """Seconds counted, by entry."""
    return {entry["id"]: entry["counted_seconds"] for entry in answer.body["time"]["entries"]}


@pytest.mark.parametrize(("first", "later"), [*pairwise(ORDER), ("ccm", "rtm"), ("bhi", "rpm"), ("chi", "apcm")])
@pytest.mark.parametrize("turned", [False, True])
def test_time_04_the_first_program_in_order_keeps_the_minutes(first: str, later: str, turned: bool) -> None:
    """Whichever of the two was stated, or began, first."""
    starts = {first: NOON, later: f"{MONTH}-12T11:50" if turned else f"{MONTH}-12T12:10"}
    work = [claimed(program, start=starts[program]) for program in (first, later)]
    answer = asked(programs(first, later), work[::-1] if turned else work)
    assert kept_by(answer) == {f"for-{first}": 1200, f"for-{later}": 600}
    assert answer.uncounted(f"for-{later}") == {"TIME-04": 600}
    assert answer.counted == 1800


@pytest.mark.parametrize(
    ("first", "fields", "facts"),
    [
        ("ccm", {"role": "non_clinical"}, []),
        ("ccm", {"activity": "clerical"}, []),
        ("ccm", {"automated": True}, []),
        ("ccm", {"part_of_visit": True}, []),
        ("ccm", {"outside_us": True}, []),
        ("ccm", {"supervised_by": "DR_B"}, []),
        ("pcm", {}, "pcm-consent-DR_A"),
        ("ccm", {}, [stay("inpatient", f"{MONTH}-12", f"{MONTH}-13", admitted_at=at(f"{MONTH}-12T11:00"))]),
    ],
)
def test_time_04_minutes_that_do_not_pass_the_filters_are_not_kept(first: str, fields: Raw, facts: Any) -> None:
    """The next program has them; of behavioral health integration time in a hospital may count."""
    joined_in = [fact for fact in programs(first, "bhi") if fact["id"] != facts]
    more = facts if isinstance(facts, list) else []
    answer = asked(joined_in, more, claimed(first, **fields), claimed("bhi"))
    assert kept_by(answer) == {f"for-{first}": 0, "for-bhi": 1200}
    assert "TIME-04" not in answer.uncounted()
    assert answer.lines == {"99484": 1}


def test_time_04_overlaps_of_two_people_or_of_days_alone_are_none() -> None:
    two = asked(programs("bhi"), claimed("ccm"), claimed("bhi", performer="RN_2"))
    assert two.lines == {"99490": 1, "99484": 1}
    by_day = {"started_at": None, "ended_at": None, "on": f"{MONTH}-12", "seconds": 1200}
    undated = {name: value for name, value in (claimed("bhi") | by_day).items() if value is not None}
    assert asked(programs("bhi"), claimed("ccm"), undated).lines == {"99490": 1, "99484": 1}


def test_time_04_entries_that_only_meet_do_not_overlap() -> None:
    assert asked(programs("bhi"), claimed("ccm"), claimed("bhi", start=f"{MONTH}-12T12:20")).uncounted() == {}


def test_time_04_the_other_allocation_is_an_alternative() -> None:
    answer = asked(programs("bhi"), claimed("ccm"), claimed("bhi"))
    assert answer.status == "billable"
    assert answer.lines == {"99490": 1}
    assert answer.alternatives == [{"99484": 1}]
    assert answer.blockers("99484") == ["TIME-02", "BHI-01"]


def test_time_04_keeps_the_minutes_where_the_other_allocation_pays_more() -> None:
    """99490 and G2214 have 3.55 relative values, 99492 alone 4.49."""
    answer = asked(programs("cocm"), claimed("ccm"), claimed("cocm", 70))
    assert answer.lines == {"99490": 1, "G2214": 1}
    [alternative] = [one for one in answer.body["alternatives"] if one["claim_lines"][0]["code"] == "99492"]
    assert len(alternative["claim_lines"]) == 1
    assert alternative["amount_cents"] > amount(answer.body["claim_lines"])


def test_time_04_an_allocation_that_bills_the_same_is_no_alternative() -> None:
    """Twenty minutes claimed twice make an add-on; five make nothing."""
    work = [claimed("ccm", 40), claimed("bhi", 40, start=f"{MONTH}-12T12:20")]
    answer = asked(programs("bhi"), work)
    assert answer.lines == {"99490": 1, "99439": 1, "99484": 1}
    assert answer.alternatives == [{"99490": 1, "99484": 1}]
    same = asked(programs("bhi"), claimed("ccm", 45), claimed("bhi", 40, start=f"{MONTH}-12T12:40"))
    assert same.uncounted("for-bhi") == {"TIME-04": 300}
    assert same.lines == {"99490": 1, "99439": 1, "99484": 1}
    assert same.alternatives == []


def test_time_04_alternatives_hold_the_whole_months_lines() -> None:
    """A third program, of other minutes, stands in both."""
    answer = asked(programs("bhi"), claimed("ccm"), claimed("bhi"), staffed("rpm", MONTH, 20, live_contact=True))
    assert answer.lines == {"99490": 1, "99457": 1}
    assert answer.alternatives == [{"99484": 1, "99457": 1}]


def test_time_04_three_programs_claim_the_same_minutes() -> None:
    answer = asked(programs("bhi", "rpm"), claimed("ccm"), claimed("bhi"), claimed("rpm"))
    assert kept_by(answer) == {"for-ccm": 1200, "for-bhi": 0, "for-rpm": 0}
    assert answer.lines == {"99490": 1}
    assert {"99484": 1} in answer.alternatives
    assert {"99457": 1} in answer.alternatives


def test_each_second_stands_in_one_place_across_programs_and_sources() -> None:
    """One nurse's hour, told by three senders for three programs under one id: 3,600 seconds and no more are counted."""
    told = [
        timed(start, minutes, program=program, id="one", source=source, live_contact=True)
        for start, minutes, program, source in (
            (f"{MONTH}-12T12:00", 30, "ccm", "clinic"),
            (f"{MONTH}-12T12:20", 30, "bhi", "portal"),
            (f"{MONTH}-12T12:30", 30, "rpm", "device"),
        )
    ]
    answer = asked(programs("bhi", "rpm"), told)
    entries = {entry["source"]: entry for entry in answer.body["time"]["entries"]}
    assert {source: entry["counted_seconds"] for source, entry in entries.items()} == {
        "clinic": 1800,
        "portal": 1200,
        "device": 600,
    }
    assert [entry["counted_for"].split("/")[0] for entry in entries.values()] == ["ccm", "bhi", "rpm"]
    assert answer.counted == 3600
    assert answer.lines == {"99490": 1, "99484": 1}


@pytest.mark.parametrize("program", [program for program in ORDER if program not in ("ccm", "apcm")])
def test_seconds_of_a_program_are_counted_for_one_of_its_pathways(program: str) -> None:
    answer = asked(programs(program), claimed(program, 10), claimed("ccm", 20, start=f"{MONTH}-13T09:00"))
    assert answer.entry(f"for-{program}")["counted_for"].split("/")[0] == program
    assert answer.entry("for-ccm")["counted_for"] == "ccm/clinical_staff"
    assert answer.lines == {"99490": 1}
