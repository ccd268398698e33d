"""Transitional care at its edges: contacts over midnight and around the hour of the discharge, and by whom they may be made."""

from typing import Final

import pytest

from tests.rulebook.usual_patient import Raw, ask, decision, enrollment, stay, timed, usual, visit

DISCHARGED: Final = (
    enrollment("DR_A", "2024-02-01", program="tcm"),
    stay("inpatient", "2024-03-01", "2024-03-06"),
    visit("2024-03-12"),
    decision("high", "2024-03-10"),
)


def contact(start: str, minutes: int) -> Raw:
    return timed(start, minutes, program="tcm", live_contact=True)


@pytest.mark.parametrize(
    "contacts",
    [
        [contact("2024-03-05T23:50", 20)],
        [contact("2024-03-05T23:50", 10), contact("2024-03-06T00:00", 10)],
        [contact("2024-03-08T23:50", 20)],
        [contact("2024-03-08T23:50", 10), contact("2024-03-09T00:00", 10)],
    ],
)
def test_tcm_01_a_contact_over_midnight_is_one_of_both_days(contacts: list[Raw]) -> None:
    """The discharge is on a Wednesday, so the second business day after it is Friday the 8th."""
    assert ask(usual(*DISCHARGED, contacts)).lines["99496"] == 1


@pytest.mark.parametrize("start", ["2024-03-05T23:40", "2024-03-09T00:00"])
def test_tcm_01_a_contact_that_ends_at_midnight_is_none_of_the_day_that_begins(start: str) -> None:
    assert ask(usual(*DISCHARGED, contact(start, 20))).blockers("99496") == ["TCM-01"]


@pytest.mark.parametrize(
    ("start", "minutes", "counts"),
    [("2024-03-06T11:40", 20, False), ("2024-03-06T11:40", 21, True), ("2024-03-06T12:00", 5, True)],
)
def test_tcm_01_a_contact_before_the_hour_of_the_discharge_is_none_after_it(
    start: str, minutes: int, *, counts: bool
) -> None:
    at_noon = {**stay("inpatient", "2024-03-01", "2024-03-06"), "discharged_at": "2024-03-06T12:00:00-05:00"}
    facts = [fact for fact in DISCHARGED if fact["kind"] != "stay"]
    answer = ask(usual(*facts, at_noon, contact(start, minutes)))
    assert answer.blockers("99496") == ([] if counts else ["TCM-01"])


@pytest.mark.parametrize(
    ("excluded", "counts"),
    [
        ({"from": "2024-03-01"}, False),
        ({"from": "2024-03-07"}, False),
        ({"from": "2024-03-08"}, True),
        ({"from": "2023-01-01", "until": "2024-03-07"}, True),
        ({"from": "2023-01-01", "until": "2024-03-08"}, False),
        ({"from": "2023-01-01", "performer": "RN_OTHER"}, True),
    ],
)
def test_tcm_01_who_is_excluded_makes_no_contact(excluded: Raw, *, counts: bool) -> None:
    called = contact("2024-03-07T10:00", 5)
    out = {"kind": "excluded_performer", "performer": called["performer"], **excluded}
    answer = ask(usual(*DISCHARGED, called, out))
    assert answer.blockers("99496") == ([] if counts else ["TCM-01"])
