"""Random months with everything in order but what a law turns on: minutes, a second biller, facts that contradict each other."""

import datetime as dt

from hypothesis import strategies as st

from app.determination import facts
from app.determination.facts import Fact, Program
from app.determination.service_month import service_month
from app.months.evaluate import EvaluationRequest
from tests.determination.strategies import (
    MONTHS,
    PEOPLE,
    PRACTICE_CHOICES,
    SETTINGS,
    DrawFn,
    entries,
    instant,
    month_of,
    plannings,
    replaced,
    usual_patient,
    with_facts,
)


@st.composite
def orderly_months(draw: DrawFn) -> EvaluationRequest:
    """A month in which nothing but minutes, decision making, planning, site, credential, payer and policy weigh."""
    month = service_month(draw(st.sampled_from(MONTHS)), "America/New_York")
    people = draw(st.sampled_from((PEOPLE[:2], PEOPLE[1:2], PEOPLE[:4])))
    worked = draw(st.lists(entries(month, people), min_size=1, max_size=5))
    more: list[Fact] = [replaced(entry, id=f"e{number}", program="ccm") for number, entry in enumerate(worked)]
    if draw(st.booleans()):
        more.append(facts.DecisionMaking(id="mdm", level="moderate", on=month.first_day))
    if draw(st.booleans()):
        more.append(facts.CarePlan(id="revision", action="substantially_revised", on=month.first_day))
    if draw(st.integers(0, 2)) == 0:
        more += draw(plannings(month))
    usual = usual_patient(month)
    usual[0] = facts.Practitioner(id="prac-a", practitioner="DR_A", credential=draw(st.sampled_from(("MD", "NP"))))
    usual[2] = facts.Setting(id="setting", type=draw(st.sampled_from(SETTINGS)))
    if draw(st.integers(0, 3)) == 0:
        on = month.first_day + dt.timedelta(days=draw(st.integers(0, 27)))
        more.append(facts.Coverage(id="plan-pays", payer="medicare_advantage", from_=on))
    return EvaluationRequest(
        service_month=month.written,
        time_zone=month.time_zone,
        facts=(*usual, *more),
        policy=draw(st.none() | PRACTICE_CHOICES),
    )


@st.composite
def contested_months(draw: DrawFn) -> EvaluationRequest:
    """A second practitioner is enrolled, now before the first, now after, with or without a consent."""
    request = draw(orderly_months())
    first = month_of(request).first_day
    enrolled_on = first + dt.timedelta(days=draw(st.sampled_from((-40, -29, 0, 9, 40))))
    more: list[Fact] = [facts.Enrollment(id="second", program="ccm", practitioner="DR_B", from_=enrolled_on)]
    if draw(st.integers(0, 3)):
        consent = next(fact for fact in request.facts if isinstance(fact, facts.Consent))
        more.append(replaced(consent, id="consent-b", practitioner=draw(st.sampled_from(("DR_B", None)))))
    if draw(st.integers(0, 3)):
        visit = next(fact for fact in request.facts if isinstance(fact, facts.Visit))
        more.append(replaced(visit, id="visit-b", practitioner="DR_B"))
    left_out = draw(st.sampled_from((None, None, "consent", "visit")))
    return with_facts(request, [*(fact for fact in request.facts if fact.id != left_out), *more])


@st.composite
def doubtful_months(draw: DrawFn) -> EvaluationRequest:
    """One thing is said in two ways that cannot both be true, or so nearly that they can."""
    request = draw(orderly_months())
    month = month_of(request)
    second, third = (month.day(draw(st.integers(0, month.days - 1))) for _ in range(2))
    more: list[Fact] = draw(
        st.sampled_from(
            (
                [facts.Death(id="d1", on=second), facts.Death(id="d2", on=third)],
                [facts.Death(id="d1", on=second), facts.Death(id="d2", on=month.day_after)],
                [facts.Setting(id="s", type="rhc", from_=second)],
                [facts.Practitioner(id="p", practitioner="DR_A", credential="CNS", from_=second)],
                [facts.Condition(id="c", code="I10", expected_duration="less_than_12_months", until=second)],
            )
        )
    )
    return with_facts(request, (*request.facts, *more))


@st.composite
def busy_months(draw: DrawFn) -> EvaluationRequest:
    """The same people at work for several programs at once."""
    request = draw(orderly_months())
    month = month_of(request)
    start = month.day_starts[4] + 9 * 3600
    programs: list[Program] = draw(st.lists(st.sampled_from(("ccm", "tcm")), min_size=2, max_size=4))
    more: list[Fact] = [
        facts.TimeEntry(
            id=f"busy{number}",
            program=program,
            performer=draw(st.sampled_from(("RN_1", "DR_A"))),
            role="clinical_staff",
            started_at=instant(start + draw(st.integers(0, 1800))),
            ended_at=instant(start + 1800 + draw(st.integers(1, 1800))),
        )
        for number, program in enumerate(programs)
    ]
    return with_facts(request, (*request.facts, *more))
