"""What may be recorded about a patient: one struct for each kind of fact."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from app.determination.fact import FactError, PatientFact, check_ordered, instant_days
from app.determination.vocabulary import (
    Activity,
    CarePlanElement,
    Code,
    ConsentTopic,
    Day,
    DiagnosisCode,
    Instant,
    Modality,
    OtherCode,
    Payer,
    Program,
    Reference,
    Role,
    Seconds,
    StaySetting,
    Text,
    Worker,
)

_LONGEST_ENTRY: Final = dt.timedelta(hours=24)


class TimeEntry(PatientFact, frozen=True, gc=False, kw_only=True, tag="time_entry"):
    """One stretch of work by one person: either `started_at` and `ended_at`, or `on` and `seconds`."""

    program: Program
    performer: Reference
    role: Role
    started_at: Instant | None = None
    ended_at: Instant | None = None
    on: Day | None = None
    seconds: Seconds | None = None
    activity: Activity | None = None
    modality: Modality | None = None
    live_contact: Annotated[bool | None, Meta(description="Two-way, with the patient or a caregiver.")] = None
    part_of_visit: bool | None = None
    outside_us: Annotated[bool | None, Meta(description="The person working was outside the United States.")] = None
    patient_outside_us: bool | None = None
    automated: Annotated[bool | None, Meta(description="Software did it; nobody's time.")] = None
    supervised_by: Reference | None = None
    unrelated_to_terminal_illness: bool | None = None
    worker: Worker | None = None
    note_ref: Text | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        started_at, ended_at, on, seconds = self.started_at, self.ended_at, self.on, self.seconds
        timed = started_at is not None or ended_at is not None
        if timed and (on is not None or seconds is not None):
            raise FactError("on", "Give either `started_at` and `ended_at`, or `on` and `seconds`, not both.")
        if timed:
            if started_at is None or ended_at is None:
                missing = "started_at" if started_at is None else "ended_at"
                raise FactError(missing, "`started_at` and `ended_at` come together.")
            if ended_at <= started_at:
                raise FactError("ended_at", "Must lie after `started_at`.")
            if ended_at - started_at > _LONGEST_ENTRY:
                raise FactError("ended_at", "An entry lasts at most 24 hours.")
        elif on is None or seconds is None:
            missing = "started_at" if on is None and seconds is None else ("on" if on is None else "seconds")
            raise FactError(missing, "Give either `started_at` and `ended_at`, or `on` and `seconds`.")

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        if self.started_at is not None and self.ended_at is not None:
            return instant_days(self.started_at, self.ended_at)
        return super().occurred

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        if self.started_at is not None:
            return self.started_at < instant
        assert self.on is not None, "an entry has instants or a day"
        return self.on < day


class Consent(PatientFact, frozen=True, gc=False, kw_only=True, tag="consent"):
    """The patient's agreement to a program, its refusal or its end. Exactly one of `on` and `at`."""

    action: Literal["given", "declined", "withdrawn"]
    program: Program
    on: Day | None = None
    at: Instant | None = None
    form: Literal["written", "verbal"] | None = None
    documented: bool | None = None
    practitioner: Reference | None = None
    informed: frozenset[ConsentTopic] | None = None
    taken_by_role: Role | None = None
    supervision: Literal["general", "direct"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.on is None) == (self.at is None):
            raise FactError("on", "Give either `on` or `at`.")

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        if self.at is not None:
            return instant_days(self.at, self.at)
        return super().occurred

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        if self.at is not None:
            return self.at < instant
        assert self.on is not None, "a consent has `on` or `at`"
        return self.on < day


class Condition(PatientFact, frozen=True, gc=False, kw_only=True, tag="condition"):
    """A diagnosis under management. Duration and risk are a clinician's statement, never inferred."""

    code: DiagnosisCode | None = None
    other_code: OtherCode | None = None
    from_: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None
    expected_duration: Literal["at_least_12_months", "until_death", "less_than_12_months"] | None = None
    significant_risk: Annotated[
        bool | None, Meta(description="Of death, acute exacerbation or decompensation, or functional decline.")
    ] = None


class CarePlan(PatientFact, frozen=True, gc=False, kw_only=True, tag="care_plan"):
    """Something done to the comprehensive care plan on a day."""

    action: Literal["established", "substantially_revised", "revised", "implemented", "monitored"]
    on: Day
    electronic: bool | None = None
    copy_given_on: Day | None = None
    elements: frozenset[CarePlanElement] | None = None
    author_role: Role | None = None


