"""Gaps of the neighbours of CCM: what settles each, no second and no day more than needed, and until when it can."""

from typing import Any, Final

import pytest

from tests.rulebook.test_gates_of_programs import CODES, patient, work
from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    billed,
    decision,
    enrolled_in,
    own,
    staff,
    stay,
    visit,
    worked,
)

MONTH: Final = "2025-03"
# Program, code, month, minutes worked, seconds needed in all: by staff, live, at a visit that found a social need.
MINUTES: Final = [
    ("pcm", "99426", "2025-03", 20, 1800),
    ("pcm", "99427", "2025-03", 50, 3600),
    ("pcm", "G2065", "2021-03", 0, 1800),
    ("bhi", "99484", "2025-03", 19, 1200),
    ("bhi", "G0507", "2017-03", 0, 1200),
    ("cocm", "99492", "2025-03", 69, 4200),
    ("cocm", "99494", "2025-03", 75, 6000),
    ("cocm", "G2214", "2025-03", 29, 1800),
    ("chi", "G0019", "2025-03", 0, 3600),
    ("chi", "G0022", "2025-03", 61, 5400),
    ("pin", "G0023", "2025-03", 59, 3600),
    ("pin", "G0024", "2025-03", 89, 5400),
    ("rpm", "99457", "2025-03", 19, 1200),
    ("rpm", "99458", "2025-03", 39, 2400),
    ("rpm", "99470", "2026-03", 9, 600),
    ("rtm", "98980", "2025-03", 0, 1200),
    ("rtm", "98981", "2025-03", 20, 2400),
    ("rtm", "98979", "2026-03", 0, 600),
]


def seen_by(program: str, month: str, *more: Raw | list[Raw], **named: Any) -> list[Raw]:
    return enrolled_in(program, month, *more, **{"visit": {"social_need_found": True}, **named})


def gap(answer: Answer, code: str) -> Raw:
    found = answer.gap(code)
    assert found is not None
    return found


def settled(facts: list[Raw], code: str, month: str = MONTH) -> list[Raw]:
    """What settles a code's gap: appended it removes the gap's rules, and without its last second or fact it does not."""
    found = gap(ask(facts, month, gaps=True), code)
    settles: list[Raw] = found["settles"]
    assert not set(found["rules"]) & set(ask([*facts, *settles], month).blockers(code))
    *others, last = settles
    if last.get("seconds", 0) > 1:
        others.append({**last, "seconds": last["seconds"] - 1})
    assert set(found["rules"]) & set(ask([*facts, *others], month).blockers(code))
    return settles


def kinds(settles: list[Raw]) -> list[str]:
    return [fact["kind"] for fact in settles]


def readings(days: int, program: str = "rpm", month: str = MONTH, **fields: Any) -> list[Raw]:
    found = {"kind": "device_day", "program": program, **fields}
    return [{**found, "id": f"day-{day}", "on": f"{month}-{day:02}"} for day in range(1, days + 1)]


@pytest.mark.parametrize(("program", "code", "month", "minutes", "needed"), MINUTES)
def test_time_alone_settles_what_is_short_to_the_second(
    program: str, code: str, month: str, minutes: int, needed: int
) -> None:
    done = [worked(month, minutes, program=program, live_contact=True)] if minutes else []
    facts = seen_by(program, month, done)
    found = gap(ask(facts, month, gaps=True), code)
    assert found["needs_seconds"] == needed - minutes * 60
    [entry] = settled(facts, code, month)
    assert (entry["kind"], entry["program"], entry["performer"]) == ("time_entry", program, "STAFF")
    assert (entry["seconds"], entry["on"]) == (needed - minutes * 60, f"{month}-31")


@pytest.mark.parametrize(("code", "minutes", "needed"), [("99424", 29, 1800), ("99425", 45, 3600), ("99425", 0, 3600)])
def test_own_codes_are_settled_by_the_practitioners_own_time(code: str, minutes: int, needed: int) -> None:
    done = [own(minutes, "2025-03-12", program="pcm")] if minutes else []
    [entry] = settled(patient("pcm", done, staff(90, "2025-03-12", program="pcm")), code)
    assert (entry["performer"], entry["role"]) == ("DR_A", "practitioner")
    assert entry["seconds"] == needed - minutes * 60


