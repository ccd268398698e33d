"""What a request is about, for the access log: from its address, and from the facts that came with it."""

import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from starlette.requests import HTTPConnection

from app.access.accessing import Access
from app.access.credentials import Caller
from app.api.parameters import MONTH_PATTERN, is_reference
from app.determination.facts import RECORDED_KINDS, Fact

_MONTH: Final = re.compile(MONTH_PATTERN, re.ASCII)


def access_of(request: HTTPConnection) -> Access:
    """As far as its address tells. What is no patient's reference, month or kind is nothing we would keep."""
    named = {**request.query_params, **request.path_params}
    patient, month, kind = (named.get(name) for name in ("patient", "month", "kind"))
    return Access(
        UUID(request.scope["request_id"]),
        f"{request.scope['method']} {request.scope['route'].path}",
        patients=(patient,) if patient is not None and is_reference(patient) else (),
        month=month if month is not None and _MONTH.fullmatch(month) else None,
        kinds=(kind,) if kind in RECORDED_KINDS else (),
    )


def about(caller: Caller, facts: Iterable[Fact]) -> None:
    """The facts that the caller sent: of which kinds, about whom."""
    assert caller.access is not None
    facts = list(facts)
    about_patients(caller, (p for fact in facts if (p := getattr(fact, "patient", None)) is not None))
    caller.access.kinds = tuple(sorted({fact.kind for fact in facts}))


def about_month(caller: Caller, month: str) -> None:
    """The month of many patients that the caller's request tells of, where its address does not name it."""
    assert caller.access is not None
    caller.access.month = month


def about_patients(caller: Caller, patients: Iterable[str]) -> None:
    """The patients whose records the caller's request writes or tells of, where its address does not name them."""
    assert caller.access is not None
    caller.access.patients = tuple(sorted(set(patients)))
