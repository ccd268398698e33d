"""The body of a stateless evaluation: a month, the facts of one patient and of the practice, and how to ask."""

from typing import Any, Final

import msgspec
from msgspec import inspect

from app.api.expectations import member_faults
from app.api.fact_reading import Read, read_facts
from app.determination.service_month import is_time_zone
from app.errors import FieldError, Invalid
from app.months.evaluate import EvaluationRequest

MAXIMUM_FACTS: Final = 2_000
_DESCRIBED: Final = inspect.type_info(EvaluationRequest)


def evaluation_request(body: Any) -> EvaluationRequest:
    """The request a body stands for. Raises `Invalid` with everything that is wrong with it."""
    if not isinstance(body, dict):
        raise Invalid("The evaluation is not an object.", errors=[FieldError("An object with `facts`.", "")])
    sent = read_facts(body.get("facts"), "/facts", stored=False, limit=MAXIMUM_FACTS) if "facts" in body else None
    errors = list(_faults_of_facts(sent)) if sent is not None else []
    without_facts = {name: value for name, value in body.items() if name != "facts"}
    errors = [*_faults_of_question(body), *errors]
    if sent is None:
        errors.append(FieldError("This field is needed. A list of facts.", "/facts"))
    if errors or sent is None:
        raise Invalid("The evaluation cannot be made of this.", errors=errors)
    asked = msgspec.convert({**without_facts, "facts": ()}, EvaluationRequest)
    return msgspec.structs.replace(asked, facts=tuple(sent.facts.values()))


def _faults_of_facts(sent: Read) -> list[FieldError]:
    errors = [error for index, found in sent.faults.items() for error in sent.pointed(index, found)]
    named: str | None = None
    for index, fact in sent.facts.items():
        patient: str | None = getattr(fact, "patient", None)
        if patient is not None and named is not None and patient != named:
            errors.append(
                FieldError("An evaluation is about one patient; the facts name two.", f"/facts/{index}/patient")
            )
        named = named or patient
    return errors


def _faults_of_question(sent: dict[str, Any]) -> list[FieldError]:
    assert isinstance(_DESCRIBED, inspect.StructType)
    errors = list(member_faults(sent, _DESCRIBED, "", judged=("facts",)))
    time_zone = sent.get("time_zone")
    if isinstance(time_zone, str) and time_zone and not is_time_zone(time_zone):
        errors.append(FieldError("An IANA time zone, such as America/New_York.", "/time_zone"))
    return errors
