"""Services of anybody beside the month's lines: none that bars them, and every claim edit of the date is told."""

import datetime as dt
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from app.determination import facts
from app.months.evaluate import EvaluationRequest
from tests.determination.orderly_months import orderly_months
from tests.determination.strategies import (
    LAWS,
    Answer,
    DrawFn,
    answered,
    month_of,
    months,
    replaced,
    services,
    standing,
    with_facts,
)
from tests.determination.test_answers import WINDOWS
from tests.rulebook.test_claim_edits import pairs, valid
from tests.rulebook.test_concurrent_services import ROWS
from tests.rulebook.usual_patient import codes_of

PAIRS: Final = pairs()
# Rule book, 11.1: code, whose service it is, the months in which it bars CCM. CONC-01 depends on minutes: test_concurrent_services.
BARRED: Final = [
    (code, relation, since, until or "9999-99")
    for rule, codes, since, until, *bearings in ROWS
    for relation, bearing in zip(("same", "practice", "elsewhere"), bearings, strict=True)
    if bearing == "no" and rule != "CONC-01"
    for code in codes_of(codes)
]
CCM: Final = {"99490", "G2058", "99439", "99491", "99437", "99487", "99489", "G0511"}
NOT_FOR_G0511: Final = set(codes_of("99424-99427, G2064, G2065"))


@st.composite
def served_months(draw: DrawFn) -> EvaluationRequest:
    """An orderly month with services beside it, some on a day on which a line may be dated."""
    request = draw(orderly_months())
    month = month_of(request)
    days = [request_day(fact) for fact in request.facts if isinstance(fact, facts.TimeEntry | facts.PlanningAssessment)]
    more = []
    for number in range(draw(st.integers(1, 4))):
        service = services(month, draw, draw(st.sampled_from(("DR_A", "DR_A", "DR_B", None))))
        if draw(st.booleans()):
            service = replaced(service, on=draw(st.sampled_from(days)), through=None)
        more.append(replaced(service, id=f"s{number}"))
    return with_facts(request, (*request.facts, *more))


def request_day(fact: Any) -> dt.date:
    return fact.on or fact.started_at.date()  # type: ignore[no-any-return]


def relation(service: facts.Service, biller: str) -> str:
    if service.practitioner == biller or (service.practitioner is None and service.same_practice is not False):
        return "same"
    return "elsewhere" if service.same_practice is False else "practice"


@LAWS
@given(request=served_months() | months(disturbances=1))
def test_no_line_stands_beside_a_service_that_bars_it(request: EvaluationRequest) -> None:
    answer = answered(request)
    month = month_of(request)
    lines = answer["claim_lines"] + [line for one in answer["alternatives"] for line in one["claim_lines"]]
    for service in (fact for fact in standing(request) if isinstance(fact, facts.Service)):
        touches = service.on < month.day_after and (service.through or service.on) >= month.first_day
        if not touches or (service.source == "self" and month.holds(service.on)):
            continue
        for line in lines:
            if line["code"] not in CCM or (line["code"] == "G0511" and service.code in NOT_FOR_G0511):
                continue
            whose = relation(service, line["practitioner"])
            barred = [code for code, by, since, until in BARRED if by == whose and since <= month.written < until]
            assert service.code not in barred, (line, service)
            if service.code in CCM and month.holds(service.on):
                check_claim(answer, line, service, whose)


def check_claim(answer: Answer, line: dict[str, Any], service: facts.Service, whose: str) -> None:
    """A claim of CCM that stands: another practitioner's bars every code, the own one every other kind (PRAC-03, PRAC-04)."""
    assert whose != "practice", "PRAC-03"
    _, since, until = WINDOWS[service.code]
    if not since <= answer["service_month"] < until:
        return  # a claim of a code that does not exist is nobody's
    kinds = ({"99490", "G2058", "99439"}, {"99491", "99437"}, {"99487", "99489"}, {"G0511"})
    if whose == "same" and answer["service_month"] >= "2017-01":
        kind = next(kind for kind in kinds if line["code"] in kind)
        other = next(kind for kind in kinds if service.code in kind)
        # G0511 and the practitioner's codes exclude each other in 2025 only (RHC-06).
        assert kind is other or {"G0511", "99491", "99437"} >= {line["code"], service.code}, (line, service)


@LAWS
@given(request=served_months() | months(disturbances=1))
def test_every_edit_of_the_lines_dates_is_told_and_no_other(request: EvaluationRequest) -> None:
    answer = answered(request)
    month = month_of(request)
    if month.written < "2020-01":
        return  # pairs deleted since then stand in the file of NCCI only
    expected: set[tuple[str, str, str, int]] = set()
    for line in answer["claim_lines"]:
        own = {one["code"] for one in answer["claim_lines"] if one["pathway"] == line["pathway"]}
        own |= {"99437"} if line["pathway"] == "practitioner" else {"99439", "G2058", "99489"} & codes_beside(line)
        partners = beside(request, line) | {
            one["code"] for one in answer["claim_lines"] if one["service_date"] == line["service_date"]
        }
        for code in partners - own:
            indicator = PAIRS.get((line["code"], code))
            if indicator is not None and valid(code, month.written) and valid(line["code"], month.written):
                expected.add((*sorted((line["code"], code)), line["service_date"], indicator))
    told = {(*one["pair"], one["on"], one["modifier_indicator"]) for one in answer["conflicts"]}
    assert {
        one for one in told if all(valid(code, month.written) for code in one[:2]) and "G0511" not in one
    } == expected
    for conflict in answer["conflicts"]:
        assert conflict["remedy"]
        assert any(finding["rule"] == conflict["rule"] for finding in answer["findings"])


def codes_beside(line: dict[str, Any]) -> set[str]:
    """The add-ons of the line's own pathway, claimed or not."""
    return {"clinical_staff": {"99439", "G2058"}, "complex": {"99489"}}.get(line["pathway"], set())


def beside(request: EvaluationRequest, line: dict[str, Any]) -> set[str]:
    """Codes of services and visits by the line's practitioner on its date of service."""
    month = month_of(request)
    found = set()
    for fact in standing(request):
        if isinstance(fact, facts.Service) and str(fact.on) == line["service_date"]:
            own_answer = fact.source == "self" and month.holds(fact.on)
            if not own_answer and relation(fact, line["practitioner"]) == "same":
                found.add(fact.code)
        if isinstance(fact, facts.Visit) and fact.code and str(fact.on) == line["service_date"]:
            found |= {fact.code} if fact.practitioner == line["practitioner"] else set()
    return found
