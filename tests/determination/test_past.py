"""Work of long ago is left out of a month only where the month is the same with it."""

import datetime as dt
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.determination import facts, patient_month
from app.determination.facts import PROGRAMS, Fact
from app.determination.past import is_asked, is_long_ago
from app.determination.service_month import service_month
from app.errors import Invalid
from app.months.evaluate import EvaluationRequest, evaluate, requested_month
from app.rulebook import loader
from app.rulebook.rules.transitional_care import TransitionalCare
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import contested_months
from tests.determination.strategies import LAWS, DrawFn
from tests.rulebook.usual_patient import ask, enrollment, facts_from, staff, timed, usual, visit

MARCH: Final = service_month("2026-03")
COMPARED: Final = ("ccm", "pcm", "apcm")


@st.composite
def months_with_a_past(draw: DrawFn) -> EvaluationRequest:
    """Months of several programs or practitioners, enrolled or not, with work on both sides of the day it is long ago."""
    request = draw(crowded_months() | contested_months())
    month = service_month(request.service_month, request.time_zone or "America/New_York")
    told = [getattr(fact, "program", None) for fact in request.facts]
    programs = st.sampled_from([program for program in told if program is not None] or PROGRAMS)
    beside: list[Fact] = []
    for number in range(draw(st.integers(1, 6))):
        on = month.work_from - dt.timedelta(days=draw(st.sampled_from((-2, -1, 0, 1, 2, 30, 400, 1500))))
        fields: dict[str, Any] = {
            "id": draw(st.sampled_from((f"gap-{number + 1}", f"past-{number}"))),
            "program": draw(programs | st.sampled_from(PROGRAMS)),
            "performer": draw(st.sampled_from(("RN_1", "DR_A"))),
            "role": draw(st.sampled_from(("clinical_staff", "practitioner"))),
            "live_contact": draw(st.sampled_from((True, None))),
        }
        if draw(st.booleans()):
            beside.append(facts.TimeEntry(on=on, seconds=600, **fields))
        else:
            started = dt.datetime(on.year, on.month, on.day, draw(st.integers(0, 23)), tzinfo=dt.UTC)
            beside.append(facts.TimeEntry(started_at=started, ended_at=started + dt.timedelta(minutes=90), **fields))
    for number in range(draw(st.integers(0, 2))):
        since = month.first_day - dt.timedelta(days=draw(st.sampled_from((-3, 0, 60, 500))))
        until = draw(st.sampled_from((None, month.first_day, month.day(3))))
        beside.append(
            facts.Enrollment(
                id=f"enrolled-{number}",
                program=draw(programs),
                practitioner=draw(st.sampled_from(("DR_A", "DR_B"))),
                from_=since,
                until=until if until is not None and until > since else None,
            )
        )
    if draw(st.booleans()):
        on = month.first_day - dt.timedelta(days=draw(st.sampled_from((200, 800, 1600))))
        beside.append(facts.Consent(id="long-ago", action="given", program=draw(programs), on=on, documented=True))
    return msgspec.structs.replace(
        request,
        facts=(*request.facts, *beside),
        compare_programs=COMPARED if draw(st.integers(0, 2)) == 0 else None,
        billing_practitioner=request.billing_practitioner or draw(st.sampled_from((None, "DR_A", "DR_B"))),
        known_on=draw(
            st.sampled_from((request.known_on, month.work_from - dt.timedelta(days=draw(st.integers(0, 40)))))
        ),
    )