@pytest.mark.parametrize(("code", "needed"), [("G0140", 3600), ("G0146", 5400)])
def test_navigation_by_peers_is_settled_by_peers(code: str, needed: int) -> None:
    done = staff(30, "2025-03-12", program="pin", worker="peer_support")
    [entry] = settled(patient("pin", done, staff(120, "2025-03-12", program="pin")), code)
    assert (entry["worker"], entry["seconds"]) == ("peer_support", needed - 1800)


@pytest.mark.parametrize(("program", "code"), [("rpm", "99457"), ("rtm", "98980")])
@pytest.mark.parametrize("stated", [{}, {"live_contact": False}])
def test_a_live_contact_settles_what_only_lacks_one(program: str, code: str, stated: Raw) -> None:
    facts = patient(program, staff(20, "2025-03-12", program=program, **stated))
    assert "needs_seconds" not in gap(ask(facts, MONTH, gaps=True), code)
    [entry] = settled(facts, code)
    assert entry["live_contact"] is True


@pytest.mark.parametrize(
    ("program", "changes", "expected"),
    [
        ("pcm", {"visit": None}, ["visit"]),
        ("bhi", {"visit": {"code": "99211"}}, ["visit"]),
        ("cocm", {"visit": {"practitioner": "DR_B"}}, ["visit"]),
        ("chi", {"visit": None}, ["visit"]),
        ("chi", {"visit": {"social_need_found": None}}, ["visit"]),
        ("chi", {"visit": {"social_need_found": False}}, ["visit"]),
        ("pin", {"visit": {"code": "99281"}}, ["visit"]),
        ("apcm", {"visit": None}, ["visit"]),
        ("apcm", {"enrollment": {"program": "ccm"}}, ["enrollment"]),
        ("pcm", {"diabetes": {"significant_risk": None}, "hypertension": None}, ["condition"]),
        ("pcm", {"diabetes": {"significant_risk": False}, "hypertension": None}, ["condition"]),
        ("apcm", {"hypertension": {"expected_duration": None}}, ["condition"]),
        *((program, {"consent": None}, ["consent"]) for program in CODES if program != "tcm"),
        *((program, {"consent": {"program": "ccm"}}, ["consent"]) for program in CODES if program != "tcm"),
        *((program, {"consent": {"practitioner": "DR_B"}}, ["consent"]) for program in CODES if program != "tcm"),
        *((program, {"consent": {"documented": False}}, ["consent"]) for program in CODES if program != "tcm"),
        *((program, {"practitioner": None}, ["practitioner"]) for program in CODES),
    ],
)
def test_what_is_lacking_besides_time_is_settled_by_one_fact_of_its_kind(
    program: str, changes: dict[str, Any], expected: list[str]
) -> None:
    """Work on the last day counts whatever is given or done on it, so nothing of time is short."""
    facts = patient(program, work(program, 31), **changes)
    found = settled(facts, CODES[program])
    assert kinds(found) == expected
    if expected == ["visit"]:
        assert ("discussed_care_management" in found[0], found[0].get("social_need_found")) == (
            False,
            True if program == "chi" else None,
        )
    if expected == ["consent"]:
        assert (found[0]["program"], "informed" in found[0]) == (program, False)


@pytest.mark.parametrize("program", [program for program in CODES if program not in ("tcm", "chi", "pin")])
def test_cover_that_is_not_recorded_is_settled_by_cover(program: str) -> None:
    assert kinds(settled(patient(program, work(program), coverage=None), CODES[program])) == ["coverage"]


@pytest.mark.parametrize("program", ["pcm", "bhi", "cocm", "chi", "pin", "rpm", "rtm"])
def test_care_unrelated_to_the_terminal_illness_settles_a_month_in_hospice(program: str) -> None:
    facts = patient(program, work(program), stay("hospice", "2025-02-10"))
    [entry] = settled(facts, CODES[program])
    assert entry["unrelated_to_terminal_illness"] is True


@pytest.mark.parametrize(
    ("month", "days", "code", "lacking"),
    [
        ("2025-03", 0, "99454", 16),
        ("2025-03", 15, "99454", 1),
        ("2026-03", 1, "99445", 1),
        ("2026-03", 2, "99454", 14),
    ],
)
def test_readings_settle_a_device_to_the_day(month: str, days: int, code: str, lacking: int) -> None:
    found = settled(seen_by("rpm", month, readings(days, month=month)), code, month)
    assert kinds(found) == ["device_day"] * lacking
    assert len({fact["on"] for fact in found}) == lacking
    assert found[-1]["on"] == f"{month}-31"


