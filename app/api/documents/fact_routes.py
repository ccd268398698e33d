"""What is said of the calls that record facts."""

import json
from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import REPLAYABLE, answer, body, shown
from app.api.documents.fact_examples import CONSENT, MONTH, PATIENT, PRACTITIONER, STAFF, TIME_ENTRY
from app.api.documents.fact_schemas import Schema, reference
from app.api.documents.problem_answers import WRITING, Shown, refusals
from app.api.fact_reading import MAXIMUM_FACTS
from app.api.ndjson_body import MEDIA_TYPE as NDJSON

_RECORDED: Final = "2026-03-26T14:07:12.345678Z"
_OUTCOME: Final = {"index": 0, "kind": "time_entry", "id": TIME_ENTRY["id"], "patient": PATIENT}
_STORED: Final = {
    "stored": 1, "duplicates": 0, "rejected": 0,
    "results": [{**_OUTCOME, "outcome": "stored", "position": 17, "recorded_at": _RECORDED}],
}  # fmt: skip
_KNOWN: Final = {
    "stored": 0, "duplicates": 1, "rejected": 0,
    "results": [{**_OUTCOME, "outcome": "duplicate", "position": 17, "recorded_at": _RECORDED}],
}  # fmt: skip
_PARTLY: Final = {
    "stored": 1, "duplicates": 0, "rejected": 1,
    "results": [
        {**_OUTCOME, "outcome": "stored", "position": 17, "recorded_at": _RECORDED},
        {
            "index": 1, "outcome": "rejected",
            "errors": [{"pointer": "/facts/1/seconds", "detail": "A whole number from 1 to 86,400."}],
        },
    ],
}  # fmt: skip
_LINKS: Final = {
    "ledger": {
        "operationId": "readPatientLedger",
        "parameters": {"patient": "$response.body#/results/0/patient"},
        "description": "The ledger of the first fact's patient.",
    },
    "determination": {
        "operationId": "readDetermination",
        "parameters": {"patient": "$response.body#/results/0/patient"},
        "description": "What may be billed for the first fact's patient, in any month.",
    },
}
_ANOTHER_ENTRY: Final = {
    "id": "chart-2026-03-27", "patient": PATIENT, "program": "ccm", "performer": STAFF, "role": "clinical_staff",
    "on": "2026-03-27", "seconds": 240, "activity": "review", "modality": "chart",
}  # fmt: skip
_PLAN: Final = {
    "kind": "care_plan", "id": f"plan-{MONTH}-27", "patient": PATIENT, "action": "monitored", "on": "2026-03-27",
    "electronic": True,
}  # fmt: skip


def _shapes(fact: str, plural: str) -> Schema:
    many = {"type": "array", "items": reference(fact), "minItems": 1, "maxItems": MAXIMUM_FACTS}
    envelope = {
        "title": plural,
        "type": "object",
        "required": ["facts"],
        "properties": {"facts": many},
        "additionalProperties": False,
    }
    return {"oneOf": [envelope, {**many, "title": f"{plural} as a list"}, reference(fact)]}


def _answers(conflict: str) -> dict[int, Any]:
    example: Shown = {errors.Conflict: {"detail": "Nothing was stored: not all facts agree with what is recorded.", "errors": [
        {"pointer": conflict, "detail": "This id is recorded with other content; send a new id that `corrects` it."}
    ]}}  # fmt: skip
    return {
        200: answer(
            reference("Receipt"),
            "Nothing new: everything was recorded before, or with `partial=true` nothing could be taken.",
            {"duplicate": ("Sent a second time", _KNOWN)},
            _LINKS,
            REPLAYABLE,
        ),
        201: answer(
            reference("Receipt"),
            "Recorded, and on disk.",
            {"stored": ("Recorded", _STORED), "partly": ("With `partial=true`, one was refused", _PARTLY)},
            _LINKS,
            REPLAYABLE,
        ),
        **refusals(errors.Conflict, *WRITING, shown=example),
    }


def _call(
    name: str, summary: str, schema: Schema, description: str, examples: dict[str, Any], lines: list[dict[str, Any]]
) -> dict[str, Any]:
    sent = body(schema, description, examples)
    text = "".join(f"{json.dumps(fact)}\n" for fact in lines)
    sent["requestBody"]["content"][NDJSON] = {
        "schema": {"type": "string", "minLength": 1, "description": f"A fact a line, at most {MAXIMUM_FACTS:,}."},
        "examples": shown({"lines": ("A fact a line", text)}),
    }
    return {
        "operation_id": name,
        "summary": summary,
        "status_code": 201,
        "response_class": Response,
        "responses": _answers("/facts/0/id"),
        "openapi_extra": sent,
    }


def _without_kind(fact: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if name != "kind"}


FACTS: Final = _call(
    "storeFacts",
    "Record facts",
    _shapes("Fact", "Facts"),
    'Either `{"facts": [ … ]}`, or a list of facts, or one fact. A patient\'s fact names its `patient`.',
    {
        "facts": ("A call and a plan review", {"facts": [TIME_ENTRY, _PLAN]}),
        "correction": (
            "A correction: the call took longer",
            {**TIME_ENTRY, "id": "call-2026-03-26-b", "corrects": TIME_ENTRY["id"],
             "ended_at": "2026-03-26T10:09:00-04:00"},
        ),
        "retraction": (
            "A retraction",
            {"kind": "retraction", "id": f"retract-plan-{MONTH}-27", "patient": PATIENT,
             "retracts": {"kind": "care_plan", "id": _PLAN["id"]}, "reason": "Documented on the wrong chart"},
        ),
        "practice": (
            "A fact about the practice",
            {"facts": [{"kind": "practitioner", "id": "practitioner-park", "practitioner": "NP_PARK",
                        "credential": "NP", "from": "2026-05-01"}]},
        ),
    },
    [TIME_ENTRY, _PLAN],
)  # fmt: skip
TIME_ENTRIES: Final = _call(
    "storeTimeEntries",
    "Record time entries",
    _shapes("TimeEntryOnly", "Time entries"),
    'One time entry, a list, or `{"facts": [ … ]}`; `kind` may be left out.',
    {
        "list": ("A call, and a look at the chart", [_without_kind(TIME_ENTRY), _ANOTHER_ENTRY]),
        "one": ("One entry", _without_kind(TIME_ENTRY)),
    },
    [_without_kind(TIME_ENTRY), _ANOTHER_ENTRY],
)
CONSENTS: Final = _call(
    "storeConsents",
    "Record consents",
    _shapes("ConsentOnly", "Consents"),
    'One consent, a list, or `{"facts": [ … ]}`; `kind` may be left out.',
    {
        "given": ("Given by word of mouth, and documented", _without_kind(CONSENT)),
        "withdrawn": (
            "Withdrawn: it ends at the close of the month",
            {"id": "withdrawal-pcm-2026-05", "patient": PATIENT, "action": "withdrawn", "program": "pcm",
             "on": "2026-05-12", "practitioner": PRACTITIONER},
        ),
    },
    [_without_kind(CONSENT)],
)  # fmt: skip
