"""G0506 with several assessments or visits: the one to which nothing is lacking serves, otherwise what lacks least is named."""

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, billed, staff, usual, visit


def assessed(day: str, **fields: object) -> Raw:
    return {"kind": "planning_assessment", "on": day, "practitioner": "DR_A", "personally_performed": True, **fields}


def asked(*facts: Raw, **changes: Raw | None) -> Answer:
    return ask(usual(list(facts), changes=changes))


def test_of_two_assessments_the_complete_one_serves_whatever_their_order() -> None:
    lacking: list[tuple[Raw, Raw | None]] = [
        (assessed("2024-03-04", id="poor", documented=False), visit("2024-03-04")),
        (assessed("2024-03-04", id="poor", personally_performed=False), visit("2024-03-04")),
        (assessed("2024-03-04", id="poor"), None),
        (assessed("2024-03-04", id="poor"), visit("2024-03-04", "99211")),
        (assessed("2024-03-04", id="poor"), visit("2024-03-04", discussed_care_management=None)),
        (assessed("2024-03-04", id="poor"), visit("2024-03-04", discussed_care_management=False)),
    ]
    for poor, beside in lacking:
        for good_day in ("2024-03-02", "2024-03-20"):
            good = [assessed(good_day, id="good", documented=True), visit(good_day)]
            answer = asked(*good, poor, *([beside] if beside else []))
            assert answer.lines == {"G0506": 1}, poor
            assert answer.line("G0506")["service_date"] == good_day


def test_an_assessment_documented_or_not_stated_is_as_good() -> None:
    for documented in (True, None):
        facts = [assessed("2024-03-04", id="a", documented=documented), visit("2024-03-04")]
        later = [assessed("2024-03-20", id="b", documented=True), visit("2024-03-20")]
        answer = asked(*facts, *later)
        assert answer.line("G0506")["service_date"] == "2024-03-04"


def test_an_assessment_on_a_day_without_cover_gives_way_to_one_with_it() -> None:
    facts = [assessed("2024-03-04"), visit("2024-03-04"), assessed("2024-03-20"), visit("2024-03-20")]
    answer = asked(*facts, coverage={"from": "2024-03-10"})
    assert answer.line("G0506")["service_date"] == "2024-03-20"


@pytest.mark.parametrize("order", [(True, None, False), (False, None, True), (None, True, False)])
def test_of_the_visits_of_one_day_the_discussed_one_initiates(order: tuple[bool | None, ...]) -> None:
    visits = [visit("2024-03-04", id=f"v{n}", discussed_care_management=said) for n, said in enumerate(order)]
    answer = asked(assessed("2024-03-04"), *visits)
    assert answer.lines == {"G0506": 1}
    assert f"v{order.index(True)}" in answer.evidence("G0506-06")


def test_of_undiscussed_visits_silence_is_named_before_a_refusal() -> None:
    refusing = visit("2024-03-04", id="a", discussed_care_management=False)
    silent = visit("2024-03-04", id="b", discussed_care_management=None)
    answer = asked(assessed("2024-03-04"), refusing, silent)
    assert answer.outcomes("G0506-06") >= {"missing"}
    assert answer.evidence("G0506-06") >= {"b"}


@pytest.mark.parametrize(
    ("beside", "serves"),
    [
        (visit("2024-03-04"), True),
        (visit("2024-03-04", practitioner="DR_B"), False),
        (visit("2024-03-04", practitioner="A"), False),
        (visit("2024-03-03"), False),
        (visit("2024-03-05"), False),
    ],
)
def test_g0506_02_the_primary_is_the_billers_own_of_the_same_day(beside: Raw, serves: bool) -> None:
    answer = asked(assessed("2024-03-04"), beside)
    assert ("G0506-02" not in answer.blockers("G0506")) is serves


@pytest.mark.parametrize(
    ("service", "first"),
    [
        (billed("G0506", "2024-02-29", practitioner="DR_A"), False),
        (billed("G0506", "2020-01-05", practitioner="DR_A", source="self"), False),
        (billed("G0506", "2024-02-29"), False),
        (billed("G0506", "2024-02-29", practitioner="DR_B"), True),
        (billed("G0506", "2024-02-29", same_practice=False), True),
        (billed("99490", "2024-02-29", practitioner="DR_A"), True),
        (billed("99213", "2024-02-29", practitioner="DR_A"), True),
        (billed("G0438", "2024-02-29", practitioner="DR_A"), True),
    ],
)
def test_g0506_01_is_blocked_by_an_earlier_one_of_the_same_practitioner_alone(service: Raw, first: bool) -> None:
    answer = asked(assessed("2024-03-04"), visit("2024-03-04"), service)
    assert ("G0506-01" not in answer.blockers("G0506")) is first


def test_g0506_06_a_visit_nobody_needed_is_voluntary_only_with_an_assessment_of_its_own_day() -> None:
    """Seen and not new: no visit was needed."""
    first = visit("2023-12-05")
    voluntary = ask(usual(first, assessed("2024-03-04"), visit("2024-03-04")))
    assert "advisory" in voluntary.outcomes("G0506-06")
    other_day = ask(usual(first, assessed("2024-03-05"), visit("2024-03-04")))
    assert "advisory" not in other_day.outcomes("G0506-06")
    none = ask(usual(staff(20), first, visit("2024-03-04")))
    assert "advisory" not in none.outcomes("G0506-06")


def test_g0506_05_acts_on_one_date_only() -> None:
    pair = {"kind": "decision_making", "level": "moderate", "on": "2024-03-10"}
    plan = {"kind": "care_plan", "action": "monitored", "on": "2024-03-02"}
    planned = [assessed("2024-03-04"), visit("2024-03-04"), pair, plan]
    together = asked(*planned, staff(60, "2024-03-04"))
    [edit] = [one for one in together.body["conflicts"] if one["rule"] == "G0506-05"]
    assert (edit["pair"], edit["modifier_indicator"], edit["on"]) == (["99487", "G0506"], 0, "2024-03-04")
    apart = asked(*planned, staff(60, "2024-03-05"))
    assert not [one for one in apart.body["conflicts"] if "99487" in one["pair"]]
    assert together.lines == apart.lines == {"99487": 1, "G0506": 1}
