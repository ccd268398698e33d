"""The ledger of seconds: every second of an entry stands in exactly one place, and none is counted twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, Final

from hypothesis import given

from app.determination import facts
from app.months.evaluate import EvaluationRequest
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import busy_months, orderly_months
from tests.determination.strategies import LAWS, Answer, answered, month_of, months, standing

# Rule book, sections 8 and 12: the base code of each pathway with minutes and its seconds, in the order that breaks ties. What
# clinics bill asks for the same seconds as the pathway before it; PIN's two have seconds of their own (CHI-01).
BASES: Final[dict[str, dict[str, tuple[tuple[str, ...], int]]]] = {
    "ccm": {"clinical_staff": (("99490",), 1200), "practitioner": (("99491",), 1800), "complex": (("99487",), 3600)},
    "pcm": {"principal_staff": (("G2065", "99426"), 1800), "principal_practitioner": (("G2064", "99424"), 1800)},
    "bhi": {"behavioral_integration": (("G0507", "99484"), 1200)},
    "cocm": {
        "collaborative_first": (("G0502", "99492"), 4200), "collaborative_following": (("G0503", "99493"), 3600),
        "collaborative_part": (("G2214",), 1800),
    },
    "chi": {"community_health": (("G0019",), 3600)},
    "rpm": {"monitoring": (("99457",), 1200), "monitoring_short": (("99470",), 600)},
    "rtm": {"therapeutic_monitoring": (("98980",), 1200), "therapeutic_monitoring_short": (("98979",), 600)},
}  # fmt: skip
CLINICS: Final = {"G0511", "G0512"}


@LAWS
@given(request=months() | busy_months() | orderly_months() | crowded_months())
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
    for line in answer["claim_lines"]:
        if line["code"] == "G0511":  # of those programs that made a unit of it; another's stand there unbilled
            units = [seconds for key, seconds in per_pathway.items() if key.endswith("/general_care_management")]
            # From 2024 a unit for each of them, before one for all (RHC-05, RHC-02).
            sizes = [line["units"]] if answer["service_month"] >= "2024-01" else range(1, len(units) + 1)
            made = [sum(some) for size in sizes for some in combinations(units, size)]
            assert line["counted_seconds"] in made
        elif "counted_seconds" in line:
            assert per_pathway.get(f"{line['program']}/{line['pathway']}", 0) == line["counted_seconds"]
    for program, pathways in BASES.items():
        used = [key.partition("/")[2] for key in per_pathway if key.startswith(f"{program}/")]
        assert len(used) <= 1
        chosen = any(row["verdict"] == "chosen" and row["program"] == program for row in rows.values())
        if used and not chosen and used[0] != "not_assessed" and answer["status"] != "needs_decision":
            lacking = {
                name: max(0, seconds - rows[base]["counted_seconds"])
                for name, (bases, seconds) in pathways.items()
                for base in bases
                if base in rows  # the code exists in the month
            }
            assert used[0] == min(lacking, key=lacking.__getitem__) or CLINICS & {
                line["code"] for line in answer["claim_lines"]
            }
