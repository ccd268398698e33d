"""What may be recorded about the practice, and the retraction of any fact."""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from app.determination.fact import Fact, PracticeFact
from app.determination.vocabulary import (
    CapabilityName,
    Day,
    Identifier,
    Locality,
    Month,
    NationalProviderIdentifier,
    PatientReference,
    Reference,
    SettingType,
    Text,
)


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
    locality: Locality | None = None
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
