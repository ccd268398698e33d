"""The ledger of seconds: every second of an entry stands in exactly one place, and none is counted twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hypothesis import given

from app.determination import facts
from app.months.evaluate import EvaluationRequest
from tests.determination.orderly_months import busy_months, orderly_months
from tests.determination.strategies import LAWS, Answer, answered, month_of, months, standing

# Rule book, section 8: the base code of each pathway of CCM and its seconds, in the order that breaks ties.
BASES: Final = {
    "clinical_staff": ("99490", 1200), "practitioner": ("99491", 1800), "complex": ("99487", 3600),
    "general_care_management": ("G0511", 1200),
}  # fmt: skip


@LAWS
@given(request=months() | busy_months() | orderly_months())
def test_every_second_stands_in_one_place(request: EvaluationRequest) -> None:
    answer = answered(request)
    month = month_of(request)
    entries = answer["time"]["entries"]
    worked = {
        (fact.source, fact.id): fact
        for fact in standing(request)
        if isinstance(fact, facts.TimeEntry)
        and (month.holds(fact.on) if fact.on else span(fact)[0] < month.end and span(fact)[1] > month.start)
    }
    assert Counter((entry.get("source"), entry["id"]) for entry in entries) == Counter(worked.keys())
    per_pathway: Counter[str] = Counter()
    for entry in entries:
        fact = worked[entry.get("source"), entry["id"]]
        start, end = span(fact)
        assert entry["seconds"] == fact.seconds if fact.on else entry["seconds"] == end - start
        assert entry["counted_seconds"] + sum(one["seconds"] for one in entry["uncounted"]) == entry["seconds"]
        assert all(one["seconds"] > 0 and one["says"] for one in entry["uncounted"])
        assert ("counted_for" in entry) == (entry["counted_seconds"] > 0)
        outside = sum(one["seconds"] for one in entry["uncounted"] if one["rule"] == "TIME-15")
        assert outside == 0 if fact.on else outside == end - start - (min(end, month.end) - max(start, month.start))
        per_pathway[entry.get("counted_for", "")] += entry["counted_seconds"]
    assert answer["time"]["counted_seconds"] == per_pathway.total()
    check_nobody_worked_twice(worked, entries)
    check_whose_seconds(answer, per_pathway)


def span(fact: facts.TimeEntry) -> tuple[int, int]:
    if fact.started_at is None or fact.ended_at is None:
        return 0, 0
    return int(fact.started_at.timestamp()), int(fact.ended_at.timestamp())


def check_nobody_worked_twice(worked: Mapping[Any, facts.TimeEntry], entries: Iterable[dict[str, Any]]) -> None:
    """No moment counts twice for one program, nor twice for one person whatever the program (TIME-04 to TIME-06)."""
    counted: Counter[tuple[str, str]] = Counter()
    moments: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for entry in entries:
        fact = worked[entry.get("source"), entry["id"]]
        if not fact.on:
            for key in (("program", fact.program), ("person", fact.performer)):
                if entry["counted_seconds"]:
                    moments[key].append(span(fact))
                counted[key] += entry["counted_seconds"]
    for key, seconds in counted.items():
        assert seconds <= length_of_union(moments[key]), key


def length_of_union(spans: Iterable[tuple[int, int]]) -> int:
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def check_whose_seconds(answer: Answer, per_pathway: Mapping[str, int]) -> None:
    """The chosen pathway's seconds; none chosen, of the one that lacks fewest, ties in rule-book order."""
    rows = {row["code"]: row for row in answer["verdicts"] if row.get("counted_seconds") is not None}
    for row in rows.values():
        if row["verdict"] == "chosen":
            assert per_pathway.get(f"{row['program']}/{row['pathway']}", 0) == row["counted_seconds"]
    used = [key.partition("/")[2] for key in per_pathway if key.startswith("ccm/")]
    assert len(used) <= 1
    if not used or answer["status"] == "needs_decision":
        return
    assert per_pathway[f"ccm/{used[0]}"] == rows[BASES[used[0]][0]]["counted_seconds"]
    if not any(row["verdict"] == "chosen" for row in rows.values()):
        lacking = {
            name: max(0, seconds - rows[base]["counted_seconds"])
            for name, (base, seconds) in BASES.items()
            if base in rows  # the code exists in the month
        }
        assert used[0] == min(lacking, key=lacking.__getitem__)
