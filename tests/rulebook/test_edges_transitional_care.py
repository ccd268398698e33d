"""Transitional care at the edge of the discharge day: a contact that runs over midnight."""

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
