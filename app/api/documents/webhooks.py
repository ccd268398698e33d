"""What the service will tell a practice's own server, by Standard Webhooks: described so that it can be prepared for.

An event says what happened, to which month; what is in it is read with the practice's key. So a message that reaches the
wrong server tells nothing about a patient's care.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from app.api.documents.described import shown
from app.api.documents.fact_examples import MONTH, PATIENT
from app.api.documents.fact_schemas import Schema, reference
from app.determination.vocabulary import Month

_HAPPENED: Final = "2026-04-01T09:30:00.123456Z"
_RUN: Final = "0199a1f0-5b7e-7c3a-9d51-2f4be0c6a7d8"

Happened = Annotated[dt.datetime, Meta(tz=True, description="When it happened; a repeated message keeps it.")]


class PatientMonthNamed(Struct, frozen=True):
    """The month of which something is told."""

    patient: Annotated[str, Meta(description="The patient's reference as it stands in the facts.")]
    service_month: Month


class RunNamed(Struct, frozen=True):
    """The run of which something is told."""

    run: Annotated[str, Meta(description="The run's id.")]
    service_month: Month


class DeterminationChanged(Struct, frozen=True, tag_field="type", tag="determination.changed"):
    """A month is answered differently than before."""

    timestamp: Happened
    data: PatientMonthNamed


class MonthClosed(Struct, frozen=True, tag_field="type", tag="month.closed"):
    """A month was frozen as it was decided."""

    timestamp: Happened
    data: PatientMonthNamed


class MonthAmended(Struct, frozen=True, tag_field="type", tag="month.amended"):
    """A closed month got an amendment."""

    timestamp: Happened
    data: PatientMonthNamed


class RunFinished(Struct, frozen=True, tag_field="type", tag="run.finished"):
    """A month-end run has decided every patient's month."""

    timestamp: Happened
    data: RunNamed


EVENTS: Final[Sequence[type[Struct]]] = (DeterminationChanged, MonthClosed, MonthAmended, RunFinished)

PARAMETERS: Final[dict[str, Schema]] = {
    "webhook-id": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The message's id. A repeated message keeps it: take each id once.",
        "schema": {"type": "string"},
        "example": "msg_2mVQ7ZbJ1r0cX4sK9tLwHe",
    },
    "webhook-timestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "When it was sent, in seconds since 1970. Refuse what is more than five minutes away from now.",
        "schema": {"type": "integer"},
        "example": 1775035800,
    },
    "webhook-signature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body` with the endpoint's secret. While a "
        "secret is being replaced, one signature for each, separated by spaces.",
        "schema": {"type": "string"},
        "example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    },
}

_NOT_YET: Final = (
    "**Not sent yet.** The message is settled by [Standard Webhooks](https://www.standardwebhooks.com) and described "
    "here so that a receiver can be built; there is no call to register one."
)
_ABOUT_MONTH: Final = {"patient": PATIENT, "service_month": MONTH}


def _event(declared: type[Struct], summary: str, description: str, data: dict[str, Any]) -> dict[str, Any]:
    name = declared.__struct_config__.tag
    message = {"type": name, "timestamp": _HAPPENED, "data": data}
    content = {"schema": reference(declared.__name__), "examples": shown({"message": (summary, message)})}
    return {
        "post": {
            "tags": ["Webhooks"],
            "summary": summary,
            "description": f"{description}\n\n{_NOT_YET}",
            "operationId": f"on{declared.__name__}",
            "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in PARAMETERS],
            "requestBody": {
                "required": True,
                "description": "What happened, and to which month.",
                "content": {"application/json": content},
            },
            "responses": {
                "2XX": {"description": "Taken. Any other answer, or none, has the message sent again later."},
                "410": {"description": "Not wanted any more: nothing further is sent to this address."},
            },
        }
    }


WEBHOOKS: Final[dict[str, Any]] = {
    "determination.changed": _event(
        DeterminationChanged,
        "A determination changed",
        "A fact, a practice's policy or the law as we know it gives a patient's month another answer than it had. "
        "Read the determination to see which. The same is told now by `GET /v1/events`, of this month and the one before.",
        _ABOUT_MONTH,
    ),
    "month.closed": _event(
        MonthClosed,
        "A month was closed",
        "A patient's month was frozen as it was decided: these are the lines to bill.",
        _ABOUT_MONTH,
    ),
    "month.amended": _event(
        MonthAmended,
        "A closed month was amended",
        "Facts recorded after the close, or a change of law, give a closed month other lines. The amendment waits for a "
        "person to accept it; what was closed stays as it was.",
        _ABOUT_MONTH,
    ),
    "run.finished": _event(
        RunFinished,
        "A month-end run finished",
        "Every patient's month of the run is decided, and its results can be read.",
        {"run": _RUN, "service_month": MONTH},
    ),
}
