"""The body of a projection: read strictly, everything that is wrong with it told at once."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from app.api.expectations import member_faults
from app.errors import FieldError, Invalid
from app.projections.arithmetic import WHOLE
from app.projections.request import MOST_KINDS, ProjectionRequest

_DESCRIBED: Final = inspect.type_info(ProjectionRequest)


def projection_request(body: Any) -> ProjectionRequest:
    """The request a body stands for. Raises `Invalid` with everything that is wrong with it."""
    if not isinstance(body, dict):
        raise Invalid("The projection is not an object.", errors=[FieldError("An object with `panel`.", "")])
    assert isinstance(_DESCRIBED, inspect.StructType)
    errors = [*member_faults(body, _DESCRIBED, ""), *_contradictions(body)]
    if errors:
        raise Invalid("The projection cannot be made of this.", errors=errors)
    return msgspec.convert(_without_null(body), ProjectionRequest)


def _contradictions(body: dict[str, Any]) -> Iterator[FieldError]:
    """What no field is wrong with by itself."""
    panel, mix = body.get("panel"), body.get("mix")
    if isinstance(panel, dict) and (panel.get("medicare_patients") is None) == (panel.get("stored") is not True):
        yield FieldError("Give either `medicare_patients` or `stored`.", "/panel")
    if mix is not None and body.get("pathway") is not None:
        yield FieldError("Give either `pathway` or `mix`, not both.", "/pathway")
    if not isinstance(mix, list) or not 1 <= len(mix) <= MOST_KINDS:
        return
    shares = [kind.get("share_basis_points") if isinstance(kind, dict) else None for kind in mix]
    if all(type(share) is int for share in shares) and sum(share for share in shares if share is not None) != WHOLE:
        yield FieldError(f"The shares of all kinds must add up to {WHOLE:,}.", "/mix")


def _without_null(value: Any) -> Any:
    """The body with every member left out that is null: it is absent."""
    if isinstance(value, dict):
        return {name: _without_null(member) for name, member in value.items() if member is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value
