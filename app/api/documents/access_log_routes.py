"""What is said of the call that tells who looked at what."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer, shown
from app.api.documents.fact_examples import MONTH, PATIENT
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, Shown, refusals
from app.api.representations import FHIR_JSON

_CREDENTIAL: Final = "5f0c2d3e-8a4b-4c1d-9e2f-7a6b5c4d3e2f"
_READ: Final = "GET /v1/patients/{patient}/months/{month}/determination"
_REQUEST: Final = "0b6f7d526f394c0e9f5e1d1b0a4c7e11"
_ENTRY: Final = "c9a2b6de-5c1f-5d3a-8b7e-2f4d6a8c0e13"
_AT: Final = "2026-03-26T14:07:12.345678Z"
_PAGE: Final[dict[str, Any]] = {
    "entries": [
        {
            "id": _ENTRY, "at": _AT, "credential": _CREDENTIAL, "source": "ehr", "call": _READ, "status": 200,
            "request_id": _REQUEST, "patient": PATIENT, "month": MONTH,
        },
        {
            "id": "4e7d1c0a-9b8f-5e6d-a5c4-b3d2e1f0a9b8", "at": "2026-03-26T14:07:11.000042Z",
            "credential": _CREDENTIAL, "source": "ehr", "call": "POST /v1/time-entries", "status": 201,
            "request_id": "7c1e9f0b2a3d4e5f8a9b0c1d2e3f4a5b", "patient": PATIENT, "kinds": ["time_entry"],
        },
    ],
    "next_cursor": "mYQ0v2nZc5l1e7x8r3t6uDE3NzQ1MzQwMzEwMDAwNDIuN2MxZTlmMGIyYTNkNGU1ZjhhOWIwYzFkMmUzZjRhNWIuMA",
}  # fmt: skip
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_EVENT: Final[dict[str, Any]] = {
    "resourceType": "AuditEvent",
    "id": _ENTRY,
    "type": {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest", "display": "RESTful Operation"},
    "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}],
    "action": "R",
    "recorded": _AT,
    "outcome": "0",
    "agent": [
        {
            "who": {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{_CREDENTIAL}"}},
            "name": "ehr",
            "requestor": True,
        }
    ],
    "source": {
        "observer": {"display": "Care Month"},
        "type": [{"system": f"{_TERMINOLOGY}/security-source-type", "code": "4", "display": "Application Server"}],
    },
    "entity": [
        {
            "what": {"identifier": {"value": PATIENT}},
            "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"},
            "role": {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"},
        },
        {
            "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "2", "display": "System Object"},
            "name": _READ,
            "detail": [
                {"type": "month", "valueString": MONTH},
                {"type": "status", "valueString": "200"},
                {"type": "X-Request-ID", "valueString": _REQUEST},
            ],
        },
    ],
}
_BUNDLE: Final[dict[str, Any]] = {
    "resourceType": "Bundle",
    "type": "searchset",
    "link": [{"relation": "self", "url": f"https://care-month.example/v1/access-log?patient={PATIENT}"}],
    "entry": [{"fullUrl": f"urn:uuid:{_ENTRY}", "resource": _EVENT, "search": {"mode": "match"}}],
}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "from", "detail": "An instant needs an offset such as Z or -05:00."}],
    },
    errors.NotAcceptable: {
        "detail": "The answer can be had as application/json or application/fhir+json; `Accept` names neither it nor a "
        "wildcard."
    },
}
_LINKS: Final = {
    "ledger": {
        "operationId": "readPatientLedger",
        "parameters": {"patient": "$response.body#/entries/0/patient"},
        "description": "The ledger of the patient that the newest entry is about.",
    }
}


def _found() -> dict[str, Any]:
    found = answer(
        reference("AccessLogPage"), "A page of the log, newest first.", {"page": ("A page", _PAGE)}, dict(_LINKS)
    )
    examples = shown({"page": ("The newest entry as an AuditEvent", _BUNDLE)})
    found["content"][FHIR_JSON] = {"schema": reference("FhirAuditBundle"), "examples": examples}
    return found


ACCESS_LOG: Final[dict[str, Any]] = {
    "operation_id": "readAccessLog",
    "summary": "See who looked at what",
    "response_class": Response,
    "responses": {
        200: _found(),
        **refusals(*(problem for problem in READING if problem is not errors.NotFound), shown=_BAD),
    },
}