@pytest.mark.parametrize(
    ("month", "system", "code", "days", "lacking"),
    [
        ("2025-03", "respiratory", "98976", 15, 1),
        ("2025-03", "musculoskeletal", "98977", 10, 6),
        ("2025-03", "cognitive_behavioral", "98978", 14, 2),
        ("2026-03", "cognitive_behavioral", "98986", 1, 1),
    ],
)
def test_readings_of_the_body_system_settle_its_device(
    month: str, system: str, code: str, days: int, lacking: int
) -> None:
    found = settled(seen_by("rtm", month, readings(days, "rtm", month, body_system=system)), code, month)
    assert [(fact["kind"], fact["program"], fact["body_system"]) for fact in found] == [
        ("device_day", "rtm", system)
    ] * lacking


@pytest.mark.parametrize(("program", "code", "system"), [("rpm", "99453", None), ("rtm", "98975", "musculoskeletal")])
@pytest.mark.parametrize("is_set_up", [True, False])
def test_a_set_up_is_settled_by_what_it_lacks(program: str, code: str, system: str | None, is_set_up: bool) -> None:
    """Of the body system that lacks fewest days."""
    device = {"kind": "device_setup", "program": program, "on": "2025-03-02"}
    of_the_system = {} if system is None else {"body_system": system}
    facts = patient(program, readings(14, program, **of_the_system), [device] if is_set_up else [])
    found = settled(facts, code)
    assert kinds(found) == ["device_setup"] * (not is_set_up) + ["device_day"] * 2
    assert found[-1].get("body_system") == system


def discharged(*more: Raw | list[Raw], **named: Any) -> list[Raw]:
    return enrolled_in("tcm", "2024-03", stay("inpatient", "2024-02-10", "2024-03-04"), *more, **named)


CALL: Final = staff(5, "2024-03-05", program="tcm", live_contact=True)


@pytest.mark.parametrize(
    ("done", "code", "expected"),
    [
        ([visit("2024-03-11"), decision("high", "2024-03-11")], "99496", {"time_entry": "2024-03-06"}),
        ([CALL, decision("high", "2024-03-11")], "99496", {"visit": "2024-03-11"}),
        ([CALL, decision("moderate", "2024-03-11")], "99495", {"visit": "2024-03-18"}),
        ([CALL, visit("2024-03-11")], "99496", {"decision_making": "2024-03-31"}),
        ([], "99495", {"time_entry": "2024-03-06", "visit": "2024-03-18", "decision_making": "2024-03-31"}),
    ],
)
def test_transitional_care_is_settled_on_the_last_day_in_time(
    done: list[Raw], code: str, expected: dict[str, str]
) -> None:
    found = settled(discharged(done), code, "2024-03")
    assert {fact["kind"]: fact["on"] for fact in found} == expected
    for late in [fact for fact in found if fact["kind"] == "visit"]:
        after = {**late, "on": f"{late['on'][:8]}{int(late['on'][8:]) + 1}"}
        changed = [after if fact is late else fact for fact in found]
        assert ask([*discharged(done), *changed], "2024-03").blockers(code) == ["TCM-01"]


@pytest.mark.parametrize(
    ("done", "code", "last"),
    [
        ([visit("2024-03-11"), decision("high", "2024-03-11")], "99496", "2024-03-06"),
        ([CALL, decision("high", "2024-03-11")], "99496", "2024-03-11"),
        ([CALL, decision("high", "2024-03-11")], "99495", "2024-03-18"),
        ([CALL, visit("2024-03-11")], "99496", "2024-03-31"),
    ],
)
def test_transitional_care_is_possible_until_its_days_are_over(done: list[Raw], code: str, last: str) -> None:
    day_after = f"{last[:8]}{int(last[8:]) + 1:02}" if last < "2024-03-31" else "2024-04-01"
    for known_on, possible in ((last, True), (day_after, False)):
        answer = ask(discharged(done), "2024-03", known_on=known_on, gaps=True)
        assert gap(answer, code)["still_possible"] is possible


@pytest.mark.parametrize(
    ("days", "known_on", "possible"),
    [
        (0, "2025-03-16", True),
        (0, "2025-03-17", False),
        (10, "2025-03-26", True),
        (10, "2025-03-27", False),
        (15, "2025-03-31", True),
        (15, "2025-04-01", False),
    ],
)
def test_a_device_is_possible_while_enough_days_are_left(days: int, known_on: str, possible: bool) -> None:
    answer = ask(patient("rpm", readings(days)), MONTH, known_on=known_on, gaps=True)
    assert gap(answer, "99454")["still_possible"] is possible


