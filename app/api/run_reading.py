"""The body that asks for a run: read strictly, everything that is wrong with it told at once."""

from typing import Any, Final

import msgspec
from msgspec import inspect

from app.api.expectations import member_faults
from app.errors import FieldError, Invalid
from app.months.runs.asking import RunRequest

_DESCRIBED: Final = inspect.type_info(RunRequest)


def run_request(body: Any) -> RunRequest:
    """The request a body stands for. Raises `Invalid` with everything that is wrong with it."""
    if not isinstance(body, dict):
        raise Invalid("The run is not an object.", errors=[FieldError("An object, empty for all patients.", "")])
    assert isinstance(_DESCRIBED, inspect.StructType)
    errors = list(member_faults(body, _DESCRIBED, ""))
    if body.get("patients") is not None and body.get("changed_since") is not None:
        errors.append(FieldError("Give either `patients` or `changed_since`, not both.", "/changed_since"))
    if body.get("anew") is True and body.get("changed_since") is not None:
        errors.append(FieldError("Give either `anew` or `changed_since`, not both.", "/anew"))
    if errors:
        raise Invalid("No run can be made of this.", errors=errors)
    return msgspec.convert(body, RunRequest)
