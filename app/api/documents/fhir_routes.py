"""What is said of the call that takes FHIR."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import shown
from app.api.documents.fact_schemas import Schema
from app.api.documents.problem_answers import SENDING, refusals
from app.api.representations import FHIR_JSON, JSON
from app.channels.fhir.requests import LARGEST

_PATIENT: Final = "urn:uuid:0b6f7d52-6f39-4c0e-9f5e-1d1b0a4c7e11"
_EXAMPLE: Final = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": _PATIENT,
            "resource": {"resourceType": "Patient", "id": "demo-ada"},
            "request": {"method": "PUT", "url": "Patient/demo-ada"},
        },
        {
            "resource": {
                "resourceType": "Condition",
                "id": "ada-kidney-disease",
                "clinicalStatus": {
                    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
                },
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "N18.31"}]},
                "subject": {"reference": _PATIENT},
                "onsetDateTime": "2024-02-07",
            },
            "request": {"method": "PUT", "url": "Condition/ada-kidney-disease"},
        },
    ],
}


def _outcome(severity: str, code: str, says: str, place: str) -> dict[str, Any]:
    issue = {"severity": severity, "code": code, "diagnostics": says, "expression": [place]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _entry(status: str, code: str, says: str, place: str) -> dict[str, Any]:
    return {"response": {"status": status, "outcome": _outcome("information", code, says, place)}}


_RECORDED: Final = {
    "resourceType": "Bundle",
    "type": "transaction-response",
    "entry": [
        _entry(
            "200 OK",
            "business-rule",
            "The patient is known by this id; demographics are not kept.",
            "Bundle.entry[0].resource",
        ),
        _entry(
            "201 Created",
            "informational",
            "Recorded as the condition fact Condition/ada-kidney-disease#a3176f282960.",
            "Bundle.entry[1].resource",
        ),
    ],
}
_REFUSED: Final = _outcome(
    "error", "value", "Not a possible FHIR date or date with time and offset.", "Bundle.entry[1].resource.onsetDateTime"
)
_CONTRADICTED: Final = _outcome(
    "error",
    "conflict",
    "Contradicts what is recorded of this resource, or another request is changing it: send the newest version.",
    "Bundle.entry[1]",
)

_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 1000}
_SENT: Final[Schema] = {
    "type": "object",
    "title": "FHIR R4 Bundle",
    "required": ["resourceType", "type"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"enum": ["transaction", "batch"]},
        "entry": {
            "type": ["array", "null"],
            "maxItems": LARGEST,
            "items": {
                "type": "object",
                "required": ["resource", "request"],
                "properties": {
                    "fullUrl": {**_TEXT, "type": ["string", "null"]},
                    "resource": {
                        "type": "object",
                        "required": ["resourceType"],
                        "properties": {
                            "resourceType": {"type": "string", "pattern": "^[A-Z][A-Za-z]{1,39}$"},
                            "id": {**_TEXT, "type": ["string", "null"]},
                        },
                    },
                    "request": {
                        "type": "object",
                        "required": ["method", "url"],
                        "properties": {"method": {"enum": ["POST", "PUT"]}, "url": _TEXT},
                    },
                },
            },
        },
    },
}
_OUTCOME: Final[Schema] = {
    "type": "object",
    "title": "FHIR R4 OperationOutcome",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["severity", "code", "diagnostics", "expression"],
                "properties": {
                    "severity": {"enum": ["error", "warning", "information"]},
                    "code": {"type": "string", "description": "A code of http://hl7.org/fhir/issue-type."},
                    "diagnostics": {"type": "string"},
                    "expression": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "The place, as a FHIRPath from the root of the Bundle.",
                    },
                },
            },
        },
    },
}
_ANSWERED: Final[Schema] = {
    "type": "object",
    "title": "FHIR R4 response Bundle",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"enum": ["transaction-response", "batch-response"]},
        "entry": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["response"],
                "properties": {
                    "response": {
                        "type": "object",
                        "required": ["status", "outcome"],
                        "properties": {"status": {"enum": ["200 OK", "201 Created"]}, "outcome": _OUTCOME},
                    }
                },
            },
        },
    },
}


def _content(schema: Schema, summary: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": schema, "examples": shown({"example": (summary, example)})}
    return {FHIR_JSON: content, JSON: content}


def _answers() -> dict[int, Any]:
    answers: dict[int, Any] = {
        200: {
            "description": "Taken: what became of each entry, in the Bundle's order.",
            "content": _content(_ANSWERED, "A condition was recorded", _RECORDED),
        },
        409: {
            "description": "Nothing was stored: it contradicts what is recorded.",
            "content": _content(_OUTCOME, "A contradiction", _CONTRADICTED),
        },
    }
    answers |= refusals(*SENDING)
    invalid = answers[errors.Invalid.status]
    invalid["content"] = {**_content(_OUTCOME, "A date that is none", _REFUSED), **invalid["content"]}
    return answers


_BODY: Final = {
    "schema": _SENT,
    "examples": shown({"condition": ("A patient of the demo practice gets a diagnosis", _EXAMPLE)}),
}

BUNDLE: Final[dict[str, Any]] = {
    "operation_id": "takeBundle",
    "summary": "Record a FHIR Bundle",
    "response_class": Response,
    "responses": _answers(),
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "A Bundle of up to 10 MiB. What becomes what, and what is missing: `docs/fhir.md`.",
            "content": {FHIR_JSON: _BODY, JSON: _BODY},
        }
    },
}
