"""What is said of month-end runs and of what they find."""

import json
from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import REPLAYABLE, answer, body, shown
from app.api.documents.determination_examples import BILLABLE
from app.api.documents.fact_examples import MONTH, PATIENT
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, WRITING, Shown, refusals
from app.api.representations import EVENT_STREAM
from app.exports.csv import Csv
from app.exports.ndjson import Ndjson
from app.exports.parquet import Parquet

_RUN_ID: Final = "5d0f9b52-7c1e-4b0f-8d7e-1b8a2c5e2f41"
_EARLIER: Final = "0c6a1d8e-2f43-4c59-9a0b-6e7d5c4b3a29"
_QUEUED: Final[dict[str, Any]] = {
    "id": _RUN_ID,
    "service_month": MONTH,
    "patients": "all",
    "compared_with": _EARLIER,
    "known_on": "2026-04-01",
    "state": "queued",
    "total": 12_000,
    "done": 0,
    "determined": 0,
    "unchanged": 0,
    "failed": 0,
    "rate": 0.0,
    "asked_at": "2026-04-01T13:00:00.204410Z",
    "results": f"/v1/runs/{_RUN_ID}/results",
}
_FIRST: Final = {name: value for name, value in _QUEUED.items() if name != "compared_with"}
_RUNNING: Final[dict[str, Any]] = {
    **_FIRST, "state": "running", "done": 4_500, "determined": 4_499, "failed": 1, "rate": 3_750.0,
    "time_left_seconds": 2, "first_errors": [{"patient": "demo-eli", "detail": "Nothing is recorded of such a patient."}],
}  # fmt: skip
_DONE: Final[dict[str, Any]] = {
    **_QUEUED, "state": "done", "done": 12_000, "determined": 240, "unchanged": 11_760, "rate": 24_000.0,
    "ended_at": "2026-04-01T13:00:00.704410Z",
}  # fmt: skip
_CANCELLED: Final[dict[str, Any]] = {
    **_FIRST, "state": "cancelled", "done": 4_500, "determined": 4_499, "failed": 1, "rate": 3_600.0,
    "ended_at": "2026-04-01T13:00:01.454410Z",
}  # fmt: skip
_RESULT: Final[dict[str, Any]] = {
    "patient": PATIENT,
    **{
        name: BILLABLE[name]
        for name in ("service_month", "status", "provisional", "claim_lines", "alternatives")
    },
    "verdicts": BILLABLE["verdicts"][:1],
    "findings": [],
    **{name: BILLABLE[name] for name in ("rulebook", "policy_digest", "inputs_digest", "positions")},
}  # fmt: skip
_CHANGE: Final[dict[str, Any]] = {
    "patient": PATIENT,
    "service_month": MONTH,
    "change": "changed",
    "before": {"status": "not_billable", "claim_lines": []},
    "after": {name: BILLABLE[name] for name in ("status", "claim_lines")},
    "amount_change_cents": sum(line["amount_cents"] for line in BILLABLE["claim_lines"]),
}
_TABLE: Final = (
    "patient,service_month,status,provisional,program,code,units,service_date,earliest_service_date,practitioner,pathway,"
    "counted_seconds,dx1,dx2,dx3,dx4,amount_cents,warnings,hold_reason,problem\r\n"
    f"{PATIENT},{MONTH},billable,false,ccm,99490,1,2026-03-18,2026-03-18,DR_LEE,clinical_staff,2700,E11.9,I10,,,6613,,,\r\n"
)
_CHANGE_TABLE: Final = (
    "patient,service_month,change,status_before,status_after,codes_before,codes_after,amount_change_cents,problem_before,"
    f"problem_after\r\n{PATIENT},{MONTH},changed,not_billable,billable,,99490x1,6613,,\r\n"
)
_LINKS: Final = {
    "run": {
        "operationId": "readRun",
        "parameters": {"run": "$response.body#/id"},
        "description": "How far it is.",
    },
    "events": {
        "operationId": "followRun",
        "parameters": {"run": "$response.body#/id"},
        "description": "The same as a stream of events.",
    },
    "cancel": {
        "operationId": "cancelRun",
        "parameters": {"run": "$response.body#/id"},
        "description": "An end to it.",
    },
    "results": {
        "operationId": "readRunResults",
        "parameters": {"run": "$response.body#/id"},
        "description": "What it found, once it is done.",
    },
}
_NONE: Final[Shown] = {errors.NotFound: {"detail": "This practice has no such run."}}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "month", "detail": "A calendar month written YYYY-MM."}],
    }
}


def _file(line: str, what: str, example: dict[str, Any], table: str) -> dict[str, Any]:
    """An answer in the forms of results."""
    return {
        "description": what,
        "headers": {"Content-Disposition": {"$ref": "#/components/headers/Content-Disposition"}},
        "content": {
            Ndjson.media_type: {
                "schema": reference(line),
                "examples": shown({"line": ("A line; the schema is that of each", example)}),
            },
            Csv.media_type.partition(";")[0]: {
                "schema": {"type": "string"},
                "examples": shown({"table": ("A table of one row", table)}),
            },
            Parquet.media_type: {
                "schema": {"type": "string", "contentMediaType": Parquet.media_type},
                "examples": shown({"table": ("The same table, beginning and ending with", "PAR1")}),
            },
        },
    }