@pytest.mark.parametrize(("cover", "possible"), [("2025-03-16", True), ("2025-03-17", False)])
def test_a_device_is_not_possible_with_too_few_covered_days(cover: str, possible: bool) -> None:
    found = gap(ask(patient("rpm", coverage={"from": cover}), MONTH, known_on="2025-03-02", gaps=True), "99454")
    assert found["still_possible"] is possible
    assert ("settles" in found) is possible


@pytest.mark.parametrize("program", [program for program in CODES if program != "tcm"])
@pytest.mark.parametrize(("known_on", "possible"), [("2025-03-31", True), ("2025-04-01", False)])
def test_what_can_be_done_on_the_last_day_is_possible_through_it(program: str, known_on: str, possible: bool) -> None:
    answer = ask(patient(program, work(program), consent=None), MONTH, known_on=known_on, gaps=True)
    assert gap(answer, CODES[program])["still_possible"] is possible


NEVER: Final = [
    ("cocm", "99493", "2025-03", [worked("2025-03", 75, program="cocm")], {}),
    ("cocm", "99492", "2025-03", [billed("99492", "2025-02-20", practitioner="DR_A")], {}),
    ("cocm", "G0512", "2025-03", [worked("2025-03", 75, program="cocm")], {}),
    ("rpm", "99470", "2026-03", [worked("2026-03", 20, program="rpm", live_contact=True)], {}),
    ("rtm", "98979", "2026-03", [worked("2026-03", 20, program="rtm", live_contact=True)], {}),
    ("rpm", "99445", "2026-03", readings(16, month="2026-03"), {}),
    ("rpm", "99453", "2025-03", [*readings(16), billed("99453", "2025-02-20")], {}),
    ("apcm", "G0556", "2025-03", [], {}),
    ("apcm", "G0557", "2025-03", [], {"diabetes": None}),
    ("chi", "G0019", "2025-03", [stay("home_health", "2025-03-10")], {}),
    ("pcm", "99426", "2025-03", [], {"practitioner": {"credential": "PT"}}),
]


@pytest.mark.parametrize(("program", "code", "month", "facts", "changes"), NEVER)
def test_what_no_fact_can_settle_is_not_possible_and_says_so(
    program: str, code: str, month: str, facts: list[Raw], changes: dict[str, Any]
) -> None:
    answer = ask(seen_by(program, month, facts, **changes), month, known_on=f"{month}-15", gaps=True)
    found = gap(answer, code)
    assert found["still_possible"] is False
    assert "settles" not in found
    assert found["remedy"].startswith("No fact can change this for the month.")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"visit": None},
        {"visit": {"code": "99211", "social_need_found": None}},
        {"visit": {"practitioner": "DR_B"}},
        {"consent": None},
        {"consent": {"documented": False}},
        {"consent": {"practitioner": "DR_B"}},
        {"coverage": None},
        {"practitioner": None},
        {"diabetes": None, "hypertension": None},
    ],
)
@pytest.mark.parametrize("program", CODES)
def test_remedies_are_sentences_each_said_once_and_none_of_ccm(program: str, changes: dict[str, Any]) -> None:
    answer = ask(patient(program, **changes), MONTH, gaps=True)
    for found in answer.body["gaps"]:
        remedy = found["remedy"]
        sentences = [one for one in remedy.removesuffix(".").split(". ") if one]
        assert sentences, remedy
        assert remedy.endswith(".")
        assert len(set(sentences)) == len(sentences)
        assert all(one[0].isupper() or one[0].isdigit() for one in sentences)
        for word in ("CCM", "chronic care", "care management is discussed", "care plan", "{", "None"):
            assert word not in remedy


def test_minutes_of_collaborative_care_are_asked_for_once() -> None:
    """99494 follows either base code; what it lacks is told of the month it is."""
    first = patient("cocm", worked(MONTH, 75, program="cocm"))
    assert gap(ask(first, MONTH, gaps=True), "99494")["remedy"].count("minutes") == 1
    following = patient("cocm", worked(MONTH, 75, program="cocm"), billed("99492", "2025-02-20", practitioner="DR_A"))
    found = gap(ask(following, MONTH, gaps=True), "99494")
    assert found["needs_seconds"] == 15 * 60
    assert found["remedy"].startswith("15:00 minutes")
