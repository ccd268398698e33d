"""One example of each kind of fact, all about invented people of the demo practice."""

from typing import Any, Final

PATIENT: Final = "demo-ben"
MONTH: Final = "2026-03"
PRACTITIONER: Final = "DR_LEE"
STAFF: Final = "RN_KIM"

TIME_ENTRY: Final[dict[str, Any]] = {
    "kind": "time_entry",
    "id": "call-2026-03-26",
    "patient": PATIENT,
    "program": "ccm",
    "performer": STAFF,
    "role": "clinical_staff",
    "started_at": "2026-03-26T10:00:00-04:00",
    "ended_at": "2026-03-26T10:06:30-04:00",
    "activity": "medication",
    "modality": "phone",
    "live_contact": True,
}
CONSENT: Final[dict[str, Any]] = {
    "kind": "consent",
    "id": "consent-pcm-2026-04",
    "patient": PATIENT,
    "action": "given",
    "program": "pcm",
    "on": "2026-04-02",
    "form": "verbal",
    "documented": True,
    "practitioner": PRACTITIONER,
    "informed": ["availability", "cost_sharing", "one_practitioner", "right_to_stop"],
}

ATTESTATION: Final[dict[str, Any]] = {
    "kind": "attestation",
    "id": f"{MONTH}.1.closed.34cb49a6ad1a30c03f5baf3f2d8f21f7",
    "patient": PATIENT,
    "month": MONTH,
    "action": "closed",
    "by": "C_REYES",
    "on_behalf_of": PRACTITIONER,
    "words": "I reviewed the record of this month. The services were furnished as they are documented.",
    "credential": "0d6f7a52-6c1e-4f0f-9d7e-3b8a1c5e2f40",
}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "time_entry": TIME_ENTRY,
    "consent": CONSENT,
    "condition": {
        "id": "asthma", "code": "J45.40", "from": "2025-05-20",
        "expected_duration": "at_least_12_months", "significant_risk": True,
    },
    "care_plan": {
        "id": "plan-2026-03", "action": "revised", "on": "2026-03-27", "electronic": True,
        "elements": ["problem_list", "measurable_goals", "medication_management"],
    },
    "visit": {
        "id": "visit-2026-03-30", "code": "99214", "on": "2026-03-30", "practitioner": PRACTITIONER,
        "discussed_care_management": True,
    },
    "decision_making": {"id": "mdm-2026-03", "level": "low", "on": "2026-03-30", "practitioner": PRACTITIONER},
    "planning_assessment": {
        "id": "planning-2026-01", "on": "2026-01-12", "practitioner": PRACTITIONER,
        "personally_performed": True, "documented": True,
    },
    "coverage": {"id": "part-b-2024", "payer": "medicare_part_b", "from": "2024-07-01"},
    "stay": {
        "id": "stay-2026-04", "setting": "inpatient", "from": "2026-04-11", "until": "2026-04-14",
        "admitted_at": "2026-04-11T16:20:00-04:00", "discharged_at": "2026-04-14T11:05:00-04:00",
    },
    "service": {"id": "flu-shot", "code": "G0008", "on": "2026-03-30", "practitioner": PRACTITIONER, "units": 1},
    "enrollment": {"id": "rpm-2026", "program": "rpm", "practitioner": PRACTITIONER, "from": "2026-04-01"},
    "device_day": {"id": "cuff-2026-04-03", "program": "rpm", "device": "cuff-17", "on": "2026-04-03"},
    "device_setup": {"id": "cuff-setup", "program": "rpm", "device": "cuff-17", "on": "2026-04-01"},
    "model_attribution": {"id": "model-2027", "model": "an invented model", "from": "2027-01-01"},
    "death": {"id": "death", "on": "2026-11-02"},
    "retraction": {
        "id": "retract-call-2026-03-26", "retracts": {"kind": "time_entry", "id": "call-2026-03-26"},
        "reason": "Entered for the wrong patient",
    },
    "practitioner": {"id": "practitioner-lee", "practitioner": PRACTITIONER, "npi": "1234567893", "credential": "MD"},
    "capability": {"id": "access", "name": "access_24_7", "from": "2020-01-01"},
    "setting": {"id": "office", "type": "physician_office"},
    "excluded_performer": {"id": "excluded-1", "performer": "RN_OLD", "from": "2025-09-01"},
    "practice": {"id": "practice", "time_zone": "America/New_York", "name": "An invented practice"},
    "policy": {"id": "policy-2027", "from": "2027-01", "preference": "most_accurate"},
}  # fmt: skip


def example(kind: str, *, about_patient: bool) -> dict[str, Any]:
    """The example of a kind, complete."""
    patient = {"patient": PATIENT} if about_patient else {}
    return {"kind": kind, **patient, **EXAMPLES[kind]}
