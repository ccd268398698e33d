"""What is said of the call that takes FHIR."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import REPLAYABLE, shown
from app.api.documents.fact_schemas import Schema, reference
from app.api.documents.problem_answers import WRITING, refusals
from app.api.representations import FHIR_JSON

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

# The answer names no patient, so the links look at what was sent.
_OF_PATIENT: Final = {"patient": "$request.body#/entry/0/resource/id"}
_LINKS: Final = {
    "ledger": {
        "operationId": "readPatientLedger",
        "parameters": _OF_PATIENT,
        "description": "The patient's ledger, where the Bundle begins with the Patient.",
    },
    "determination": {
        "operationId": "readDetermination",
        "parameters": _OF_PATIENT,
        "description": "What may be billed for that patient, in any month.",
    },
}


def _content(schema: Schema, summary: str, example: dict[str, Any]) -> dict[str, Any]:
    return {FHIR_JSON: {"schema": schema, "examples": shown({"example": (summary, example)})}}


def _answers() -> dict[int, Any]:
    answers: dict[int, Any] = {
        200: {
            "description": "Taken: what became of each entry, in the Bundle's order.",
            "content": _content(reference("FhirResponseBundle"), "A condition was recorded", _RECORDED),
            "headers": dict(REPLAYABLE),
            "links": _LINKS,
        },
        **refusals(*WRITING),
    }
    _add_outcome(answers[errors.IdempotencyKeyInUse.status], "It contradicts what is recorded", _CONTRADICTED)
    _add_outcome(answers[errors.Invalid.status], "A date that is none", _REFUSED)
    return answers


def _add_outcome(answer: dict[str, Any], summary: str, outcome: dict[str, Any]) -> None:
    """What is wrong with the Bundle is told in FHIR's words, what is wrong with the request as a problem."""
    answer["description"] = f"Nothing was stored: {summary[0].lower()}{summary[1:]}; or: {answer['description']}"
    answer["content"] = {**_content(reference("FhirOperationOutcome"), summary, outcome), **answer["content"]}


_BODY: Final = {
    "schema": reference("FhirBundle"),
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
            "description": "A Bundle of up to 10 MiB; `application/json` is taken as well. What becomes what, and what is "
            "missing: `docs/fhir.md`.",
            "content": {FHIR_JSON: _BODY},
        }
    },
}
