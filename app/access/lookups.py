"""Whose key it is, asked once for all requests that come with it while an earlier asking is under way."""

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import Caller, caller_of, hash_of


class Lookups:
    """The lookups of this process, by key.

    Nothing is remembered: every request has an answer that was asked for after it came, so a key that was revoked is
    nobody's at once. Nobody waits for company: who comes while their key is being looked up shares the next lookup, as
    small writes share a transaction.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._asking: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._next: dict[bytes, asyncio.Task[Caller | None]] = {}

    async def caller_of(self, secret: str) -> Caller | None:
        """As `credentials.caller_of`."""
        digest = hash_of(secret)
        asked = self._next.get(digest)
        if asked is None:
            asked = asyncio.create_task(self._ask(digest, secret, self._asking.get(digest)))
            asked.add_done_callback(partial(self._ended, digest))
            self._next[digest] = asked
        # Whoever hangs up takes nothing from the others.
        return await asyncio.shield(asked)

    async def _ask(self, digest: bytes, secret: str, before: asyncio.Task[Caller | None] | None) -> Caller | None:
        if before is not None:
            await asyncio.wait([before])
        # From here on the question is on its way, and who comes is not among those it is asked for.
        self._asking[digest] = self._next.pop(digest)
        try:
            return await caller_of(self._engine, secret)
        finally:
            del self._asking[digest]

    def _ended(self, digest: bytes, asked: asyncio.Task[Caller | None]) -> None:
        if self._next.get(digest) is asked:  # it was cancelled before it was on its way: who comes asks anew
            del self._next[digest]
        # What went wrong is told to those who wait; where nobody does any more, to nobody.
        if not asked.cancelled():
            asked.exception()
