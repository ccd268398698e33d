"""JSON Pointers (RFC 6901) that say where in a body something is wrong, without repeating what was sent."""

from collections.abc import Iterator
from functools import cache
from typing import Final

from msgspec import inspect

from app.determination.facts import KINDS
from app.months.evaluate import EvaluationRequest

_ENVELOPES: Final = ("facts", "entry", "resource", "request")
"""What a list of facts and a FHIR Bundle are wrapped in."""


def join(parent: str, *steps: str | int) -> str:
    """The pointer of a member or an item below another pointer."""
    return parent + "".join(f"/{step}" for step in steps)


def may_be_named(name: str) -> bool:
    """Whether a member's name may stand in an answer: the contract's own words do, what a sender made up does not."""
    return name in _names()


@cache
def _names() -> frozenset[str]:
    """Every field name of the contract."""
    described = inspect.multi_type_info([*KINDS.values(), EvaluationRequest])
    return frozenset({*_ENVELOPES, "kind", *(name for each in described for name in _names_in(each))})


def _names_in(described: inspect.Type) -> Iterator[str]:
    match described:
        case inspect.Metadata(type=inner):
            yield from _names_in(inner)
        case inspect.UnionType(types=types):
            for each in types:
                yield from _names_in(each)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield field.encode_name
                yield from _names_in(field.type)
