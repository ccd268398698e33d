"""What is said of the calls that read ledgers."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer
from app.api.documents.fact_examples import TIME_ENTRY
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, Shown, refusals

_RECORD: Final = {"source": "ehr", "recorded_at": "2026-03-26T14:07:12.345678Z", "position": 17}
_PAGE: Final = {
    "facts": [
        {
            **TIME_ENTRY,
            "started_at": "2026-03-26T14:00:00Z",
            "ended_at": "2026-03-26T14:06:30Z",
            **_RECORD,
        }
    ],
    "next_cursor": "AAAAAAAAABHm3m5gvZpyYSp8V7xEQLqF",
}
_PRACTICE_PAGE: Final = {
    "facts": [{"kind": "setting", "id": "office", "type": "physician_office", **_RECORD, "position": 2}]
}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "known_as_of", "detail": "An instant needs an offset such as Z or -05:00."}],
    }
}


def _call(name: str, summary: str, page: Any, description: str, problems: tuple[type[errors.Problem], ...]) -> Any:
    return {
        "operation_id": name,
        "summary": summary,
        "response_class": Response,
        "responses": {
            200: answer(reference("Page"), description, {"page": ("A page", page)}),
            **refusals(*problems, shown=_BAD),
        },
    }


PATIENT_LEDGER: Final = _call(
    "readPatientLedger", "Read a patient's ledger", _PAGE, "A page of the patient's facts, oldest first.", READING
)
PRACTICE_LEDGER: Final = _call(
    "readPracticeLedger",
    "Read the practice's own ledger",
    _PRACTICE_PAGE,
    "A page of the practice's facts, oldest first.",
    tuple(problem for problem in READING if problem is not errors.NotFound),
)
