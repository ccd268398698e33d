"""What can go wrong at the edge, as one tree; each leaf is one RFC 9457 problem with a stable type.

    Problem
    ├── BadRequest            400  not JSON, or not a request we can read
    ├── Unauthorized          401  no credential, or one we do not know
    ├── Forbidden             403  a credential without the scope
    ├── NotFound              404  not there, or not yours
    ├── MethodNotAllowed      405
    ├── NotAcceptable         406
    ├── Conflict              409  contradicts what is already recorded
    ├── IdempotencyKeyInUse   409  the request with this key is under way
    ├── NotDone               409  worked on by others; ask again later
    ├── TooLarge              413
    ├── UnsupportedMediaType  415
    ├── Invalid               422  well-formed JSON that is not what was asked for
    ├── IdempotencyKeyReused  422  the key came before with another request
    ├── TooManyRequests       429  slower
    └── Unavailable           503  try again later

Problems never carry what was sent. In the core, answers are values and broken promises are assertions.
"""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True, gc=False, omit_defaults=True):
    """One thing to mend: where (a JSON Pointer into the body, or the name of a parameter) and what is wrong."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(Exception):
    """Base of the tree: what the client is told."""

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int]

    def __init__(
        self, detail: str, *, errors: Sequence[FieldError] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}


class BadRequest(Problem):
    slug, title, status = "bad-request", "The request cannot be read", 400


class Unauthorized(Problem):
    slug, title, status = "unauthorized", "A valid API key is needed", 401


class Forbidden(Problem):
    slug, title, status = "forbidden", "The credential does not allow this", 403


class NotFound(Problem):
    slug, title, status = "not-found", "Nothing here for this credential", 404


class MethodNotAllowed(Problem):
    slug, title, status = "method-not-allowed", "This resource has other methods", 405


class NotAcceptable(Problem):
    slug, title, status = "not-acceptable", "No representation fits the Accept header", 406


class Conflict(Problem):
    slug, title, status = "conflict", "It contradicts what is already recorded", 409


class IdempotencyKeyInUse(Problem):
    slug, title, status = "idempotency-key-in-use", "A request with this key is under way", 409


class NotDone(Problem):
    slug, title, status = "not-done", "It is not done yet", 409


class TooLarge(Problem):
    slug, title, status = "too-large", "The body is too large", 413


class UnsupportedMediaType(Problem):
    slug, title, status = "unsupported-media-type", "The body has another media type than is read here", 415


class Invalid(Problem):
    slug, title, status = "invalid", "The request is not well-formed", 422


class IdempotencyKeyReused(Problem):
    slug, title, status = "idempotency-key-reused", "The key was sent with another request", 422


class TooManyRequests(Problem):
    slug, title, status = "too-many-requests", "Too many requests in a minute", 429


class Unavailable(Problem):
    slug, title, status = "unavailable", "Busy; try again later", 503
