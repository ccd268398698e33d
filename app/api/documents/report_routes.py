"""What is said of the calls that report on a month across patients."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.api.documents.described import answer
from app.api.documents.fact_examples import MONTH, PATIENT, STAFF
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import READING, Shown, refusals

_ENTRY: Final = {"source": "ehr", "program": "ccm", "role": "clinical_staff"}
_PAGE: Final[dict[str, Any]] = {
    "service_month": MONTH,
    "time_zone": "America/New_York",
    "untested_entries": 12,
    "simultaneous_work": [
        {
            "performer": STAFF,
            "from": "2026-03-26T14:02:00Z",
            "until": "2026-03-26T14:06:30Z",
            "seconds": 270,
            "patients_at_once": 2,
            "entry_count": 2,
            "entries": [
                {"patient": PATIENT, "id": "call-2026-03-26", **_ENTRY},
                {"patient": "demo-ada", "id": "review-2026-03-26", **_ENTRY},
            ],
        }
    ],
    "impossible_days": [{"performer": STAFF, "day": "2026-03-27", "seconds": 90_000}],
    "next_cursor": "q3ReTJ1ww_gWmQd0mKVLGFJOX0tJTQ",
}
_NOTHING: Final = {
    "service_month": MONTH,
    "time_zone": "America/New_York",
    "untested_entries": 0,
    "simultaneous_work": [],
    "impossible_days": [],
}
_BAD: Final[Shown] = {
    errors.Invalid: {
        "detail": "A parameter is not what was asked for.",
        "errors": [{"parameter": "month", "detail": "A calendar month written YYYY-MM."}],
    }
}
_LINKS: Final = {
    "ledger": {
        "operationId": "readPatientLedger",
        "parameters": {"patient": "$response.body#/simultaneous_work/0/entries/0/patient"},
        "description": "The ledger of the first patient named, where an entry is read whole.",
    }
}

SIMULTANEOUS_WORK: Final[dict[str, Any]] = {
    "operation_id": "readSimultaneousWork",
    "summary": "Find one person on two patients at once",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("SimultaneousWorkReport"),
            "What was found, by performer, then time. That nothing was found is an answer too; see `untested_entries`.",
            {"found": ("A stretch and a day", _PAGE), "nothing": ("Nothing found, everything tested", _NOTHING)},
            _LINKS,
        ),
        **refusals(*(problem for problem in READING if problem is not errors.NotFound), shown=_BAD),
    },
}
