"""Random patient-months: the usual patient of the cases, with work of several people, and things missing, doubled or moved.

`months` are questions as the service is asked them, and `answered` asks. Examples a law: profile `quick`, or with
`HYPOTHESIS_PROFILE=thorough` (`make slow`) as many as `SLOW_EXAMPLES` says.
"""

import datetime as dt
import json
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.determination import facts, succession
from app.determination.determine import Determination, determine
from app.determination.facts import Fact
from app.determination.patient_month import PatientMonth
from app.determination.policy import PolicyChoices, resolve
from app.determination.service_month import ServiceMonth, service_month
from app.months.evaluate import EvaluationRequest, evaluate
from app.rulebook import loader

Answer = dict[str, Any]
DrawFn = st.DrawFn

_UNHURRIED: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "quick", max_examples=9, deadline=None, derandomize=True, database=None, suppress_health_check=_UNHURRIED
)
# Other months every time; whoever meets a failure elsewhere can replay it from what is printed.
settings.register_profile(
    "thorough", max_examples=int(os.environ.get("SLOW_EXAMPLES", "500")), deadline=None, derandomize=False,
    print_blob=True, suppress_health_check=_UNHURRIED,
)  # fmt: skip
LAWS: Final = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# Havana and Beirut change their clocks at midnight: a day there may begin at one, or its last hour come twice.
ZONES: Final = (
    "America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Pacific/Guam", "America/Havana", "Asia/Beirut",
)  # fmt: skip
MONTHS: Final = tuple(f"{year}-{month:02}" for year in range(2015, 2028) for month in range(1, 13))
CLOCKS_CHANGE: Final = tuple(month for month in MONTHS if month[5:] in {"03", "10", "11"})
CAPABILITIES: Final = (
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
)  # fmt: skip
TOLD: Final = frozenset({"availability", "cost_sharing", "one_practitioner", "right_to_stop"})
LEAVE_GIVEN: Final = TOLD | {"record_sharing"}
SETTINGS: Final = ("physician_office",) * 5 + ("hospital_outpatient", "rhc", "fqhc", "rhc")
# Claims of care management and services that may stand beside it, on its date or not at all.
SERVICES: Final = (
    "99490", "99490", "G2058", "99439", "99491", "99487", "G0506", "G0511", "99495", "99496", "99426", "G2064", "99457", "99091",
    "98980", "99484", "99492", "G0181", "G0182", "99375", "90961", "99358", "93792", "99421", "99441", "96127", "90834",
    "99474", "99214", "G0439", "G0557", "G0568", "G0019", "G0136", "G3002", "77427",
)  # fmt: skip
PEOPLE: Final = (
    ("RN_1", "clinical_staff"), ("DR_A", "practitioner"), ("RN_2", "clinical_staff"), ("DR_B", "practitioner"),
    ("DR_A", "clinical_staff"), ("CLERK", "non_clinical"),
)  # fmt: skip
ODDITIES: Final[tuple[dict[str, Any], ...]] = (
    {"activity": "care_plan", "note_ref": "n"}, {"activity": "prior_authorization"}, {"activity": "clerical"},
    {"activity": "supervision"}, {"part_of_visit": True}, {"outside_us": True}, {"automated": True},
    {"supervised_by": "DR_A"}, {"supervised_by": "DR_B"}, {"unrelated_to_terminal_illness": True},
)  # fmt: skip


def answered(request: EvaluationRequest) -> Answer:
    answer: Answer = json.loads(evaluate(request))
    return answer


def determined(request: EvaluationRequest) -> Determination:
    """The determination before it is put into sentences, without the search for what would settle its gaps."""
    month, law = month_of(request), loader.law(request.service_month)
    stands = succession.standing(succession.distinct(request.facts)[0])
    policies = [fact for fact in stands if isinstance(fact, facts.Policy)]
    patient_month = PatientMonth.stated(
        month,
        stands,
        policy=resolve(law.default_policy, policies, month.written, request.policy),
        known_on=request.known_on,
        billing_practitioner=request.billing_practitioner,
    )
    return determine(patient_month, law)


