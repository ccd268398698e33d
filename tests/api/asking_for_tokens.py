"""How a client asks for a token, and what a refusal leaves: nothing."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.access.signing import (
    EC,
    Key,
    claims,
    header,
    signed,
)

TOKEN = "/oauth/token"
AUDIENCE = "http://127.0.0.1:8000/oauth/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def good(client: UUID, key: Key = EC, **changes: Any) -> str:
    return signed(key, header(key), claims(client, AUDIENCE, **changes))


async def rows(owner_engine: AsyncEngine) -> tuple[int, int]:
    """Tokens and used assertions in the whole database; row-level security does not bind its superuser."""
    async with owner_engine.connect() as connection:
        found = await connection.execute(
            text("SELECT (SELECT count(*) FROM access_token), (SELECT count(*) FROM used_assertion)")
        )
        tokens, assertions = found.one()
    return tokens, assertions


def refused(answer: httpx.Response, error: str) -> None:
    assert answer.status_code == (401 if error == "invalid_client" else 400), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
    told = answer.json()
    assert set(told) == {"error", "error_description"}
    assert told["error"] == error
    # The characters that RFC 6749 allows.
    assert all(" " <= character <= "~" and character not in '"\\' for character in told["error_description"])
