"""In which form a call is answered: the one of those it has that the `Accept` header likes best."""

from collections.abc import Iterator
from typing import Any, Final

import mimeparse
from fastapi import Depends
from starlette.requests import Request

from app.errors import NotAcceptable

JSON: Final = "application/json"
FHIR_JSON: Final = "application/fhir+json"
HTML: Final = "text/html"
EVENT_STREAM: Final = "text/event-stream"


def chosen(request: Request, *offers: str) -> str:
    """The media type to answer with; the first where several are liked equally. `NotAcceptable` where none is."""
    accepted = ",".join(request.headers.getlist("accept"))
    # What nearly everybody sends.
    if accepted in {"", "*/*", offers[0]}:
        return offers[0]
    readable = ",".join(_readable(accepted.lower()))
    # It prefers the last of equals.
    best: str = mimeparse.best_match(offers[::-1], readable) if readable else ""
    if not best:
        raise NotAcceptable(
            f"The answer can be had as {' or '.join(offers)}; `Accept` names neither it nor a wildcard."
        )
    return best


def _readable(accepted: str) -> Iterator[str]:
    """The media ranges that are any: one that is not spoils no other."""
    for media_range in accepted.split(","):
        try:
            mimeparse.parse_media_range(media_range)
        except mimeparse.MimeTypeParseException:
            continue
        yield media_range


def answered_as(*offers: str) -> Any:
    """A dependency that refuses whoever accepts none of these."""

    async def check(request: Request) -> str:
        return chosen(request, *offers)

    return Depends(check)


ANSWERED_AS_JSON: Final = answered_as(JSON)
