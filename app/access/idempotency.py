"""First answers, kept: a write sent again under its key is answered as it was the first time, and done once.

The answer is kept in the transaction that does the work, so either both are there or neither. While that runs, an
advisory lock says so to others; it ends with the transaction however that ends, so who crashed leaves nothing behind.
"""

import datetime as dt
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
_KEEP: Final = text("""
    INSERT INTO idempotency_key AS kept (tenant, credential, key, request_digest, status, headers, body, expires_at)
    VALUES (:tenant, :credential, :key, :digest, :status, :headers, :body, clock_timestamp() + :kept_for)
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
    found = (await connection.execute(_FIND, {"lock": request.lock, **_place(request)})).one()
    if found.status is not None:
        if found.request_digest != request.digest:
            raise IdempotencyKeyReused("This key was sent before, with another request.")
        return FirstAnswer(found.status, msgspec.json.decode(found.headers, type=dict[str, str]), found.body)
    if not found.ours:
        raise IdempotencyKeyInUse("A request with this key is being worked on.", headers={"Retry-After": "1"})
    return None


async def keep(connection: AsyncConnection, request: KeyedRequest, answer: FirstAnswer) -> None:
    """Keep the answer to a request that `first_answer` found none for, in the same transaction."""
    kept = await connection.execute(
        _KEEP,
        {
            **_place(request),
            "digest": request.digest,
            "status": answer.status,
            "headers": msgspec.json.encode(answer.headers).decode(),
            "body": answer.body,
            "kept_for": KEPT_FOR,
        },
    )
    if kept.one_or_none() is None:
        raise Superseded("A request with this key has just been answered.", headers={"Retry-After": "1"})


async def forget_expired(engine: AsyncEngine, *, at_most: int) -> int:
    """Remove so many answers at most whose time is over, of every practice; how many it were."""
    async with transaction(engine, None) as connection:
        forgotten: int = (
            await connection.execute(text("SELECT forget_expired_keys(:at_most)"), {"at_most": at_most})
        ).scalar_one()
        return forgotten


def _place(request: KeyedRequest) -> dict[str, object]:
    return {"tenant": request.caller.tenant, "credential": request.caller.credential, "key": request.key}
