"""CONC-01 and CONC-02: transitional care and care management, both ours, before 2020, since, and in clinics."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import billers, discharged, second, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, billed, usual_in, worked

CLINICS: Final = ("rhc", "fqhc")
NOT_CCM: Final[dict[str, Any]] = {"enrollment": None, "consent": None}


def in_month(month: str, *facts: Raw | list[Raw], **named: Any) -> Answer:
    return ask(usual_in(month, *facts, **named), month)


@pytest.mark.parametrize("preference", ["most_accurate", "highest_amount"])
@pytest.mark.parametrize("month", ["2017-03", "2019-12"])
def test_conc_01_until_2019_either_is_billed(month: str, preference: str) -> None:
    """99495 has more relative values than 99490 in every year."""
    facts = usual_in(month, worked(month, 20, day=25), discharged(f"{month}-04"))
    answer = ask(facts, month, policy={"preference": preference})
    assert answer.status == "billable"
    assert answer.lines == {"99495": 1}
    assert answer.alternatives == [{"99490": 1}]
    assert (answer.verdict("99490"), answer.blockers("99490")) == ("billable", [])
    assert answer.outcomes("CONC-01") == {"advisory"}


@pytest.mark.parametrize(
    ("day", "seconds", "lines"),
    [
        (29, 1200, {"99490": 1, "99495": 1}),
        (31, 1200, {"99490": 1, "99495": 1}),
        (28, 1200, {"99495": 1}),
        (29, 1199, {"99495": 1}),
    ],
)
def test_conc_01_20_minutes_after_its_thirty_days_leave_the_month_free(
    day: int, seconds: int, lines: dict[str, int]
) -> None:
    """Discharged on 30 July: the thirty days end with 28 August."""
    month = "2019-08"
    before = worked(month, 20, day=6, id="before")
    after = worked(month, 0, seconds, day=day, id="after")
    answer = in_month(month, before, after, discharged("2019-07-30"))
    assert answer.lines == lines
    assert answer.line("99495")["service_date"] == "2019-08-04"
    if "99490" in lines:
        assert answer.alternatives == []
    else:
        assert answer.alternatives == [{"99490": 1}]


def test_conc_01_binds_one_practitioner() -> None:
    month = "2019-08"
    answer = in_month(month, worked(month, 20, day=25), discharged(f"{month}-04", "DR_B"), second(month))
    assert billers(answer) == {"99490": "DR_A", "99495": "DR_B"}


@pytest.mark.parametrize("month", ["2020-01", "2021-12", "2022-01", "2024-03", "2027-12"])
def test_conc_02_since_2020_both_are_billed(month: str) -> None:
    answer = in_month(month, worked(month, 20, day=25), discharged(f"{month}-04"))
    assert answer.lines == {"99490": 1, "99495": 1}
    assert answer.alternatives == []
    assert answer.outcomes("CONC-02") == {"advisory"}
    assert answer.findings("CONC-01") == []


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("month", ["2018-01", "2019-12", "2020-01", "2021-12"])
def test_conc_01_and_rhc_03_in_clinics_either_is_billed_until_2021(month: str, setting: str) -> None:
    answer = in_month(month, worked(month, 20, day=25), discharged(f"{month}-04"), setting={"type": setting})
    assert answer.status == "billable"
    assert answer.lines == {"99495": 1}
    assert answer.alternatives == [{"G0511": 1}]
    assert (answer.verdict("G0511"), answer.blockers("G0511")) == ("billable", [])


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize(
    ("month", "bundled"), [("2022-01", True), ("2024-12", True), ("2025-10", False), ("2026-03", False)]
)
def test_conc_02_in_clinics_both_are_billed_since_2022(month: str, bundled: bool, setting: str) -> None:
    answer = in_month(month, worked(month, 20, day=25), discharged(f"{month}-04"), setting={"type": setting})
    assert answer.lines == {"G0511" if bundled else "99490": 1, "99495": 1}
    assert answer.outcomes("CONC-02") == {"advisory"}
    assert answer.alternatives == []


@pytest.mark.parametrize(("month", "free"), [("2020-08", True), ("2021-08", False)])
def test_rhc_03_knows_no_exception_for_time_after_the_thirty_days(month: str, free: bool) -> None:
    """In 2020 CONC-01 alone holds in clinics, in 2021 RHC-03 as well: transitional care in the month bars G0511."""
    work = worked(month, 20, day=30)
    answer = in_month(month, work, discharged(f"{month[:4]}-07-30"), setting={"type": "rhc"})
    assert answer.lines == ({"G0511": 1, "99495": 1} if free else {"99495": 1})


@pytest.mark.parametrize("code", ["99495", "99496"])
def test_transitional_care_is_not_barred_by_a_claim_of_its_own(code: str) -> None:
    """Section 0, own line: a service of the month with a code of the pathway is that line itself; of 99495 and 99496 one."""
    answer = in_month("2024-03", discharged("2024-03-04"), billed(code, "2024-03-09", practitioner="DR_A"), **NOT_CCM)
    assert answer.lines == ({"99495": 1} if code == "99495" else {})


@pytest.mark.parametrize("code", ["99490", "99487", "99491"])
def test_conc_02_care_management_already_claimed_does_not_bar_transitional_care_since_2020(code: str) -> None:
    claim = billed(code, "2020-08-20", practitioner="DR_A")
    answer = in_month("2020-08", discharged("2020-08-04"), claim, **NOT_CCM)
    assert answer.lines == {"99495": 1}
    assert answer.blockers("99495") == []


def test_minutes_of_transitional_care_are_not_minutes_of_ccm() -> None:
    """CCM lacks one minute; the five in which the patient was reached after discharge do not serve it."""
    answer = in_month("2024-03", worked("2024-03", 19), discharged("2024-03-04"), staffed("bhi", "2024-03", 20))
    assert answer.lines == {"99495": 1, "99484": 1}
    assert answer.entry("reached")["counted_for"].startswith("tcm/")
