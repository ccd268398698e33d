"""Facts into the ledger: one transaction for a request, and the answer that tells what became of each."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from app.access.credentials import Caller
from app.access.idempotency import KeyedRequest
from app.api.accessing import about
from app.api.fact_reading import Read
from app.api.inbox import MOST_FACTS, Inbox, Small
from app.api.writing import write
from app.errors import FieldError
from app.ledger.append import Appended, Refused, append

MAXIMUM_ERRORS_OF_A_FACT: Final = 20


class Item(Struct, frozen=True, omit_defaults=True):
    """What became of one fact of a request."""

    index: Annotated[int, Meta(ge=0, description="Its place in the request, from 0.")]
    outcome: Annotated[
        Literal["stored", "duplicate", "rejected"],
        Meta(description="`duplicate`: already recorded with the same content; nothing was stored again."),
    ]
    kind: Annotated[str | None, Meta(description="Absent where it was rejected.")] = None
    id: Annotated[str | None, Meta(description="The sender's own id. Absent where the fact was rejected.")] = None
    patient: Annotated[
        str | None, Meta(description="Absent where the fact was rejected, and for facts about the practice.")
    ] = None
    position: Annotated[int, Meta(ge=1, description="Its place in the ledger it stands in, from 1.")] | None = None
    recorded_at: Annotated[dt.datetime, Meta(tz=True, description="When it was recorded.")] | None = None
    errors: Annotated[tuple[FieldError, ...], Meta(description="Why it was rejected.")] = ()


class Receipt(Struct, frozen=True):
    """What became of the facts of a request, in the order in which they were sent."""

    stored: Annotated[int, Meta(ge=0)]
    duplicates: Annotated[int, Meta(ge=0)]
    rejected: Annotated[int, Meta(ge=0, description="Above 0 only with `partial=true`.")]
    results: tuple[Item, ...]


async def store(
    engine: AsyncEngine, inbox: Inbox, caller: Caller, read: Read, *, partial: bool, keyed: KeyedRequest | None
) -> Response:
    """201 when something was stored, 200 when nothing was new; a problem, and nothing stored, for anything refused.

    Few facts go through the inbox, with those of other requests; many, and what is not plain there, by themselves.
    """
    about(caller, read.facts.values())
    if not partial:
        read.refuse_faults()
    indexes, facts = list(read.facts), list(read.facts.values())

    async def act(connection: AsyncConnection) -> Response:
        appended = await append(connection, caller.tenant, caller.source, facts, partial=partial) if facts else ()
        return _receipt(read, indexes, appended)

    if not facts and keyed is None:
        return _receipt(read, indexes, ())
    try:
        if not 0 < len(facts) <= MOST_FACTS:
            return await write(engine, caller, keyed, act)
        small = Small(caller, facts, keyed, lambda appended: _receipt(read, indexes, appended))
        with inbox.holding(keyed):
            return await inbox.record(small) or await write(engine, caller, keyed, act)
    except Refused as refused:
        raise refused.problem(lambda index: read.pointers[indexes[index]]) from None


def _receipt(read: Read, indexes: Sequence[int], appended: Sequence[Appended]) -> Response:
    items = [_item(read, indexes[one.index], one) for one in appended]
    items += [Item(index, "rejected", errors=_told(read, index, found)) for index, found in read.faults.items()]
    items.sort(key=lambda item: item.index)
    outcomes = [item.outcome for item in items]
    receipt = Receipt(outcomes.count("stored"), outcomes.count("duplicate"), outcomes.count("rejected"), tuple(items))
    return Response(msgspec.json.encode(receipt), 201 if receipt.stored else 200, media_type="application/json")


def _item(read: Read, index: int, one: Appended) -> Item:
    if one.outcome == "rejected":  # told by its index; what was sent is not said again
        return Item(index, one.outcome, errors=_told(read, index, one.errors))
    return Item(
        index=index,
        outcome=one.outcome,
        kind=one.kind,
        id=one.id,
        patient=one.patient,
        position=one.position,
        recorded_at=one.recorded_at,
    )


def _told(read: Read, index: int, errors: tuple[FieldError, ...]) -> tuple[FieldError, ...]:
    """What is wrong with one fact, so far as there is room beside a thousand others."""
    if len(errors) > MAXIMUM_ERRORS_OF_A_FACT:
        more = FieldError(f"{len(errors) - MAXIMUM_ERRORS_OF_A_FACT:,} more errors are not shown.", "")
        errors = (*errors[:MAXIMUM_ERRORS_OF_A_FACT], more)
    return tuple(read.pointed(index, errors))
