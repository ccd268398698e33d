"""A body of many JSON texts, one a line, each read as strictly as a body of its own."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from app.api.json_text import read_json
from app.errors import BadRequest, FieldError, Invalid

MEDIA_TYPE: Final = "application/x-ndjson"


class Unreadable(Struct, frozen=True):
    """A line that is no JSON text, or one that cannot be taken as it stands; pointers point into it."""

    errors: tuple[FieldError, ...]


def read_lines(body: bytes) -> list[Any]:
    """What the lines say, in order, without those that are blank: values, and what is wrong with the others."""
    return list(_read(body))


def _read(body: bytes) -> Iterator[Any]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        stated = line.strip(b" \t\r")
        if not stated:
            continue
        try:
            yield read_json(stated)
        except BadRequest as problem:
            # Told by the line, as an editor counts it: of the body there is nothing else to say.
            detail = problem.detail.replace("The body", f"Line {number}", 1).replace(", line 1 column", ", column")
            yield Unreadable((FieldError(detail, ""),))
        except Invalid as problem:
            yield Unreadable(problem.errors)
