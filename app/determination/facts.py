"""What was recorded: every kind of fact, as senders write it and the ledger keeps it.

A fact is one immutable statement about a patient or about the practice. The structs are the only definition of the
facts: the HTTP edge validates with them, OpenAPI describes them, the ledger stores them, the rules read them.
What a type cannot say (an entry ends after it starts) is checked in `__post_init__`, which raises `FactError`.
"""

from typing import Final, get_args

from app.determination.attestation import Attestation as Attestation
from app.determination.fact import YEARS as YEARS
from app.determination.fact import Fact as Fact
from app.determination.fact import FactError as FactError
from app.determination.fact import PatientFact as PatientFact
from app.determination.fact import PracticeFact as PracticeFact
from app.determination.fact import canonical as canonical
from app.determination.patient_facts import CarePlan as CarePlan
from app.determination.patient_facts import Condition as Condition
from app.determination.patient_facts import Consent as Consent
from app.determination.patient_facts import Coverage as Coverage
from app.determination.patient_facts import Death as Death
from app.determination.patient_facts import DecisionMaking as DecisionMaking
from app.determination.patient_facts import DeviceDay as DeviceDay
from app.determination.patient_facts import DeviceSetup as DeviceSetup
from app.determination.patient_facts import Enrollment as Enrollment
from app.determination.patient_facts import ModelAttribution as ModelAttribution
from app.determination.patient_facts import PlanningAssessment as PlanningAssessment
from app.determination.patient_facts import Service as Service
from app.determination.patient_facts import Stay as Stay
from app.determination.patient_facts import TimeEntry as TimeEntry
from app.determination.patient_facts import Visit as Visit
from app.determination.practice_facts import Capability as Capability
from app.determination.practice_facts import ExcludedPerformer as ExcludedPerformer
from app.determination.practice_facts import Policy as Policy
from app.determination.practice_facts import Practice as Practice
from app.determination.practice_facts import Practitioner as Practitioner
from app.determination.practice_facts import Retracted as Retracted
from app.determination.practice_facts import Retraction as Retraction
from app.determination.practice_facts import Setting as Setting
from app.determination.vocabulary import CARE_PLAN_ELEMENTS as CARE_PLAN_ELEMENTS
from app.determination.vocabulary import PRINTABLE as PRINTABLE
from app.determination.vocabulary import PROGRAMS as PROGRAMS
from app.determination.vocabulary import Activity as Activity
from app.determination.vocabulary import CapabilityName as CapabilityName
from app.determination.vocabulary import CarePlanElement as CarePlanElement
from app.determination.vocabulary import Code as Code
from app.determination.vocabulary import ConsentTopic as ConsentTopic
from app.determination.vocabulary import Day as Day
from app.determination.vocabulary import DiagnosisCode as DiagnosisCode
from app.determination.vocabulary import Identifier as Identifier
from app.determination.vocabulary import Instant as Instant
from app.determination.vocabulary import Locality as Locality
from app.determination.vocabulary import Modality as Modality
from app.determination.vocabulary import Month as Month
from app.determination.vocabulary import NationalProviderIdentifier as NationalProviderIdentifier
from app.determination.vocabulary import OtherCode as OtherCode
from app.determination.vocabulary import PatientReference as PatientReference
from app.determination.vocabulary import Payer as Payer
from app.determination.vocabulary import Program as Program
from app.determination.vocabulary import Reference as Reference
from app.determination.vocabulary import Role as Role
from app.determination.vocabulary import Seconds as Seconds
from app.determination.vocabulary import SettingType as SettingType
from app.determination.vocabulary import StaySetting as StaySetting
from app.determination.vocabulary import Text as Text
from app.determination.vocabulary import Worker as Worker

AnyFact = (
    TimeEntry | Consent | Condition | CarePlan | Visit | DecisionMaking | PlanningAssessment | Coverage | Stay
    | Service | Enrollment | DeviceDay | DeviceSetup | ModelAttribution | Death | Retraction
    | Practitioner | Capability | Setting | ExcludedPerformer | Practice | Policy
)  # fmt: skip
"""Every fact a client may send."""

KINDS: Final[dict[str, type[Fact]]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyFact)}

AnyRecordedFact = AnyFact | Attestation
"""Every fact a ledger may hold: those of clients, and what the service writes down itself when a month is closed."""

RECORDED_KINDS: Final[dict[str, type[Fact]]] = {**KINDS, "attestation": Attestation}
