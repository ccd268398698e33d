"""Random months in which several programs are at work at once: mostly in order, and near to what keeps two of them apart."""

import datetime as dt
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from hypothesis import strategies as st

from app.determination import facts
from app.determination.facts import Fact, Program
from app.determination.service_month import ServiceMonth, service_month
from app.months.evaluate import EvaluationRequest
from tests.determination.strategies import (
    MONTHS,
    PRACTICE_CHOICES,
    DrawFn,
    disturbed,
    extras,
    instant,
    plannings,
    replaced,
    services,
    usual_patient,
)

# Rule book, section 1: the first month of a program's codes.
BEGINS: Final[dict[Program, str]] = {
    "ccm": "2015-01", "tcm": "2015-01", "bhi": "2017-01", "cocm": "2017-01", "rpm": "2019-01", "pcm": "2020-01",
    "rtm": "2022-01", "chi": "2024-01", "pin": "2024-01", "apcm": "2025-01",
}  # fmt: skip
RECENT: Final = tuple(month for month in MONTHS if month >= "2024-01")
TRANSITION: Final = tuple(month for month in MONTHS if "2025-01" <= month < "2025-10")
# Programs that exclude each other, or that many patients are in at once.
MEETING: Final[tuple[tuple[Program, ...], ...]] = (
    ("ccm", "pcm"), ("ccm", "tcm"), ("ccm", "apcm"), ("bhi", "cocm"), ("rpm", "rtm"), ("ccm", "rpm", "bhi"),
    ("pcm", "apcm", "ccm"), ("chi", "pin", "ccm"), ("tcm", "apcm", "pcm"), ("rpm", "rtm", "ccm"), ("ccm", "bhi", "chi"),
)  # fmt: skip
SITES: Final = ("physician_office",) * 4 + ("hospital_outpatient", "rhc", "fqhc")
WORKERS: Final = (
    ("RN_1", "clinical_staff"), ("RN_1", "clinical_staff"), ("RN_2", "clinical_staff"), ("own", "practitioner"),
)  # fmt: skip
# Around what a first unit and the following ones need (rule book, sections 8, 12 and 13).
LENGTHS: Final = (1200, 1800, 2400, 3600, 4200, 5400, 600, 599, 1199, 1201, 1799, 3599, 4199, 9000)
DEVICE_DAYS: Final = (16, 17, 20, 2, 15, 1, 0)
SYSTEMS: Final = ("respiratory", "musculoskeletal", "cognitive_behavioral", None)
COMBINED: Final = ("rhc", "fqhc")


@st.composite
def crowded_months(draw: DrawFn, *, troubled: bool = True) -> EvaluationRequest:
    """Two to four programs in one month, each with what it asks for; `troubled`: and something wrong or beside it."""
    written = draw(st.sampled_from(MONTHS) | st.sampled_from(RECENT) | st.sampled_from(RECENT + TRANSITION))
    zone = draw(st.sampled_from(("America/New_York", "America/New_York", "Asia/Beirut")))
    month = service_month(written, zone)
    programs = draw(_programs(written))
    ids = (f"p{number}" for number in count())
    everything = [fact for fact in usual_patient(month) if getattr(fact, "program", "ccm") == "ccm"]
    if "ccm" not in programs:
        everything = [fact for fact in everything if not hasattr(fact, "program")]
    sites = COMBINED if written in TRANSITION and draw(st.booleans()) else SITES
    everything[2] = facts.Setting(id="setting", type=draw(st.sampled_from(sites)))
    everything.append(facts.Visit(id="visit-b", code="99203", on=month.day(0), practitioner="DR_B"))
    everything.append(facts.DecisionMaking(id="decided", level=draw(_LEVELS), on=month.day(20)))
    if draw(st.integers(0, 2)) == 0:
        everything.append(facts.Coverage(id="qmb", payer="medicare_part_b", qualified_medicare_beneficiary=True))
    for program in programs:
        biller = draw(st.sampled_from(("DR_A",) * 7 + ("DR_B",)))
        everything += draw(_enrolled(month, program, biller, ids))
        everything += draw(_at_work(month, program, biller, ids))
    if "ccm" in programs and draw(st.integers(0, 3)) == 0:
        everything += draw(plannings(month))
    if troubled:
        everything = draw(disturbed(everything, 2))
        beside = draw(st.lists(extras(month) | _services(month), max_size=2))
        everything += [replaced(fact, id=f"x{number}") for number, fact in enumerate(beside)]
    return EvaluationRequest(
        service_month=written,
        time_zone=zone,
        facts=tuple(everything),
        known_on=month.day(draw(st.integers(0, month.days - 1))) if troubled and draw(st.booleans()) else None,
        billing_practitioner=draw(st.sampled_from((None,) * 4 + ("DR_A",))),
        policy=draw(st.none() | PRACTICE_CHOICES),
    )


@st.composite
def _programs(draw: DrawFn, written: str) -> list[Program]:
    there = [program for program, first in BEGINS.items() if first <= written]
    meeting = [group for group in MEETING if set(group) <= set(there)]
    found = list(draw(st.sampled_from(meeting)))
    found += draw(st.lists(st.sampled_from(there), max_size=4 - len(found)))
    return list(dict.fromkeys(found))


_LEVELS: Any = st.sampled_from(("high", "moderate", "moderate", "low"))


@st.composite
def _services(draw: DrawFn, month: ServiceMonth) -> Fact:
    return services(month, draw, draw(st.sampled_from(("DR_A", "DR_A", "DR_B", None))))


