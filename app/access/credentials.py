"""API keys. Each belongs to one practice and one source; only its SHA-256 is kept."""

import re
import secrets
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.postgres.transaction import alone

OWN_SOURCE: Final = "self"
"""The source of what the service states itself; no credential bears it."""

_KEY: Final = re.compile(r"cm_[A-Za-z0-9_-]{43}", re.ASCII)
_CALLER: Final = text("SELECT tenant, source, credential FROM caller_of_key(:hash)")
_SOURCE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,128}")


class Caller(Struct, frozen=True):
    """Who a request comes from, as far as its key says."""

    tenant: UUID
    source: str
    credential: UUID


def is_api_key(text: str) -> bool:
    """Whether it has a key's form: worth being looked up."""
    return _KEY.fullmatch(text) is not None


async def caller_of(engine: AsyncEngine, api_key: str) -> Caller | None:
    """Whose key this is. None: nobody's, expired or revoked."""
    if not is_api_key(api_key):
        return None
    rows = await alone(engine, _CALLER, {"hash": _hash(api_key)})
    return Caller(rows[0].tenant, rows[0].source, rows[0].credential) if len(rows) == 1 else None


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
    """A new key, shown this once. `ValueError` for a source that no credential may bear."""
    if source == OWN_SOURCE:
        raise ValueError("The source `self` is the service's own.")
    if not _SOURCE.fullmatch(source):
        raise ValueError("A source is 1 to 128 printable characters.")
    key = "cm_" + secrets.token_urlsafe(32)
    async with owner_engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO credential (tenant, id, source, key_sha256) VALUES (:tenant, :id, :source, :hash)"),
            {"tenant": tenant, "id": uuid4(), "source": source, "hash": _hash(key)},
        )
    return key


def _hash(key: str) -> bytes:
    # The key has 256 random bits: there is nothing to guess that a slow hash would protect.
    return sha256(key.encode()).digest()
