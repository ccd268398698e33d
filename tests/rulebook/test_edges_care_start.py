"""S, from which the look-back of INIT-01 counts, to the day: enrolment, else first work after consent, else consent."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, staff, usual


def seen_in_time(visit_on: str, *work: Raw, consent_on: str, enrollment: Raw | None = None) -> bool:
    changes = {
        "enrollment": enrollment,
        "consent": {"on": consent_on},
        "visit": {"on": visit_on},
    }
    return ask(usual(*work, changes=changes)).outcomes("INIT-01") == {"met"}


@pytest.mark.parametrize(("visit_on", "seen"), [("2023-03-05", True), ("2023-03-04", False)])
def test_without_enrolment_care_begins_with_the_first_entry_on_the_day_of_consent(visit_on: str, seen: bool) -> None:
    work = staff(10, "2024-03-05"), staff(10, "2024-03-20")
    assert seen_in_time(visit_on, *work, consent_on="2024-03-05") is seen


@pytest.mark.parametrize(("visit_on", "seen"), [("2023-03-08", True), ("2023-03-07", False)])
def test_without_enrolment_care_begins_with_the_first_entry_after_consent(visit_on: str, seen: bool) -> None:
    work = staff(10, "2024-03-04"), staff(10, "2024-03-08"), staff(10, "2024-03-20")
    assert seen_in_time(visit_on, *work, consent_on="2024-03-05") is seen


@pytest.mark.parametrize(("visit_on", "seen"), [("2023-03-05", True), ("2023-03-04", False)])
def test_without_enrolment_or_entry_care_begins_with_a_consent_of_the_month(visit_on: str, seen: bool) -> None:
    assert seen_in_time(visit_on, consent_on="2024-03-05") is seen


@pytest.mark.parametrize(("visit_on", "seen"), [("2023-03-01", True), ("2023-02-28", False)])
def test_without_enrolment_or_entry_care_under_an_older_consent_begins_with_the_month(
    visit_on: str, seen: bool
) -> None:
    assert seen_in_time(visit_on, consent_on="2024-02-05") is seen


@pytest.mark.parametrize(("visit_on", "seen"), [("2023-02-01", True), ("2023-01-31", False)])
def test_an_enrolment_prevails_over_consent_and_work(visit_on: str, seen: bool) -> None:
    work = staff(20, "2024-03-20")
    assert seen_in_time(visit_on, work, consent_on="2024-02-10", enrollment={}) is seen