def whole(request: EvaluationRequest, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answer with every entry in its place."""
    with patch.context() as context:
        context.setattr(patient_month, "left_out", lambda *_, **__: [])
        return said(request)


def said(request: EvaluationRequest) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = msgspec.json.decode(evaluate(request))
    except Invalid as problem:  # nobody, or several, would bill what is compared; or no law covers the next month
        return {"problem": problem.errors}
    del answer["inputs_digest"]  # of what bears on the month
    return answer


@LAWS
@given(months_with_a_past())
def test_what_is_left_out_changes_nothing(request: EvaluationRequest) -> None:
    assert said(request) == whole(request, pytest.MonkeyPatch())


@LAWS
@given(months_with_a_past())
def test_what_need_not_be_read_is_left_out_of_what_was(request: EvaluationRequest) -> None:
    """A ledger read without its past, where the enrolments tell that it is not asked, gives the month it gives whole.

    What corrects another entry is read whenever it was: it may have moved work out of the month.
    """
    month = requested_month(request)
    entries = [fact for fact in request.facts if isinstance(fact, facts.TimeEntry)]
    unread = [entry for entry in entries if is_long_ago(entry, month.month) and entry.corrects is None]
    own = [fact for fact in request.facts if isinstance(fact, facts.Enrollment)]
    asked = {"known_on": month.known_on, "billing_practitioner": request.billing_practitioner}
    if not is_asked({entry.program for entry in entries}, own, month.month, **asked):  # type: ignore[arg-type]
        assert not any(is_long_ago(entry, month.month) for entry in month.of(facts.TimeEntry))
        read = [fact for fact in request.facts if fact not in unread]
        assert requested_month(msgspec.structs.replace(request, facts=tuple(read))).own == month.own


@pytest.mark.parametrize(("day", "long_ago"), [("2026-01-28", True), ("2026-01-29", False)])
def test_long_ago_is_before_the_thirty_first_day_before_the_month(day: str, long_ago: bool) -> None:
    for raw in (staff(10, day), timed(f"{day}T00:00", 10), timed(f"{day}T23:50", 9)):
        (entry,) = facts_from([{"kind": "time_entry", **raw}])
        assert isinstance(entry, facts.TimeEntry)
        assert is_long_ago(entry, MARCH) is long_ago


def test_without_an_enrolment_care_began_with_the_first_entry_however_long_ago() -> None:
    """S: the visit of 2021 lies within the year before the first work after the consent, not within that before the month."""
    raws = usual(staff(25, "2024-03-12"), enrollment=None, consent=None, visit=None)
    raws += [
        visit("2021-06-01"),
        {"kind": "consent", "action": "given", "program": "ccm", "on": "2021-07-01", "practitioner": "DR_A",
         "form": "verbal", "documented": True, "informed": ["availability", "cost_sharing", "one_practitioner", "right_to_stop"]},
    ]  # fmt: skip
    first = staff(5, "2021-07-05")
    assert ask([*raws, first]).lines == {"99490": 1}
    assert ask(raws).lines == {}
    assert ask([*raws, first, enrollment("DR_A", "2021-07-05")]).lines == {"99490": 1}


def test_a_program_that_only_an_entry_of_long_ago_names_is_named() -> None:
    answer = ask(usual(staff(25), staff(5, "2019-07-05", program="bhi")))
    assert "PROG-00" not in answer.blockers("99484")


def test_asked_before_it_work_that_is_long_ago_for_the_month_is_dated_after_the_question() -> None:
    facts = usual(staff(25), staff(10, "2024-01-05", id="early"))
    assert "early" in ask(facts, known_on="2024-01-01").evidence("CLAIM-02")
    assert "early" not in ask(facts, known_on="2024-01-29").evidence("CLAIM-02")


def test_a_gap_is_settled_by_nothing_that_is_named_as_work_of_long_ago() -> None:
    facts = usual(staff(5), staff(10, "2023-09-05", id="gap-1"), year=2023)
    gap = ask(facts, known_on="2024-03-13", gaps=True).gap("99490")
    assert gap is not None
    assert [fact["id"] for fact in gap["settles"]] == ["gap-2"]
    assert ask([*facts, *gap["settles"]]).blockers() == []


def test_no_episode_of_transitional_care_reaches_further_than_work_is_looked_for() -> None:
    gates: tuple[Any, ...] = loader.law("2026-03").gates["tcm"]
    (rule,) = [each for each in gates if isinstance(each, TransitionalCare)]
    with pytest.raises(ValueError, match="31 days"):
        msgspec.structs.replace(rule, episode_days=32)