@st.composite
def _enrolled(draw: DrawFn, month: ServiceMonth, program: Program, biller: str, ids: Iterator[str]) -> list[Fact]:
    """Consent to a program and, of some always, the enrolment: before the month or within it."""
    since = month.first_day + dt.timedelta(days=draw(st.sampled_from((-20, -20, -20, 1))))
    found: list[Fact] = []
    if program not in ("ccm", "tcm"):
        documented = draw(st.sampled_from((True, True, True, None)))
        found.append(
            facts.Consent(
                id=next(ids), action="given", program=program, on=since, practitioner=biller, documented=documented
            )
        )
    if program in ("apcm", "tcm") or (program != "ccm" and draw(st.booleans())):
        found.append(facts.Enrollment(id=next(ids), program=program, practitioner=biller, from_=since))
    if program == "cocm" and draw(st.booleans()):
        found.append(_billed_before(month, "99492", biller, ids))
    return found


def _billed_before(month: ServiceMonth, code: str, biller: str, ids: Iterator[str]) -> facts.Service:
    return facts.Service(id=next(ids), code=code, on=month.first_day - dt.timedelta(days=12), practitioner=biller)


@st.composite
def _at_work(draw: DrawFn, month: ServiceMonth, program: Program, biller: str, ids: Iterator[str]) -> list[Fact]:
    """What the program's codes ask for."""
    found: list[Fact] = []
    if program == "tcm":
        earlier = [_billed_before(month, "99495", biller, ids)] if draw(st.integers(0, 7)) == 0 else []
        return [*earlier, *draw(_discharged(month, biller, ids))]
    if program in ("rpm", "rtm"):
        found += draw(_monitored(month, program, ids))
        if draw(st.integers(0, 7)) == 0:
            found.append(_billed_before(month, "99453" if program == "rpm" else "98975", biller, ids))
    if program == "chi":
        on = month.first_day - dt.timedelta(days=draw(st.sampled_from((5, 5, -3))))
        need = draw(st.sampled_from((True, True, True, None)))
        found.append(facts.Visit(id=next(ids), code="99213", on=on, practitioner=biller, social_need_found=need))
        if draw(st.integers(0, 5)) == 0:
            found.append(facts.Stay(id=next(ids), setting="home_health", from_=month.day(3), until=month.day(9)))
    if program != "apcm":
        for _ in range(draw(st.integers(1, 3))):
            found.append(draw(worked_for(month, program, biller, next(ids))))
    return found


@st.composite
def worked_for(draw: DrawFn, month: ServiceMonth, program: Program, biller: str, identifier: str) -> facts.TimeEntry:
    """Work for one program, of a day or by the clock on a morning on which others work as well."""
    performer, role = draw(st.sampled_from(WORKERS))
    fields: dict[str, Any] = {
        "program": program,
        "performer": biller if performer == "own" else performer,
        "role": role,
        "live_contact": draw(st.sampled_from((True, True, True, None, False))),
        "worker": draw(st.sampled_from((None, "peer_support"))) if program == "pin" else None,
    }
    seconds = draw(st.sampled_from(LENGTHS))
    if draw(st.booleans()):
        return facts.TimeEntry(id=identifier, on=month.day(draw(st.integers(0, 27))), seconds=seconds, **fields)
    start = month.day_starts[draw(st.sampled_from((4, 11, 25)))] + 9 * 3600 + draw(st.integers(-40, 40)) * 60
    return facts.TimeEntry(id=identifier, started_at=instant(start), ended_at=instant(start + seconds), **fields)


@st.composite
def _monitored(draw: DrawFn, month: ServiceMonth, program: Any, ids: Iterator[str]) -> list[Fact]:
    system: Any = draw(st.sampled_from(SYSTEMS)) if program == "rtm" else None
    named: Any = "rtm" if program == "rtm" else draw(st.sampled_from((None, "rpm")))
    first = draw(st.integers(0, 8))
    found: list[Fact] = [
        facts.DeviceDay(id=next(ids), program=named, body_system=system, on=month.day(first + number))
        for number in range(draw(st.sampled_from(DEVICE_DAYS)))
    ]
    if draw(st.booleans()):
        found.append(facts.DeviceSetup(id=next(ids), program=named, on=month.day(draw(st.integers(0, 5)))))
    return found


@st.composite
def _discharged(draw: DrawFn, month: ServiceMonth, biller: str, ids: Iterator[str]) -> list[Fact]:
    """A stay that ended before the month or within it, and what follows a discharge home."""
    on = month.first_day + dt.timedelta(days=draw(st.integers(-24, 12)))
    contact, visit, decided = draw(st.sampled_from(((1, 6, 6), (1, 12, 3), (0, 7, 7), (1, 14, 10), (5, 5, 5))))
    start = month.first_day if on + dt.timedelta(days=visit) < month.first_day else on  # a visit of this month
    seen = max(start, on + dt.timedelta(days=visit))
    return [
        facts.Stay(id=next(ids), setting="inpatient", from_=on - dt.timedelta(days=3), until=on),
        facts.TimeEntry(
            id=next(ids), program="tcm", performer="RN_1", role="clinical_staff", seconds=600, live_contact=True,
            on=on + dt.timedelta(days=contact),
        ),
        facts.Visit(id=next(ids), code="99495", on=seen, practitioner=biller, discussed_care_management=True),
        facts.DecisionMaking(id=next(ids), level=draw(_LEVELS), on=on + dt.timedelta(days=decided)),
    ]  # fmt: skip
