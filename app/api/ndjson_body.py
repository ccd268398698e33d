"""A body of many JSON texts, one a line, each read as strictly as a body of its own."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from app.api.json_text import read_json
from app.errors import BadRequest, FieldError, Invalid

MEDIA_TYPE: Final = "application/x-ndjson"
_BLANK: Final = b" \t\r"
# From a line's first character that is not blank to its end.
_STATED: Final = re.compile(rb"[^ \t\r\n][^\n]*")


class Unreadable(Struct, frozen=True):
    """A line that is no JSON text, or one that cannot be taken as it stands; pointers point into it."""

    errors: tuple[FieldError, ...]


def read_lines(body: bytes, *, most: int) -> list[Any]:
    """What the lines say, in order, without those that are blank: values, and what is wrong with the others.

    No more than one above `most` are read: by then there are too many, whatever they say.
    """
    return list(islice(_read(body), most + 1))


def _read(body: bytes) -> Iterator[Any]:
    number = at = 0
    for line in _STATED.finditer(body):
        number, at = number + body.count(b"\n", at, line.start()), line.start()
        try:
            yield read_json(line[0].rstrip(_BLANK))
        except BadRequest as problem:
            # Told by the line, as an editor counts it: of the body there is nothing else to say.
            detail = problem.detail.replace("The body", f"Line {number + 1}", 1).replace(", line 1 column", ", column")
            yield Unreadable((FieldError(detail, ""),))
        except Invalid as problem:
            yield Unreadable(problem.errors)
