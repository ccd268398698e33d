"""G0506-01 to G0506-06: assessment and planning, added once to the visit that begins care management."""

from typing import Any, Final

import pytest

from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    billed,
    codes_of,
    condition,
    own,
    own_timed,
    staff,
    stay,
    usual,
    usual_in,
    visit,
    worked,
)

DAY: Final = "2024-03-04"
# Rule book, section 4.
PRIMARIES: Final = codes_of(
    "99202-99205, 99212-99215, 99221-99223, 99231-99236, 99238, 99281-99285, 99304-99310, 99315, 99341, 99342, 99344,"
    "99345, 99347-99350, 99483, 99495, 99496, G0402, G0438, G0439"
)


def assessed(day: str = DAY, **fields: Any) -> Raw:
    stated = {"kind": "planning_assessment", "on": day, "practitioner": "DR_A", "personally_performed": True, **fields}
    return {field: value for field, value in stated.items() if value is not None}


def planned(*more: Raw, assessment: Raw | None = None, primary: Raw | None = None, **named: Raw | None) -> Answer:
    """An assessment beside a visit of the same day, and too little time for any other code."""
    return ask(
        usual(
            {"id": "assessed", **(assessment or assessed())},
            {"id": "beside", **(primary or visit(DAY))},
            *more,
            changes=named,
        )
    )


def test_g0506_is_earned_on_the_day_of_the_assessment_without_minutes() -> None:
    answer = planned()
    assert answer.lines == {"G0506": 1}
    line = answer.line("G0506")
    assert (line["earliest_service_date"], line["service_date"], line["pathway"]) == (DAY, DAY, "planning")
    assert "counted_seconds" not in line
    assert "counted_seconds" not in answer.row("G0506") and "needed_seconds" not in answer.row("G0506")
    for rule in ("G0506-01", "G0506-02", "G0506-03", "G0506-06"):
        assert "met" in answer.outcomes(rule)


def test_g0506_stands_beside_the_other_codes_of_the_month() -> None:
    assert planned(staff(40)).lines == {"99490": 1, "99439": 1, "G0506": 1}
    assert planned(own(30)).lines == {"99491": 1, "G0506": 1}


@pytest.mark.parametrize(("month", "exists"), [("2016-12", False), ("2017-01", True), ("2027-12", True)])
def test_g0506_exists_from_2017(month: str, exists: bool) -> None:
    day = f"{month}-05"
    answer = ask(usual_in(month, assessed(day), visit(day)), month)
    assert answer.lines == ({"G0506": 1} if exists else {})
    assert answer.blockers("G0506") == ([] if exists else ["VAL-01"])


# G0506-01


@pytest.mark.parametrize(
    ("on", "fields", "blocks"),
    [
        ("2024-02-29", {"practitioner": "DR_A"}, True),
        ("2019-05-05", {"practitioner": "DR_A"}, True),
        ("2024-02-29", {"practitioner": "DR_A", "source": "self"}, True),
        ("2024-02-29", {"practitioner": "DR_B"}, False),
        ("2024-02-29", {"practitioner": "DR_Z", "same_practice": False}, False),
        ("2024-03-04", {"practitioner": "DR_A"}, False),  # the own line
        ("2024-04-01", {"practitioner": "DR_A"}, False),
    ],
)
def test_g0506_01_is_paid_once_per_practitioner_and_patient(on: str, fields: Raw, blocks: bool) -> None:
    answer = planned(billed("G0506", on, id="earlier", **fields))
    assert answer.blockers("G0506") == (["G0506-01"] if blocks else [])
    assert answer.outcomes("G0506-01") == {"not_met" if blocks else "met"}
    assert answer.evidence("G0506-01") == ({"earlier"} if blocks else set())


def test_g0506_01_another_code_billed_before_is_nothing() -> None:
    assert planned(billed("99490", "2024-02-28", practitioner="DR_A")).lines == {"G0506": 1}


# G0506-02


@pytest.mark.parametrize("code", PRIMARIES)
def test_g0506_02_a_primary_of_the_list_carries_it(code: str) -> None:
    assert planned(primary=visit(DAY, code)).lines == {"G0506": 1}


@pytest.mark.parametrize(
    "code", ["99201", "99211", "99239", "99316", "99343", "99346", "99384", "90834", "G2012", "99490"]
)
def test_g0506_02_a_visit_of_another_code_does_not(code: str) -> None:
    answer = planned(primary=visit(DAY, code))
    assert answer.outcomes("G0506-02") == {"not_met"}
    assert "G0506-02" in answer.blockers("G0506")


