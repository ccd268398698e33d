"""The application on the tests' database, as one practice calls it and as the one next door does."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.clients import register_client
from app.access.credentials import create_key
from app.main import create_app
from app.settings import Settings
from tests.access.signing import EC, RSA, STRANGER, key_set

SCOPES = ["facts.read", "facts.write", "system/*.cud"]
"""Of the clients below."""


@pytest.fixture(scope="session")
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(database_url=database_url))
    async with app.router.lifespan_context(app):
        yield app


def calling(app: FastAPI, key: str | None = None) -> httpx.AsyncClient:
    # What goes wrong inside is answered, as it would be by a server, not raised into the test.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url="http://care-month", headers=headers)


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    async with calling(app) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(app, await create_key(owner_engine, practice, "ehr")) as client:
        yield client


@pytest.fixture
async def vendor(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """Another source of the same practice."""
    async with calling(app, await create_key(owner_engine, practice, "rpm-vendor")) as client:
        yield client


@pytest.fixture
async def neighbour(app: FastAPI, owner_engine: AsyncEngine, other_practice: UUID) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(app, await create_key(owner_engine, other_practice, "ehr")) as client:
        yield client


@pytest.fixture
def entry() -> dict[str, Any]:
    return {
        "kind": "time_entry",
        "id": "t1",
        "patient": "p1",
        "program": "ccm",
        "performer": "RN_1",
        "role": "clinical_staff",
        "on": "2026-03-12",
        "seconds": 1500,
    }


@pytest.fixture
async def registered(owner_engine: AsyncEngine, practice: UUID) -> UUID:
    """A client of the practice with an RSA and an EC key."""
    return await register_client(owner_engine, practice, "ehr", key_set(RSA, EC), SCOPES)


@pytest.fixture
async def other(owner_engine: AsyncEngine, other_practice: UUID) -> UUID:
    """The client of the practice next door, whose key has the same id."""
    return await register_client(owner_engine, other_practice, "ehr", key_set(STRANGER), SCOPES)
