"""Files that are sent while they are written: of any length, and no more of one is held than a page."""

import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from app.exports.shape import Export
from app.months.computing import aside

T = TypeVar("T")

GZIP: Final = "gzip"
_GZIP_WINDOW: Final = 31  # zlib's way of saying gzip
_LEVEL: Final = 1


def file_answer(request: Request, export: Export[T], pages: AsyncIterator[Sequence[T]], name: str) -> StreamingResponse:
    """The file as an answer, compressed where that is asked for; `name` without its extension."""
    written = _written(export, pages)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{export.extension}"',
        # Two forms of one thing: a cache must not give one for the other.
        "Vary": "Accept, Accept-Encoding",
    }
    if _accepts_gzip(request):
        headers["Content-Encoding"] = GZIP
        written = _compressed(written)
    return StreamingResponse(written, headers=headers, media_type=export.media_type)


async def _written(export: Export[T], pages: AsyncIterator[Sequence[T]]) -> AsyncIterator[bytes]:
    yield export.begin()
    async for page in pages:
        yield await aside(export.add, page)
    yield export.end()


async def _compressed(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    async for part in parts:
        if part and (packed := await aside(compressor.compress, part)):
            yield packed
    yield compressor.flush()


def _accepts_gzip(request: Request) -> bool:
    """Whether it is among the codings accepted, and not with a weight of nought."""
    for coding in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        name, *parameters = (part.strip() for part in coding.split(";"))
        if name == GZIP:
            return not any(_weight(parameter) == 0 for parameter in parameters)
    return False


def _weight(parameter: str) -> Any:
    name, _, value = parameter.partition("=")
    try:
        return float(value) if name.strip() == "q" else None
    except ValueError:
        return None
