"""What is said of the calls that decide a month."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer, body
from app.api.documents.determination_examples import (
    BILLABLE,
    COMPARING_REQUEST,
    EVALUATION_REQUEST,
    SHADOW_REQUEST,
    SHORT,
    SHORT_REQUEST,
)
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, SENDING, Shown, refusals

_ANSWER: Final = answer(
    reference("Determination"),
    "The determination. That nothing is billable is an answer too. Examples are shortened: every code has a verdict.",
    {"billable": ("Billable, with an add-on", BILLABLE), "short": ("Two minutes short", SHORT)},
)
_BAD_MONTH: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "month", "detail": "A calendar month written YYYY-MM."}],
    }
}
_BAD_BODY: Final[Shown] = {
    errors.Invalid: {
        "detail": "The evaluation cannot be made of this.",
        "errors": [
            {
                "pointer": "/service_month",
                "detail": "This field is needed. A calendar month written YYYY-MM, from 1900 to 2199.",
            },
            {"pointer": "/facts/4/started_at", "detail": "An instant needs an offset such as Z or -05:00."},
        ],
    }
}

DETERMINATION: Final[dict[str, Any]] = {
    "operation_id": "readDetermination",
    "summary": "Decide a patient's month",
    "response_class": Response,
    "responses": {200: _ANSWER, **refusals(*READING, shown=_BAD_MONTH)},
}
EVALUATION: Final[dict[str, Any]] = {
    "operation_id": "evaluate",
    "summary": "Decide a month without storing anything",
    "response_class": Response,
    "responses": {200: _ANSWER, **refusals(*SENDING, shown=_BAD_BODY)},
    "openapi_extra": body(
        reference("Evaluation"),
        "The month, and the facts about one patient and about the practice.",
        {
            "billable": ("45 minutes of staff time, everything in order", EVALUATION_REQUEST),
            "short": ("The same patient with 18 minutes", SHORT_REQUEST),
            "shadow": ("A shadow run: the same month under next year's rules", SHADOW_REQUEST),
            "comparing": ("Which of three programs would serve the patient from the next month", COMPARING_REQUEST),
        },
    ),
}
