"""A write: what it does, the row it leaves in the access log and, under a key, its answer, in one transaction."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from app.access.credentials import Caller
from app.access.idempotency import FirstAnswer, KeyedRequest, first_answer, keep
from app.access.noting import note
from app.api.idempotency import REPLAYED
from app.postgres.transaction import retrying, transaction


async def write(
    engine: AsyncEngine,
    caller: Caller,
    keyed: KeyedRequest | None,
    act: Callable[[AsyncConnection], Awaitable[Response]],
) -> Response:
    """The answer of `act`, once what it did is on disk; or the one given to this request before.

    `act` raises whatever it refuses: then nothing is done and nothing kept, and the key is free.
    """

    async def once() -> Response:
        async with transaction(engine, caller.tenant) as connection:
            answer = await _answer(connection, keyed, act)
            await note(connection, caller, answer.status_code)
        assert caller.access is not None
        caller.access.noted = True
        return answer

    return await retrying(once)


async def _answer(
    connection: AsyncConnection, keyed: KeyedRequest | None, act: Callable[[AsyncConnection], Awaitable[Response]]
) -> Response:
    if keyed is None:
        return await act(connection)
    kept = await first_answer(connection, keyed)
    if kept is not None:
        return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})
    answer = await act(connection)
    await keep(connection, [(keyed, kept_of(answer))])
    return answer


def kept_of(answer: Response) -> FirstAnswer:
    """What of an answer is kept for when its request comes again."""
    # Its length is told anew, and what surrounds every answer (its id, above all) is added outside.
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return FirstAnswer(answer.status_code, headers, bytes(answer.body))
