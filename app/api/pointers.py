"""JSON Pointers (RFC 6901) that say where in a body something is wrong, without repeating what was sent."""

from typing import Final

LONGEST_NAME: Final = 64


def join(parent: str, *steps: str | int) -> str:
    """The pointer of a member or an item below another pointer."""
    return parent + "".join(f"/{escaped(step)}" for step in steps)


def escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def may_be_named(name: str) -> bool:
    """Whether a member's name may stand in an answer: field names do, anything that could be content does not."""
    return len(name) <= LONGEST_NAME and name.isascii() and name.replace("_", "").replace("-", "").isalnum()


def of_member(parent: str, name: str) -> str:
    """The pointer of a member whose name the sender chose; that of the object it stands in if it cannot be told."""
    return join(parent, name) if may_be_named(name) else parent
