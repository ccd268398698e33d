"""A write: what it does and, under a key, its answer, in one transaction."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from app.access.credentials import Caller
from app.access.idempotency import FirstAnswer, KeyedRequest, first_answer, keep
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
            if keyed is None:
                return await act(connection)
            kept = await first_answer(connection, keyed)
            if kept is not None:
                return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})
            answer = await act(connection)
            await keep(connection, keyed, _kept(answer))
            return answer

    return await retrying(once)


def _kept(answer: Response) -> FirstAnswer:
    # Its length is told anew, and what surrounds every answer (its id, above all) is added outside.
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return FirstAnswer(answer.status_code, headers, bytes(answer.body))
