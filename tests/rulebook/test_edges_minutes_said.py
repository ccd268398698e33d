"""TIME-02 in words: minutes and seconds, as the clock shows them."""

from tests.rulebook.usual_patient import ask, staff, usual


def test_what_is_counted_needed_and_short_is_said_in_minutes_and_seconds() -> None:
    answer = ask(usual(staff(10, seconds=5)), gaps=True)
    said = next(one["says"] for one in answer.findings("TIME-02") if "99490" in one["says"])
    assert "needs 20:00 minutes" in said
    assert "10:05 minutes counted" in said
    assert "9:55 minutes short" in said
    gap = answer.gap("99490")
    assert gap is not None
    assert gap["needs_seconds"] == 595
    assert "9:55 minutes" in gap["remedy"]
