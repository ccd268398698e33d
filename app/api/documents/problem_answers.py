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
    errors.Forbidden: {"detail": "This call needs the scope `facts.write`, which your credential does not have."},
    errors.NotFound: {"detail": "This practice has recorded nothing about such a patient."},
    errors.Conflict: {
        "detail": "Nothing was stored: not all facts agree with what is recorded.",
        "errors": [{"pointer": "/facts/0/id", "detail": "Another content is recorded under this kind and id."}],
    },
    errors.IdempotencyKeyInUse: {"detail": "A request with this key is being worked on."},
    errors.NotDone: {"detail": "The run is under way: 4,500 of 12,000 patients are done."},
    errors.TooLarge: {"detail": "The body has at most 1 MiB; send it in several requests."},
    errors.UnsupportedMediaType: {"detail": "Send the body as `Content-Type: application/json`."},
    errors.Invalid: {
        "detail": "1 of 2 facts cannot be taken; nothing was stored.",
        "errors": [
            {"pointer": "/facts/1/seconds", "detail": "A whole number from 1 to 86,400."},
            {"pointer": "/facts/1/minutes", "detail": "Unknown field. Known here: id, patient, corrects, program."},
        ],
    },
    errors.IdempotencyKeyReused: {"detail": "This key was sent before, with another request."},
    errors.NotAcceptable: {
        "detail": "The answer can be had as application/json; `Accept` names neither it nor a wildcard."
    },
    errors.TooManyRequests: {"detail": "More than 300,000 requests came with this key in a minute."},
    errors.Unavailable: {"detail": "The database cannot serve this now."},
    problems.Internal: {"detail": "The request failed; its id is in the header X-Request-ID."},
}

READING: Final = (
    errors.Unauthorized, errors.Forbidden, errors.NotFound, errors.NotAcceptable, errors.Invalid,
    errors.TooManyRequests, errors.Unavailable, problems.Internal,
)  # fmt: skip
SENDING: Final = (
    errors.BadRequest, errors.Unauthorized, errors.Forbidden, errors.NotAcceptable, errors.TooLarge,
    errors.UnsupportedMediaType, errors.Invalid, errors.TooManyRequests, errors.Unavailable, problems.Internal,
)  # fmt: skip
WRITING: Final = (*SENDING, errors.IdempotencyKeyInUse, errors.IdempotencyKeyReused)
HEADERS: Final[dict[type[Problem], tuple[str, ...]]] = {
    errors.Unauthorized: ("WWW-Authenticate",),
    errors.Forbidden: ("WWW-Authenticate",),
    errors.IdempotencyKeyInUse: ("Retry-After",),
    errors.NotDone: ("Retry-After",),
    errors.UnsupportedMediaType: ("Accept-Encoding", "Accept-Post"),
    errors.TooManyRequests: ("Retry-After",),
    errors.Unavailable: ("Retry-After",),
}


def refusals(*kinds: type[Problem], shown: Shown | None = None) -> dict[int, Any]:
    """The answers for these problems, by status; `shown` replaces an example where another one teaches more."""
    answers: dict[int, Any] = {}
    for kind in kinds:
        _add(answers, kind, (shown or {}).get(kind) or example_of(kind))
    return dict(sorted(answers.items()))


def example_of(kind: type[Problem]) -> dict[str, Any]:
    """What an answer of this kind says of itself; a kind with no example of its own repeats its title."""
    return EXAMPLES.get(kind, {"detail": f"{kind.title}."})


def _add(answers: dict[int, Any], kind: type[Problem], shown: dict[str, Any]) -> None:
    """Problems that share a status are told apart by their `type`, and stand side by side as examples."""
    example = {"type": problems.type_of(kind), "title": kind.title, "status": kind.status, **shown}
    described = {"schema": reference("Problem"), "examples": {}}
    answer = answers.setdefault(kind.status, {"description": "", "content": {problems.MEDIA_TYPE: described}})
    answer["description"] = "; or: ".join(filter(None, (answer["description"], kind.title)))
    answer["content"][problems.MEDIA_TYPE]["examples"][kind.slug] = {"value": example}
    for name in HEADERS.get(kind, ()):
        answer.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}
