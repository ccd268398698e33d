"""Laws no patient's month may break, whatever the facts: what may not matter, and what must change when facts do."""

import datetime as dt
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.determination import facts
from app.determination.determine import Determination
from app.determination.facts import KINDS, Fact
from app.determination.service_month import ServiceMonth, service_month
from app.months.evaluate import EvaluationRequest, evaluate
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import contested_months, orderly_months
from tests.determination.strategies import (
    LAWS,
    answered,
    determined,
    entries,
    extras,
    instant,
    month_of,
    months,
    replaced,
    standing,
    targets,
    with_facts,
)
from tests.determination.test_choice_between_programs import BELOW

PROJECT = Path(__file__).parents[2]


@LAWS
@given(request=months(disturbances=8) | crowded_months(), data=st.data())
def test_order_of_arrival_never_matters(request: EvaluationRequest, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(request.facts))
    expected = evaluate(request)
    assert evaluate(with_facts(request, request.facts[::-1])) == expected
    assert evaluate(with_facts(request, shuffled)) == expected


@LAWS
@given(request=months(disturbances=1, most_extras=1) | crowded_months(), data=st.data())
def test_the_same_fact_twice_counts_once(request: EvaluationRequest, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(request.facts), min_size=1))
    assert evaluate(with_facts(request, (*request.facts, *again))) == evaluate(request)


def decided(found: Determination) -> tuple[object, ...]:
    """All that is decided; not how many entries it was read from."""
    counted = {key: tally.by_day for one in found.assessments for tally, key in one.timed(one.choice.chosen)}
    return found.status, found.lines, found.alternatives, found.verdicts, counted


def standing_entries(request: EvaluationRequest) -> list[facts.TimeEntry]:
    """Time entries no correction or retraction names, and that name none."""
    gone = targets(request.facts)
    return [
        fact
        for fact in request.facts
        if isinstance(fact, facts.TimeEntry) and fact.corrects is None and (fact.source, fact.kind, fact.id) not in gone
    ]


