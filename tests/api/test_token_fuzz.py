"""Whatever a registered key signs and whatever form comes, the answer is OAuth's, never a fault of ours."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.clients import register_client
from app.api.rate_limit import RateLimits
from tests.access.signing import EC, claims, form, header, key_set, signed, signed_bytes

SENT = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
AUDIENCE = "http://127.0.0.1:8000/oauth/token"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}

awkward: st.SearchStrategy[Any] = st.sampled_from([
    "", " ", "\x00", "\ud800", "é", "JWT", "none", "ES384", "ec-1", AUDIENCE, -1, 0, 1, 2**31, 2**63, 10**30, 10**4_000,
    1e308, True, None, [], {}, [AUDIENCE], {"kid": "ec-1"},
])  # fmt: skip
anything = st.recursive(
    awkward | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
async def registered(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> AsyncIterator[UUID]:
    # Hundreds of guesses from one address.
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(0, 0)
    yield await register_client(owner_engine, practice, "ehr", key_set(EC), ["facts.read"])
    app.state.rate_limits = usual


def assert_answered(answer: httpx.Response) -> None:
    assert answer.status_code in {200, 400, 401, 413}, answer.text
    if answer.status_code in {400, 401}:
        assert set(answer.json()) == {"error", "error_description"}


@SENT
@given(changes=st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "x"]), anything))
async def test_claims(nobody: httpx.AsyncClient, registered: UUID, changes: dict[str, Any]) -> None:
    said = claims(registered, AUDIENCE) | changes
    assert_answered(await nobody.post("/oauth/token", data=form(signed(EC, header(EC), said))))


@SENT
@given(changes=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "b64", "cty"]), anything))
async def test_headers(nobody: httpx.AsyncClient, registered: UUID, changes: dict[str, Any]) -> None:
    head = json.dumps(header(EC) | changes).encode()
    said = json.dumps(claims(registered, AUDIENCE)).encode()
    assert_answered(await nobody.post("/oauth/token", data=form(signed_bytes(EC, head, said, "ES384"))))


@SENT
@given(
    head=st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()), payload=st.binary(max_size=60)
)
async def test_parts(nobody: httpx.AsyncClient, registered: UUID, head: bytes, payload: bytes) -> None:
    assert_answered(await nobody.post("/oauth/token", data=form(signed_bytes(EC, head, payload, "ES384"))))


@SENT
@given(
    body=st.binary(max_size=200)
    | st.lists(st.tuples(st.sampled_from([*form("x"), "client_id", "x"]), st.text(max_size=30)), max_size=8).map(
        lambda pairs: urlencode(pairs, errors="replace").encode()
    )
)
async def test_forms(nobody: httpx.AsyncClient, registered: UUID, body: bytes) -> None:
    assert_answered(await nobody.post("/oauth/token", content=body, headers=TYPE))


@SENT
@given(assertion=st.text(max_size=60) | st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]+", fullmatch=True))
async def test_texts(nobody: httpx.AsyncClient, registered: UUID, assertion: str) -> None:
    data = form(assertion.encode("utf-8", "replace").decode())
    assert_answered(await nobody.post("/oauth/token", data=data))
