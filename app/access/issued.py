"""Credentials that were issued: listed without their secrets, replaced by new keys, revoked. Done by the owner."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.access.credentials import NewKey, hash_of, new_key

_PRACTICES: Final = text("SELECT tenant, name, created_at FROM practice ORDER BY created_at, tenant")
_PRACTICE: Final = text("SELECT 1 FROM practice WHERE tenant = :tenant")
_CREDENTIALS: Final = text("""
    SELECT id, CASE WHEN jwks IS NULL THEN 'key' ELSE 'client' END AS kind, source, scopes, created_at, expires_at,
        revoked_at, last_used_at,
        CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= clock_timestamp() THEN 'expired'
            WHEN replaced_at IS NOT NULL THEN 'replaced' ELSE 'valid' END AS state
    FROM credential WHERE tenant = :tenant ORDER BY created_at, id
""")
_REVOKE: Final = text("""
    UPDATE credential SET revoked_at = clock_timestamp() WHERE id = :id AND revoked_at IS NULL
    RETURNING source
""")
_FOUND: Final = text("""
    SELECT jwks IS NOT NULL AS is_client, revoked_at IS NOT NULL AS is_revoked, replaced_at IS NOT NULL AS is_replaced
    FROM credential WHERE id = :id
""")
# The new key lives as long as the one it replaces was made for; of that one, what is left at most is the overlap.
_SUCCEED: Final = text("""
    INSERT INTO credential (tenant, id, source, key_sha256, scopes, expires_at)
    SELECT tenant, :new, source, :hash, scopes,
        clock_timestamp() + coalesce(CAST(:valid_for AS interval), expires_at - created_at)
    FROM credential
    WHERE id = :old AND key_sha256 IS NOT NULL AND revoked_at IS NULL AND replaced_at IS NULL
        AND (expires_at IS NULL OR expires_at > clock_timestamp())
    RETURNING 1
""")
_FADE: Final = text("""
    UPDATE credential SET expires_at = least(expires_at, clock_timestamp() + :overlap), replaced_at = clock_timestamp()
    WHERE id = :old
    RETURNING expires_at
""")


class Practice(Struct, frozen=True):
    """A practice and its name."""

    tenant: UUID
    name: str
    created_at: dt.datetime


class Issued(Struct, frozen=True):
    """What may be known of a credential by whoever keeps them."""

    id: UUID
    kind: Literal["key", "client"]
    source: str
    scopes: tuple[str, ...]
    state: Literal["valid", "replaced", "expired", "revoked"]
    """Replaced: another key was made in its place, and it is still taken."""
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None


class Replaced(Struct, frozen=True):
    """A key that takes another's place, and until when the other is still taken."""

    key: NewKey
    old_until: dt.datetime


class NotIssued(Exception):
    """There is no such credential, or it is not one of which this can be asked: `why` says which."""

    def __init__(self, why: Literal["unknown", "key", "client", "replaced", "revoked", "expired"]) -> None:
        super().__init__(why)
        self.why = why


class NoPractice(Exception):
    """There is no practice of this id."""


async def practices(owner_engine: AsyncEngine) -> Sequence[Practice]:
    """All practices, oldest first."""
    async with owner_engine.connect() as connection:
        return [Practice(row.tenant, row.name, row.created_at) for row in await connection.execute(_PRACTICES)]


async def issued(owner_engine: AsyncEngine, tenant: UUID) -> Sequence[Issued]:
    """A practice's credentials, oldest first, those that are no longer valid too. `NoPractice` where there is none."""
    async with owner_engine.connect() as connection:
        if (await connection.execute(_PRACTICE, {"tenant": tenant})).one_or_none() is None:
            raise NoPractice
        rows = (await connection.execute(_CREDENTIALS, {"tenant": tenant})).mappings().all()
    return [Issued(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


async def revoke(owner_engine: AsyncEngine, credential: UUID) -> bool:
    """End a key or a client and all its tokens, at once. False: it was revoked before."""
    async with owner_engine.begin() as connection:
        if (await connection.execute(_REVOKE, {"id": credential})).one_or_none() is not None:
            return True
        if (await connection.execute(_FOUND, {"id": credential})).one_or_none() is None:
            raise NotIssued("unknown")
        return False


async def rotate(
    owner_engine: AsyncEngine, credential: UUID, overlap: dt.timedelta, valid_for: dt.timedelta | None = None
) -> Replaced:
    """A new key of the same practice, source and scopes; the old one stays valid for the overlap and no longer.

    `valid_for` None: as long as the old one was made for. `NotIssued` for what is no valid key, or was replaced before.
    """
    key = new_key()
    async with owner_engine.begin() as connection:
        await _lock(connection, credential)
        stated = {"old": credential, "new": key.id, "hash": hash_of(key.secret), "valid_for": valid_for}
        if (await connection.execute(_SUCCEED, stated)).one_or_none() is None:
            raise await not_issued(connection, credential, "key")
        until = (await connection.execute(_FADE, {"old": credential, "overlap": overlap})).scalar_one()
    return Replaced(key, until)


async def not_issued(connection: AsyncConnection, credential: UUID, asked: Literal["key", "client"]) -> NotIssued:
    """Why a credential is no valid one of the kind asked for; a key that was replaced is none to replace again."""
    found = (await connection.execute(_FOUND, {"id": credential})).one_or_none()
    if found is None:
        return NotIssued("unknown")
    if found.is_client != (asked == "client"):
        return NotIssued("client" if found.is_client else "key")
    if found.is_revoked:
        return NotIssued("revoked")
    return NotIssued("replaced" if found.is_replaced else "expired")


async def _lock(connection: AsyncConnection, credential: UUID) -> None:
    """So that of two who replace one key the second finds what the first left."""
    await connection.execute(text("SELECT 1 FROM credential WHERE id = :id FOR UPDATE"), {"id": credential})