class Visit(PatientFact, frozen=True, gc=False, kw_only=True, tag="visit"):
    """A visit to a practitioner, billed on its own."""

    code: Code | None = None
    other_code: OtherCode | None = None
    on: Day
    practitioner: Reference
    discussed_care_management: bool | None = None
    telephone_only: bool | None = None
    social_need_found: bool | None = None


class DecisionMaking(PatientFact, frozen=True, gc=False, kw_only=True, tag="decision_making"):
    """The level of medical decision making on a day."""

    level: Literal["straightforward", "low", "moderate", "high"]
    on: Day
    practitioner: Reference | None = None


class PlanningAssessment(PatientFact, frozen=True, gc=False, kw_only=True, tag="planning_assessment"):
    """The billing practitioner's own assessment and planning around the initiating visit (G0506)."""

    on: Day
    practitioner: Reference
    personally_performed: bool
    documented: bool | None = None


class Coverage(PatientFact, frozen=True, gc=False, kw_only=True, tag="coverage"):
    """Who pays for the patient's care, from a day until another."""

    payer: Payer
    from_: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None
    qualified_medicare_beneficiary: bool | None = None


class Stay(PatientFact, frozen=True, gc=False, kw_only=True, tag="stay"):
    """A stay in a facility or under a care episode. `until` is the day of discharge; the instants prevail over the days."""

    setting: StaySetting
    from_: Day = msgspec.field(name="from")
    until: Day | None = None
    admitted_at: Instant | None = None
    discharged_at: Instant | None = None
    attending: Annotated[Reference | None, Meta(description="The attending practitioner of a hospice patient.")] = None

    until_is_inclusive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ordered(self, "admitted_at", "discharged_at")

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        first = self.from_
        if self.admitted_at is not None:
            first = min(first, instant_days(self.admitted_at, self.admitted_at)[0])
        last = None if self.until is None else self.until + dt.timedelta(days=1)
        if self.discharged_at is not None:
            discharged = instant_days(self.discharged_at, self.discharged_at)[1]
            last = discharged if last is None else max(last, discharged)
        return first, last

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        return self.from_ < day or (self.admitted_at is not None and self.admitted_at < instant)


class Service(PatientFact, frozen=True, gc=False, kw_only=True, tag="service"):
    """A service billed, or to be billed, for the patient by anybody."""

    code: Code
    on: Day
    practitioner: Reference | None = None
    same_practice: Annotated[bool | None, Meta(description="Absent means true.")] = None
    units: Annotated[int, Meta(ge=1, le=9_999)] | None = None
    through: Annotated[Day | None, Meta(description="Last day of a service that spans several.")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ordered(self, "on", "through", may_equal=True)

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        return self.on, (self.through or self.on) + dt.timedelta(days=1)


class Enrollment(PatientFact, frozen=True, gc=False, kw_only=True, tag="enrollment"):
    """Which practitioner bills a program for the patient, from a day until another."""

    program: Program
    practitioner: Reference
    from_: Day = msgspec.field(name="from")
    until: Day | None = None


class DeviceDay(PatientFact, frozen=True, gc=False, kw_only=True, tag="device_day"):
    """A day on which a monitoring device transmitted readings. Without `program`: rpm."""

    program: Literal["rpm", "rtm"] | None = None
    device: Text | None = None
    body_system: Literal["respiratory", "musculoskeletal", "cognitive_behavioral"] | None = None
    on: Day


class DeviceSetup(PatientFact, frozen=True, gc=False, kw_only=True, tag="device_setup"):
    """A device supplied and the patient taught to use it. Without `program`: rpm."""

    program: Literal["rpm", "rtm"] | None = None
    device: Text | None = None
    on: Day


class ModelAttribution(PatientFact, frozen=True, gc=False, kw_only=True, tag="model_attribution"):
    """The patient is attributed to a CMS model that pays for care management itself."""

    model: Text
    from_: Day = msgspec.field(name="from")
    until: Day | None = None


class Death(PatientFact, frozen=True, gc=False, kw_only=True, tag="death"):
    """The day the patient died."""

    on: Day

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        return True  # a second day of death contradicts the first, wherever it lies