def with_facts(request: EvaluationRequest, stated: Sequence[Fact]) -> EvaluationRequest:
    return msgspec.structs.replace(request, facts=tuple(stated))


def month_of(request: EvaluationRequest) -> ServiceMonth:
    assert request.time_zone is not None
    return service_month(request.service_month, request.time_zone)


def replaced(fact: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(fact, **fields)


def targets(stated: Sequence[Fact]) -> set[tuple[str | None, str, str]]:
    """Facts that were corrected or retracted."""
    gone: set[tuple[str | None, str, str]] = set()
    for fact in stated:
        if isinstance(fact, facts.Retraction):
            gone.add((fact.source, fact.retracts.kind, fact.retracts.id))
        elif (corrected := getattr(fact, "corrects", None)) is not None:
            gone.add((fact.source, fact.kind, corrected))
    return gone


def standing(request: EvaluationRequest) -> list[Fact]:
    gone = targets(request.facts)
    return [
        fact
        for fact in request.facts
        if (fact.source, fact.kind, fact.id) not in gone and not isinstance(fact, facts.Retraction)
    ]


def usual_patient(month: ServiceMonth) -> list[Fact]:
    """Everything in order for CCM by DR_A, and no time yet: the base facts of the cases, moved to the month."""

    def day(offset: int) -> dt.date:
        return month.first_day + dt.timedelta(days=offset)

    return [
        facts.Practitioner(id="prac-a", practitioner="DR_A", credential="MD"),
        facts.Practitioner(id="prac-b", practitioner="DR_B", credential="np "),
        facts.Setting(id="setting", type="physician_office"),
        *(facts.Capability(id=f"cap-{name}", name=name) for name in CAPABILITIES),
        facts.Coverage(id="cov", payer="medicare_part_b"),
        _condition("dx-1", "E11.9"),
        _condition("dx-2", "I10"),
        facts.Enrollment(id="enrol", program="ccm", practitioner="DR_A", from_=day(-29)),
        facts.Visit(id="visit", code="99214", on=day(-49), practitioner="DR_A", discussed_care_management=True),
        facts.Consent(
            id="consent", action="given", program="ccm", on=day(-29), form="written", documented=True,
            practitioner="DR_A", informed=LEAVE_GIVEN if month.written < "2017-01" else TOLD,  # type: ignore[arg-type]
        ),
        facts.CarePlan(id="plan", action="established", on=day(-25), electronic=True, copy_given_on=day(-24)),
        facts.CarePlan(id="plan-month", action="monitored", on=day(1), electronic=True),
    ]  # fmt: skip


def _condition(identifier: str, code: str, **fields: Any) -> facts.Condition:
    stated = {"expected_duration": "at_least_12_months", "significant_risk": True, **fields}
    return facts.Condition(id=identifier, code=code, **stated)


def anchors(month: ServiceMonth) -> list[int]:
    """Moments worth working at: the month's edges, days of another length, and two ordinary mornings."""
    changes = [day for day, following in pairwise(month.day_starts) if following - day != 86_400]
    return [month.day_starts[4] + 9 * 3600, month.day_starts[11] + 9 * 3600, month.start, month.end, *changes]


def instant(second: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(second, dt.UTC)


_LENGTHS: Final = (1200, 1800, 2400, 3600, 5400, 7200, 1, 59, 600, 1199, 1201, 36_000, 86_400)
_SECONDS: Final = st.sampled_from(_LENGTHS) | st.integers(1, 9000)
_PROGRAMS: Final = st.sampled_from(("ccm",) * 9 + ("pcm", "bhi", "cocm", "tcm", "rpm", "rtm", "chi", "pin", "apcm"))


@st.composite
def entries(draw: DrawFn, month: ServiceMonth, people: Sequence[tuple[str, str]] = PEOPLE) -> facts.TimeEntry:
    """Somebody's work: timed (near others', over edges, through a change of the clocks), or of a day only."""
    performer, role = draw(st.sampled_from(people))
    program = draw(_PROGRAMS)
    fields: dict[str, Any] = {"program": program, "performer": performer, "role": role}
    if program in ("tcm", "rpm", "rtm"):
        fields["live_contact"] = draw(st.sampled_from((True, None)))
    if draw(st.integers(0, 3)) == 0:
        fields |= draw(st.sampled_from(ODDITIES))
    seconds = draw(_SECONDS)
    if draw(st.booleans()):
        on = month.first_day + dt.timedelta(days=draw(st.integers(-1, month.days)))
        return facts.TimeEntry(id="entry", on=on, seconds=seconds, **fields)
    start = draw(st.sampled_from(anchors(month))) + draw(st.integers(-60, 60)) * 60 + draw(st.sampled_from((0, 0, 1)))
    return facts.TimeEntry(id="entry", started_at=instant(start), ended_at=instant(start + seconds), **fields)


@st.composite
def extras(draw: DrawFn, month: ServiceMonth) -> Fact:
    """Something more about the patient or the practice, usual or contradictory."""

    def day(low: int = -40, high: int = 40) -> dt.date:
        return month.first_day + dt.timedelta(days=draw(st.integers(low, high)))

    def moment() -> dt.datetime:
        return instant(draw(st.sampled_from(anchors(month))) + draw(st.integers(-90, 90)) * 60)

    def span() -> dict[str, Any]:
        first = draw(st.none() | st.integers(-60, 35))
        from_ = None if first is None else month.first_day + dt.timedelta(days=first)
        until = (
            None if draw(st.booleans()) else (from_ or month.first_day) + dt.timedelta(days=draw(st.integers(1, 50)))
        )
        return {"from_": from_, "until": until}

    def closed_span() -> dict[str, Any]:
        return {"from_": day(-60, 35)} | {"until": None if draw(st.booleans()) else day(36, 60)}

    def one_of(*choices: Any) -> Any:
        return draw(st.sampled_from(choices))

    def when() -> dict[str, Any]:
        return {"at": moment()} if draw(st.booleans()) else {"on": day()}

    practitioner = one_of("DR_A", "DR_B", None)
    program = one_of("ccm", "ccm", "ccm", "ccm", "bhi", "apcm", "chi", "rtm", "pcm")
    makers: tuple[Callable[[], Fact], ...] = (
        lambda: facts.DecisionMaking(id="x", level=one_of("moderate", "high", "low"), on=day(), practitioner=practitioner),
        lambda: facts.Enrollment(id="x", program=program, practitioner=practitioner or "DR_B", **closed_span()),
        lambda: facts.Consent(
            id="x", action=one_of("given", "given", "withdrawn", "declined"), program=program,
            practitioner=practitioner, documented=one_of(True, None, False), informed=one_of(LEAVE_GIVEN, TOLD, None),
            form=one_of("written", "written", "verbal", None), supervision=one_of(None, "general"), **when(),
        ),
        lambda: facts.Stay(id="x", setting=one_of("inpatient", "snf_part_a", "hospice", "home_health"),
                           attending=practitioner, **closed_span()),
        lambda: _stay_by_the_clock(moment(), draw(st.integers(600, 40 * 86_400)), one_of("inpatient", "hospice")),
        lambda: facts.Coverage(id="x", payer=one_of("medicare_part_b", "medicare_advantage", "commercial", "none"), **span(),
                               qualified_medicare_beneficiary=one_of(None, True)),
        lambda: facts.Death(id="x", on=day()),
        *(lambda: services(month, draw, practitioner) for _ in range(4)),
        lambda: facts.Visit(id="x", code=one_of("99214", "99203", "99211", "99284", "G0438", None), on=day(),
                            practitioner=practitioner or "DR_B", discussed_care_management=one_of(True, False, None), social_need_found=one_of(None, True, False)),
        lambda: facts.Practitioner(id="x", practitioner=practitioner or "DR_C", credential=one_of("MD", "PA", "PhD"), **span()),
        lambda: facts.Setting(id="x", type=one_of("physician_office", "hospital_outpatient", "rhc", "fqhc"), **span()),
        lambda: _condition("x", one_of("E11.9", "I10", "I50.9"), **span(),
                           expected_duration=one_of("less_than_12_months", "until_death", None)),
        lambda: facts.CarePlan(id="x", action=one_of("revised", "substantially_revised", "established"), on=day(),
                               electronic=one_of(False, True, None)),
        lambda: facts.ExcludedPerformer(id="x", performer=one_of("RN_1", "DR_A"), **closed_span()),
        lambda: facts.ModelAttribution(id="x", model="MODEL", **closed_span()),
        lambda: facts.Policy(id="x", from_=one_of("2015-01", month.written, "2027-12"), preference="highest_amount",
                             elsewhere_conflict_blocks=one_of(None, True)),
        lambda: facts.DeviceDay(id="x", on=day(), program=one_of(None, "rtm"), body_system=one_of(None, "respiratory")),
        lambda: facts.DeviceSetup(id="x", on=day(), program=one_of(None, "rtm")),
        lambda: facts.PlanningAssessment(id="x", on=day(), practitioner=practitioner or "DR_A",
                                         personally_performed=one_of(True, True, False), documented=one_of(True, None, False)),
        lambda: facts.Capability(id="x", name="continuity", **span()),
    )  # fmt: skip
    return one_of(*makers)()  # type: ignore[no-any-return]


def services(month: ServiceMonth, draw: DrawFn, practitioner: str | None) -> facts.Service:
    """A service by anybody: within the month or near it, on a day or until another."""
    on = month.first_day + dt.timedelta(days=draw(st.integers(-35, 35)))
    lasting = draw(st.none() | st.integers(0, 40))
    return facts.Service(
        id="x",
        code=draw(st.sampled_from(SERVICES)),
        on=on,
        practitioner=practitioner,
        same_practice=draw(st.sampled_from((None, True, False))),
        through=None if lasting is None else on + dt.timedelta(days=lasting),
        source=draw(st.sampled_from((None, None, None, "self"))),
    )


@st.composite
def plannings(draw: DrawFn, month: ServiceMonth) -> list[Fact]:
    """Assessment and planning in the month, mostly beside a visit that may carry it (G0506)."""
    on = month.first_day + dt.timedelta(days=draw(st.integers(0, month.days - 1)))
    found: list[Fact] = [
        facts.PlanningAssessment(
            id="planned",
            on=on,
            practitioner="DR_A",
            personally_performed=True,
            documented=draw(st.sampled_from((None, True))),
        )
    ]
    if draw(st.integers(0, 3)):
        code, discussed = (
            draw(st.sampled_from(("99214", "99204", "G0438"))),
            draw(st.sampled_from((True, True, True, None))),
        )
        found.append(
            facts.Visit(id="planned-at", code=code, on=on, practitioner="DR_A", discussed_care_management=discussed)
        )
    return found


def _stay_by_the_clock(admitted_at: dt.datetime, seconds: int, setting: Any) -> facts.Stay:
    discharged_at = admitted_at + dt.timedelta(seconds=seconds)
    return facts.Stay(
        id="x", setting=setting, from_=admitted_at.date(), admitted_at=admitted_at, discharged_at=discharged_at
    )


def moved(fact: Fact, days: int) -> Fact:
    """The fact with every day and instant of it moved."""
    dated = {
        field: value + dt.timedelta(days=days)
        for field in fact.__struct_fields__
        if isinstance(value := getattr(fact, field), dt.date)
    }
    return replaced(fact, **dated)  # type: ignore[no-any-return]


_DAYS: Final = st.sampled_from((-400, -366, -365, -31, -1, 1, 20, 30, 40, 60))


@st.composite
def disturbed(draw: DrawFn, usual: list[Fact], times: int) -> list[Fact]:
    """Some facts missing, doubled with other dates, moved, corrected or retracted."""
    found = list(usual)
    for number in range(draw(st.integers(0, times))):
        index = draw(st.integers(0, len(found) - 1))
        fact, done = found[index], targets(found)
        if isinstance(fact, facts.Retraction) or (fact.source, fact.kind, fact.id) in done:
            continue
        how = draw(st.sampled_from(("missing", "doubled", "moved", "corrected", "retracted")))
        if how == "missing" and getattr(fact, "corrects", None) is None:
            del found[index]
        elif how == "moved":
            found[index] = moved(fact, draw(_DAYS))
        elif how == "doubled":
            found.append(replaced(moved(fact, draw(_DAYS)), id=f"{fact.id}-twin{number}", **_uncorrecting(fact)))
        elif how == "corrected":
            found.append(replaced(moved(fact, draw(_DAYS)), id=f"{fact.id}-again{number}", corrects=fact.id))
        elif how == "retracted":
            named = facts.Retracted(kind=fact.kind, id=fact.id)  # type: ignore[arg-type]
            found.append(facts.Retraction(id=f"gone-{fact.id}", source=fact.source, retracts=named, reason="r"))
    return found


def _uncorrecting(fact: Fact) -> dict[str, None]:
    return {"corrects": None} if hasattr(fact, "corrects") else {}


PRACTICE_CHOICES: Final = st.builds(
    PolicyChoices,
    preference=st.sampled_from((None, "most_accurate", "highest_amount")),
    count_staff_time_on_visit_day=st.sampled_from((None, False)),
    count_same_day_as_consent=st.sampled_from((None, False)),
    count_prior_authorization=st.sampled_from((None, True)),
    same_group_initiating_visit=st.sampled_from((None, True)),
    care_plan_elements_block=st.sampled_from((None,) * 7 + (True,)),
    elsewhere_conflict_blocks=st.sampled_from((None, True)),
    locality=st.sampled_from((None, "national", "01112-05", "10112-00", "99999-99")),
    qualifying_apm=st.sampled_from((None, True)),
)


@st.composite
def months(draw: DrawFn, *, disturbances: int = 2, most_extras: int = 3) -> EvaluationRequest:
    """A patient's month, asked about."""
    written = draw(st.sampled_from(MONTHS) | st.sampled_from(CLOCKS_CHANGE))
    zone = draw(st.sampled_from(ZONES))
    month = service_month(written, zone)
    everything = usual_patient(month)
    everything[2] = facts.Setting(id="setting", type=draw(st.sampled_from(SETTINGS)))
    if draw(st.integers(0, 2)) == 0:
        everything += draw(plannings(month))
    usual = draw(disturbed(everything, disturbances))
    more = [
        replaced(fact, id=f"x{number}")
        for number, fact in enumerate(draw(st.lists(extras(month), max_size=most_extras)))
    ]
    sources = draw(st.sampled_from(((None,), (None,), ("clinic", "lab"))))
    worked = [
        replaced(entry, id=f"e{number // len(sources)}", source=sources[number % len(sources)])
        for number, entry in enumerate(draw(st.lists(entries(month), min_size=2, max_size=7)))
    ]
    known_on = month.first_day + dt.timedelta(days=draw(st.integers(-3, 40))) if draw(st.integers(0, 2)) == 0 else None
    return EvaluationRequest(
        service_month=written,
        time_zone=zone,
        facts=(*usual, *more, *draw(disturbed(worked, 1))),
        known_on=known_on,
        billing_practitioner=draw(st.sampled_from((None, None, None, "DR_A", "DR_B"))),
        policy=draw(st.none() | PRACTICE_CHOICES),
    )
