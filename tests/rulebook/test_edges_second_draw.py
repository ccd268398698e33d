"""Edges that a draw of mutants showed untested: what was billed before, which of several counts, cover before the month."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from app.rulebook import editions, statements, tables
from tests.rulebook.usual_patient import (
    Raw,
    ask,
    billed,
    condition,
    decision,
    enrolled_in,
    enrollment,
    staff,
    stay,
    usual,
    visit,
)

MONTH = "2024-03"
READ_FROM_FILES = [
    editions.Cite, editions.Wording, statements._Notes, statements._Exclusions, statements._Services, statements._Edit,
    statements._Edits, statements.WaysOut, tables.Head, tables.Reduced, tables.Payment, tables.Requirement, tables.Assessed,
]  # fmt: skip


def discharged(on: str, *more: Raw, contact: str = "2024-03-04") -> list[Raw]:
    return enrolled_in(
        "tcm", MONTH, stay("inpatient", "2024-01-20", on), staff(5, contact, program="tcm", live_contact=True),
        visit("2024-03-06"), decision("high", "2024-03-05"), *more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by", "barred"), [({"same_practice": True}, True), ({}, True), ({"same_practice": False}, False)]
)
def test_tcm_01_an_episode_billed_before_by_the_practice_is_not_billed_again(by: dict[str, Any], barred: bool) -> None:
    answer = ask(discharged("2024-02-29", billed("99495", "2024-02-29", **by), contact="2024-03-01"))
    assert answer.blockers("99496") == (["TCM-01"] if barred else [])


@pytest.mark.parametrize(("on", "reasons"), [("2024-02-01", 1), ("2024-01-31", 0)])
def test_tcm_01_thirty_days_from_the_discharge_reach_into_the_month_or_not(on: str, reasons: int) -> None:
    """1 February and 29 days are 1 March 2024; of a discharge the day before nothing is left in March."""
    told = [finding for finding in ask(discharged(on)).findings("TCM-01") if "2024" in finding["says"]]
    assert bool(told) is bool(reasons)


@pytest.mark.parametrize(("on", "first"), [("2024-03-01", True), ("2024-02-29", False)])
def test_bhi_01_what_was_billed_in_the_month_itself_is_no_month_before(on: str, first: bool) -> None:
    facts = enrolled_in(
        "cocm", MONTH, staff(70, "2024-03-12", program="cocm"), billed("99492", on, practitioner="DR_A"),
        condition_of_mind(),
    )  # fmt: skip
    assert ("BHI-01" in ask(facts).blockers("99492")) is not first


def condition_of_mind() -> Raw:
    return {"kind": "condition", "id": "mind", "code": "F33.1"}


def test_rpm_01_of_two_set_ups_the_first_makes_the_line() -> None:
    days = [{"kind": "device_day", "on": f"2024-03-{day:02}"} for day in range(2, 18)]
    set_ups = [
        {"kind": "device_setup", "id": f"set-up-{day}", "program": "rpm", "on": day}
        for day in ("2024-03-02", "2024-03-25")
    ]
    line = ask(enrolled_in("rpm", MONTH, days, set_ups)).line("99453")
    assert line["earliest_service_date"] == "2024-03-17"


def test_chi_01_of_two_visits_the_first_is_named() -> None:
    visits = [visit(on, social_need_found=True) for on in ("2024-03-02", "2024-03-09")]
    answer = ask(enrolled_in("chi", MONTH, visits, staff(60, "2024-03-12", program="chi")))
    (found,) = [finding for finding in answer.findings("CHI-01") if finding["outcome"] == "met"]
    assert "2024-03-02" in found["says"]
    assert "2024-03-09" not in found["says"]


def test_chi_01_a_visit_before_the_month_asks_for_the_cover_of_its_day() -> None:
    seen = visit("2024-02-15", social_need_found=True)
    work = staff(60, "2024-03-12", program="chi")
    facts = enrolled_in("chi", MONTH, seen, work, coverage={"from": "2024-03-05"})
    assert "CHI-01" in ask(facts).blockers("G0019")
    assert "CHI-01" not in ask(enrolled_in("chi", MONTH, seen, work)).blockers("G0019")


@pytest.mark.parametrize("read", READ_FROM_FILES)
def test_a_word_of_the_laws_files_that_means_nothing_is_an_error(read: type[Struct]) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `strange`"):
        msgspec.convert({"strange": 1}, read)


def test_elig_02_a_further_condition_can_make_up_for_one_that_does_not_last() -> None:
    """As where the second condition is not recorded at all."""
    short = {"expected_duration": "less_than_12_months"}
    answer = ask(usual(staff(20), changes={"hypertension": short}), known_on="2024-03-20", gaps=True)
    (gap,) = [gap for gap in answer.body["gaps"] if gap["code"] == "99490"]
    assert gap["rules"] == ["ELIG-02"]
    assert gap["still_possible"]
    assert "Record a further condition that is expected to last" in gap["remedy"]
    assert ask(usual(staff(20), condition("N18.30"), changes={"hypertension": short})).lines == {"99490": 1}


def test_init_08_three_enrolments_with_a_gap_are_a_restart_as_two_are() -> None:
    apart = [
        enrollment("DR_A", "2023-01-01", "2023-04-01"),
        enrollment("DR_A", "2023-06-01", "2023-09-01"),
        enrollment("DR_A", "2023-11-01"),
    ]
    apart = [{"id": f"enrolment-{place}", **each} for place, each in enumerate(apart)]
    answer = ask(usual(apart, staff(20), enrollment=None))
    assert answer.outcomes("INIT-08") == {"advisory"}
