"""What was recorded: one frozen struct for each kind of fact, as senders write it and the ledger keeps it.

A fact is one immutable statement about a patient or about the practice. The structs are the only definition of the
facts: the HTTP edge validates with them, OpenAPI describes them, the ledger stores them, the rules read them.
What a type cannot say (an entry ends after it starts) is checked in `__post_init__`, which raises `FactError`.
"""

import datetime as dt
from functools import cache
from typing import Annotated, ClassVar, Final, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
YEARS: Final = range(1900, 2200)

Identifier = Annotated[
    str, Meta(min_length=1, max_length=128, pattern=PRINTABLE, description="The sender's own name for this fact.")
]
Reference = Annotated[
    str, Meta(min_length=1, max_length=128, pattern=PRINTABLE, description="An opaque reference to a person.")
]
PatientReference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029/]+$",
        description="The patient's opaque reference. Needed to store the fact; a stateless evaluation may leave it out.",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=1000, pattern=PRINTABLE)]
Code = Annotated[str, Meta(pattern=r"^[A-Z0-9]{5}$", description="A CPT or HCPCS code number.")]
DiagnosisCode = Annotated[
    str,
    Meta(pattern=r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$", description="An ICD-10-CM code, with its point."),
]
NationalProviderIdentifier = Annotated[str, Meta(pattern=r"^[0-9]{10}$", description="Ten digits.")]
Month = Annotated[
    str, Meta(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", description="A calendar month, `YYYY-MM`.")
]
Day = Annotated[
    dt.date,
    Meta(
        description="A calendar day in the practice's time zone, from 1900 to 2199.",
        extra_json_schema={"pattern": r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"},
    ),
]
Instant = Annotated[
    dt.datetime,
    Meta(tz=True, description="An instant with its offset, in whole seconds (RFC 3339), from 1900 to 2199."),
]
Seconds = Annotated[int, Meta(ge=1, le=86_400, description="Whole seconds.")]

Program = Literal["ccm", "pcm", "bhi", "cocm", "chi", "pin", "tcm", "apcm", "rpm", "rtm"]
PROGRAMS: Final[tuple[Program, ...]] = get_args(Program)
"""In the order in which they keep a minute that two of them claim (TIME-04)."""

Role = Literal["clinical_staff", "practitioner", "non_clinical"]
Activity = Literal[
    "care_plan", "medication", "contact", "education", "coordination", "review", "referral", "transition", "urgent",
    "documentation", "monitoring", "prior_authorization", "clerical", "travel", "supervision", "voicemail",
    "enrollment", "other",
]  # fmt: skip
Modality = Literal["phone", "video", "portal", "in_person", "chart", "provider_to_provider"]
Worker = Literal["community_health_worker", "peer_support"]
ConsentTopic = Literal["availability", "cost_sharing", "one_practitioner", "right_to_stop", "record_sharing"]
CarePlanElement = Literal[
    "problem_list", "prognosis", "measurable_goals", "functional_assessment", "symptom_management",
    "planned_interventions", "medication_management", "caregiver_assessment", "community_services", "coordination",
    "review_schedule",
]  # fmt: skip
CARE_PLAN_ELEMENTS: Final[tuple[CarePlanElement, ...]] = get_args(CarePlanElement)
Payer = Literal["medicare_part_b", "medicare_part_a_only", "medicare_advantage", "medicaid", "commercial", "none"]
StaySetting = Literal["inpatient", "snf_part_a", "nursing_facility", "assisted_living", "hospice", "home_health"]
SettingType = Literal["physician_office", "hospital_outpatient", "rhc", "fqhc"]
CapabilityName = Literal[
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
]  # fmt: skip


class FactError(ValueError):
    """A statement that cannot be true as written. `field` is the field to mend, as the sender spells it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class OtherCode(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A code of another system, such as SNOMED CT: kept as evidence, never judged."""

    system: Text
    code: Text


class Fact(
    Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What every fact has. `source` is who sent it: set by the ledger from the credential, never by the sender."""

    id: Identifier
    source: str | None = None

    about_patient: ClassVar[bool] = True
    until_is_inclusive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise `FactError` for what no single field's type can refuse."""
        for field in _date_fields(type(self)):
            value = getattr(self, field)
            if value is None:
                continue
            if value.year not in YEARS:
                raise FactError(_spelled(field), f"The year must lie between {YEARS.start} and {YEARS.stop - 1}.")
            if isinstance(value, dt.datetime):
                if value.microsecond:
                    raise FactError(_spelled(field), "Instants are in whole seconds.")
                # One moment, one spelling: equal facts are equal bytes, however the sender wrote the offset.
                msgspec.structs.force_setattr(self, field, value.astimezone(dt.UTC))
        _check_ordered(self, "from_", "until", may_equal=self.until_is_inclusive)

    @property
    def kind(self) -> str:
        return type(self).__struct_config__.tag  # type: ignore[return-value]

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        """First day and the day after the last, as far as stated. Instants: wide enough for every time zone."""
        on: dt.date | None = getattr(self, "on", None)
        if on is not None:
            return on, on + dt.timedelta(days=1)
        return getattr(self, "from_", None), getattr(self, "until", None)


@cache
def _date_fields(kind: type[Fact]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(
        field for field in kind.__struct_fields__ if {dt.date, dt.datetime} & {hints[field], *get_args(hints[field])}
    )


def _spelled(field: str) -> str:
    return field.rstrip("_")


def _check_ordered(fact: Fact, earlier: str, later: str, *, may_equal: bool = False) -> None:
    first, last = getattr(fact, earlier, None), getattr(fact, later, None)
    if first is None or last is None or first < last or (may_equal and first == last):
        return
    raise FactError(_spelled(later), f"Must lie after `{_spelled(earlier)}`.")


def _instant_days(first: dt.datetime, last: dt.datetime) -> tuple[dt.date, dt.date]:
    """A span of days that holds both instants in every time zone."""
    return (
        first.astimezone(dt.UTC).date() - dt.timedelta(days=1),
        last.astimezone(dt.UTC).date() + dt.timedelta(days=2),
    )


class PatientFact(Fact, frozen=True, gc=False, kw_only=True):
    """What every fact about a patient has."""

    patient: PatientReference | None = None
    corrects: Annotated[
        Identifier | None, Meta(description="The id of the fact of the same kind that this one replaces.")
    ] = None


class PracticeFact(Fact, frozen=True, gc=False, kw_only=True):
    """What every fact about the practice has."""

    corrects: Annotated[
        Identifier | None, Meta(description="The id of the fact of the same kind that this one replaces.")
    ] = None

    about_patient: ClassVar[bool] = False


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
        timed = self.started_at is not None or self.ended_at is not None
        dated = self.on is not None or self.seconds is not None
        if timed and dated:
            raise FactError("on", "Give either `started_at` and `ended_at`, or `on` and `seconds`, not both.")
        if timed:
            if self.started_at is None or self.ended_at is None:
                missing = "started_at" if self.started_at is None else "ended_at"
                raise FactError(missing, "`started_at` and `ended_at` come together.")
            _check_ordered(self, "started_at", "ended_at")
            if self.ended_at - self.started_at > dt.timedelta(hours=24):
                raise FactError("ended_at", "An entry lasts at most 24 hours.")
        elif self.on is None or self.seconds is None:
            missing = "started_at" if not dated else ("on" if self.on is None else "seconds")
            raise FactError(missing, "Give either `started_at` and `ended_at`, or `on` and `seconds`.")

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        if self.started_at is not None and self.ended_at is not None:
            return _instant_days(self.started_at, self.ended_at)
        return super().occurred


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
            return _instant_days(self.at, self.at)
        return super().occurred


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
        _check_ordered(self, "admitted_at", "discharged_at")

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        first = self.from_
        if self.admitted_at is not None:
            first = min(first, _instant_days(self.admitted_at, self.admitted_at)[0])
        last = None if self.until is None else self.until + dt.timedelta(days=1)
        if self.discharged_at is not None:
            discharged = _instant_days(self.discharged_at, self.discharged_at)[1]
            last = discharged if last is None else max(last, discharged)
        return first, last


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
        _check_ordered(self, "on", "through", may_equal=True)

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


class Practitioner(PracticeFact, frozen=True, gc=False, kw_only=True, tag="practitioner"):
    """A practitioner's credential, from a day until another; compared trimmed and case folded."""

    practitioner: Reference
    npi: NationalProviderIdentifier | None = None
    credential: Text
    specialty: Text | None = None
    from_: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None


class Capability(PracticeFact, frozen=True, gc=False, kw_only=True, tag="capability"):
    """Something the practice can offer every patient, from a day until another."""

    name: CapabilityName
    from_: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None


class Setting(PracticeFact, frozen=True, gc=False, kw_only=True, tag="setting"):
    """What kind of site the practice is, from a day until another."""

    type: SettingType
    from_: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None


class ExcludedPerformer(PracticeFact, frozen=True, gc=False, kw_only=True, tag="excluded_performer"):
    """A person whose time may not be billed to Medicare, from a day until another."""

    performer: Reference
    from_: Day = msgspec.field(name="from")
    until: Day | None = None


class Practice(PracticeFact, frozen=True, gc=False, kw_only=True, tag="practice"):
    """The practice itself. Its IANA time zone cannot change once a patient's fact is stored."""

    time_zone: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
    name: Text | None = None
    npi: NationalProviderIdentifier | None = None


class Policy(PracticeFact, frozen=True, gc=False, kw_only=True, tag="policy"):
    """Choices the law leaves to the practice, from a service month on. What is absent stays as it was."""

    from_: Month = msgspec.field(name="from")
    preference: Literal["most_accurate", "highest_amount"] | None = None
    count_staff_time_on_visit_day: bool | None = None
    count_same_day_as_consent: bool | None = None
    count_prior_authorization: bool | None = None
    same_group_initiating_visit: bool | None = None
    care_plan_elements_block: bool | None = None
    elsewhere_conflict_blocks: bool | None = None
    locality: Literal["national"] | None = None
    qualifying_apm: bool | None = None

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        return dt.date.fromisoformat(f"{self.from_}-01"), None


RetractableKind = Literal[
    "time_entry", "consent", "condition", "care_plan", "visit", "decision_making", "planning_assessment", "coverage",
    "stay", "service", "enrollment", "device_day", "device_setup", "model_attribution", "death", "practitioner",
    "capability", "setting", "excluded_performer", "practice", "policy",
]  # fmt: skip


class Retracted(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The fact a retraction cancels."""

    kind: RetractableKind
    id: Identifier


class Retraction(Fact, frozen=True, gc=False, kw_only=True, tag="retraction"):
    """Cancels an earlier fact for good. Of a practice fact: without `patient`."""

    patient: PatientReference | None = None
    retracts: Retracted
    reason: Text


AnyFact = (
    TimeEntry | Consent | Condition | CarePlan | Visit | DecisionMaking | PlanningAssessment | Coverage | Stay
    | Service | Enrollment | DeviceDay | DeviceSetup | ModelAttribution | Death | Retraction
    | Practitioner | Capability | Setting | ExcludedPerformer | Practice | Policy
)  # fmt: skip
"""Every fact a client may send. The service's own `attestation` joins when months can be closed."""

KINDS: Final[dict[str, type[Fact]]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyFact)}

_canonical = msgspec.json.Encoder(order="sorted")


def canonical(fact: Fact) -> bytes:
    """The fact as RFC 8785 JSON: equal content gives equal bytes. Instants stand in UTC, absent fields are left out."""
    return _canonical.encode(fact)
