"""Minutes that two programs claim, given to the later one: the month as it would be had nobody worked them for the others."""

from collections.abc import Iterator

from hypothesis import given

from app.determination import facts
from app.determination.determine import Determination
from app.determination.facts import Fact, Program
from app.determination.spans import Span, Spans, beside, split
from app.months.evaluate import EvaluationRequest
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import busy_months
from tests.determination.strategies import LAWS, determined, instant, replaced, with_facts
from tests.determination.test_choice_between_programs import Lines, billed


def losing(found: Determination) -> list[Program]:
    """Programs that lost minutes to those before them (TIME-04)."""
    return [
        assessment.month.program
        for assessment in found.assessments
        if any(taken.rule == "TIME-04" for work in assessment.work for taken in work.uncounted)
    ]


def claimed_by(request: EvaluationRequest, program: Program) -> dict[str, list[Span]]:
    """The moments of each person that pass a program's own filters, nobody else having worked them for another program."""
    alone = [fact for fact in request.facts if not isinstance(fact, facts.TimeEntry) or fact.program == program]
    assessment = next(a for a in determined(with_facts(request, alone)).assessments if a.month.program == program)
    found: dict[str, list[Span]] = {}
    for work in assessment.work:
        found[work.entry.performer] = beside(found.get(work.entry.performer, []), work.spans)
    return found


def given_away(fact: Fact, program: Program, claimed: dict[str, list[Span]]) -> Iterator[Fact]:
    """The fact or, of another program's entry, its pieces: what the program claims counts for nobody else (TIME-12)."""
    if not isinstance(fact, facts.TimeEntry) or fact.program == program or fact.started_at is None:
        yield fact
        return
    assert fact.ended_at is not None
    whole: Spans = ((int(fact.started_at.timestamp()), int(fact.ended_at.timestamp())),)
    inside, outside = split(whole, claimed.get(fact.performer, []))
    for place, (start, end) in enumerate((*inside, *outside)):
        piece = replaced(fact, id=f"{fact.id}-{place}", started_at=instant(start), ended_at=instant(end))
        yield replaced(piece, automated=True) if place < len(inside) else piece


@LAWS
@given(request=crowded_months(troubled=False) | busy_months())
def test_each_other_way_to_allot_a_minute_is_an_alternative(request: EvaluationRequest) -> None:
    found = determined(request)
    if found.status == "needs_decision":
        return
    expected: set[Lines] = set()
    for program in losing(found):
        claimed = claimed_by(request, program)
        first = [piece for fact in request.facts for piece in given_away(fact, program, claimed)]
        expected.add(billed(determined(with_facts(request, first)).lines))
    offered = {billed(one.lines) for one in found.alternatives if one.why_not == "allocation"}
    assert offered == expected - {billed(found.lines)}
