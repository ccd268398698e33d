"""A patient's line of the worklist: the next code, what it adds and takes, what is missing, what it is too late for."""

import datetime as dt
from typing import Any

import pytest

from app.determination import succession
from app.determination.answer import Positions
from app.determination.service_month import service_month
from app.months.answering import month_of
from app.months.worklist_row import WorklistRow, worklist_row
from app.rulebook import loader
from tests.rulebook.usual_patient import Raw, consent, decision, enrollment, facts_from, own, staff, timed, usual, visit

CODE_99490, CODE_99439, CODE_99491 = 6258, 4793, 8455
"""National amounts of March 2024, from the 9th on: RVUs times 33.2875. Totals 1.88, 1.44 and 2.54."""


def row(*more: Raw, known_on: str = "2024-03-15", closed: bool = False, **named: Raw | None) -> WorklistRow:
    standing = succession.standing(facts_from(usual(*more, changes=named)))
    month = month_of(service_month("2024-03", "America/New_York"), standing, known_on=dt.date.fromisoformat(known_on))
    law = loader.law("2024-03")
    return worklist_row(month, law, patient="p1", positions=Positions(patient=3, practice=2), closed=closed)


def next_of(found: WorklistRow) -> tuple[Any, ...] | None:
    one = found.next_code
    return None if one is None else (one.code, one.needs_seconds, one.effort_seconds, one.adds_cents)


def test_two_minutes_short_of_the_first_code() -> None:
    found = row(staff(18))
    assert found.state == "at_risk"
    assert (found.claim_lines, found.amount_cents) == ((), 0)
    assert next_of(found) == ("99490", 120, 120, CODE_99490)
    assert found.next_code is not None
    assert (found.next_code.amount_cents, found.next_code.rules) == (CODE_99490, ("TIME-02",))
    assert found.next_code.remedy == "2:00 minutes more of countable time in the month."
    assert found.next_code.until == dt.date(2024, 3, 31)
    assert found.value_cents_per_minute == CODE_99490 // 2
    assert found.codes == ("99490",)
    assert (found.programs, found.practitioners) == (("ccm",), ("DR_A",))
    assert found.positions == Positions(patient=3, practice=2)


def test_a_second_short_is_worth_no_more_than_a_minute_short() -> None:
    found = row(staff(19, seconds=59))
    assert next_of(found) == ("99490", 1, 60, CODE_99490)
    assert found.value_cents_per_minute == CODE_99490


@pytest.mark.parametrize(
    ("minutes", "following", "state"),
    [
        (20, ("99439", 1200, 1200, CODE_99439), "extendable"),
        (45, ("99439", 900, 900, CODE_99439), "extendable"),
        (39, ("99439", 60, 60, CODE_99439), "extendable"),
    ],
)
def test_lines_so_far_and_one_more_unit(minutes: int, following: tuple[Any, ...], state: str) -> None:
    found = row(staff(minutes))
    assert (next_of(found), found.state) == (following, state)
    base = found.claim_lines[0]
    assert (base.code, base.units, base.amount_cents) == ("99490", 1, CODE_99490)
    assert found.amount_cents == CODE_99490 + (CODE_99439 if minutes >= 40 else 0)


def test_what_takes_a_consent_takes_its_ten_minutes_too() -> None:
    found = row(staff(18), consent=None)
    assert next_of(found) == ("99490", 1200, 1200 + 600, CODE_99490)
    assert found.next_code is not None
    assert found.next_code.rules == ("CONS-01", "TIME-02")
    assert found.next_code.remedy.startswith("Take and record the patient's consent")


def test_a_code_that_replaces_another_adds_the_difference_only() -> None:
    """32 minutes of the practitioner's own are 99491; eight of staff make 40 for everybody, 99490 and 99439 (UNIT-06)."""
    found = row(own(32))
    assert [(line.code, line.amount_cents) for line in found.claim_lines] == [("99491", CODE_99491)]
    assert next_of(found) == ("99439", 480, 480, CODE_99490 + CODE_99439 - CODE_99491)
    assert found.next_code is not None
    assert found.next_code.amount_cents == CODE_99439


