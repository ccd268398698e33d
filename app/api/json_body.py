"""The one reader of JSON bodies: media type, size, text. Routes get Python values and judge only their meaning."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request

from app.api import ndjson_body
from app.api.json_text import read_json
from app.api.sent_body import sent_body
from app.errors import BadRequest, UnsupportedMediaType
from app.months.computing import aside

MAXIMUM_BODY: Final = 1024 * 1024
MAXIMUM_BUNDLE: Final = 10 * 1024 * 1024
_JSON_TYPES: Final = ("application/json", "application/fhir+json")
_READ_AT_ONCE: Final = 256 * 1024
"""Read within some milliseconds; while a larger one is read, others are answered."""


class Body(Struct, frozen=True):
    """A body as it was sent, and what it says."""

    sent: bytes
    value: Any


async def json_body(request: Request, *, limit: int = MAXIMUM_BODY, line_breaks: bool = False) -> Body:
    """The request's body as a Python value, or the problem that says why it cannot be read."""
    _check_media_type(request)
    return await _read(request, limit, partial(read_json, line_breaks=line_breaks))


async def json_or_lines(request: Request, *, most_lines: int) -> Body:
    """As `json_body`; a body of lines (NDJSON) as the list of what they say, one above `most_lines` at most."""
    if _media_type(request)[0] != ndjson_body.MEDIA_TYPE:
        _check_media_type(request, ndjson_body.MEDIA_TYPE)
        return await _read(request, MAXIMUM_BODY, read_json)
    _check_coding(request, ndjson_body.MEDIA_TYPE)
    return await _read(request, MAXIMUM_BODY, partial(ndjson_body.read_lines, most=most_lines))


async def _read(request: Request, limit: int, read: Callable[[bytes], Any]) -> Body:
    sent = await _sent(request, limit)
    return Body(sent, await aside(read, sent) if len(sent) > _READ_AT_ONCE else read(sent))


async def json_body_or_none(request: Request) -> Body | None:
    """As `json_body`; none where the request says that it has no body."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    return await json_body(request)


async def bundle_body(request: Request) -> Body:
    """The body of a FHIR request: larger, and its narrative texts have lines."""
    return await json_body(request, limit=MAXIMUM_BUNDLE, line_breaks=True)


def _media_type(request: Request) -> list[str]:
    """The type of the body and its parameters, in small letters."""
    return [part.strip().lower() for part in request.headers.get("content-type", "").split(";")]


def _taken(*also: str) -> dict[str, str]:
    return {"Accept-Encoding": "identity", "Accept-Post": ", ".join([*_JSON_TYPES, *also])}


def _check_media_type(request: Request, *also: str) -> None:
    """`also`: what else a body may be where this is asked."""
    media_type = _media_type(request)[0]
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.", headers=_taken(*also))
    _check_coding(request, *also)


def _check_coding(request: Request, *also: str) -> None:
    taken = _taken(*also)
    for parameter in _media_type(request)[1:]:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Send the body in UTF-8.", headers=taken)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding.", headers=taken)


async def _sent(request: Request, limit: int) -> bytes:
    too_large = f"The body has at most {limit // 1024 // 1024} MiB; send it in several requests."
    body = await sent_body(request, limit, too_large)
    if not body:
        raise BadRequest("The body is empty; JSON was expected.")
    return body