@pytest.mark.parametrize(
    ("code", "month", "carries"),
    [
        ("G0463", "2023-12", False),
        ("G0463", "2024-01", True),
        ("99441", "2024-12", True),
        ("99443", "2025-01", False),
        ("99442", "2017-01", True),
    ],
)
def test_g0506_02_some_primaries_began_and_some_ended(code: str, month: str, carries: bool) -> None:
    day = f"{month}-05"
    assert ask(usual_in(month, assessed(day), visit(day, code)), month).lines == ({"G0506": 1} if carries else {})


@pytest.mark.parametrize("primary", [visit("2024-03-03"), visit("2024-03-05"), visit(DAY, practitioner="DR_B")])
def test_g0506_02_the_visit_is_of_the_same_day_and_practitioner(primary: Raw) -> None:
    answer = planned(primary=primary)
    assert answer.outcomes("G0506-02") == {"missing"}
    assert "G0506-02" in answer.blockers("G0506")
    assert answer.lines == {}


def test_g0506_02_a_visit_without_a_code_leaves_the_record_silent() -> None:
    answer = planned(primary=visit(DAY, None))
    assert answer.outcomes("G0506-02") == {"missing"}
    assert answer.evidence("G0506-02") == {"beside"}
    assert answer.lines == {}


def test_g0506_without_any_assessment_is_silent_and_blocked() -> None:
    answer = ask(usual(visit(DAY)))
    assert answer.blockers("G0506") == ["G0506-02", "G0506-03", "G0506-06"]
    for rule in answer.blockers("G0506"):
        assert answer.outcomes(rule) == {"missing"}


@pytest.mark.parametrize("assessment", [assessed("2024-02-29"), assessed("2024-04-01"), assessed(practitioner="DR_B")])
def test_the_assessment_is_the_billers_own_of_the_month(assessment: Raw) -> None:
    day = assessment["on"]
    answer = planned(visit(day), assessment=assessment)
    assert answer.outcomes("G0506-03") == {"missing"}
    assert answer.lines == {}


@pytest.mark.parametrize("day", ["2024-03-01", "2024-03-31"])
def test_the_edges_of_the_month_are_in_it(day: str) -> None:
    assert planned(assessment=assessed(day), primary=visit(day)).line("G0506")["service_date"] == day


# G0506-03, G0506-04, G0506-06


@pytest.mark.parametrize(
    ("fields", "met"),
    [
        ({"personally_performed": False}, False),
        ({"documented": False}, False),
        ({"personally_performed": False, "documented": False}, False),
        ({"documented": True}, True),
        ({"documented": None}, True),
    ],
)
def test_g0506_03_personally_done_and_not_undocumented(fields: Raw, met: bool) -> None:
    answer = planned(assessment=assessed(**fields))
    assert answer.outcomes("G0506-03") == {"met" if met else "not_met"}
    assert answer.blockers("G0506") == ([] if met else ["G0506-03"])


def test_g0506_04_the_practitioners_work_within_the_visit_is_not_used_again() -> None:
    """The seconds stand under TIME-07, whatever the pathway."""
    inside = own_timed(f"{DAY}T09:00", 30, part_of_visit=True, id="inside")
    beyond = own_timed(f"{DAY}T10:00", 30, id="beyond")
    answer = planned(inside, beyond)
    assert answer.uncounted("inside") == {"TIME-07": 1800}
    assert answer.uncounted("beyond") == {}
    assert answer.lines == {"99491": 1, "G0506": 1}


@pytest.mark.parametrize(("discussed", "outcome"), [(True, "met"), (False, "not_met"), (None, "missing")])
def test_g0506_06_care_management_was_discussed_at_that_visit(discussed: bool | None, outcome: str) -> None:
    answer = planned(primary=visit(DAY, discussed_care_management=discussed))
    assert outcome in answer.outcomes("G0506-06")
    assert answer.blockers("G0506") == ([] if discussed else ["G0506-06"])


def test_g0506_06_of_two_visits_of_the_day_the_one_that_serves_is_taken() -> None:
    for other in (False, None):
        answer = planned(visit(DAY, discussed_care_management=other))
        assert answer.lines == {"G0506": 1}
        assert "beside" in answer.evidence("G0506-06")


def test_g0506_06_a_visit_nobody_needed_is_an_advisory() -> None:
    """The patient was seen in the year before care began: whether a voluntary visit will carry G0506 is not confirmed."""
    assert planned().outcomes("G0506-06") == {"met", "advisory"}


@pytest.mark.parametrize("needed", [{"visit": None}, {"visit": {"code": "99203"}}, {"visit": {"on": "2023-01-31"}}])
def test_g0506_06_a_visit_that_was_needed_is_none(needed: dict[str, Raw | None]) -> None:
    assert planned(**needed).outcomes("G0506-06") == {"met"}


