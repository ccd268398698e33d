"""First answers, kept: a write sent again under its key is answered as it was the first time, and done once.

The answer is kept in the transaction that does the work, so either both are there or neither. While that runs, an
advisory lock says so to others; it ends with the transaction however that ends, so who crashed leaves nothing behind.
"""

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.access.credentials import Caller
from app.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from app.postgres.transaction import Superseded, transaction

KEPT_FOR: Final = dt.timedelta(days=7)

# Lock and look in one statement. What another committed between its snapshot and its lock it does not see; then `_KEEP`
# finds the key taken and the transaction starts again.
_FIND: Final = text("""
    SELECT pg_try_advisory_xact_lock(:lock) AS ours, kept.request_digest, kept.status, kept.headers, kept.body
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN idempotency_key AS kept
        ON kept.tenant = :tenant AND kept.credential = :credential AND kept.key = :key AND kept.expires_at > now()
""")
# The same of several requests; each is locked, whether or not it was answered before.
_FIND_ALL: Final = text("""
    SELECT pg_try_advisory_xact_lock(asked.lock) AND kept.key IS NULL AS first
    FROM unnest(CAST(:locks AS bigint[]), CAST(:credentials AS uuid[]), CAST(:keys AS text[]))
        WITH ORDINALITY AS asked (lock, credential, key, place)
    LEFT JOIN idempotency_key AS kept
        ON kept.tenant = :tenant AND kept.credential = asked.credential AND kept.key = asked.key AND kept.expires_at > now()
    ORDER BY asked.place
""")
_KEEP: Final = text("""
    INSERT INTO idempotency_key AS kept (tenant, credential, key, request_digest, status, headers, body, expires_at)
    SELECT :tenant, answered.*, clock_timestamp() + :kept_for
    FROM unnest(
        CAST(:credentials AS uuid[]), CAST(:keys AS text[]), CAST(:digests AS bytea[]), CAST(:statuses AS smallint[]),
        CAST(:headers AS text[]), CAST(:bodies AS bytea[])
    ) AS answered
    ON CONFLICT (tenant, credential, key) DO UPDATE
    SET request_digest = excluded.request_digest, status = excluded.status, headers = excluded.headers,
        body = excluded.body, expires_at = excluded.expires_at
    WHERE kept.expires_at <= now()
    RETURNING 1
""")


class KeyedRequest(Struct, frozen=True):
    """A write sent under a key, and the digest that tells it from every other."""

    caller: Caller
    key: str
    digest: bytes

    @property
    def lock(self) -> int:
        """The number of the lock that the request holds while it is worked on."""
        named = sha256(self.caller.tenant.bytes + self.caller.credential.bytes + self.key.encode("ascii"))
        return int.from_bytes(named.digest()[:8], "big", signed=True)


class FirstAnswer(Struct, frozen=True):
    """What was answered, without what belongs to one exchange only."""

    status: int
    headers: dict[str, str]
    body: bytes


async def first_answer(connection: AsyncConnection, request: KeyedRequest) -> FirstAnswer | None:
    """The answer given before. None: there is none, and until this transaction ends nobody else will give one.

    `IdempotencyKeyReused` where the key came with another request, `IdempotencyKeyInUse` where one is under way.
    """
    named = {"tenant": request.caller.tenant, "credential": request.caller.credential, "key": request.key}
    found = (await connection.execute(_FIND, {"lock": request.lock, **named})).one()
    if found.status is not None:
        if found.request_digest != request.digest:
            raise IdempotencyKeyReused("This key was sent before, with another request.")
        return FirstAnswer(found.status, msgspec.json.decode(found.headers, type=dict[str, str]), found.body)
    if not found.ours:
        raise in_use()
    return None


def in_use() -> IdempotencyKeyInUse:
    """What whoever sends a key again is told while the first request is under way."""
    return IdempotencyKeyInUse("A request with this key is being worked on.", headers={"Retry-After": "1"})


async def unanswered(connection: AsyncConnection, requests: Sequence[KeyedRequest]) -> list[bool]:
    """Of several requests of a practice: which were never answered, and are by nobody else until this transaction ends.

    Of two with one key only the first is.
    """
    found = await connection.execute(
        _FIND_ALL,
        {
            "tenant": requests[0].caller.tenant,
            "locks": [request.lock for request in requests],
            "credentials": [request.caller.credential for request in requests],
            "keys": [request.key for request in requests],
        },
    )
    asked_first = {
        (request.caller.credential, request.key): index for index, request in reversed([*enumerate(requests)])
    }
    places = set(asked_first.values())
    return [first and index in places for index, first in enumerate(found.scalars())]


async def keep(connection: AsyncConnection, answered: Sequence[tuple[KeyedRequest, FirstAnswer]]) -> None:
    """Keep the answers to requests of a practice that none was found for, in the same transaction."""
    kept = await connection.execute(
        _KEEP,
        {
            "tenant": answered[0][0].caller.tenant,
            "credentials": [request.caller.credential for request, _ in answered],
            "keys": [request.key for request, _ in answered],
            "digests": [request.digest for request, _ in answered],
            "statuses": [answer.status for _, answer in answered],
            "headers": [msgspec.json.encode(answer.headers).decode() for _, answer in answered],
            "bodies": [answer.body for _, answer in answered],
            "kept_for": KEPT_FOR,
        },
    )
    if len(kept.all()) < len(answered):
        raise Superseded("A request with this key has just been answered.", headers={"Retry-After": "1"})


async def forget_expired(engine: AsyncEngine, *, at_most: int) -> int:
    """Remove so many answers at most whose time is over, of every practice; how many it were."""
    async with transaction(engine, None) as connection:
        forgotten: int = (
            await connection.execute(text("SELECT forget_expired_keys(:at_most)"), {"at_most": at_most})
        ).scalar_one()
        return forgotten
