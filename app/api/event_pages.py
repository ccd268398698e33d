"""A page of what happened to a practice's months."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.api.cursors import cursor
from app.api.documents.webhooks import PatientMonthNamed
from app.months.outbox import Happened


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """Something that happened to a patient's month, as a webhook would tell it."""

    id: Annotated[str, Meta(description="The event's id, the same wherever it is told.")]
    type: Literal["determination.changed"]
    timestamp: Annotated[dt.datetime, Meta(tz=True, description="When it was found.")]
    data: PatientMonthNamed


class EventPage(Struct, frozen=True, omit_defaults=True):
    """Events in order."""

    events: tuple[Event, ...]
    next_cursor: Annotated[
        str | None,
        Meta(
            description="What follows, now or later: also where nothing has yet. Absent until there is a first event."
        ),
    ] = None


def event_page(found: Sequence[Happened], asked: str | None, bound: tuple[object, ...]) -> EventPage:
    """`asked` is the cursor it was asked with, which goes on serving where nothing followed it."""
    events = tuple(
        Event(
            id=str(each.id),
            type=each.type,  # type: ignore[arg-type]
            timestamp=each.at,
            data=PatientMonthNamed(each.patient, each.service_month),
        )
        for each in found
    )
    return EventPage(events, cursor(found[-1].number, *bound) if found else asked)
