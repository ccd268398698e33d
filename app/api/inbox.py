"""The inbox: small writes that arrive at once are recorded in one transaction, each with an outcome of its own.

A transaction costs a dozen round trips and a wait for the disk, for one fact as for a hundred. While one runs for a source,
what its other requests bring gathers here, and the next takes all of it; a second runs beside it once enough has gathered,
for while one waits for the database this process has time. A request that is not plain beside the others goes
alone afterwards, as a large one does, and is told there what is wrong: a conflict, a key that was used before, a lock that
somebody else holds for long. So nobody's mistake is anybody else's.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from app.access.credentials import Caller
from app.access.idempotency import KeyedRequest, in_use, keep, unanswered
from app.access.noting import note_all
from app.api.writing import kept_of
from app.determination.facts import Fact
from app.errors import TooManyRequests
from app.ledger.append import Appended, append_together
from app.postgres.transaction import transaction

MOST_FACTS: Final = 20
"""Of a request that goes through the inbox; larger ones are worth a transaction of their own."""
_MOST_TOGETHER: Final = 100
_MOST_AT_WORK: Final = 2
_WORTH_ANOTHER: Final = 12
"""So many must wait before a second transaction begins: one of a few would cost more than the wait."""
_LOCK_TIMEOUT: Final = "200ms"
"""A stream held longer than this holds up its own request only."""

_log = logging.getLogger(__name__)


class Small(Struct, frozen=True):
    """A request of few facts. `receipt` is its answer once they are recorded."""

    caller: Caller
    facts: Sequence[Fact]
    keyed: KeyedRequest | None
    receipt: Callable[[Sequence[Appended]], Response]


class _Waiting(Struct, frozen=True):
    request: Small
    answer: asyncio.Future[Response | None]


class _Queue(Struct):
    """What waits of one practice and source, and how many transactions take from it at once."""

    waiting: deque[_Waiting]
    emptied_by: int = 0


class Inbox:
    """The small writes under way in this process, by practice and source."""

    def __init__(self, engine: AsyncEngine, *, most_waiting: int = 2_000) -> None:
        self._engine, self._most_waiting = engine, most_waiting
        self._queues: dict[tuple[UUID, str], _Queue] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._keys: set[int] = set()
        self._waiting = 0

    @contextmanager
    def holding(self, keyed: KeyedRequest | None) -> Iterator[None]:
        """`IdempotencyKeyInUse` where another request with the key waits here already: two would wait for each other."""
        if keyed is None:
            yield
            return
        if keyed.lock in self._keys:
            raise in_use()
        self._keys.add(keyed.lock)
        try:
            yield
        finally:
            self._keys.discard(keyed.lock)

    async def record(self, request: Small) -> Response | None:
        """The request's answer, once what it sent is on disk. None: it must go alone, and nothing of it is recorded.

        `TooManyRequests` where more wait than can be served soon.
        """
        if self._waiting >= self._most_waiting:
            raise TooManyRequests("More is being sent than can be recorded.", headers={"Retry-After": "1"})
        whose = (request.caller.tenant, request.caller.source)
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting += 1
        queue = self._queues.setdefault(whose, _Queue(deque()))
        queue.waiting.append(waiting)
        if queue.emptied_by == 0 or (queue.emptied_by < _MOST_AT_WORK and len(queue.waiting) >= _WORTH_ANOTHER):
            queue.emptied_by += 1
            task = asyncio.create_task(self._empty(whose, queue))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        try:
            return await waiting.answer
        finally:
            self._waiting -= 1

    async def _empty(self, whose: tuple[UUID, str], queue: _Queue) -> None:
        waiting = queue.waiting
        try:
            while waiting:
                await self._take(whose, [waiting.popleft() for _ in range(min(len(waiting), _MOST_TOGETHER))])
        finally:
            queue.emptied_by -= 1
            if queue.emptied_by == 0:
                del self._queues[whose]

    async def _take(self, whose: tuple[UUID, str], taken: Sequence[_Waiting]) -> None:
        answers: Sequence[Response | None] = [None] * len(taken)
        try:
            answers = await self._recorded(*whose, [each.request for each in taken])
        except Exception as error:  # noqa: BLE001 - each goes alone, and whatever this was is met and told there
            _log.info("small writes go alone", exc_info=error, extra={"requests": len(taken)})
        for each, answer in zip(taken, answers, strict=True):
            if not each.answer.done():  # whoever asked may be gone
                each.answer.set_result(answer)

    async def _recorded(self, tenant: UUID, source: str, requests: Sequence[Small]) -> list[Response | None]:
        async with transaction(self._engine, tenant, lock_timeout=_LOCK_TIMEOUT) as connection:
            answers = await _answers(connection, tenant, source, requests)
            answered = [(each, answer) for each, answer in zip(requests, answers, strict=True) if answer is not None]
            if kept := [(each.keyed, kept_of(answer)) for each, answer in answered if each.keyed is not None]:
                await keep(connection, kept)
            await note_all(connection, tenant, [(each.caller, answer.status_code) for each, answer in answered])
        for each, _ in answered:
            assert each.caller.access is not None
            each.caller.access.noted = True
        return answers


async def _answers(
    connection: AsyncConnection, tenant: UUID, source: str, requests: Sequence[Small]
) -> list[Response | None]:
    """The answers to those of the requests that may be recorded together."""
    keyed = [each.keyed for each in requests if each.keyed is not None]
    new = iter(await unanswered(connection, keyed) if keyed else ())
    places = [place for place, each in enumerate(requests) if each.keyed is None or next(new)]
    answers: list[Response | None] = [None] * len(requests)
    together = await append_together(connection, tenant, source, [requests[place].facts for place in places])
    for place, appended in zip(places, together, strict=True):
        if appended is not None:
            answers[place] = requests[place].receipt(appended)
    return answers
