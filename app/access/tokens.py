"""Tokens: what a client is given for an assertion, once, for five minutes. Opaque; only their SHA-256 is kept."""

import datetime as dt
from collections.abc import Collection
from typing import Final

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.assertions import NotProven, Proven
from app.access.clients import Client
from app.access.credentials import TOKEN_PREFIX, hash_of, new_secret
from app.postgres.transaction import transaction

VALID_SECONDS: Final = 300
KEPT_LONGER_SECONDS: Final = 300
"""How much longer than it could serve a used assertion is remembered: the database has another clock."""

# Whoever spends the same assertion at the same moment waits here, and then finds it spent.
_SPEND: Final = text("""
    INSERT INTO used_assertion (tenant, credential, jti_sha256, expires_at)
    VALUES (:tenant, :credential, :jti, :expires_at) ON CONFLICT DO NOTHING
""")
_ISSUE: Final = text("""
    INSERT INTO access_token (tenant, credential, token_sha256, scopes, expires_at)
    VALUES (:tenant, :credential, :hash, :scopes, clock_timestamp() + :valid_for)
""")


class Token(Struct, frozen=True):
    """A token at the only moment it is known."""

    secret: str
    scopes: frozenset[str]


async def issue_token(engine: AsyncEngine, client: Client, proven: Proven, scopes: Collection[str]) -> Token:
    """A token with these of the client's scopes. `NotProven` where the assertion has bought one before."""
    token = Token(new_secret(TOKEN_PREFIX), frozenset(scopes))
    assert token.scopes <= client.scopes
    of_client = {"tenant": client.tenant, "credential": client.id}
    async with transaction(engine, client.tenant) as connection:
        spent = await connection.execute(
            _SPEND,
            {
                **of_client,
                "jti": proven.jti_sha256,
                "expires_at": dt.datetime.fromtimestamp(proven.expires + KEPT_LONGER_SECONDS, dt.UTC),
            },
        )
        if spent.rowcount != 1:
            raise NotProven("This assertion was used before; its jti is new for each.")
        await connection.execute(
            _ISSUE,
            {
                **of_client,
                "hash": hash_of(token.secret),
                "scopes": sorted(token.scopes),
                "valid_for": dt.timedelta(seconds=VALID_SECONDS),
            },
        )
    return token


async def forget_expired_tokens(engine: AsyncEngine, *, at_most: int) -> int:
    """Remove so many tokens and so many used assertions at most whose time is over, of every practice; how many."""
    async with transaction(engine, None) as connection:
        forgotten: int = (
            await connection.execute(text("SELECT forget_expired_tokens(:at_most)"), {"at_most": at_most})
        ).scalar_one()
        return forgotten
