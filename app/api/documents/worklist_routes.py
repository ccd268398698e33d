"""What is said of the worklist and of the events beside it."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer
from app.api.documents.determination_examples import BILLABLE
from app.api.documents.fact_examples import MONTH, PATIENT
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, Shown, refusals

_LAW: Final = BILLABLE["rulebook"]
_BASE: Final[dict[str, Any]] = {
    "code": "99490", "units": 1, "program": "ccm", "practitioner": "DR_LEE", "service_date": "2026-03-18",
    "counted_seconds": 2700, "diagnoses": ["E11.9", "I10"], "amount_cents": 6613,
}  # fmt: skip
_SHORT: Final[dict[str, Any]] = {
    "patient": PATIENT,
    "state": "at_risk",
    "status": "not_billable",
    "provisional": True,
    "programs": ["ccm"],
    "practitioners": ["DR_LEE"],
    "claim_lines": [],
    "amount_cents": 0,
    "value_cents_per_minute": 3306,
    "next_code": {
        "code": "99490", "program": "ccm", "needs_seconds": 120, "amount_cents": 6613, "rules": ["TIME-02"],
        "remedy": "2:00 minutes more of countable time in the month.", "effort_seconds": 120, "adds_cents": 6613,
        "until": "2026-03-31",
    },
    "missing": [
        {
            "code": "99491", "program": "ccm", "needs_seconds": 1800, "amount_cents": 8918, "rules": ["TIME-02"],
            "remedy": "30:00 minutes more of the billing practitioner's own countable time in the month.",
        }
    ],
    "out_of_reach": [],
    "days_left": 12,
    "last_contact": {"on": "2026-03-05", "kind": "time_entry", "id": "demo-ben-2026-03-1", "source": "demo"},
    "positions": {"patient": 17, "practice": 11},
}  # fmt: skip
_FURTHER: Final[dict[str, Any]] = {
    **_SHORT,
    "patient": "demo-ada",
    "state": "extendable",
    "status": "billable",
    "claim_lines": [_BASE, _BASE | {"code": "99439", "amount_cents": 5044}],
    "amount_cents": 11657,
    "value_cents_per_minute": 336,
    "next_code": {
        "code": "99439", "program": "ccm", "needs_seconds": 900, "amount_cents": 5044, "rules": ["TIME-02"],
        "remedy": "15:00 minutes more of countable time in the month.", "effort_seconds": 900, "adds_cents": 5044,
        "until": "2026-03-31",
    },
    "last_contact": {"on": "2026-03-03", "kind": "time_entry", "id": "demo-ada-2026-03-1", "source": "demo"},
    "positions": {"patient": 18, "practice": 11},
    "behind": True,
}  # fmt: skip
_LOST: Final[dict[str, Any]] = {
    **{name: value for name, value in _SHORT.items() if name not in {"next_code", "value_cents_per_minute"}},
    "state": "lost",
    "provisional": False,
    "missing": [],
    "out_of_reach": [
        {
            "code": "99490", "program": "ccm", "needs_seconds": 120, "amount_cents": 6613, "rules": ["TIME-02"],
            "remedy": "2:00 minutes more of countable time in the month.",
        }
    ],
    "days_left": 0,
}  # fmt: skip
_PAGE: Final[dict[str, Any]] = {
    "service_month": MONTH,
    "ordered_by": "value",
    "computed_for": "2026-03-20",
    "patients_behind": 1,
    "rows": [_SHORT, _FURTHER],
    "rulebook": _LAW,
    "next_cursor": "AAAAAAAAAVAFq93vEjRWeJq83vA4dlZkZW1vLWFkYQ",
}
_THEN: Final[dict[str, Any]] = {
    "service_month": MONTH,
    "ordered_by": "patient",
    "computed_for": "2026-04-01",
    "rows": [_LOST],
    "rulebook": _LAW,
    "known_as_of": "2026-04-01T13:00:00Z",
}
_NOBODY: Final[dict[str, Any]] = {
    "service_month": MONTH, "ordered_by": "value", "computed_for": "2026-03-20", "patients_behind": 0, "rows": [],
    "rulebook": _LAW,
}  # fmt: skip
_EVENTS_PAGE: Final[dict[str, Any]] = {
    "events": [
        {
            "id": "5d0f9b52-7c1e-4b0f-8d7e-1b8a2c5e2f41",
            "type": "determination.changed",
            "timestamp": "2026-03-20T14:05:31.204410Z",
            "data": {"patient": PATIENT, "service_month": MONTH},
        }
    ],
    "next_cursor": "AAAAAAAAAAERIjNEVWZ3iJmqu8zd7v8A",
}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "min_value", "detail": "A whole number from 0 to 10,000,000."}],
    }
}
_REFUSED: Final = refusals(*(problem for problem in READING if problem is not errors.NotFound), shown=_BAD)


def _determination(patient: str, month: str) -> dict[str, Any]:
    return {
        "determination": {
            "operationId": "readDetermination",
            "parameters": {"patient": f"$response.body#{patient}", "month": f"$response.body#{month}"},
            "description": "The whole determination of the first month told.",
        }
    }


WORKLIST: Final[dict[str, Any]] = {
    "operation_id": "readWorklist",
    "summary": "Whom to call before the month ends",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("Worklist"),
            "A page of the list. Examples are shortened: every code of a patient's programs is told of.",
            {
                "page": ("Two minutes short, and a further unit to go", _PAGE),
                "then": ("As it was known when the month was over", _THEN),
                "nobody": ("Nobody fits", _NOBODY),
            },
            _determination("/rows/0/patient", "/service_month"),
        ),
        **_REFUSED,
    },
}
EVENTS: Final[dict[str, Any]] = {
    "operation_id": "readEvents",
    "summary": "Follow what changes",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("EventPage"),
            "The events that follow, in order.",
            {"changed": ("A month changed", _EVENTS_PAGE), "nothing": ("Nothing has happened yet", {"events": []})},
            _determination("/events/0/data/patient", "/events/0/data/service_month"),
        ),
        **refusals(
            *(problem for problem in READING if problem is not errors.NotFound),
            shown={
                errors.Invalid: {
                    "detail": "The list cannot be continued from there.",
                    "errors": [
                        {
                            "parameter": "cursor",
                            "detail": "Not a cursor of this list: send back `next_cursor` as it was given, with the same "
                            "parameters.",
                        }
                    ],
                }
            },
        ),
    },
}
