"""How many patient-months a second one core determines, every finding made: a usual CCM month of 8 time entries, a month of
principal care, one of remote monitoring, and a patient in three programs at once.

python -m benchmarks.determination

Each figure is the best of many short rounds, so that what else the machine does weighs little. The practice's month is
built once, as a month-end run does it; `one list of facts` builds it anew, as an evaluation does.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Final

from app.determination import facts
from app.determination.determine import determine
from app.determination.explanation import encode, explain
from app.determination.facts import PROGRAMS, Fact, Program
from app.determination.gaps import gaps
from app.determination.patient_month import PatientMonth
from app.determination.practice_month import PracticeMonth
from app.determination.service_month import service_month
from app.months.answering import answered
from app.rulebook import loader

SECONDS: Final = 3.0
"""Spent on each figure."""

MONTH: Final = service_month("2026-03")
CAPABILITIES: Final = (
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
)  # fmt: skip


def practice() -> list[Fact]:
    return [
        facts.Practitioner(id="practitioner", practitioner="DR", credential="MD"),
        facts.Practice(id="practice", time_zone="America/New_York"),
        facts.Setting(id="setting", type="physician_office"),
        *(facts.Capability(id=f"capability-{name}", name=name) for name in CAPABILITIES),
    ]


def person() -> list[Fact]:
    """What is known of a patient whatever the program."""
    lasts = {"expected_duration": "until_death", "significant_risk": True}
    return [
        facts.Coverage(id="coverage", payer="medicare_part_b"),
        facts.Condition(id="diabetes", code="E11.9", **lasts),  # type: ignore[arg-type]
        facts.Condition(id="hypertension", code="I10", **lasts),  # type: ignore[arg-type]
        facts.Visit(
            id="visit", code="99214", on=dt.date(2025, 2, 20), practitioner="DR", discussed_care_management=True
        ),
    ]


def patient() -> list[Fact]:
    """A patient in CCM."""
    return [*person(), *chronic_care()]


def chronic_care() -> list[Fact]:
    """Everything in order for CCM: of 8 entries 35 minutes of staff and 21 of the practitioner."""
    return [
        *in_program("ccm"),
        facts.CarePlan(
            id="plan", action="established", on=dt.date(2025, 3, 4), electronic=True,
            copy_given_on=dt.date(2025, 3, 4), elements=frozenset({"problem_list"}),
        ),
        *(entry(number) for number in range(8)),
    ]  # fmt: skip


def principal_care() -> list[Fact]:
    """Everything in order for PCM: 8 entries as CCM has them."""
    return [*in_program("pcm"), *(entry(number, "pcm") for number in range(8))]


def monitoring() -> list[Fact]:
    """Everything in order for RPM: readings on 18 days, a device set up, 28 minutes with a live contact."""
    return [
        *in_program("rpm"),
        facts.DeviceSetup(id="set-up", on=dt.date(2026, 3, 2)),
        *(facts.DeviceDay(id=f"day-{number}", on=dt.date(2026, 3, 3 + number)) for number in range(18)),
        *(entry(number, "rpm") for number in range(4)),
    ]


def behavioral_care() -> list[Fact]:
    """Everything in order for BHI: 4 entries, 28 minutes."""
    return [*in_program("bhi"), *(entry(number, "bhi") for number in range(4))]


def in_program(program: Program) -> list[Fact]:
    """Enrolled a year ago, and consented."""
    return [
        facts.Enrollment(id=f"enrolment-{program}", program=program, practitioner="DR", from_=dt.date(2025, 3, 2)),
        facts.Consent(
            id=f"consent-{program}", action="given", program=program, at=dt.datetime(2025, 3, 2, 15, 15, tzinfo=dt.UTC),
            practitioner="DR", form="verbal", documented=True,
            informed=frozenset({"availability", "cost_sharing", "one_practitioner", "right_to_stop"}),
        ),
    ]  # fmt: skip


def entry(number: int, program: Program = "ccm") -> facts.TimeEntry:
    own = number % 3 == 0
    started_at = dt.datetime(2026, 3, 3 + 2 * number, 14 + PROGRAMS.index(program), tzinfo=dt.UTC)
    return facts.TimeEntry(
        id=f"{program}-{number}",
        program=program,
        performer="DR" if own else "RN",
        role="practitioner" if own else "clinical_staff",
        started_at=started_at,
        ended_at=started_at + dt.timedelta(minutes=7),
        activity="contact",
        live_contact=True,
        note_ref="note",
    )


def rate(work: Callable[[PatientMonth], object], given: Callable[[], PatientMonth]) -> float:
    """How often a second it is done, in the best round of five; what it is given is made beforehand."""
    best = float("inf")
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        months = [given() for _ in range(5)]
        began = time.perf_counter()
        for month in months:
            work(month)
        best = min(best, time.perf_counter() - began)
    return 5 / best


def main() -> None:
    law = loader.law(MONTH.written)
    shared = PracticeMonth(MONTH, practice(), policy=law.default_policy)
    own, everything = patient(), [*practice(), *patient()]
    others = {
        "pcm": ([*person(), *principal_care()], {"99426"}, 20_000),
        "rpm": ([*person(), *monitoring()], {"99453", "99454", "99457"}, 20_000),
        "ccm, rpm and bhi": (
            [*person(), *chronic_care(), *monitoring(), *behavioral_care()],
            {"99490", "99439", "99453", "99454", "99457", "99484"},
            8_000,
        ),
    }

    def month() -> PatientMonth:
        return PatientMonth(shared, own)

    def stated() -> PatientMonth:
        return PatientMonth.stated(MONTH, everything, policy=law.default_policy)

    determination = determine(month(), law)
    lacking = gaps(determination, law)
    assert [line.code for line in determination.lines] == ["99490", "99439"], "the month is a usual one"
    figures: list[tuple[str, Callable[[PatientMonth], object], int | None]] = [
        ("month and determine", lambda _: determine(month(), law), 20_000),
        ("determine", lambda given: determine(given, law), None),
        ("gaps", lambda _: gaps(determination, law), 3_333),
        ("explain and encode", lambda _: encode(explain(determination, law, gaps=lacking, inputs_digest="")), None),
        ("answered", lambda given: answered(given, patient="patient"), None),
        ("one list of facts and determine", lambda _: determine(stated(), law), None),
    ]
    for name, (stands, codes, wanted) in others.items():
        billed = {line.code for line in determine(PatientMonth(shared, stands), law).lines}
        assert billed == codes, f"the month of {name} is a usual one"
        figures.append(
            (f"month and determine, {name}", lambda _, own=stands: determine(PatientMonth(shared, own), law), wanted)
        )
    for name, work, wanted in figures:
        reached = rate(work, month)
        beside = "" if wanted is None else f"   wanted {wanted:7,}"
        print(f"{name:38}{reached:9,.0f} a second {1e6 / reached:9,.1f} us{beside}")


if __name__ == "__main__":
    main()
