"""JSON Pointers (RFC 6901) that say where in a body something is wrong, without repeating what was sent."""

import re
from typing import Final

_LIKE_A_FIELD: Final = re.compile(r"[a-z][A-Za-z]{0,23}(?:[_-][A-Za-z]{1,24}){0,4}[0-9]{0,2}")


def join(parent: str, *steps: str | int) -> str:
    """The pointer of a member or an item below another pointer."""
    return parent + "".join(f"/{step}" for step in steps)


def may_be_named(name: str) -> bool:
    """Whether a member's name may stand in an answer: one that reads like a field's, as a slip of the pen does.

    Anything else a sender made up (an id, a person's name, a text) may be a fact's content and is not repeated.
    """
    return _LIKE_A_FIELD.fullmatch(name) is not None
