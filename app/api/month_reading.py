"""The bodies of the calls that close, amend and reopen months."""

from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from app.api.expectations import member_faults
from app.errors import FieldError, Invalid
from app.months.attesting import Attesting

A = TypeVar("A", bound=Attesting)


def attested(body: Any, declared: type[A]) -> A:
    """What a body attests. Raises `Invalid` with everything that is wrong with it."""
    if not isinstance(body, dict):
        raise Invalid("Nothing is attested.", errors=[FieldError("An object with `by` and `words`.", "")])
    errors = list(member_faults(body, _described(declared), ""))
    if errors:
        raise Invalid("This is not what is to be attested.", errors=errors)
    return msgspec.convert(body, declared)


@cache
def _described(declared: type[Attesting]) -> inspect.StructType:
    described = inspect.type_info(declared)
    assert isinstance(described, inspect.StructType)
    return described
