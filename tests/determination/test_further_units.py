"""What the next unit of a billed add-on lacks: whole increments (TIME-02), up to the claim's cap (UNIT-04), on a day still open."""

import datetime as dt

import pytest
from hypothesis import given

from app.determination import facts
from app.determination.determine import Determination
from app.determination.gaps import Gap, further_units
from app.months.evaluate import EvaluationRequest
from app.rulebook import loader
from tests.determination.orderly_months import orderly_months
from tests.determination.strategies import LAWS, determined, replaced, with_facts
from tests.rulebook.usual_patient import Raw, decision, facts_from, staff, stay, usual


def further(*more: Raw, known_on: str = "2024-03-15") -> tuple[Gap, ...]:
    request = EvaluationRequest(
        service_month="2024-03",
        time_zone="America/New_York",
        facts=facts_from(usual(*more)),
        known_on=dt.date.fromisoformat(known_on),
    )
    return found_in(determined(request))


def found_in(determination: Determination) -> tuple[Gap, ...]:
    return further_units(determination, loader.law(determination.month.month.written))


@pytest.mark.parametrize(
    ("minutes", "seconds", "needs"),
    [(20, 0, None), (39, 59, None), (40, 0, 1200), (45, 0, 900), (59, 59, 1), (60, 0, None), (95, 0, None)],
)
def test_an_add_on_reached_once_has_another_unit_to_go(minutes: int, seconds: int, needs: int | None) -> None:
    """99490 at 20 minutes, 99439 for each further 20, at most twice: not reached it is a gap, reached twice nothing is left."""
    found = further(staff(minutes, "2024-03-12", seconds))
    assert [(gap.verdict.code, gap.needs_seconds, gap.rules, gap.still_possible) for gap in found] == (
        [] if needs is None else [("99439", needs, ("TIME-02",), True)]
    )


def test_complex_care_has_no_cap() -> None:
    (gap,) = further(staff(125), decision())
    assert (gap.verdict.code, gap.needs_seconds) == ("99489", 25 * 60)


@pytest.mark.parametrize(("known_on", "possible"), [("2024-03-31", True), ("2024-04-01", False)])
def test_it_is_possible_while_the_month_lasts(known_on: str, possible: bool) -> None:
    (gap,) = further(staff(45), known_on=known_on)
    assert gap.still_possible is possible


def test_it_is_not_where_no_day_is_left_on_which_work_counts() -> None:
    """Nothing counts after the day of a death; a move to assisted living closes nothing."""
    (gap,) = further(staff(45), {"kind": "death", "on": "2024-03-13"})
    assert not gap.still_possible
    (gap,) = further(staff(45), stay("assisted_living", "2024-03-13"))
    assert gap.still_possible


@LAWS
@given(request=orderly_months())
def test_the_work_it_names_makes_one_unit_and_a_second_less_makes_none(request: EvaluationRequest) -> None:
    before = determined(replaced(request, known_on=None))
    for gap in found_in(before):
        assert gap.settles is not None
        (work,) = gap.settles
        assert isinstance(work, facts.TimeEntry)
        assert work.seconds is not None
        assert work.seconds == gap.needs_seconds
        assert reached(request, work, gap) == reached(request, None, gap) + 1
        if work.seconds > 1:
            assert reached(request, replaced(work, seconds=work.seconds - 1), gap) == reached(request, None, gap)


def reached(request: EvaluationRequest, work: facts.TimeEntry | None, gap: Gap) -> int:
    """The units the time of the gap's pathway supports."""
    asked = with_facts(request, (*request.facts, *([] if work is None else [work])))
    candidates = [c for one in determined(asked).assessments for c in one.candidates]
    candidate = next(c for c in candidates if c.pathway.name == gap.verdict.pathway)
    return next(standing.units for standing in candidate.standings if standing.code == gap.verdict.code)
