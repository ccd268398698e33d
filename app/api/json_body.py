"""The one reader of JSON bodies: media type, size, text. Routes get Python values and judge only their meaning."""

from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request

from app.api.json_text import read_json
from app.api.sent_body import sent_body
from app.errors import BadRequest, UnsupportedMediaType
from app.months.computing import aside

MAXIMUM_BODY: Final = 1024 * 1024
MAXIMUM_BUNDLE: Final = 10 * 1024 * 1024
_READ_AT_ONCE: Final = 256 * 1024
"""Read within some milliseconds; while a larger one is read, others are answered."""


class Body(Struct, frozen=True):
    """A body as it was sent, and what it says."""

    sent: bytes
    value: Any


async def json_body(request: Request, *, limit: int = MAXIMUM_BODY, line_breaks: bool = False) -> Body:
    """The request's body as a Python value, or the problem that says why it cannot be read."""
    _check_media_type(request)
    sent = await _sent(request, limit)
    if len(sent) > _READ_AT_ONCE:
        return Body(sent, await aside(read_json, sent, line_breaks=line_breaks))
    return Body(sent, read_json(sent, line_breaks=line_breaks))


async def json_body_or_none(request: Request) -> Body | None:
    """As `json_body`; none where the request says that it has no body."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    return await json_body(request)


async def bundle_body(request: Request) -> Body:
    """The body of a FHIR request: larger, and its narrative texts have lines."""
    return await json_body(request, limit=MAXIMUM_BUNDLE, line_breaks=True)


def _check_media_type(request: Request) -> None:
    taken = {"Accept-Encoding": "identity", "Accept-Post": "application/json, application/fhir+json"}
    media_type, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.", headers=taken)
    for parameter in parameters:
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
