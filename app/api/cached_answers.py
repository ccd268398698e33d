"""Answers anybody may keep: the same for everyone, told apart by what they say."""

import hashlib
from typing import Final

from starlette.responses import Response

FRESH_SECONDS: Final = 300
"""How long a copy serves without asking again. A new version of the rule book is seen everywhere after it."""


def cached(asked: str | None, content: bytes, media_type: str) -> Response:
    """The content with its digest as `ETag`, or 304 for a client whose `If-None-Match` names just this."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={FRESH_SECONDS}"}
    if _has(asked or "", tag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _has(asked: str, tag: str) -> bool:
    return asked.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in asked.split(",")}
