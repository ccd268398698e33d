"""What is said of the call that projects a panel."""

import json
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer, body
from app.api.documents.fact_examples import MONTH
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import SENDING, Shown, refusals

_ANSWERED: Final = json.loads(Path(__file__).with_name("projection_examples.json").read_text(encoding="utf-8"))
COUNTED: Final = {"service_month": MONTH, "panel": {"medicare_patients": 1_000}}
MIXED: Final = {
    "service_month": MONTH,
    "panel": {"medicare_patients": 1_000},
    "mix": [
        {"pathway": "clinical_staff", "share_basis_points": 6_000, "counted_minutes": 25},
        {"pathway": "clinical_staff", "share_basis_points": 3_000, "counted_minutes": 45},
        {"pathway": "complex", "share_basis_points": 1_000, "counted_minutes": 75},
    ],
    "assumptions": {
        "enrolling_basis_points": 2_500,
        "denial_basis_points": 300,
        "staff_minute_cents": 85,
        "fixed_month_cents": 150_000,
        "locality": "01112-05",
    },
}
STORED: Final = {"service_month": MONTH, "panel": {"stored": True}}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "The projection cannot be made of this.",
        "errors": [
            {"pointer": "/assumptions/denial_basis_points", "detail": "A whole number from 0 to 10,000."},
            {"pointer": "/panel", "detail": "Give either `medicare_patients` or `stored`."},
        ],
    }
}
_LINKS: Final = {
    "law": {
        "operationId": "readRulebook",
        "parameters": {"month": "$response.body#/service_month"},
        "description": "The law and the amounts it was reckoned with.",
    }
}

PROJECTION: Final[dict[str, Any]] = {
    "operation_id": "project",
    "summary": "Project a panel's revenue and profit",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("Projection"),
            "The projection, with every assumption it rests on. That nothing is billable, or lost, is an answer too. "
            "Examples are shortened.",
            {
                "counted": ("A thousand patients, every assumption as it stands", _ANSWERED["counted"]),
                "stored": ("The practice's own patients", _ANSWERED["stored"]),
            },
            _LINKS,
        ),
        **refusals(*SENDING, shown=_BAD),
    },
    "openapi_extra": body(
        reference("ProjectionRequest"),
        "Whose patients, which month's law, how months are billed, and the assumptions to replace.",
        {
            "counted": ("A thousand Medicare patients", COUNTED),
            "mixed": ("Three kinds of month, a place, and a practice's own figures", MIXED),
            "stored": ("The patients of the practice's own ledgers", STORED),
        },
    ),
}