@LAWS
@given(request=months() | orderly_months() | crowded_months(), data=st.data())
def test_splitting_an_entry_at_an_instant_changes_no_counted_second_nor_line(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    timed = [e for e in standing_entries(request) if e.started_at and e.ended_at and seconds_of(e) > 1]
    assume(timed and not peers_at_once(timed))
    entry = data.draw(st.sampled_from(timed))
    assert entry.started_at is not None
    at = entry.started_at + dt.timedelta(seconds=data.draw(st.integers(1, seconds_of(entry) - 1)))
    halves = replaced(entry, ended_at=at), replaced(entry, id=f"{entry.id}-rest", started_at=at)
    split = with_facts(request, [*(fact for fact in request.facts if fact is not entry), *halves])
    assert decided(determined(split)) == decided(determined(request))


def peers_at_once(timed: list[facts.TimeEntry]) -> bool:
    """Whether a peer supporter and somebody else work at once: who starts first has the second (TIME-05), which is another
    pathway's with each of them.
    """
    return any(
        one.worker != other.worker
        and one.started_at is not None and one.ended_at is not None
        and other.started_at is not None and other.ended_at is not None
        and one.started_at < other.ended_at and other.started_at < one.ended_at
        for one, other in combinations([entry for entry in timed if entry.program == "pin"], 2)
    )  # fmt: skip


def seconds_of(entry: facts.TimeEntry) -> int:
    if entry.started_at is None or entry.ended_at is None:
        assert entry.seconds is not None
        return entry.seconds
    return int((entry.ended_at - entry.started_at).total_seconds())


@LAWS
@given(request=months() | orderly_months() | crowded_months(), data=st.data())
def test_lengthening_an_entry_that_overlaps_no_other_never_lowers_a_pathway(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    entries_left = [entry for entry in standing_entries(request) if seconds_of(entry) < 86_400]
    assume(entries_left)
    entry = data.draw(st.sampled_from(entries_left))
    longer = lengthened(entry, data.draw(st.integers(1, 86_400 - seconds_of(entry))))
    if longer.ended_at is not None:
        others = [fact for fact in request.facts if isinstance(fact, facts.TimeEntry) and fact is not entry]
        assume(
            not any(o.ended_at and o.started_at < longer.ended_at and longer.started_at < o.ended_at for o in others)
        )
    changed = with_facts(request, [longer if fact is entry else fact for fact in request.facts])
    found = [determined(each) for each in (request, changed)]
    # Of facts that contradict each other the rows are those of a possibility with lines, which may be another now.
    assume(not any(one.why_not == "contradiction" for each in found for one in each.alternatives))
    before, after = map(reached, found)
    for pathway in before.keys() & after.keys():
        assert all(after[pathway].get(code, -1) >= units for code, units in before[pathway].items())


def lengthened(entry: Any, seconds: int) -> Any:
    if entry.on is not None:
        return replaced(entry, seconds=entry.seconds + seconds)
    return replaced(entry, ended_at=entry.ended_at + dt.timedelta(seconds=seconds))


def reached(found: Determination) -> dict[tuple[str, str | None, str], dict[str, int]]:
    """Seconds counted, units the time supports and units billable, by program, biller and pathway; but for the codes that
    are for less than 20 minutes only (RPM-02, RTM-01).
    """
    return {
        (assessment.month.program, assessment.month.biller, candidate.pathway.name): {
            "seconds": candidate.tally.counted_seconds if candidate.tally else 0,
            **{f"{standing.code} supported": standing.units for standing in candidate.standings},
            **{line.code: line.units for line in candidate.lines},
        }
        for assessment in found.assessments
        for candidate in assessment.candidates
        if candidate.standings[0].code not in BELOW
    }


@LAWS
@given(request=months() | crowded_months(), data=st.data())
def test_a_fact_that_lies_wholly_after_the_month_changes_nothing(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    month = month_of(request)
    following = service_month(f"{month.day_after:%Y-%m}", month.time_zone)
    drawn = data.draw(st.lists(st.one_of(extras(following), entries(following)), min_size=1, max_size=4))
    later = [replaced(fact, id=f"later{n}") for n, fact in enumerate(drawn) if lies_after(fact, month)]
    assume(later)
    assert evaluate(with_facts(request, (*request.facts, *later))) == evaluate(request)


def lies_after(fact: Fact, month: ServiceMonth) -> bool:
    """Death excepted: two days of death contradict each other wherever the second lies."""
    if isinstance(fact, facts.Death):
        return False
    if isinstance(fact, facts.Policy):
        return fact.from_ > month.written
    moments = [getattr(fact, field, None) for field in ("started_at", "at", "admitted_at")]
    days = [getattr(fact, field, None) for field in ("on", "from_")]
    if any(moment is not None and moment < instant(month.end) for moment in moments):
        return False
    if any(day is not None and day < month.day_after for day in days):
        return False
    return any(stated is not None for stated in (*moments, *days))


@LAWS
@given(request=months(disturbances=1, most_extras=1) | crowded_months(), data=st.data())
def test_what_settles_a_gap_removes_its_rules_and_one_second_less_does_not(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    settleable = [gap for gap in answered(request)["gaps"] if "settles" in gap]
    assume(settleable)
    gap = data.draw(st.sampled_from(settleable))
    added: list[Any] = [msgspec.convert(fact, KINDS[fact["kind"]]) for fact in gap["settles"]]
    assert [fact.id for fact in added] == [f"gap-{number}" for number in range(1, len(added) + 1)]
    assert not set(gap["rules"]) & set(blockers(request, gap["code"], added))
    assert ("needs_seconds" in gap) == ("TIME-02" in gap["rules"])
    worked = [fact for fact in added if isinstance(fact, facts.TimeEntry)]
    if worked:
        less = [fact for fact in added if fact is not worked[-1]]
        assert worked[-1].seconds is not None
        if worked[-1].seconds > 1:
            less.append(replaced(worked[-1], seconds=worked[-1].seconds - 1))
        # A live contact takes some time; and enough of it after another's episode is more than the month lacks.
        lacking = set(gap["rules"]) & {"TIME-02", "CONC-01"} or set(gap["rules"])
        assert lacking & set(blockers(request, gap["code"], less))


def blockers(request: EvaluationRequest, code: str, added: list[Fact]) -> tuple[str, ...]:
    found = determined(with_facts(request, (*request.facts, *added)))
    return next(verdict.blockers for verdict in found.verdicts if verdict.code == code)


@LAWS
@given(request=orderly_months())
def test_a_gap_of_minutes_and_decision_making_alone_can_be_settled(request: EvaluationRequest) -> None:
    for gap in answered(request)["gaps"]:
        if set(gap["rules"]) <= {"TIME-02", "CPLX-01", "CPLX-02", "CPLX-04", "CPLX-05"}:
            added = [msgspec.convert(fact, KINDS[fact["kind"]]) for fact in gap["settles"]]
            assert not set(gap["rules"]) & set(blockers(request, gap["code"], added))


@LAWS
@given(request=orderly_months(), data=st.data())
def test_what_g0506_lacks_can_be_recorded(request: EvaluationRequest, data: st.DataObject) -> None:
    """An assessment beside a visit of the day, where only these are lacking: each of the facts is needed."""
    gap = next((gap for gap in answered(request)["gaps"] if gap["code"] == "G0506"), None)
    assume(gap is not None and set(gap["rules"]) <= {"G0506-02", "G0506-03", "G0506-06"})
    assert gap is not None
    added = [msgspec.convert(fact, KINDS[fact["kind"]]) for fact in gap["settles"]]
    assert {fact.kind for fact in added} == {"planning_assessment", "visit"}
    assert blockers(request, "G0506", added) == ()
    assert "needs_seconds" not in gap


NOT_READ_BY_G0506 = (
    facts.TimeEntry, facts.CarePlan, facts.Stay, facts.Capability, facts.DecisionMaking, facts.ModelAttribution,
)  # fmt: skip


@LAWS
@given(request=orderly_months() | months() | crowded_months())
def test_g0506_asks_for_no_minutes_plan_or_capability(request: EvaluationRequest) -> None:
    """Its gates are conditions, cover on its date, who bills and its own (section 0), of a patient alive that day."""
    request = replaced(request, billing_practitioner="DR_A")
    stands = [replaced(f, corrects=None) if getattr(f, "corrects", None) else f for f in standing(request)]
    bare = with_facts(request, [fact for fact in stands if not isinstance(fact, NOT_READ_BY_G0506)])
    before, after = answered(request), answered(bare)
    assume("needs_decision" not in (before["status"], after["status"]))
    rows = [next(row for row in answer["verdicts"] if row["code"] == "G0506") for answer in (before, after)]
    assume(["PROG-00"] not in [row["blockers"] for row in rows])
    assert rows[0]["blockers"] == rows[1]["blockers"]


@LAWS
@given(request=contested_months() | contested_months() | months(disturbances=1, most_extras=2))
def test_each_enrolled_practitioner_is_assessed_as_the_biller(request: EvaluationRequest) -> None:
    month = month_of(request)
    enrolled = {
        fact.practitioner
        for fact in standing(request)
        if isinstance(fact, facts.Enrollment)
        and fact.program == "ccm"
        and fact.from_ < month.day_after
        and (fact.until is None or fact.until > month.first_day)
    }
    request = replaced(request, billing_practitioner=None)
    found = determined(request)
    assume(enrolled and not any(finding.reason == "contradiction" for finding in found.findings))
    alone = [determined(replaced(request, billing_practitioner=who)) for who in enrolled]
    lawful = [ccm_lines(one) for one in alone if ccm_lines(one)]
    if len(lawful) > 1:  # G0506 asks for no consent, but who bills does where somebody has one (PRAC-03)
        lawful = [ccm_lines(one) for one in alone if ccm_lines(one) and has_consent(one)] or lawful
    if len(lawful) > 1:
        assert found.status == "needs_decision" and not ccm_lines(found)
        assert sorted(map(repr, lawful)) == sorted(repr(alternative.lines) for alternative in found.alternatives)
    else:
        assert ccm_lines(found) == (lawful[0] if lawful else ())
        told = any(f.rule == "PRAC-03" and f.outcome == "advisory" for f in found.findings)
        assert told == (len(enrolled) > 1 and len(lawful) == 1)


def has_consent(found: Determination) -> bool:
    return any(one.month.program == "ccm" and one.month.consent.relied_on for one in found.assessments)


def ccm_lines(found: Determination) -> tuple[Any, ...]:
    return tuple(line for line in found.lines if line.program == "ccm")


ELSEWHERE = """
import sys
import msgspec
from app.determination.facts import AnyFact
from app.months.evaluate import EvaluationRequest, evaluate

class Asked(EvaluationRequest, frozen=True, kw_only=True):
    facts: tuple[AnyFact, ...]

for line in sys.stdin.buffer:
    sys.stdout.buffer.write(evaluate(msgspec.json.decode(line, type=Asked)) + b"\\n")
"""


def test_another_process_gives_the_same_bytes() -> None:
    asked: list[EvaluationRequest] = []

    @settings(LAWS)
    @given(request=months() | crowded_months())
    def collect(request: EvaluationRequest) -> None:
        asked.append(request)

    collect()
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    elsewhere = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        input=b"\n".join(msgspec.json.encode(request) for request in asked),
        capture_output=True,
        check=True,
    )
    assert elsewhere.stdout.splitlines() == [evaluate(request) for request in asked]
