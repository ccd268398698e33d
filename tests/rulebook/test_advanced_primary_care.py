"""APCM-01: an enrolment, a level by conditions and beneficiary status, a patient the practice knows; no minutes."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import (
    Raw,
    ask,
    billed,
    codes_of,
    condition,
    enrolled_in,
    enrollment,
    staff,
    stay,
    visit,
)

MONTH = "2025-03"
LEVELS = ("G0556", "G0557", "G0558")


def enrolled(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    """The usual patient, enrolled on the first of the month, agreeing the same day."""
    first = f"{month}-01"
    named["enrollment"] = {"from": first, **(named.get("enrollment") or {})}
    if named.get("consent", {}) is not None:
        named["consent"] = {"on": first, **(named.get("consent") or {})}
    return enrolled_in("apcm", month, *more, **named)


def lines(facts: list[Raw], month: str = MONTH, **asked: Any) -> dict[str, int]:
    return ask(facts, month, **asked).lines


@pytest.mark.parametrize("qualified", [True, False, None])
@pytest.mark.parametrize("conditions", [0, 1, 2, 3])
def test_the_level_follows_conditions_and_beneficiary_status(conditions: int, qualified: bool | None) -> None:
    """One condition or none is the first level, a qualified Medicare beneficiary or not."""
    named: dict[str, Any] = {"coverage": {"qualified_medicare_beneficiary": qualified}}
    if conditions < 2:
        named["hypertension"] = None
    if conditions < 1:
        named["diabetes"] = None
    third = [condition("N18.4")] if conditions == 3 else []
    code = "G0556" if conditions < 2 else "G0558" if qualified else "G0557"
    answer = ask(enrolled(third, **named), MONTH)
    assert answer.lines == {code: 1}
    assert answer.alternatives == []
    for other in LEVELS:
        assert answer.blockers(other) == ([] if other == code else ["APCM-01"])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"expected_duration": "until_death"}, "G0557"),
        ({"expected_duration": "less_than_12_months"}, "G0556"),
        ({"expected_duration": None}, "G0556"),
        ({"significant_risk": False}, "G0557"),
        ({"significant_risk": None}, "G0557"),
        ({"until": "2025-03-01"}, "G0556"),
        ({"until": "2025-03-02"}, "G0557"),
        ({"from": "2025-03-31"}, "G0557"),
        ({"from": "2025-04-01"}, "G0556"),
        ({"code": "E11.9"}, "G0556"),
    ],
)
def test_conditions_are_counted_as_elig_01_and_elig_02_do(changed: Raw, code: str) -> None:
    """Distinct, in force in the month and expected to last; the risk of ELIG-03 is not asked."""
    assert lines(enrolled(hypertension=changed)) == {code: 1}


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"until": "2025-03-01"}, "G0557"),
        ({"until": "2025-03-02"}, "G0558"),
        ({"from": "2025-03-31"}, "G0558"),
        ({"from": "2025-04-01"}, "G0557"),
    ],
)
def test_the_beneficiary_status_is_in_force_in_the_month(span: Raw, code: str) -> None:
    qualified = {"kind": "coverage", "payer": "medicaid", "qualified_medicare_beneficiary": True, **span}
    assert lines(enrolled(qualified)) == {code: 1}


def test_no_minutes_are_asked_and_none_are_told() -> None:
    answer = ask(enrolled(staff(5, "2025-03-12", program="apcm", id="work")), MONTH)
    assert answer.lines == {"G0557": 1}
    assert answer.entry("work")["counted_seconds"] == 300
    for told in (answer.line("G0557"), *map(answer.row, LEVELS)):
        assert not {"counted_seconds", "needed_seconds"} & told.keys()


@pytest.mark.parametrize(
    ("span", "billable"),
    [
        ({"from": "2025-03-01"}, True),
        ({"from": "2025-03-31"}, True),
        ({"from": "2025-04-01"}, False),
        ({"from": "2025-02-01", "until": "2025-03-02"}, True),
        ({"from": "2025-02-01", "until": "2025-03-01"}, False),
        ({"from": "2025-02-01", "program": "ccm"}, False),
    ],
)
def test_an_enrolment_is_in_force(span: Raw, billable: bool) -> None:
    answer = ask(enrolled(enrollment=span), MONTH)
    assert answer.lines.get("G0557") == (1 if billable else None)
    if not billable:
        assert answer.blockers("G0557") == ["APCM-01"]
        assert "missing" in answer.outcomes("APCM-01")


@pytest.mark.parametrize(
    ("visits", "billable"),
    [
        ([visit("2022-03-01")], True),
        ([visit("2022-02-28")], False),
        ([visit("2025-02-12", "G0438")], True),
        ([visit("2025-02-12", "G0439", practitioner="DR_B")], True),
        ([visit("2025-03-31")], True),
        ([visit("2025-04-01")], False),
        ([], False),
    ],
)
def test_the_practice_saw_the_patient_in_three_years(visits: list[Raw], billable: bool) -> None:
    """A visit to anybody of the group makes the patient known; the wellness visit serves."""
    answer = ask(enrolled(visits, visit=None), MONTH)
    assert answer.lines == ({"G0557": 1} if billable else {})
    assert answer.blockers("G0557") == ([] if billable else ["APCM-01"])
    if not billable:
        assert "missing" in answer.outcomes("APCM-01")


CARE_MANAGEMENT = [*LEVELS, *codes_of("99490, 99439, 99491, 99437, 99487, 99489, 99424-99427")]


@pytest.mark.parametrize("code", CARE_MANAGEMENT)
def test_care_management_of_the_practice_in_the_past_year_makes_the_patient_known(code: str) -> None:
    for practitioner in ("DR_A", "DR_B"):
        assert lines(enrolled(billed(code, "2025-02-20", practitioner=practitioner), visit=None)) == {"G0557": 1}


@pytest.mark.parametrize(
    ("service", "billable"),
    [
        (billed("99490", "2024-03-01"), True),
        (billed("99490", "2024-02-29"), False),
        (billed("99490", "2025-02-20", same_practice=False), False),
        (billed("99484", "2025-02-20"), False),
        (billed("99457", "2025-02-20"), False),
    ],
)
def test_other_services_and_other_practices_do_not(service: Raw, billable: bool) -> None:
    answer = ask(enrolled(service, visit=None), MONTH)
    assert answer.lines == ({"G0557": 1} if billable else {})
    assert answer.blockers("G0557") == ([] if billable else ["APCM-01"])


def test_the_three_years_count_from_the_start_of_care() -> None:
    """Once it runs, nobody asks for a visit again."""
    long_since = enrolled(visit={"on": "2023-01-12"}, enrollment={"from": "2025-02-01"}, month="2027-03")
    assert lines(long_since, "2027-03") == {"G0557": 1}


@pytest.mark.parametrize(
    ("changes", "dated"),
    [
        ({}, "2025-03-01"),
        ({"enrollment": {"from": "2025-02-01"}, "consent": {"on": "2025-02-01"}}, "2025-03-01"),
        ({"enrollment": {"from": "2025-03-10"}}, "2025-03-10"),
        ({"consent": {"on": "2025-03-15"}}, "2025-03-15"),
        ({"visit": {"on": "2025-03-20"}}, "2025-03-20"),
        ({"coverage": {"from": "2025-03-08"}}, "2025-03-08"),
    ],
)
def test_claim_01_the_line_is_dated_when_everything_asked_is_there(changes: dict[str, Any], dated: str) -> None:
    line = ask(enrolled(**changes), MONTH).line("G0557")
    assert line["earliest_service_date"] == line["service_date"] == dated


@pytest.mark.parametrize("month", ["2024-12", "2025-01", "2027-12"])
def test_the_codes_are_in_force_from_2025(month: str) -> None:
    answer = ask(enrolled(month=month), month)
    assert answer.lines == ({} if month < "2025" else {"G0557": 1})
    assert [answer.blockers(code) for code in LEVELS] == (
        [["VAL-01"]] * 3 if month < "2025" else [["APCM-01"], [], ["APCM-01"]]
    )


def test_cons_09_ccm_to_advanced_primary_care_takes_a_new_consent() -> None:
    for_ccm = enrolled(consent={"program": "ccm"})
    answer = ask(for_ccm, MONTH)
    assert answer.lines == {}
    assert answer.blockers("G0557") == ["CONS-09"]
    own = {"kind": "consent", "action": "given", "program": "apcm", "on": "2025-03-05", "documented": True}
    assert lines([*for_ccm, own]) == {"G0557": 1}


def test_one_practitioner_a_month() -> None:
    """Two practitioners, both enrolled and consented to: somebody has to decide."""
    other = [
        enrollment("DR_B", "2025-03-01", program="apcm"),
        {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD"},
        {"kind": "consent", "action": "given", "program": "apcm", "on": "2025-03-01", "documented": True},
    ]
    answer = ask(enrolled(other), MONTH)
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    billers = {line["practitioner"] for one in answer.body["alternatives"] for line in one["claim_lines"]}
    assert billers == {"DR_A", "DR_B"}


def test_the_month_needs_no_minutes_even_in_hospital() -> None:
    assert lines(enrolled(stay("inpatient", "2025-02-01", "2025-04-10"))) == {"G0557": 1}


def test_visits_and_conditions_relied_on_are_the_evidence() -> None:
    answer = ask(enrolled(coverage={"qualified_medicare_beneficiary": True}), MONTH)
    assert {"visit", "diabetes", "hypertension", "coverage"} <= answer.evidence("APCM-01")
    assert answer.line("G0558")["diagnoses"] == ["E11.9", "I10"]


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"visit": {"on": "2025-03-31"}}, "2025-03-31"),
        ({"consent": {"on": "2025-03-15"}}, "2025-03-15"),
        ({"enrollment": {"from": "2025-03-15"}}, "2025-03-15"),
    ],
)
def test_a_month_whose_cover_or_life_ended_before_everything_was_there(changes: dict[str, Any], ends: str) -> None:
    """The last day of cover is the one before `until`; the day of death still counts."""
    day_after = f"2025-03-{int(ends[-2:]) + 1:02}" if ends < "2025-03-31" else "2025-04-01"
    for answer in (
        ask(enrolled(**changes, coverage={"until": ends}), MONTH),
        ask(enrolled({"kind": "death", "on": f"2025-03-{int(ends[-2:]) - 1}"}, **changes), MONTH),
        ask(enrolled({"kind": "death", "on": "2025-02-10"}, **changes), MONTH),
    ):
        assert answer.lines == {}
        assert answer.blockers("G0557") == ["APCM-01"]
    for facts in (
        enrolled(**changes, coverage={"until": day_after}),
        enrolled({"kind": "death", "on": ends}, **changes),
    ):
        assert ask(facts, MONTH).line("G0557")["service_date"] == ends
