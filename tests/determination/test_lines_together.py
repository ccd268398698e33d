"""The lines of every answer and of its alternatives are lawful beside each other, and the status says what they are."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

from hypothesis import given

from app.determination import facts
from app.months.evaluate import EvaluationRequest
from tests.determination.crowded_months import BEGINS, crowded_months
from tests.determination.orderly_months import contested_months, doubtful_months, orderly_months
from tests.determination.strategies import LAWS, Answer, answered, month_of, months, standing
from tests.determination.test_answers import WINDOWS, named_programs
from tests.determination.test_choice_between_programs import ADD_ONS, APART, APART_IN_PRACTICE, BASES, BELOW
from tests.determination.test_choice_brute_force import exists

CLINICS_MINUTES: Final = {"G0511": 1200, "G0512": 3600}
"""What the least of their pathways asks for."""
ON_AN_ASSUMPTION: Final = ("What stands if minutes", "What stands if these are true")
DOUBTS: Final = {"CLAIM-03", "TIME-09", "PRAC-01", "PRAC-03", "ELIG-02"}

Line = dict[str, Any]


def check_lines(lines: Sequence[Line], written: str) -> None:
    """Pairwise lawful: what a pathway claims is its base and the add-ons its time supports, and no two exclude each other."""
    by_pathway: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        program, first, until = WINDOWS[line["code"]]
        assert line["program"] == program and first <= written < until
        assert line["earliest_service_date"][:7] == written
        by_pathway[line["pathway"]].append(line)
    assert len({line["code"] for line in lines}) == len(lines)
    for own in by_pathway.values():
        check_pathway(own, written)
    for one, other in combinations([own[0] for own in by_pathway.values()], 2):
        rows = [APART_IN_PRACTICE, *(APART if one["practitioner"] == other["practitioner"] else ())]
        for months_, these, those in rows:
            if exists(months_, written):
                assert not (one["code"] in these and other["code"] in those), (one, other)
                assert not (other["code"] in these and one["code"] in those), (one, other)


def check_pathway(own: Sequence[Line], written: str) -> None:
    base, *more = own
    code, counted = base["code"], base.get("counted_seconds")
    assert len({(line["practitioner"], line.get("counted_seconds")) for line in own}) == 1
    assert {line["service_date"] for line in own} == {max(line["earliest_service_date"] for line in own)}
    if code in CLINICS_MINUTES:
        assert 1 <= base["units"] <= (8 if code == "G0511" and written >= "2024-01" else 1) and not more
        assert counted >= CLINICS_MINUTES[code] * base["units"]
        return
    assert base["units"] == 1
    assert (counted is None) == (BASES[code] == 0)
    reached = []
    if counted is not None:
        assert BASES[code] <= counted < BELOW.get(code, counted + 1)
        for add_on, each, months_, cap in ADD_ONS.get(code, ()):
            units = min(cap, (counted - BASES[code]) // each)
            if exists(months_, written) and units:
                reached.append((add_on, units))
    assert [(line["code"], line["units"]) for line in more] == reached


def claimed(line: Answer) -> tuple[object, ...]:
    return line["code"], line["units"], line["practitioner"], line["service_date"]


def check_status(answer: Answer) -> None:
    lines, alternatives = answer["claim_lines"], answer["alternatives"]
    rows = {row["code"]: row for row in answer["verdicts"]}
    chosen = {code for code, row in rows.items() if row["verdict"] == "chosen"}
    assert chosen == {line["code"] for line in lines}
    for alternative in alternatives:
        check_lines(alternative["claim_lines"], answer["service_month"])
        amounts = [line.get("amount_cents") for line in alternative["claim_lines"]]
        assert alternative.get("amount_cents") == (None if None in amounts else sum(amounts))
        assert alternative["why_not_chosen"]
    if answer["status"] == "needs_decision":
        doubted = {f["program"] for f in answer["findings"] if f["rule"] in DOUBTS and f["outcome"] == "not_met"}
        assert len(alternatives) >= 2 and doubted
        assert not [line for line in lines if None in doubted or line["program"] in doubted]
        # What is billed before the decision is billed however it falls.
        for alternative in alternatives:
            assert {claimed(line) for line in lines} <= {claimed(line) for line in alternative["claim_lines"]}
        return
    assert answer["status"] == ("billable" if lines else "not_billable")
    instead = [one["claim_lines"] for one in alternatives if not one["why_not_chosen"].startswith(ON_AN_ASSUMPTION)]
    assert lines or not instead
    assert lines not in [one["claim_lines"] for one in alternatives]
    offered = {line["code"] for one in instead for line in one}
    assert {code for code, row in rows.items() if row["verdict"] == "billable"} == offered - chosen
    for line in (line for one in (lines, *instead) for line in one):
        row = rows[line["code"]]
        assert not row["blockers"]
        if line["code"] != "G0511":  # its line holds the time of several programs, its row that of one
            assert row.get("counted_seconds") == line.get("counted_seconds")


@LAWS
@given(request=doubtful_months() | contested_months() | orderly_months() | months() | crowded_months())
def test_lines_are_lawful_together_and_the_status_says_so(request: EvaluationRequest) -> None:
    answer = answered(request)
    check_lines(answer["claim_lines"], answer["service_month"])
    check_status(answer)
    if contradicted(request):
        assert answer["status"] == "needs_decision"
    elif answer["status"] == "needs_decision":
        doubts = [f["rule"] for f in answer["findings"] if f["outcome"] == "not_met" and f["rule"].startswith("PRAC-0")]
        assert doubts, "two practitioners, or two credentials of one"
    after = month_of(request).day_after
    assert answer["provisional"] == (request.known_on is not None and request.known_on < after)


def contradicted(request: EvaluationRequest) -> bool:
    """Of a program that has codes in the month: two settings on one day of it, two days of death or, of CCM, one code both
    lasting and not unless two others remain.
    """
    assessed = {program for program in named_programs(request) if BEGINS[program] <= request.service_month}  # type: ignore[index]
    return bool(assessed) and (
        two_settings(request) or two_deaths(request) or ("ccm" in assessed and doubted_conditions(request))
    )


def two_settings(request: EvaluationRequest) -> bool:
    month = month_of(request)
    settings = [fact for fact in standing(request) if isinstance(fact, facts.Setting)]
    days = (month.day(index) for index in range(month.days))
    return any(len({fact.type for fact in settings if holds(fact, day)}) > 1 for day in days)


def two_deaths(request: EvaluationRequest) -> bool:
    deaths = {fact.on for fact in standing(request) if isinstance(fact, facts.Death)}
    return len(deaths) > 1 and min(deaths) < month_of(request).day_after


def doubted_conditions(request: EvaluationRequest) -> bool:
    month = month_of(request)
    stated: defaultdict[str, list[facts.Condition]] = defaultdict(list)
    for fact in standing(request):
        if isinstance(fact, facts.Condition) and fact.code and touches(fact, month.first_day, month.day_after):
            stated[fact.code].append(fact)
    doubted = {code for code, known in stated.items() if both_lasting_and_not(known)}
    counting = {
        code
        for code, known in stated.items()
        if code not in doubted
        and any(f.significant_risk for f in known)
        and {f.expected_duration for f in known} - {None}
        and not any(f.expected_duration == "less_than_12_months" for f in known)
    }
    return bool(doubted) and len(counting) < 2


def both_lasting_and_not(known: list[facts.Condition]) -> bool:
    passing = [fact for fact in known if fact.expected_duration == "less_than_12_months"]
    lasting = [fact for fact in known if fact.expected_duration not in {None, "less_than_12_months"}]
    return any(
        touches(one, other.from_ or dt.date.min, other.until or dt.date.max) for one in passing for other in lasting
    )


def holds(fact: Any, day: dt.date) -> bool:
    return touches(fact, day, day + dt.timedelta(days=1))


def touches(fact: Any, first: dt.date, after: dt.date) -> bool:
    return (fact.from_ is None or fact.from_ < after) and (fact.until is None or fact.until > first)
