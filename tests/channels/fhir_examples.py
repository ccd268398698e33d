"""A small Bundle of invented people, and ways to change it."""

import copy
from typing import Any

Json = dict[str, Any]

PATIENT = "urn:uuid:6a1f0000-0000-4000-8000-000000000001"
DOCTOR = "urn:uuid:6a1f0000-0000-4000-8000-000000000002"

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
DEGREE = "http://terminology.hl7.org/CodeSystem/v2-0360"
NPI = "http://hl7.org/fhir/sid/us-npi"


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def patient(**changes: Any) -> Json:
    return {"resourceType": "Patient", "id": "ada", **changes}


def practitioner(**changes: Any) -> Json:
    return {
        "resourceType": "Practitioner",
        "id": "dr-bly",
        "identifier": [{"system": NPI, "value": "1234567893"}],
        "name": [{"family": "Bly", "prefix": ["Dr."]}],
        "qualification": [{"code": concept(DEGREE, "MD")}],
        **changes,
    }


def condition(**changes: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": "diabetes",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "code": concept(ICD, "E11.9"),
        "subject": {"reference": PATIENT},
        "onsetDateTime": "2019-05-06",
        **changes,
    }


def encounter(**changes: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": "march-visit",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [concept(CPT, "99214")],
        "subject": {"reference": PATIENT},
        "participant": [{"individual": {"reference": DOCTOR}}],
        "period": {"start": "2024-03-11T10:00:00-04:00", "end": "2024-03-11T10:30:00-04:00"},
        **changes,
    }


def care_plan(**changes: Any) -> Json:
    return {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": PATIENT},
        "created": "2024-03-11",
        **changes,
    }


def bundle(*resources: Json, type: str = "transaction") -> Json:  # noqa: A002 - FHIR's own name
    """The resources in a Bundle. Those named `ada` and `dr-bly` have the addresses the others refer to."""
    addresses = {"ada": PATIENT, "dr-bly": DOCTOR}
    entries = []
    for resource in resources:
        entry: Json = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
        if resource.get("id") in addresses:
            entry["fullUrl"] = addresses[resource["id"]]
        entries.append(entry)
    return {"resourceType": "Bundle", "type": type, "entry": copy.deepcopy(entries)}


def whole_bundle() -> Json:
    return bundle(
        patient(),
        practitioner(),
        condition(),
        encounter(),
        care_plan(),
        {"resourceType": "Observation", "id": "weight", "subject": {"reference": PATIENT}},
    )
