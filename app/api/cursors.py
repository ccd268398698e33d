"""Where a list goes on: an opaque word that fits only the query it was given for."""

import base64
import binascii
import hashlib
import struct
from typing import Final

import msgspec

from app.determination.facts import Reference
from app.errors import FieldError, Invalid

# A position is what the database can count to: signed, like its bigint.
_LAYOUT: Final = struct.Struct(">q16s")
_DIGEST_BYTES: Final = 16


def cursor(after_position: int, *query: object) -> str:
    """The word for everything after a position, of the list that these parts of a query ask for."""
    return base64.urlsafe_b64encode(_LAYOUT.pack(after_position, _digest(after_position, query))).decode().rstrip("=")


def position_of(word: str | None, *query: object) -> int:
    """The position a cursor stands for, 0 without one. Raises `Invalid` when it was made for another query."""
    if word is None:
        return 0
    try:
        position, digest = _LAYOUT.unpack(base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, struct.error):
        position, digest = 0, b""
    # Not a secret: all a forged cursor could do is start elsewhere in a list its owner may read anyway.
    if position < 1 or digest != _digest(position, query) or cursor(position, *query) != word:
        raise not_ours()
    return int(position)


def cursor_after(name: str, *query: object) -> str:
    """As `cursor`, where what is listed is ordered by name: the word for all that follow this one."""
    return base64.urlsafe_b64encode(_digest(name, query) + name.encode()).decode().rstrip("=")


def name_of(word: str | None, *query: object) -> str:
    """The name a cursor stands for, empty without one. Raises `Invalid` when it was made for another query."""
    if word is None:
        return ""
    try:
        decoded = base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
        name = msgspec.convert(decoded[_DIGEST_BYTES:].decode(), Reference)
    except ValueError:
        raise not_ours() from None
    if cursor_after(name, *query) != word:
        raise not_ours()
    return name


def cursor_at(value: int, name: str, *query: object) -> str:
    """As `cursor`, where what is listed is ordered by a number and then by name."""
    return (
        base64.urlsafe_b64encode(_LAYOUT.pack(value, _digest(value, (name, *query))) + name.encode())
        .decode()
        .rstrip("=")
    )


def place_of(word: str, *query: object) -> tuple[int, str]:
    """The number and name such a cursor stands for. Raises `Invalid` when it was made for another query."""
    try:
        decoded = base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
        value, _ = _LAYOUT.unpack(decoded[: _LAYOUT.size])
        name = msgspec.convert(decoded[_LAYOUT.size :].decode(), Reference)
    except (ValueError, struct.error):
        raise not_ours() from None
    if cursor_at(value, name, *query) != word:
        raise not_ours()
    return int(value), name


def not_ours() -> Invalid:
    detail = "Not a cursor of this list: send back `next_cursor` as it was given, with the same parameters."
    return Invalid("The list cannot be continued from there.", errors=[FieldError(detail, parameter="cursor")])


def _digest(position: int | str, query: tuple[object, ...]) -> bytes:
    # Each part is written with its length's boundary visible, so that no two queries read alike.
    return hashlib.sha256(repr((position, *map(str, query))).encode()).digest()[:_DIGEST_BYTES]