def test_g0506_06_anothers_assessment_makes_no_visit_of_the_billers_voluntary() -> None:
    facts = usual(staff(20), assessed(practitioner="DR_B"), visit(DAY))
    assert ask(facts).outcomes("G0506-06") == {"missing"}


def test_of_several_assessments_the_one_that_lacks_least_is_read() -> None:
    """The first of the 4th is not personal; the one of the 20th has everything."""
    later = [assessed("2024-03-20"), visit("2024-03-20")]
    answer = planned(*later, assessment=assessed(personally_performed=False))
    assert answer.line("G0506")["service_date"] == "2024-03-20"


def test_of_several_whole_assessments_the_first_is_billed_once() -> None:
    answer = planned(assessed("2024-03-20"), visit("2024-03-20"))
    assert answer.lines == {"G0506": 1}
    assert answer.line("G0506")["service_date"] == DAY


# Its gates (section 0): ELIG-01 to ELIG-04 on its own date, PRAC-01, PRAC-02; no consent, no minutes.


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        ({"hypertension": None}, "ELIG-01"),
        ({"hypertension": condition("I10", expected_duration="less_than_12_months")}, "ELIG-02"),
        ({"hypertension": {"significant_risk": False}}, "ELIG-03"),
        ({"coverage": None}, "ELIG-04"),
        ({"coverage": {"payer": "commercial"}}, "ELIG-04"),
        ({"coverage": {"until": DAY}}, "ELIG-04"),
        ({"coverage": {"from": "2024-03-05"}}, "ELIG-04"),
        ({"practitioner": None}, "PRAC-01"),
        ({"practitioner": {"credential": "RN"}}, "PRAC-02"),
    ],
)
def test_what_blocks_g0506(named: dict[str, Raw | None], rule: str) -> None:
    answer = planned(**named)
    assert answer.blockers("G0506") == [rule]
    assert answer.lines == {}


@pytest.mark.parametrize("coverage", [{"from": DAY}, {"until": "2024-03-05"}, {"from": DAY, "until": "2024-03-05"}])
def test_elig_04_cover_is_asked_of_its_own_date_alone(coverage: Raw) -> None:
    assert planned(coverage=coverage).lines == {"G0506": 1}


def test_elig_04_medicare_advantage_covers_too() -> None:
    answer = planned(coverage={"payer": "medicare_advantage"})
    assert answer.lines == {"G0506": 1}
    assert "advisory" in answer.outcomes("ELIG-04")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ([], {"consent": None}),
        ([], {"plan": None}),
        ([], {"access_24_7": {"until": "2024-02-01"}}),
        ([], {"visit": None}),
        ([stay("inpatient", "2024-02-20")], {}),
        ([stay("hospice", "2024-02-20")], {}),
        ([{"kind": "model_attribution", "model": "MODEL", "from": "2024-01-01"}], {}),
        ([billed("G0181", practitioner="DR_A")], {}),
        ([billed("99490", practitioner="DR_Z", same_practice=False)], {}),
    ],
)
def test_what_blocks_the_other_codes_does_not_block_g0506(more: list[Raw], named: dict[str, Raw | None]) -> None:
    assert planned(staff(20), *more, **named).lines.get("G0506") == 1


@pytest.mark.parametrize(
    ("month", "rule"),
    [
        ("2017-01", "RHC-01"),
        ("2017-12", "RHC-01"),
        ("2018-01", "RHC-02"),
        ("2024-12", "RHC-02"),
        ("2025-01", None),
        ("2026-01", None),
    ],
)
@pytest.mark.parametrize("setting", ["rhc", "fqhc"])
def test_rhc_01_02_g0506_goes_with_ccm_in_clinics(month: str, rule: str | None, setting: str) -> None:
    day = f"{month}-05"
    answer = ask(usual_in(month, assessed(day), visit(day), setting={"type": setting}), month)
    assert answer.blockers("G0506") == ([] if rule is None else [rule])
    assert answer.lines == ({"G0506": 1} if rule is None else {})


def test_rhc_06_g0511_is_never_billed_beside_g0506_in_2025() -> None:
    day = "2025-03-05"
    facts = usual_in("2025-03", assessed(day), visit(day), worked("2025-03", 20), setting={"type": "rhc"})
    answer = ask(facts, "2025-03")
    assert answer.lines == {"99490": 1, "G0506": 1}
    assert answer.alternatives == [{"G0511": 1}]
    claimed = ask([*facts, billed("G0511", "2025-03-20", practitioner="DR_A")], "2025-03")
    assert claimed.lines == {"G0511": 1}
    assert "RHC-06" in claimed.blockers("G0506")


def test_prog_00_an_assessment_alone_names_no_program() -> None:
    assert planned(enrollment=None, consent=None).blockers("G0506") == ["PROG-00"]
