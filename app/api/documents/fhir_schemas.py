"""The FHIR resources that are sent and answered, as far as we read and write them."""

from typing import Final

from app.api.documents.fact_schemas import Schema, reference
from app.channels.fhir.requests import LARGEST

_TEXT: Final[Schema] = {"type": "string"}
_SENT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 1000}
_SENT_OR_NULL: Final[Schema] = {"anyOf": [_SENT, {"type": "null"}]}

_RESOURCE: Final[Schema] = {
    "title": "FhirResource",
    "description": "A resource of any type. Which are used, and for what: `docs/fhir.md`.",
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string", "pattern": "^[A-Z][A-Za-z]{1,39}$"}, "id": _SENT_OR_NULL},
}
_REQUEST: Final[Schema] = {
    "title": "FhirRequest",
    "type": "object",
    "required": ["method", "url"],
    "properties": {"method": {"type": "string", "enum": ["POST", "PUT"]}, "url": _SENT},
}
_ENTRY: Final[Schema] = {
    "title": "FhirEntry",
    "type": "object",
    "required": ["resource", "request"],
    "properties": {
        "fullUrl": {**_SENT_OR_NULL, "description": "By which the other entries name this one."},
        "resource": reference("FhirResource"),
        "request": reference("FhirRequest"),
    },
}
_BUNDLE: Final[Schema] = {
    "title": "FhirBundle",
    "description": "A FHIR R4 Bundle to be recorded, all or nothing for either type.",
    "type": "object",
    "required": ["resourceType", "type"],
    "properties": {
        "resourceType": {"type": "string", "const": "Bundle"},
        "type": {"type": "string", "enum": ["transaction", "batch"]},
        "entry": {
            "anyOf": [
                {"type": "array", "maxItems": LARGEST, "items": reference("FhirEntry")},
                {"type": "null"},
            ]
        },
    },
}
_ISSUE: Final[Schema] = {
    "title": "FhirIssue",
    "type": "object",
    "required": ["severity", "code", "diagnostics", "expression"],
    "properties": {
        "severity": {"type": "string", "enum": ["error", "warning", "information"]},
        "code": {"type": "string", "description": "A code of http://hl7.org/fhir/issue-type."},
        "diagnostics": _TEXT,
        "expression": {
            "type": "array",
            "items": _TEXT,
            "description": "The place, as a FHIRPath from the root of the Bundle.",
        },
    },
}
_OUTCOME: Final[Schema] = {
    "title": "FhirOperationOutcome",
    "description": "A FHIR R4 OperationOutcome: what became of an entry, or why nothing was stored.",
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"type": "string", "const": "OperationOutcome"},
        "issue": {"type": "array", "items": reference("FhirIssue")},
    },
}
_RESPONSE: Final[Schema] = {
    "title": "FhirResponse",
    "type": "object",
    "required": ["status", "outcome"],
    "properties": {
        "status": {"type": "string", "enum": ["200 OK", "201 Created"]},
        "outcome": reference("FhirOperationOutcome"),
    },
}
_RESPONSE_ENTRY: Final[Schema] = {
    "title": "FhirResponseEntry",
    "type": "object",
    "required": ["response"],
    "properties": {"response": reference("FhirResponse")},
}
_RESPONSE_BUNDLE: Final[Schema] = {
    "title": "FhirResponseBundle",
    "description": "A FHIR R4 Bundle with what became of each entry, in the order sent.",
    "type": "object",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"type": "string", "const": "Bundle"},
        "type": {"type": "string", "enum": ["transaction-response", "batch-response"]},
        "entry": {"type": "array", "items": reference("FhirResponseEntry")},
    },
}

FHIR_COMPONENTS: Final[dict[str, Schema]] = {
    schema["title"]: schema
    for schema in (
        _BUNDLE, _ENTRY, _RESOURCE, _REQUEST, _RESPONSE_BUNDLE, _RESPONSE_ENTRY, _RESPONSE, _OUTCOME, _ISSUE,
    )
}  # fmt: skip
