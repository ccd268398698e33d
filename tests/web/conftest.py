"""The pages need no database: the application on none."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.main import create_app
from app.settings import Settings


@pytest.fixture
async def reader() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser and no key."""
    transport = httpx.ASGITransport(create_app(Settings(database_url=None)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://care-month") as client:
        yield client
