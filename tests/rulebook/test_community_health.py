"""CHI-01: a visit that finds a social need, then 60 minutes and whole further 30s; illness navigation likewise without it."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Raw, ask, at, codes_of, enrolled_in, own, stay, timed, visit, worked

MONTH = "2024-03"
PROGRAMS = {"chi": ("G0019", "G0022"), "pin": ("G0023", "G0024")}


def helped(program: str, *more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    """A patient seen in January at a visit that found a social need."""
    if named.get("visit", {}) is not None:
        named["visit"] = {"social_need_found": True, **(named.get("visit") or {})}
    return enrolled_in(program, month, *more, **named)


def work(program: str, seconds: int, month: str = MONTH, **fields: Any) -> Raw:
    return worked(month, 0, seconds, program=program, **fields)


def by_peer(seconds: int, **fields: Any) -> Raw:
    return work("pin", seconds, worker="peer_support", **fields)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("seconds", "units", "supported"),
    [
        (3599, None, False),
        (3600, 0, False),
        (5399, 0, False),
        (5400, 1, False),
        (7200, 2, False),
        (10799, 3, False),
        (10800, 4, False),
        (12599, 4, False),
        (12600, 4, True),
    ],
)
def test_sixty_minutes_and_whole_further_thirties(
    program: str, seconds: int, units: int | None, supported: bool
) -> None:
    """UNIT-05: no cap of the law, but an edit of four; the fifth add-on is supported and named."""
    base, add_on = PROGRAMS[program]
    answer = ask(helped(program, work(program, seconds)))
    expected = {} if units is None else {base: 1} if units == 0 else {base: 1, add_on: units}
    assert answer.lines == expected
    assert answer.outcomes("UNIT-05") == ({"advisory"} if supported else set())
    if units is None:
        assert answer.blockers(base) == answer.blockers(add_on) == ["TIME-02", "CHI-01"]


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (3599, {}),
        (3600, {"G0140": 1}),
        (5400, {"G0140": 1, "G0146": 1}),
        (10800, {"G0140": 1, "G0146": 4}),
        (12600, {"G0140": 1, "G0146": 4}),
    ],
)
def test_peer_support_has_codes_of_its_own_from_its_own_time(seconds: int, lines: dict[str, int]) -> None:
    answer = ask(helped("pin", by_peer(seconds)))
    assert answer.lines == lines
    assert answer.row("G0023")["counted_seconds"] == 0


@pytest.mark.parametrize(
    ("others", "peers", "lines"),
    [
        (1800, 1800, {}),
        (3599, 3599, {}),
        (3600, 3599, {"G0023": 1}),
        (3599, 3600, {"G0140": 1}),
        (3600, 3600, {"G0023": 1, "G0140": 1}),
        (5400, 7200, {"G0023": 1, "G0024": 1, "G0140": 1, "G0146": 2}),
    ],
)
def test_seconds_of_peer_support_and_of_others_never_add_up(others: int, peers: int, lines: dict[str, int]) -> None:
    answer = ask(helped("pin", work("pin", others), by_peer(peers, day=13, performer="PEER")))
    assert answer.lines == lines
    counted = [answer.row(code)["counted_seconds"] for code in ("G0023", "G0024", "G0140", "G0146")]
    assert counted == [others, others, peers, peers]


def test_time_05_a_peer_and_another_at_the_same_moment_count_once() -> None:
    facts = [
        timed("2024-03-12T09:00", 60, program="pin", id="guide"),
        timed("2024-03-12T09:30", 60, program="pin", performer="PEER", worker="peer_support", id="peer"),
    ]
    answer = ask(helped("pin", facts))
    assert answer.entry("guide")["counted_seconds"] == 3600
    assert answer.entry("peer")["counted_seconds"] == 1800
    assert answer.uncounted("peer") == {"TIME-05": 1800}


@pytest.mark.parametrize("worker", [None, "community_health_worker"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_staff_health_workers_and_practitioners_add_up(program: str, worker: str | None) -> None:
    stated = {} if worker is None else {"worker": worker}
    answer = ask(helped(program, work(program, 1800, **stated), own(30, program=program)))
    assert answer.lines == {PROGRAMS[program][0]: 1}


QUALIFYING = codes_of("99202-99205, 99212-99215, 99341, 99342, 99344, 99345, 99347-99350, 99495, 99496, G0438, G0439")
NOT_QUALIFYING = codes_of("99211, 99221-99223, 99231-99233, 99238, 99281-99285, 99304-99310, 99315, 90832")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("code", QUALIFYING)
def test_visits_from_which_it_begins(program: str, code: str) -> None:
    answer = ask(helped(program, work(program, 3600), visit={"code": code}))
    assert answer.lines == {PROGRAMS[program][0]: 1}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("code", NOT_QUALIFYING)
def test_hospital_emergency_and_nursing_visits_begin_nothing(program: str, code: str) -> None:
    base = PROGRAMS[program][0]
    answer = ask(helped(program, work(program, 3600), visit={"code": code}))
    assert answer.lines == {}
    assert "CHI-01" in answer.blockers(base)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "met"),
        ({"practitioner": "DR_B"}, "not_met"),
        ({"telephone_only": True}, "not_met"),
        ({"on": "2019-06-03"}, "met"),
        ({"on": "2024-03-12"}, "met"),
    ],
)
def test_the_visit_is_the_billers_by_the_end_of_the_month(program: str, changed: Raw, outcome: str) -> None:
    answer = ask(helped(program, work(program, 3600, day=12), visit=changed))
    assert answer.lines == ({PROGRAMS[program][0]: 1} if outcome == "met" else {})
    assert outcome in answer.outcomes("CHI-01")


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_a_visit_it_is_missing(program: str) -> None:
    answer = ask(helped(program, work(program, 3600), visit=None))
    base, _ = PROGRAMS[program]
    assert answer.lines == {}
    assert answer.blockers(base) == ["TIME-02", "CHI-01"]
    assert "missing" in answer.outcomes("CHI-01")
    assert answer.uncounted() == {"CHI-01": 3600}


def test_a_visit_after_the_month_is_none() -> None:
    facts = helped("chi", work("chi", 3600, day=31), visit={"on": "2024-04-01"})
    assert ask(facts).lines == {}


@pytest.mark.parametrize(("found", "outcome"), [(True, "met"), (False, "not_met"), (None, "missing")])
def test_only_chi_asks_for_a_social_need(found: bool | None, outcome: str) -> None:
    answer = ask(helped("chi", work("chi", 3600), visit={"social_need_found": found}))
    assert answer.lines == ({"G0019": 1} if outcome == "met" else {})
    assert outcome in answer.outcomes("CHI-01")
    if outcome != "met":
        assert "CHI-01" in answer.blockers("G0019")
        assert answer.uncounted() == {"CHI-01": 3600}
    assert ask(helped("pin", work("pin", 3600), visit={"social_need_found": found})).lines == {"G0023": 1}


def test_one_of_several_visits_finds_the_need_and_begins_it() -> None:
    later = {"id": "later", **visit("2024-03-10", social_need_found=True)}
    facts = helped(
        "chi", work("chi", 3600, day=9), work("chi", 3600, day=10), later, visit={"social_need_found": False}
    )
    answer = ask(facts)
    assert answer.lines == {"G0019": 1}
    assert answer.uncounted() == {"CHI-01": 3600}
    assert answer.evidence("CHI-01") == {"later"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_work_on_days_before_the_visit_does_not_count(program: str) -> None:
    base = PROGRAMS[program][0]
    facts = [work(program, 1200, day=11, id="before"), work(program, 3599, day=12, id="after")]
    seen = {"on": "2024-03-12"}
    answer = ask(helped(program, facts, visit=seen))
    assert answer.uncounted("before") == {"CHI-01": 1200}
    assert answer.uncounted("after") == {}
    assert answer.lines == {}
    assert ask(helped(program, facts, work(program, 1, day=12), visit=seen)).lines == {base: 1}


def test_timed_work_counts_from_the_start_of_the_visits_day() -> None:
    over_midnight = timed("2024-03-11T23:30", 90, program="chi", id="night")
    answer = ask(helped("chi", over_midnight, visit={"on": "2024-03-12"}))
    assert answer.uncounted("night") == {"CHI-01": 1800}
    assert answer.lines == {"G0019": 1}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("cover", "billable"),
    [
        ({"from": "2024-01-12"}, True),
        ({"from": "2024-01-13"}, False),
        ({"from": "2024-01-01", "payer": "medicare_advantage"}, True),
    ],
)
def test_elig_04_the_visit_lies_on_a_covered_day(program: str, cover: Raw, billable: bool) -> None:
    answer = ask(helped(program, work(program, 3600), coverage=cover))
    base = PROGRAMS[program][0]
    assert answer.lines == ({base: 1} if billable else {})
    if not billable:
        assert "CHI-01" in answer.blockers(base)


@pytest.mark.parametrize(
    ("since", "until", "barred"),
    [
        ("2024-02-01", None, True),
        ("2024-02-01", "2024-03-01", True),
        ("2024-02-01", "2024-02-29", False),
        ("2024-03-31", None, True),
        ("2024-04-01", None, False),
        ("2024-03-10", "2024-03-12", True),
    ],
)
def test_a_home_health_plan_that_touches_the_month_bars_chi_and_not_navigation(
    since: str, until: str | None, barred: bool
) -> None:
    at_home = {"id": "home", **stay("home_health", since, until)}
    answer = ask(helped("chi", work("chi", 3600), at_home))
    assert answer.lines == ({} if barred else {"G0019": 1})
    assert answer.blockers("G0019") == (["CHI-01"] if barred else [])
    assert ("home" in answer.evidence("CHI-01")) is barred
    assert ask(helped("pin", work("pin", 3600), at_home)).lines == {"G0023": 1}


@pytest.mark.parametrize("setting", ["nursing_facility", "assisted_living"])
def test_other_places_to_live_bar_nothing(setting: str) -> None:
    assert ask(helped("chi", work("chi", 3600), stay(setting, "2024-02-01"))).lines == {"G0019": 1}


@pytest.mark.parametrize("program", PROGRAMS)
def test_cons_01_consent_comes_before(program: str) -> None:
    facts = [work(program, 1200, day=11), work(program, 3600, day=12)]
    answer = ask(helped(program, facts, consent={"on": "2024-03-12"}))
    assert answer.uncounted() == {"CONS-01": 1200}
    assert answer.lines == {PROGRAMS[program][0]: 1}
    noon = {"on": None, "at": at("2024-03-12T12:00")}
    timed_work = timed("2024-03-12T11:00", 120, program=program)
    assert ask(helped(program, timed_work, consent=noon)).uncounted() == {"CONS-01": 3600}


@pytest.mark.parametrize("month", ["2023-12", "2024-01", "2027-12"])
def test_the_codes_are_in_force_from_2024(month: str) -> None:
    for program, codes in PROGRAMS.items():
        answer = ask(helped(program, work(program, 5400, month), month=month), month)
        assert answer.lines == ({} if month < "2024" else dict.fromkeys(codes, 1))
        if month < "2024":
            assert {tuple(answer.blockers(code)) for code in codes} == {("VAL-01",)}
    peers = ask(helped("pin", by_peer(5400), month="2024-01"))
    assert peers.lines == {"G0140": 1, "G0146": 1}


def test_claim_01_lines_are_dated_when_their_last_unit_is_reached() -> None:
    answer = ask(helped("chi", work("chi", 3599, day=4), work("chi", 1, day=6), work("chi", 1800, day=20)))
    assert answer.line("G0019")["earliest_service_date"] == "2024-03-06"
    assert answer.line("G0022")["earliest_service_date"] == "2024-03-20"
    assert {line["service_date"] for line in answer.body["claim_lines"]} == {"2024-03-20"}
    assert answer.line("G0019")["diagnoses"] == ["E11.9", "I10"]


def test_both_kinds_of_navigation_have_dates_of_their_own() -> None:
    answer = ask(helped("pin", work("pin", 3600, day=5), by_peer(3600, day=9)))
    assert [answer.line(code)["service_date"] for code in ("G0023", "G0140")] == ["2024-03-05", "2024-03-09"]
