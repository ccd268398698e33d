"""What is said of the calls that close, amend and reopen months."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import REPLAYABLE, answer, body
from app.api.documents.determination_examples import BILLABLE
from app.api.documents.fact_examples import MONTH, PATIENT
from app.api.documents.fact_schemas import reference
from app.api.documents.month_examples import (
    ACCEPTED,
    ACCEPTING,
    CHOOSING,
    CLOSED,
    CLOSING,
    CLOSING_MANY,
    CLOSING_SOME,
    DECLINED,
    DECLINING,
    HISTORY_OF_MONTH,
    NO_HISTORY,
    NOBODY_WAITS,
    OPEN_AMENDMENT,
    OPEN_PAGE,
    REOPENED,
    REOPENING,
    REPORT,
)
from app.api.documents.problem_answers import READING, WRITING, Shown, refusals

_MONTH: Final = {"patient": "$response.body#/patient", "month": "$response.body#/service_month"}
_LINKS: Final = {
    "history": {
        "operationId": "readHistory",
        "parameters": _MONTH,
        "description": "The whole story of the month.",
    },
    "amendments": {
        "operationId": "readAmendments",
        "parameters": _MONTH,
        "description": "What later facts change of it.",
    },
}
_FROZEN: Final = {
    "answer": {
        "operationId": "readFrozenAnswer",
        "parameters": {**_MONTH, "revision": "$response.body#/revision"},
        "description": "The determination that was frozen.",
    }
}
_MADE: Final = {**REPLAYABLE, "Location": {"$ref": "#/components/headers/Location"}}
_NO_WORDS: Final[dict[str, Any]] = {
    "detail": "This is not what is to be attested.",
    "errors": [
        {"pointer": "/words", "detail": "This field is needed. Text of 1 to 1,000 printable characters."},
    ],
}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "month", "detail": "A calendar month written YYYY-MM."}],
    }
}


def _refused(detail: str, pointer: str | None, why: str | None) -> Shown:
    told: dict[str, Any] = {"detail": detail}
    if why is not None:
        told["errors"] = [{"pointer": pointer, "detail": why}]
    return {errors.Conflict: told, errors.Invalid: _NO_WORDS}


def _writing(shown: Shown, *, patient: bool = True) -> dict[int, Any]:
    missing = (errors.NotFound,) if patient else ()
    return refusals(*missing, errors.Conflict, *WRITING, shown=shown)


CLOSE: Final[dict[str, Any]] = {
    "operation_id": "closeMonth",
    "summary": "Close a patient's month",
    "status_code": 201,
    "response_class": Response,
    "responses": {
        201: answer(
            reference("MonthRevision"),
            "Closed, and on disk: the lines to bill.",
            {"closed": ("Closed with one line", CLOSED)},
            {**_FROZEN, **_LINKS},
            _MADE,
        ),
        **_writing(
            _refused("The month needs a decision.", "/claim_lines", "A person must decide: name the lines of one alternative.")
        ),
    },
    "openapi_extra": body(
        reference("MonthClosing"),
        "Who closes the month, and what they attest.",
        {"closing": ("Closed by a clerk on a practitioner's behalf", CLOSING)},
    ),
}  # fmt: skip
REOPEN: Final[dict[str, Any]] = {
    "operation_id": "reopenMonth",
    "summary": "Reopen a closed month",
    "status_code": 201,
    "response_class": Response,
    "responses": {
        201: answer(
            reference("MonthRevision"),
            "Open again, and on disk.",
            {"reopened": ("Reopened", REOPENED)},
            _LINKS,
            _MADE,
        ),
        **_writing(_refused("The month is not closed.", None, None)),
    },
    "openapi_extra": body(
        reference("MonthReopening"), "Who reopens the month, and why.", {"reopening": ("For a reason", REOPENING)}
    ),
}
AMENDMENTS: Final[dict[str, Any]] = {
    "operation_id": "readAmendments",
    "summary": "Read what later facts change of a closed month",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("MonthAmendments"),
            "The amendments decided, then the one that is open, if one is.",
            {
                "open": ("A late entry reaches an add-on", {
                    "patient": PATIENT, "service_month": MONTH, "amendments": [OPEN_AMENDMENT]
                }),
                "none": ("Nothing changed what was closed", {
                    "patient": PATIENT, "service_month": MONTH, "amendments": []
                }),
            },
            {"history": _LINKS["history"]},
        ),
        **refusals(*READING, shown=_BAD),
    },
}  # fmt: skip
DECIDE_AMENDMENT: Final[dict[str, Any]] = {
    "operation_id": "decideAmendment",
    "summary": "Accept or decline an amendment",
    "status_code": 201,
    "response_class": Response,
    "responses": {
        201: answer(
            reference("Amendment"),
            "Decided, and on disk.",
            {"accepted": ("Accepted: a new revision", ACCEPTED), "declined": ("Declined", DECLINED)},
            _LINKS,
            _MADE,
        ),
        **_writing(
            _refused(
                "This amendment is not open.",
                "/amendment",
                "What is recorded has changed since, or there is no such amendment: read them again.",
            )
        ),
    },
    "openapi_extra": body(
        reference("AmendmentDeciding"),
        "Which amendment, as it was shown, and the decision.",
        {
            "accepting": ("Accepted", ACCEPTING),
            "declining": ("Declined", DECLINING),
            "choosing": ("Accepted where a decision is needed", CHOOSING),
        },
    ),
}
HISTORY: Final[dict[str, Any]] = {
    "operation_id": "readHistory",
    "summary": "Read the whole story of a patient's month",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("MonthHistory"),
            "Every revision in order, and every amendment.",
            {
                "closed": ("Closed, a later entry not billed", HISTORY_OF_MONTH),
                "open": ("Never closed", NO_HISTORY),
            },
            {"amendments": _LINKS["amendments"]},
        ),
        **refusals(*READING, shown=_BAD),
    },
}
FROZEN_ANSWER: Final[dict[str, Any]] = {
    "operation_id": "readFrozenAnswer",
    "summary": "Read what was answered when a month was closed",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("Determination"),
            "The determination as it was given. Examples are shortened: every code has a verdict.",
            {"given": ("As it was given", {**BILLABLE, "known_as_of": "2026-04-02T13:04:11.480120Z"})},
        ),
        **refusals(*READING, shown=_BAD),
    },
}
OPEN_AMENDMENTS: Final[dict[str, Any]] = {
    "operation_id": "readOpenAmendments",
    "summary": "Find closed months that wait for a person",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("OpenAmendments"),
            "The open amendments among the closed months looked at.",
            {"waiting": ("One waits", OPEN_PAGE), "none": ("Nobody waits", NOBODY_WAITS)},
            {
                "history": {
                    "operationId": "readHistory",
                    "parameters": {
                        "patient": "$response.body#/amendments/0/patient",
                        "month": "$response.body#/service_month",
                    },
                    "description": "The whole story of the first month that waits.",
                }
            },
        ),
        **refusals(*(problem for problem in READING if problem is not errors.NotFound), shown=_BAD),
    },
}
BULK_CLOSE: Final[dict[str, Any]] = {
    "operation_id": "closeMonths",
    "summary": "Close a month of many patients",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("BulkReport"),
            "What was closed, and on disk; what was left out, and why.",
            {"report": ("One closed, three left out, more to come", REPORT)},
            {
                "history": {
                    "operationId": "readHistory",
                    "parameters": {
                        "patient": "$response.body#/closed/0/patient",
                        "month": "$response.body#/service_month",
                    },
                    "description": "The whole story of the first month closed.",
                }
            },
            REPLAYABLE,
        ),
        **refusals(*WRITING, shown={errors.Invalid: _NO_WORDS}),
    },
    "openapi_extra": body(
        reference("BulkClosing"),
        "Who closes the months, what they attest, and of which patients.",
        {
            "all": ("All patients", CLOSING_MANY),
            "some": ("Those listed", CLOSING_SOME),
        },
    ),
}
