"""Recording facts: each once, in order, under its stream's lock."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import Fact, TimeEntry
from app.errors import Conflict, FieldError, Invalid
from app.ledger import statements
from app.ledger.candidates import Candidate, candidate
from app.ledger.chain import chain_hash
from app.ledger.classify import Classified, classify
from app.ledger.statements import Head
from app.ledger.time_zone import speaks_of_zone

_MICROSECOND: Final = dt.timedelta(microseconds=1)


class Appended(Struct, frozen=True):
    """What became of one fact. Position and instant are those of the record, also where it was there before.

    `errors` point into the fact, `reason` says whether it is no fact as it stands or contradicts the record.
    """

    index: int
    outcome: Literal["stored", "duplicate", "rejected"]
    kind: str
    id: str
    patient: str | None
    position: int | None = None
    recorded_at: dt.datetime | None = None
    errors: tuple[FieldError, ...] = ()
    reason: Literal["invalid", "conflict"] | None = None


class Refused(Exception):
    """Nothing is recorded. A result without errors is a fact that would have been, alone."""

    def __init__(self, results: tuple[Appended, ...]) -> None:
        super().__init__(f"{sum(1 for result in results if result.errors)} of {len(results)} facts are refused")
        self.results = results

    def problem(self, at: Callable[[int], str] = lambda index: f"/{index}") -> Invalid | Conflict:
        """What the client is told; `at` is where in what was sent a fact stands."""
        errors = [
            FieldError(error.detail, pointer=at(result.index) + (error.pointer or ""))
            for result in self.results
            for error in result.errors
        ]
        if any(result.reason == "invalid" for result in self.results):
            return Invalid("Nothing was stored: not all facts are well-formed.", errors=errors)
        return Conflict("Nothing was stored: not all facts agree with what is recorded.", errors=errors)


async def append(
    connection: AsyncConnection, tenant: UUID, source: str, facts: Sequence[Fact], *, partial: bool = False
) -> tuple[Appended, ...]:
    """Record the facts of one source, in a READ COMMITTED transaction of the caller's; what became of each, in order.

    All or nothing: where one cannot be recorded, `Refused` is raised and the caller's transaction must roll back.
    `partial`: the good ones are recorded, the others reported.
    """
    candidates = [candidate(index, fact) for index, fact in enumerate(facts)]
    sound = [each for each in candidates if each.fault is None]
    if not sound:
        return _finish(candidates, classify(candidates, {}, source, None), {}, partial=partial)
    heads = await statements.locked_heads(connection, tenant, sorted({each.stream for each in sound}))
    # A statement of its own, after the locks are held: read earlier, it could lie before the instant of a reader who
    # had the lock in between and was told that nothing more would come.
    now = await statements.clock(connection)
    keys = {each.key for each in candidates} | {each.target for each in sound if each.target is not None}
    while True:
        recorded = await statements.recorded(connection, tenant, source, keys)
        zone = None
        if any(speaks_of_zone(each) and each.key not in recorded for each in sound):
            zone = await statements.zone_in_force(connection, tenant)
        classified = classify(candidates, recorded, source, zone)
        placed = _placed(classified.new, heads, now)
        if (classified.faults and not partial) or not placed:
            return _finish(candidates, classified, placed, partial=partial)
        async with connection.begin_nested() as attempt:
            columns, moved = _columns(classified.new, placed, tenant, source, heads)
            if await statements.add(connection, tenant, source, columns):
                await statements.move(connection, tenant, moved)
                return _finish(candidates, classified, placed, partial=partial)
            # Another append recorded one of these keys for another patient, whose lock is not ours: look again. It
            # has ended, so each turn finds at least one key more.
            await attempt.rollback()


async def append_together(
    connection: AsyncConnection, tenant: UUID, source: str, requests: Sequence[Sequence[Fact]]
) -> list[tuple[Appended, ...] | None]:
    """Record what several requests of one source sent, each as `append` would alone, in one transaction of the caller's.

    None for a request with a fact that cannot be recorded beside the others: nothing of it is, and what is wrong with it
    is found when it is appended alone.
    """
    found: list[tuple[Appended, ...] | None] = [None] * len(requests)
    together = list(range(len(requests)))
    while together:
        facts = [fact for number in together for fact in requests[number]]
        owner = [number for number in together for _ in requests[number]]
        try:
            async with connection.begin_nested():
                results = await append(connection, tenant, source, facts)
        except Refused as refused:
            at_fault = {owner[result.index] for result in refused.results if result.errors}
            together = [number for number in together if number not in at_fault]
            continue
        each = iter(results)
        for number in together:
            found[number] = tuple(
                replace(result, index=index)
                for index, result in enumerate(islice(each, len(requests[number])))
            )  # fmt: skip
        break
    return found


Place = tuple[int, dt.datetime]


def _placed(new: Iterable[Candidate], heads: Mapping[str, Head], now: dt.datetime) -> dict[int, Place]:
    """Position and instant of each new fact, by index. Within a stream both only grow."""
    last: dict[str, Place] = {}
    placed: dict[int, Place] = {}
    for each in new:
        head = heads[each.stream]
        position, instant = last.get(each.stream) or (head.position, head.recorded_at)
        recorded_at = now if instant is None else max(now, instant + _MICROSECOND)
        last[each.stream] = placed[each.index] = (position + 1, recorded_at)
    return placed


def _columns(
    new: Sequence[Candidate], placed: Mapping[int, Place], tenant: UUID, source: str, heads: Mapping[str, Head]
) -> tuple[dict[str, list[Any]], dict[str, Head]]:
    """The new rows by column, and the heads they leave."""
    moved: dict[str, Head] = {}
    chained: list[bytes] = []
    for each in new:
        position, recorded_at = placed[each.index]
        previous = moved.get(each.stream, heads[each.stream])
        kind, fact_id = each.key
        link = chain_hash(
            previous.chain_hash, tenant, each.stream, position, recorded_at, source, kind, fact_id, each.payload
        )
        chained.append(link)
        programs = previous.entry_programs
        if isinstance(each.fact, TimeEntry) and each.fact.program not in programs:
            programs |= {each.fact.program}
        moved[each.stream] = Head(position, recorded_at, link, programs)
    occurred = [each.fact.occurred for each in new]
    columns: dict[str, list[Any]] = {
        "stream": [each.stream for each in new],
        "position": [placed[each.index][0] for each in new],
        "kind": [each.key[0] for each in new],
        "id": [each.key[1] for each in new],
        "occurred_from": [first for first, _ in occurred],
        "occurred_until": [until for _, until in occurred],
        "recorded_at": [placed[each.index][1] for each in new],
        "payload": [each.payload.decode() for each in new],
        "payload_digest": [each.digest for each in new],
        "corrected_kind": [each.target and each.target[0] for each in new],
        "corrected_id": [each.target and each.target[1] for each in new],
        "chain_hash": chained,
    }
    return columns, moved


def _finish(
    candidates: Sequence[Candidate], classified: Classified, placed: Mapping[int, Place], *, partial: bool
) -> tuple[Appended, ...]:
    refused = bool(classified.faults) and not partial
    results = tuple(_result(each, classified, placed, refused=refused) for each in candidates)
    if refused:
        raise Refused(results)
    return results


def _result(each: Candidate, classified: Classified, placed: Mapping[int, Place], *, refused: bool) -> Appended:
    kind, fact_id = each.key
    result = Appended(each.index, "rejected", kind, fact_id, each.stream or None)
    if (fault := classified.faults.get(each.index)) is not None:
        return replace(result, errors=(fault.error,), reason=fault.reason)
    if (known := classified.known.get(each.index)) is not None:
        return replace(result, outcome="duplicate", position=known.position, recorded_at=known.recorded_at)
    if refused:
        return result
    repeats = classified.repeated.get(each.index)
    position, recorded_at = placed[each.index if repeats is None else repeats]
    outcome = "stored" if repeats is None else "duplicate"
    return replace(result, outcome=outcome, position=position, recorded_at=recorded_at)
