"""SMART Backend Services clients: registered by the public keys they sign with, each of one practice and one source."""

import datetime as dt
from collections.abc import Collection
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import possible_source
from app.access.issued import not_issued
from app.access.key_sets import read_key_set
from app.access.scopes import known_scopes
from app.postgres.transaction import transaction

_REGISTER: Final = text("""
    INSERT INTO credential (tenant, id, source, jwks, scopes, expires_at)
    VALUES (:tenant, :id, :source, :jwks, :scopes, clock_timestamp() + :valid_for)
""")
_REPLACE: Final = text("""
    UPDATE credential SET jwks = :jwks
    WHERE id = :id AND jwks IS NOT NULL AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > clock_timestamp())
    RETURNING 1
""")
_FIND: Final = text("SELECT tenant, credential, scopes, jwks FROM credential_of(NULL, :client)")


class Client(Struct, frozen=True):
    """A client as it was registered."""

    tenant: UUID
    id: UUID
    scopes: frozenset[str]
    key_set: str


async def register_client(
    owner_engine: AsyncEngine,
    tenant: UUID,
    source: str,
    key_set: str,
    scopes: Collection[str],
    valid_for: dt.timedelta | None = None,
) -> UUID:
    """A new client's id. `ValueError` for a source, a scope or a JWK Set that there cannot be."""
    client = uuid4()
    stated = {
        "tenant": tenant,
        "id": client,
        "source": possible_source(source),
        "jwks": read_key_set(key_set),
        "scopes": sorted(known_scopes(scopes)),
        "valid_for": valid_for,
    }
    async with owner_engine.begin() as connection:
        await connection.execute(_REGISTER, stated)
    return client


async def replace_key_set(owner_engine: AsyncEngine, client: UUID, key_set: str) -> None:
    """The client signs with these keys from now on; tokens it has stay. `NotIssued` for what is no valid client."""
    stated = {"id": client, "jwks": read_key_set(key_set)}
    async with owner_engine.begin() as connection:
        if (await connection.execute(_REPLACE, stated)).one_or_none() is None:
            raise await not_issued(connection, client, "client")


async def client_of(engine: AsyncEngine, client: UUID) -> Client | None:
    """The client of this id. None: there is none, or it has expired or was revoked."""
    async with transaction(engine, None) as connection:
        row = (await connection.execute(_FIND, {"client": client})).one_or_none()
    return None if row is None else Client(row.tenant, row.credential, frozenset(row.scopes), row.jwks)
