"""Who a secret belongs to, and API keys. Each is of one practice and one source; only its SHA-256 is kept."""

import datetime as dt
import re
import secrets
from collections.abc import Collection
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.accessing import Access
from app.access.scopes import ALL, known_scopes
from app.postgres.transaction import alone, transaction

OWN_SOURCE: Final = "self"
"""The source of what the service states itself; no credential bears it."""

KEY_PREFIX: Final = "cm_"
TOKEN_PREFIX: Final = "cmt_"  # noqa: S105 - what every token begins with
_SECRET: Final = re.compile(f"(?:{KEY_PREFIX}|{TOKEN_PREFIX})[A-Za-z0-9_-]{{43}}", re.ASCII)
_CALLER: Final = text("SELECT tenant, source, credential, scopes FROM caller_of_key(:hash)")
_ENDED: Final = text("SELECT tenant, source, credential FROM ended_credential_of(:hash)")
_ISSUE: Final = text("""
    INSERT INTO credential (tenant, id, source, key_sha256, scopes, expires_at)
    VALUES (:tenant, :id, :source, :hash, :scopes, clock_timestamp() + :valid_for)
""")
_SOURCE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,128}")


class Caller(Struct, frozen=True):
    """Who a request comes from and what they may do, as far as their key or token says; and what they do with it.

    `access` None: no request, or one that touches no records.
    """

    tenant: UUID
    source: str
    credential: UUID
    scopes: frozenset[str]
    access: Access | None = None


class NewKey(Struct, frozen=True):
    """A key at the only moment it is known, and the id it is spoken of by."""

    id: UUID
    secret: str


def may_be_known(secret: str) -> bool:
    """Whether it has the form of a key or a token: worth being looked up."""
    return _SECRET.fullmatch(secret) is not None


async def caller_of(engine: AsyncEngine, secret: str) -> Caller | None:
    """Whose key or token this is. None: nobody's, expired or revoked.

    Looking it up notes its use, at most once a minute.
    """
    if not may_be_known(secret):
        return None
    rows = await alone(engine, _CALLER, {"hash": hash_of(secret)})
    if len(rows) != 1:
        return None
    return Caller(rows[0].tenant, rows[0].source, rows[0].credential, frozenset(rows[0].scopes))


async def ended_caller(engine: AsyncEngine, secret: str) -> Caller | None:
    """Whose key or token it was, of one that `caller_of` knows nobody for; they may do nothing. None: nobody's ever."""
    async with transaction(engine, None) as connection:
        row = (await connection.execute(_ENDED, {"hash": hash_of(secret)})).one_or_none()
    return None if row is None else Caller(row.tenant, row.source, row.credential, frozenset())


async def create_practice(owner_engine: AsyncEngine, name: str) -> UUID:
    """A new practice with its own, empty stream."""
    tenant = uuid4()
    async with owner_engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO practice (tenant, name) VALUES (:tenant, :name)"), {"tenant": tenant, "name": name}
        )
        await connection.execute(text("INSERT INTO stream (tenant, stream) VALUES (:tenant, '')"), {"tenant": tenant})
    return tenant


async def create_key(owner_engine: AsyncEngine, tenant: UUID, source: str) -> str:
    """A new key that may do everything and does not expire; shown this once."""
    return (await issue_key(owner_engine, tenant, source)).secret


async def issue_key(
    owner_engine: AsyncEngine,
    tenant: UUID,
    source: str,
    scopes: Collection[str] = ALL,
    valid_for: dt.timedelta | None = None,
) -> NewKey:
    """A new key. `valid_for` None: until it is revoked. `ValueError` for a source or a scope that there cannot be."""
    key = new_key()
    stated = {
        "tenant": tenant,
        "id": key.id,
        "source": possible_source(source),
        "hash": hash_of(key.secret),
        "scopes": sorted(known_scopes(scopes)),
        "valid_for": valid_for,
    }
    async with owner_engine.begin() as connection:
        await connection.execute(_ISSUE, stated)
    return key


def new_key() -> NewKey:
    return NewKey(uuid4(), new_secret(KEY_PREFIX))


def new_secret(prefix: str) -> str:
    """256 random bits, told apart by what they begin with."""
    return prefix + secrets.token_urlsafe(32)


def possible_source(source: str) -> str:
    """The source. `ValueError` for one that no credential may bear."""
    if source.strip().casefold() == OWN_SOURCE:
        raise ValueError("The source `self` is the service's own.")
    if not _SOURCE.fullmatch(source):
        raise ValueError("A source is 1 to 128 printable characters.")
    return source


def hash_of(secret: str) -> bytes:
    """What is kept of a secret, and what it is found by: secrets themselves are never compared."""
    # It has 256 random bits: there is nothing to guess that a slow hash would protect.
    return sha256(secret.encode()).digest()