def test_what_would_bring_nothing_is_missing_and_not_next() -> None:
    """Complex care on 60 minutes needs moderate decision making; 99491 excludes what is there, for less money."""
    found = row(staff(60), decision("low"))
    assert [(line.code, line.units) for line in found.claim_lines] == [("99490", 1), ("99439", 2)]
    missing = {one.code: one for one in found.missing}
    assert {"99491", "99437"} <= missing.keys()
    assert found.next_code is None or found.next_code.code not in {"99491", "99439"}


def test_when_the_month_is_over_nothing_can_be_reached() -> None:
    over = row(staff(18), known_on="2024-04-01")
    assert (over.state, over.days_left, over.next_code, over.missing) == ("lost", 0, None, ())
    assert {"99490", "99439", "99487"} <= {one.code for one in over.out_of_reach}
    assert row(staff(20), known_on="2024-04-01").state == "complete"


@pytest.mark.parametrize(
    ("known_on", "left"),
    [
        ("2024-02-20", 31),
        ("2024-03-01", 31),
        ("2024-03-30", 2),
        ("2024-03-31", 1),
        ("2024-04-01", 0),
        ("2024-05-09", 0),
    ],
)
def test_today_is_a_day_left(known_on: str, left: int) -> None:
    assert row(staff(18), known_on=known_on).days_left == left


def test_a_death_puts_codes_out_of_reach_and_leaves_what_is_billable() -> None:
    found = row(staff(25, "2024-03-04"), {"kind": "death", "on": "2024-03-10"})
    assert (found.state, found.next_code) == ("complete", None)
    assert "99439" in {one.code for one in found.out_of_reach}


def test_two_practitioners_who_could_bill_need_a_decision_first() -> None:
    other = [enrollment("DR_B", "2024-02-01"), visit("2024-01-13", practitioner="DR_B"),
             consent("2024-02-01", practitioner="DR_B"), {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD"}]  # fmt: skip
    found = row(staff(25), *other)
    assert (found.state, found.status, found.next_code) == ("needs_decision", "needs_decision", None)
    assert found.practitioners == ("DR_A", "DR_B")


def test_a_month_somebody_closed_has_nothing_left_to_be_done() -> None:
    found = row(staff(25), closed=True)
    assert (found.state, found.next_code, found.missing, found.out_of_reach) == ("closed", None, (), ())
    assert [line.code for line in found.claim_lines] == ["99490"]


def test_amounts_nobody_published_are_absent_and_the_code_is_next_all_the_same() -> None:
    """A locality that the year's tables do not know has no amounts."""
    found = row(staff(18), {"kind": "policy", "from": "2024-01", "locality": "00000-00"})
    assert found.next_code is not None
    assert (found.next_code.code, found.next_code.adds_cents) == ("99490", None)
    assert found.value_cents_per_minute is None


def contact(found: WorklistRow) -> tuple[str, str] | None:
    last = found.last_contact
    return None if last is None else (str(last.on), last.id)


def test_the_last_contact_is_the_latest_that_is_stated() -> None:
    seen = ("2024-01-12", "visit")
    assert contact(row(staff(18))) == seen
    assert contact(row(staff(18, id="call", live_contact=True))) == ("2024-03-12", "call")
    assert contact(row(staff(18, id="call", activity="contact"))) == ("2024-03-12", "call")
    assert contact(row(staff(18, id="call", activity="contact", live_contact=False))) == seen
    assert contact(row(staff(18, id="call", live_contact=True, automated=True))) == seen
    assert contact(row(staff(18, day="2024-03-20", id="call", live_contact=True))) == seen  # it is to come
    assert contact(row(staff(5, id="early", live_contact=True), visit("2024-03-14") | {"id": "v2"})) == (
        "2024-03-14", "v2",
    )  # fmt: skip
    # Half past eleven in New York is the day after in UTC.
    late = timed("2024-03-11T23:30:00", 10, id="late", live_contact=True)
    assert contact(row(late)) == ("2024-03-11", "late")


def test_no_program_named_leaves_nothing_to_do() -> None:
    found = row(enrollment=None, consent=None)
    assert (found.state, found.programs, found.missing, found.next_code) == ("lost", (), (), None)
