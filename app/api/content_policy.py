"""What a browser may do with an answer: nothing, unless it is a page that says what it needs."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

_ALONE: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NOTHING: Final = f"default-src 'none'; {_ALONE}"
"""Of an answer that is no page."""

_INLINE: Final = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def own_style(html: str) -> str:
    """Of a page whose one style sheet stands in it."""
    return f"default-src 'none'; style-src {_digest(html, 'style')}; {_ALONE}"


def documentation(html: str) -> str:
    """Of a page that shows the OpenAPI document: scripts are files of ours, or the one that stands in it.

    Swagger UI and ReDoc write styles as they go, draw icons from data; ReDoc searches in a worker made from a blob.
    """
    inline = _digest(html, "script")
    return (
        f"default-src 'none'; script-src 'self'{f' {inline}' if inline else ''}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; {_ALONE}"
    )


def _digest(html: str, element: str) -> str:
    """The page's own inline element by its hash: another, which somebody brought into the page, is not run."""
    found = [content for name, content in _INLINE.findall(html) if name == element]
    return " ".join(f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" for content in found)
