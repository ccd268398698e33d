"""The words facts are written in: references, codes, days, instants, and the choices a field allows."""

import datetime as dt
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

_UNPRINTABLE: Final = r"\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff\ufff0-\uffff"
"""Controls, line and paragraph ends, invisible and direction marks, private use: nobody could tell two such names apart."""

PRINTABLE: Final = rf"^[^{_UNPRINTABLE}]+$"

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
        pattern=rf"^(?!\.{{1,2}}$)[^/{_UNPRINTABLE}]+$",
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
Locality = Annotated[
    str,
    Meta(
        pattern=r"^(national|[0-9]{5}-[0-9]{2})$",
        description="Where amounts are reckoned: `national`, or contractor and locality as `01112-05`.",
    ),
]
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
    Meta(
        tz=True,
        description="An instant with its offset, in whole seconds (RFC 3339), from 1900 to 2199.",
        extra_json_schema={
            "pattern": r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.0+)?"
            r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
        },
    ),
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


class OtherCode(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A code of another system, such as SNOMED CT: kept as evidence, never judged."""

    system: Text
    code: Text
