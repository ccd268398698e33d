"""Whether a code can still be had turns on the rules that shut its days, and on which of them are mended."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, usual, visit

LATE = "2024-03-20"


def possible(facts: list[Raw], **policy: bool) -> bool:
    gap = ask(facts, policy=policy or None, known_on=LATE, gaps=True).gap("99490")
    assert gap is not None
    return bool(gap["still_possible"])


@pytest.mark.parametrize(
    "changes",
    [
        {"visit": None},
        {"visit": {"code": "99211"}},
        {"visit": {"practitioner": "DR_B"}},
        {"consent": None},
        {"consent": {"practitioner": "DR_B"}},
        {"coverage": None},
        {"visit": None, "consent": None},
    ],
)
def test_days_shut_for_want_of_what_can_be_mended_are_still_open(changes: dict[str, Raw | None]) -> None:
    assert possible(usual(changes=changes))


def test_days_before_the_needed_visit_stay_shut_when_only_time_is_short() -> None:
    """A new patient first seen on the 31st: no day before counts and, by policy, staff time of that day neither."""
    facts = usual(visit={"on": "2024-03-31", "code": "99203"})
    assert possible(facts)
    assert not possible(facts, count_staff_time_on_visit_day=False)
    assert possible(usual(visit={"on": "2024-03-30", "code": "99203"}), count_staff_time_on_visit_day=False)


def test_init_01_says_whether_the_patient_was_seen_before_care_began_or_since() -> None:
    before = ask(usual(visit={"on": "2024-01-12"})).findings("INIT-01")[0]["says"]
    on_the_day = ask(usual(visit={"on": "2024-02-01"})).findings("INIT-01")[0]["says"]
    since = ask(usual(visit={"on": "2024-02-20"})).findings("INIT-01")[0]["says"]
    assert before.replace("2024-01-12", "2024-02-01") == on_the_day
    assert since.replace("2024-02-20", "2024-02-01") != on_the_day
    both = ask(usual(visit("2024-02-20"))).findings("INIT-01")[0]["says"]
    assert both == before
