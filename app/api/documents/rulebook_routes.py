"""What is said of the calls that read the law."""

import json
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api import problems
from app.api.documents.described import answer
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import Shown, refusals

_EXAMPLES: Final = json.loads(Path(__file__).with_name("rulebook_examples.json").read_text(encoding="utf-8"))
_HEADERS: Final = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Cache-Control")}
_NOT_COVERED: Final = "The rule book covers 2015-01 to 2027-12."


def _call(
    name: str, summary: str, schema: str, said: tuple[str, str], shown: Shown, *refused: type[errors.Problem]
) -> dict[str, Any]:
    example, description = said
    found = answer(reference(schema), description, {example: ("Shortened", _EXAMPLES[example])})
    return {
        "operation_id": name,
        "summary": summary,
        "response_class": Response,
        "responses": {
            200: found | {"headers": _HEADERS},
            304: {"description": "What `If-None-Match` names is still the answer.", "headers": _HEADERS, "content": {}},
            **refusals(*refused, errors.NotAcceptable, errors.Invalid, problems.Internal, shown=shown),
        },
    }


MONTH: Final = _call(
    "readRulebook",
    "Read the law of a month",
    "RulebookMonth",
    ("month", "Everything in force in the month, and the codes that are not."),
    {
        errors.NotFound: {"detail": _NOT_COVERED},
        errors.Invalid: {
            "detail": "A parameter is not what was asked for.",
            "errors": [{"parameter": "month", "detail": "A calendar month written YYYY-MM."}],
        },
    },
    errors.NotFound,
)
DIFFERENCE: Final = _call(
    "compareRulebooks",
    "Compare the laws of two months",
    "RulebookDiff",
    ("difference", "What of the law differs. Equal law digests: nothing that decides."),
    {
        errors.Invalid: {
            "detail": _NOT_COVERED,
            "errors": [{"parameter": "to", "detail": _NOT_COVERED}],
        },
    },
)
