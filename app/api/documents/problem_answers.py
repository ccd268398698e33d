"""How problems stand in the OpenAPI document: one example of each, and which answers a call can give."""

from typing import Any, Final

from app import errors
from app.api import problems
from app.api.documents.fact_schemas import reference
from app.errors import Problem

Shown = dict[type[Problem], dict[str, Any]]
EXAMPLES: Final[Shown] = {
    errors.BadRequest: {"detail": "The body is not JSON: expecting value, line 1 column 11."},
    errors.Unauthorized: {"detail": "Send your API key as `Authorization: Bearer <key>`."},
    errors.NotFound: {"detail": "This practice has recorded nothing about such a patient."},
    errors.Conflict: {
        "detail": "Nothing was stored: not all facts agree with what is recorded.",
        "errors": [{"pointer": "/facts/0/id", "detail": "Another content is recorded under this kind and id."}],
    },
    errors.TooLarge: {"detail": "The body has at most 1 MiB; send it in several requests."},
    errors.UnsupportedMediaType: {"detail": "Send the body as `Content-Type: application/json`."},
    errors.Invalid: {
        "detail": "1 of 2 facts cannot be taken; nothing was stored.",
        "errors": [
            {"pointer": "/facts/1/seconds", "detail": "A whole number from 1 to 86,400."},
            {
                "pointer": "/facts/1",
                "detail": "Unknown field number 9 of this object. Known here: id, patient, corrects, program.",
            },
        ],
    },
    errors.NotAcceptable: {
        "detail": "The answer can be had as application/json; `Accept` names neither it nor a wildcard."
    },
    errors.TooManyRequests: {"detail": "More than 300,000 requests came with this key in a minute."},
    errors.Unavailable: {"detail": "The database cannot serve this now."},
    problems.Internal: {"detail": "The request failed; its id is in the header X-Request-ID."},
}

READING: Final = (
    errors.Unauthorized, errors.NotFound, errors.NotAcceptable, errors.Invalid, errors.TooManyRequests,
    errors.Unavailable, problems.Internal,
)  # fmt: skip
SENDING: Final = (
    errors.BadRequest, errors.Unauthorized, errors.NotAcceptable, errors.TooLarge, errors.UnsupportedMediaType,
    errors.Invalid, errors.TooManyRequests, errors.Unavailable, problems.Internal,
)  # fmt: skip
HEADERS: Final[dict[type[Problem], tuple[str, ...]]] = {
    errors.Unauthorized: ("WWW-Authenticate",),
    errors.UnsupportedMediaType: ("Accept-Encoding", "Accept-Post"),
    errors.TooManyRequests: ("Retry-After",),
    errors.Unavailable: ("Retry-After",),
}


def refusals(*kinds: type[Problem], shown: Shown | None = None) -> dict[int, Any]:
    """The answers for these problems, by status; `shown` replaces an example where another one teaches more."""
    return {kind.status: _refusal(kind, (shown or {}).get(kind, EXAMPLES[kind])) for kind in kinds}


def _refusal(kind: type[Problem], shown: dict[str, Any]) -> dict[str, Any]:
    example = {"type": problems.type_of(kind), "title": kind.title, "status": kind.status, **shown}
    answer: dict[str, Any] = {
        "description": kind.title,
        "content": {problems.MEDIA_TYPE: {"schema": reference("Problem"), "examples": {kind.slug: {"value": example}}}},
    }
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS.get(kind, ())}
    return answer | ({"headers": headers} if headers else {})
