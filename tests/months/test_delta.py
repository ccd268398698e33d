"""What becomes of closed lines, line by line, and which sets of lines a person may name."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.api.documents.determination_examples import BILLABLE
from app.determination.answer import Alternative, Answer, ClaimLine
from app.errors import Conflict
from app.months.choosing import NamedLine, lines_to_close, possible_sets
from app.months.delta import Given, all_stand, amount_change, changes, findings_apart, lines_now, stands
from app.months.freezing import next_revision
from app.months.revisions import MOST_REVISIONS, Revision

ANSWER = msgspec.convert(BILLABLE, Answer)
BASE, ADD_ON = ANSWER.claim_lines


def line(**fields: Any) -> ClaimLine:
    return msgspec.structs.replace(BASE, **fields)


def answered(*lines: ClaimLine, **fields: Any) -> Answer:
    return msgspec.structs.replace(ANSWER, claim_lines=lines, **fields)


def given(*lines: ClaimLine) -> Given:
    return Given(lines, ANSWER.verdicts, ANSWER.findings, ANSWER.rulebook)


def alternative(*lines: ClaimLine) -> Alternative:
    return Alternative(claim_lines=lines, why_not_chosen="Because.")


def in_doubt(*possible: tuple[ClaimLine, ...], settled: tuple[ClaimLine, ...] = ()) -> Answer:
    return answered(*settled, status="needs_decision", alternatives=tuple(alternative(*each) for each in possible))


PLANNED = line(code="G0506", counted_seconds=None, service_date=dt.date(2026, 3, 4))


@pytest.mark.parametrize(
    ("closed", "now", "may_stay"),
    [
        (BASE, BASE, True),
        (BASE, line(counted_seconds=9_000, amount_cents=1, warnings=("told",)), True),
        (BASE, line(diagnoses=("E11.9", "I10", "N18.31")), True),
        (BASE, line(diagnoses=("E11.9",)), False),
        (BASE, line(units=2), False),
        (BASE, line(practitioner="DR_OTHER"), False),
        (BASE, line(code="99487"), False),
        (BASE, line(program="bhi"), False),
        (BASE, line(earliest_service_date=dt.date(2026, 3, 1)), True),
        (BASE, line(earliest_service_date=BASE.service_date), True),
        (BASE, line(earliest_service_date=BASE.service_date + dt.timedelta(days=1)), False),
        (PLANNED, PLANNED, True),
        (PLANNED, msgspec.structs.replace(PLANNED, service_date=dt.date(2026, 3, 2)), False),
    ],
)
def test_which_lines_may_stay_as_they_were_billed(closed: ClaimLine, now: ClaimLine, may_stay: bool) -> None:
    assert stands(closed, now) is may_stay


def test_a_line_stands_as_one_line_only() -> None:
    assert all_stand([BASE, ADD_ON], (ADD_ON, BASE))
    assert not all_stand([BASE, BASE], (BASE,))
    assert not all_stand([BASE], (BASE, BASE))
    assert all_stand([], ())


def test_money_is_summed_where_all_of_it_is_known() -> None:
    changed = changes([BASE], (ADD_ON,), given(BASE), answered(ADD_ON))
    assert [(one.change, one.amount_change_cents) for one in changed] == [("void", -6613), ("add", 5044)]
    assert amount_change(changed) == 5044 - 6613
    unpriced = line(amount_cents=None)
    for closed, now in ((unpriced, BASE), (BASE, unpriced)):
        (kept,) = changes([closed], (now,), given(closed), answered(now))
        assert (kept.change, kept.amount_change_cents) == ("keep", None)
    (kept,) = changes([BASE], (line(amount_cents=6000),), given(BASE), answered())
    assert (kept.amount_change_cents, kept.why) == (
        -613, "May be billed as it was closed. Its amount is another now.",
    )  # fmt: skip


def test_a_preferred_set_takes_the_place_of_another() -> None:
    complex_code = line(code="99487")
    now = answered(complex_code, alternatives=(alternative(BASE),))
    changed = changes([BASE], lines_now([BASE], given(BASE), now), given(BASE), now)
    assert [(one.change, one.claim_line.code) for one in changed] == [("void", "99490"), ("add", "99487")]
    assert changed[0].why == "Other lines are to be billed in its place now."


def test_what_a_person_chose_stays_for_as_long_as_it_may_be_billed() -> None:
    complex_code = line(code="99487")
    now = answered(complex_code, alternatives=(alternative(BASE),))
    assert lines_now([BASE], given(complex_code), now) == (BASE,)
    assert lines_now([BASE], given(complex_code), answered(complex_code)) == (complex_code,)


def test_findings_apart_are_told_by_what_they_found_not_by_their_words() -> None:
    one, *others = ANSWER.findings
    then = msgspec.structs.replace(given(), findings=tuple(others))
    assert findings_apart(then, ANSWER) == ((one,), ())
    assert findings_apart(given(), answered(findings=tuple(others))) == ((), (one,))
    reworded = answered(
        findings=(msgspec.structs.replace(one, says="Said otherwise."), *others),
        rulebook=msgspec.structs.replace(ANSWER.rulebook, wording_digest="sha256:other"),
    )
    assert findings_apart(given(), reworded) == ((), ())


def named(*lines: ClaimLine, practitioner: bool = False) -> list[NamedLine]:
    return [
        NamedLine(code=one.code, units=one.units, practitioner=one.practitioner if practitioner else None)
        for one in lines
    ]


def test_a_billable_month_is_closed_with_its_lines_or_a_lawful_alternative() -> None:
    complex_code = line(code="99487")
    now = answered(BASE, ADD_ON, alternatives=(alternative(complex_code),))
    assert lines_to_close(now, None) == (BASE, ADD_ON)
    assert lines_to_close(now, named(ADD_ON, BASE)) == (BASE, ADD_ON)
    assert lines_to_close(now, named(complex_code)) == (complex_code,)
    for wrong in ([], named(BASE), named(BASE, BASE), named(BASE, ADD_ON, complex_code), named(line(units=2), ADD_ON)):
        with pytest.raises(Conflict):
            lines_to_close(now, wrong)
    assert lines_to_close(answered(), []) == ()


def test_a_month_in_doubt_is_closed_with_what_is_settled_and_one_possibility() -> None:
    planned = line(code="G0506", program="apcm")
    theirs = line(practitioner="DR_OTHER")
    now = in_doubt((BASE,), (theirs,), settled=(planned,))
    assert possible_sets(now) == [(planned, BASE), (planned, theirs)]
    with pytest.raises(Conflict, match="needs a decision"):
        lines_to_close(now, None)
    with pytest.raises(Conflict, match="not clear"):
        lines_to_close(now, named(planned, BASE))
    assert lines_to_close(now, named(planned, theirs, practitioner=True)) == (planned, theirs)
    assert lines_to_close(in_doubt((BASE,), ()), []) == ()


def test_of_several_programs_in_doubt_each_is_decided() -> None:
    other = line(program="bhi", code="99484")
    now = in_doubt((BASE,), (other,), (line(units=2),))
    assert {tuple(one.code + str(one.units) for one in each) for each in possible_sets(now)} == {
        ("994901", "994841"), ("994902", "994841"),
    }  # fmt: skip
    whole = in_doubt((BASE, other), (line(units=2), other))
    assert possible_sets(whole) == [(BASE, other), (line(units=2), other)]


def test_a_month_goes_not_round_in_circles_for_ever() -> None:
    instant = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    reopened = Revision(MOST_REVISIONS - 1, "reopened", 1, UUID(int=0), instant, None)
    assert next_revision(None) == 1
    assert next_revision(reopened) == MOST_REVISIONS
    with pytest.raises(Conflict):
        next_revision(msgspec.structs.replace(reopened, revision=MOST_REVISIONS))
