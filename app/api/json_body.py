"""The one reader of JSON bodies: media type, size, text. Routes get Python values and judge only their meaning."""

from typing import Any, Final

from starlette.requests import Request

from app.api.json_text import read_json
from app.errors import BadRequest, TooLarge, UnsupportedMediaType
from app.months.computing import aside

MAXIMUM_BODY: Final = 1024 * 1024
MAXIMUM_BUNDLE: Final = 10 * 1024 * 1024
_READ_AT_ONCE: Final = 256 * 1024
"""Read within some milliseconds; while a larger one is read, others are answered."""


async def json_body(request: Request, *, limit: int = MAXIMUM_BODY, line_breaks: bool = False) -> Any:
    """The request's body as a Python value, or the problem that says why it cannot be read."""
    _check_media_type(request)
    body = await _body(request, limit)
    if len(body) > _READ_AT_ONCE:
        return await aside(read_json, body, line_breaks=line_breaks)
    return read_json(body, line_breaks=line_breaks)


async def bundle_body(request: Request) -> Any:
    """The body of a FHIR request: larger, and its narrative texts have lines."""
    return await json_body(request, limit=MAXIMUM_BUNDLE, line_breaks=True)


def _check_media_type(request: Request) -> None:
    media_type, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Send the body in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")


async def _body(request: Request, limit: int) -> bytes:
    problem = TooLarge(f"The body has at most {limit // 1024 // 1024} MiB; send it in several requests.")
    announced = request.headers.get("content-length", "")
    # A body known to be too large is refused before any of it is read.
    if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise problem
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problem
    if not body:
        raise BadRequest("The body is empty; JSON was expected.")
    return bytes(body)