START_RUN: Final[dict[str, Any]] = {
    "operation_id": "startRun",
    "summary": "Determine a month for many patients",
    "status_code": 202,
    "response_class": Response,
    "responses": {
        202: answer(
            reference("Run"),
            "Taken, and on disk: workers are at it.",
            {"queued": ("Of 12,000 patients", _QUEUED)},
            _LINKS,
            {**REPLAYABLE, "Location": {"$ref": "#/components/headers/Location"}},
        ),
        **refusals(
            errors.NotDone,
            *WRITING,
            shown={
                errors.NotDone: {"detail": "10 runs of this practice are under way: wait for one, or cancel it."},
                errors.Invalid: {
                    "detail": "Nothing can be compared with that run.",
                    "errors": [{"pointer": "/changed_since", "detail": "There is no such run of this practice."}],
                },
            },
        ),
    },
    "openapi_extra": {
        **body(
            reference("RunRequest"),
            "Whose months; without a body those of all patients.",
            {
                "all": ("All patients", {}),
                "some": ("Only these", {"patients": [PATIENT, "demo-ada"]}),
                "changed": ("Only where something changed", {"changed_since": _EARLIER}),
                "anew": ("All patients, whatever earlier runs found", {"anew": True}),
            },
        ),
    },
}
START_RUN["openapi_extra"]["requestBody"]["required"] = False
READ_RUNS: Final[dict[str, Any]] = {
    "operation_id": "readRuns",
    "summary": "List a month's runs",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("RunPage"),
            "A page of the list.",
            {"runs": ("A second run, and the first", {"runs": [_QUEUED, _FIRST | {"id": _EARLIER}]})},
        ),
        **refusals(*(problem for problem in READING if problem is not errors.NotFound), shown=_BAD),
    },
}
READ_RUN: Final[dict[str, Any]] = {
    "operation_id": "readRun",
    "summary": "See how far a run is",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("Run"),
            "How far it is.",
            {"running": ("Under way", _RUNNING), "done": ("Done; of most the earlier result stands", _DONE)},
            {name: _LINKS[name] for name in ("events", "results")},
        ),
        **refusals(*READING, shown=_NONE),
    },
}
CANCEL_RUN: Final[dict[str, Any]] = {
    "operation_id": "cancelRun",
    "summary": "Cancel a run",
    "response_class": Response,
    "responses": {
        200: answer(reference("Run"), "Cancelled.", {"cancelled": ("Under way until then", _CANCELLED)}, None, REPLAYABLE),
        **refusals(
            errors.Unauthorized, errors.Forbidden, errors.NotFound, errors.NotAcceptable, errors.Invalid,
            errors.Conflict, errors.IdempotencyKeyInUse, errors.IdempotencyKeyReused, errors.TooManyRequests,
            errors.Unavailable, *READING[-1:],
            shown={**_NONE, errors.Conflict: {"detail": "The run is done: there is nothing to cancel."}},
        ),
    },
}  # fmt: skip
RUN_EVENTS: Final[dict[str, Any]] = {
    "operation_id": "followRun",
    "summary": "Follow a run",
    "response_class": Response,
    "responses": {
        200: {
            "description": "Events until it has ended; the data of each is a run.",
            "content": {
                # Whether it is of the stream or of each event in it, the 3.1 edition does not say: so it asks nothing of either.
                EVENT_STREAM: {
                    "schema": {"description": "Of each event `event` says how the run stands, and `data` is the run."},
                    "examples": shown({"end": ("The last event", {"event": "done", "data": json.dumps(_DONE)})}),
                }
            },
        },
        **refusals(*READING, shown=_NONE),
    },
}
RESULTS: Final[dict[str, Any]] = {
    "operation_id": "readRunResults",
    "summary": "Take away what a run found",
    "response_class": Response,
    "responses": {
        200: _file("MonthResult", "What was found, by patient. The example is shortened.", _RESULT, _TABLE),
        **refusals(errors.NotDone, *READING, shown=_NONE),
    },
}
CHANGES: Final[dict[str, Any]] = {
    "operation_id": "readRunChanges",
    "summary": "Take away what two runs found otherwise",
    "response_class": Response,
    "responses": {
        200: _file("MonthChange", "What is billable otherwise, by patient.", _CHANGE, _CHANGE_TABLE),
        **refusals(
            errors.NotDone,
            *READING,
            shown={
                **_NONE,
                errors.Invalid: {
                    "detail": "These runs cannot be compared.",
                    "errors": [
                        {
                            "parameter": "since",
                            "detail": "Not a run of the same month and of all patients that is done.",
                        }
                    ],
                },
            },
        ),
    },
}
