"""Minutes that two programs claim, given to the later one: what would be billed then (TIME-04)."""

from collections.abc import Iterator, Sequence

from app.determination.choice import Alternative
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.together import select
from app.determination.weighing import Weighed, representative, resolve


def reallotted(weighed: Weighed, lines: Sequence[Line], law: Law) -> Iterator[Alternative]:
    """For each program that lost minutes to those before it, the whole month's lines had it claimed them first."""
    seen = {_billed(lines)}
    for assessment in weighed.representatives:
        if not any(taken.rule == "TIME-04" for work in assessment.work for taken in work.uncounted):
            continue
        program = assessment.month.program
        months = {program: weighed.months[program], **weighed.months}
        again = resolve(months, law, None).assessed
        instead = select([representative(again[one.month.program]) for one in weighed.representatives], law).lines
        if _billed(instead) not in seen:
            seen.add(_billed(instead))
            yield Alternative(instead, "allocation", {"program": program})


def _billed(lines: Sequence[Line]) -> frozenset[tuple[str, int]]:
    return frozenset((line.code, line.units) for line in lines)
