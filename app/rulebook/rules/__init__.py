"""Conditions that can be checked: each class beside the TOML that says what is in force when. The list is written out."""

from typing import Final

from msgspec import Struct

from app.rulebook.rules.advanced_primary_care import AdvancedPrimaryCare
from app.rulebook.rules.behavioral_health import FirstMonth
from app.rulebook.rules.capabilities import PracticeCapabilities
from app.rulebook.rules.care_plan import ComprehensiveCarePlan
from app.rulebook.rules.chronic_conditions import ChronicConditions
from app.rulebook.rules.community_health import NeedFound
from app.rulebook.rules.complex_care import ComplexDecisions, PlanMadeAnew, PlanWorkedOn
from app.rulebook.rules.consent import ConsentInForce, ConsentSupervision, WrittenConsentInForce
from app.rulebook.rules.coverage import CoveredDays
from app.rulebook.rules.elsewhere import NotBilledElsewhere
from app.rulebook.rules.hospice import Hospice
from app.rulebook.rules.hospital_stay import HospitalStay
from app.rulebook.rules.initiating_visit import InitiatingVisit, VisitForEveryPatient
from app.rulebook.rules.model_attribution import NotAttributed
from app.rulebook.rules.monitoring import (
    PhysiologicSetUp,
    PhysiologicSupplies,
    TherapeuticSetUp,
    TherapeuticSupplies,
)
from app.rulebook.rules.one_practitioner import OnePractitioner
from app.rulebook.rules.planning import PlanningBesideVisit
from app.rulebook.rules.practitioner import BillingPractitioner
from app.rulebook.rules.principal_care import ComplexCondition
from app.rulebook.rules.provisional import AskedWithinTheMonth
from app.rulebook.rules.residence import HomeHealthEpisode, Residence
from app.rulebook.rules.rural_setting import (
    BundledSetting,
    MonitoringInClinics,
    OneCodeInClinics,
    PrincipalCareInClinics,
)
from app.rulebook.rules.setting import OneSetting
from app.rulebook.rules.standing_advice import StandingAdvice
from app.rulebook.rules.time_evidence import TimeEvidence
from app.rulebook.rules.transitional_care import TransitionalCare

FILES: Final = (
    "rural_setting",
    "chronic_conditions",
    "coverage",
    "hospital_stay",
    "residence",
    "hospice",
    "model_attribution",
    "standing_advice",
    "practitioner",
    "one_practitioner",
    "consent",
    "initiating_visit",
    "care_plan",
    "capabilities",
    "complex_care",
    "planning",
    "principal_care",
    "behavioral_health",
    "monitoring",
    "transitional_care",
    "advanced_primary_care",
    "community_health",
    "elsewhere",
    "time_evidence",
    "setting",
    "provisional",
)

KINDS: Final[dict[str, type[Struct]]] = {
    "advanced_primary_care": AdvancedPrimaryCare,
    "asked_within_the_month": AskedWithinTheMonth,
    "billing_practitioner": BillingPractitioner,
    "bundled_setting": BundledSetting,
    "chronic_conditions": ChronicConditions,
    "complex_condition": ComplexCondition,
    "complex_decisions": ComplexDecisions,
    "comprehensive_care_plan": ComprehensiveCarePlan,
    "consent_in_force": ConsentInForce,
    "consent_supervision": ConsentSupervision,
    "covered_days": CoveredDays,
    "first_month": FirstMonth,
    "home_health_episode": HomeHealthEpisode,
    "hospice": Hospice,
    "hospital_stay": HospitalStay,
    "initiating_visit": InitiatingVisit,
    "monitoring_in_clinics": MonitoringInClinics,
    "need_found": NeedFound,
    "not_attributed": NotAttributed,
    "not_billed_elsewhere": NotBilledElsewhere,
    "one_code_in_clinics": OneCodeInClinics,
    "one_practitioner": OnePractitioner,
    "one_setting": OneSetting,
    "physiologic_set_up": PhysiologicSetUp,
    "physiologic_supplies": PhysiologicSupplies,
    "plan_made_anew": PlanMadeAnew,
    "plan_worked_on": PlanWorkedOn,
    "planning_beside_visit": PlanningBesideVisit,
    "practice_capabilities": PracticeCapabilities,
    "principal_care_in_clinics": PrincipalCareInClinics,
    "residence": Residence,
    "standing_advice": StandingAdvice,
    "time_evidence": TimeEvidence,
    "therapeutic_set_up": TherapeuticSetUp,
    "therapeutic_supplies": TherapeuticSupplies,
    "transitional_care": TransitionalCare,
    "visit_for_every_patient": VisitForEveryPatient,
    "written_consent_in_force": WrittenConsentInForce,
}
