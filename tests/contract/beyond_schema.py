"""Hooks for schemathesis: what it takes for a failure, and is the document's and the service's word kept.

A schema says what one field may hold. That an end follows a beginning, that a cursor was given out, that a month lies
in the rule book: these no schema says, so such requests are valid to schemathesis and refused by us. Only a refusal
whose every error is of that sort is passed over; one that the document could have told stays a failure.
"""

import json
from typing import Any, Final

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

_LINES: Final = "application/x-ndjson"
_BEYOND: Final = (
    # Of several fields together.
    "Must lie after `", "Give either ", "come together", "not both", "24 hours", "The patient the fact is about.",
    "A fact about the practice has no patient", "An evaluation is about one patient", "name more than one patient",
    "state two time zones", "must add up to ",
    # Of what else was sent.
    "has the same id and other content", "Names no fact", "already corrected or retracted",
    "There is no such run", "Not a run of ",
    # Of tables that stand elsewhere, and of the moment.
    "The rule book covers ", "The law of the month has ", "The figures of ", "An IANA time zone", "Not a cursor of this list", "Must lie in the past",
    "This day or time of day does not exist", "A day that exists",
    # Of all text there is, by the one reader of bodies.
    "Control characters and lone surrogates", "holds control characters", "A number lies between",
)  # fmt: skip


@schemathesis.serializer(_LINES)
def lines(_context: Any, value: Any) -> bytes:
    """A text as it stands; whatever else is made up, as the JSON text of one line."""
    return value.encode(errors="surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is one."""
    if isinstance(failure, RejectedPositiveData):
        return not _no_schema_tells(case, response)
    if isinstance(failure, AcceptedNegativeData):
        return not _reported_by_index(response)
    return True


def _no_schema_tells(case: Any, response: Any) -> bool:
    if case.path == "/oauth/token":
        # No schema makes a signature, and the key that comes with every request is one proof too many there.
        return response.status_code in {400, 401}
    if response.status_code != 422:
        return False
    if case.media_type == _LINES:
        # To a schema it is a text; what stands in its lines is told by the JSON form of the same call.
        return True
    if case.path == "/fhir":
        # What a resource must hold is FHIR's to say, and is said in docs/fhir.md.
        return True
    problem = response.json()
    if problem["type"] == "/problems/idempotency-key-reused":
        return True
    errors = problem.get("errors", [])
    return bool(errors) and all(any(told in error["detail"] for told in _BEYOND) for error in errors)


def _reported_by_index(response: Any) -> bool:
    """With `partial=true` bad facts are refused one by one, in an answer that is none."""
    answer = response.json()
    return isinstance(answer, dict) and answer.get("rejected", 0) > 0
