"""SMART Backend Services as a client meets it: from the configuration to an answer, once, and until it is ended."""

import asyncio
import base64
import json
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.clients import replace_key_set
from app.access.credentials import caller_of, create_key
from app.access.issued import revoke
from app.access.scopes import ALL
from app.api.rate_limit import RateLimits
from app.main import create_app
from app.settings import Settings
from tests.access.signing import (
    EC,
    RSA,
    STRANGER,
    Key,
    claims,
    form,
    header,
    key_set,
    signed,
)
from tests.api.asking_for_tokens import AUDIENCE, TOKEN, good, refused, rows
from tests.api.conftest import calling


@pytest.fixture
def bearer(app: FastAPI, nobody: httpx.AsyncClient) -> Any:
    """Somebody with a token that a client got for these scopes."""

    async def bought(client: UUID, scope: str = "facts.read") -> httpx.AsyncClient:
        answer = await nobody.post(TOKEN, data=form(good(client), scope))
        assert answer.status_code == 200, answer.text
        return calling(app, answer.json()["access_token"])

    return bought


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS384", "ES384"])
@pytest.mark.parametrize("base", ["", "/fhir"])
async def test_from_the_configuration_to_an_answer(
    app: FastAPI, nobody: httpx.AsyncClient, registered: UUID, key: Key, base: str, entry: dict[str, Any]
) -> None:
    told = (await nobody.get(f"{base}/.well-known/smart-configuration")).json()
    assert told["token_endpoint"] == AUDIENCE
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert set(told["scopes_supported"]) == ALL
    assert header(key)["alg"] in told["token_endpoint_auth_signing_alg_values_supported"]
    assertion = signed(key, header(key), claims(registered, told["token_endpoint"]))
    answer = await nobody.post(TOKEN, data=form(assertion, "system/*.cud facts.write facts.read"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["ratelimit"]
    given = answer.json()
    secret = given.pop("access_token")
    assert given == {"token_type": "bearer", "expires_in": 300, "scope": "facts.write facts.read system/*.cud"}
    async with calling(app, secret) as client:
        assert (await client.post("/v1/facts", json=entry)).status_code == 201
        (fact,) = (await client.get("/v1/patients/p1/facts")).json()["facts"]
        assert fact["source"] == "ehr"
        refused_call = await client.post("/v1/evaluations", json={})
        assert refused_call.status_code == 403
        assert "`determinations.read`" in refused_call.json()["detail"]


async def test_a_token_has_the_scopes_asked_for_and_no_others(bearer: Any, registered: UUID) -> None:
    async with await bearer(registered, "facts.read") as reader:
        assert (await reader.get("/v1/practice/facts")).status_code == 200
        assert (await reader.post("/v1/facts", json={})).status_code == 403
        assert (await reader.post("/fhir", json={})).status_code == 403


async def test_tokens_are_kept_as_hashes_and_for_five_minutes(
    nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    secret = (await nobody.post(TOKEN, data=form(good(registered)))).json()["access_token"]
    async with owner_engine.connect() as connection:
        found = await connection.execute(
            text("""
                SELECT t.*, t.expires_at - now() AS left FROM access_token t WHERE token_sha256 = sha256(:token)
            """),
            {"token": secret.encode()},
        )
        row = found.one()
        times = await connection.execute(text("SELECT max(expires_at) FROM used_assertion"))
    assert secret not in str(row)
    assert 290 < row.left.total_seconds() <= 300
    # The assertion is remembered longer than it could serve.
    assert times.scalar_one().timestamp() > time.time() + 300


async def test_the_token_of_another_practice_finds_nothing_of_ours(
    app: FastAPI, nobody: httpx.AsyncClient, other: UUID, client: httpx.AsyncClient, entry: dict[str, Any]
) -> None:
    await client.post("/v1/facts", json=entry)
    answer = await nobody.post(TOKEN, data=form(signed(STRANGER, header(STRANGER), claims(other, AUDIENCE))))
    async with calling(app, answer.json()["access_token"]) as theirs:
        assert (await theirs.get("/v1/patients/p1/facts")).status_code == 404
        assert (await theirs.get("/v1/practice/facts")).json() == {"facts": []}


async def test_tokens_of_a_client_share_its_rate_and_its_idempotency_keys(
    app: FastAPI, bearer: Any, registered: UUID, entry: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "k"}
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(10, 0, lambda: 6_015.0)
    try:
        async with await bearer(registered, "facts.write") as first, await bearer(registered, "facts.write") as second:
            stored = await first.post("/v1/facts", json=entry, headers=key)
            again = await second.post("/v1/facts", json=entry, headers=key)
    finally:
        app.state.rate_limits = usual
    assert (stored.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    # Two tokens and two writes.
    assert again.headers["ratelimit"] == '"minute";r=6;t=45'


async def test_an_expired_token_is_nobodys(bearer: Any, registered: UUID, owner_engine: AsyncEngine) -> None:
    async with await bearer(registered) as client:
        assert (await client.get("/v1/practice/facts")).status_code == 200
        async with owner_engine.begin() as connection:
            await connection.execute(
                text("UPDATE access_token SET expires_at = clock_timestamp() WHERE credential = :id"),
                {"id": registered},
            )
        answer = await client.get("/v1/practice/facts")
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthorized"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_revoked_client_has_neither_tokens_nor_new_ones(
    bearer: Any, nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    async with await bearer(registered) as client:
        assert await revoke(owner_engine, registered)
        assert (await client.get("/v1/practice/facts")).status_code == 401
    before = await rows(owner_engine)
    refused(await nobody.post(TOKEN, data=form(good(registered))), "invalid_client")
    assert await rows(owner_engine) == before


async def test_a_client_whose_time_is_over_has_neither_tokens_nor_new_ones(
    bearer: Any, nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    async with await bearer(registered) as client:
        async with owner_engine.begin() as connection:
            await connection.execute(
                text("UPDATE credential SET expires_at = clock_timestamp() WHERE id = :id"), {"id": registered}
            )
        assert (await client.get("/v1/practice/facts")).status_code == 401
    refused(await nobody.post(TOKEN, data=form(good(registered))), "invalid_client")


async def test_the_client_id_is_no_secret_and_no_key(app: FastAPI, registered: UUID) -> None:
    for bearer_of in (str(registered), f"cm_{registered.hex:A<43}", f"cmt_{registered.hex:A<43}"):
        async with calling(app, bearer_of) as client:
            assert (await client.get("/v1/practice/facts")).status_code == 401


async def test_after_its_keys_were_replaced_the_old_ones_prove_nothing(
    nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    await replace_key_set(owner_engine, registered, key_set(STRANGER))
    refused(await nobody.post(TOKEN, data=form(good(registered))), "invalid_client")
    new = signed(STRANGER, header(STRANGER), claims(registered, AUDIENCE))
    assert (await nobody.post(TOKEN, data=form(new))).status_code == 200


async def test_an_assertion_serves_once_whichever_process_is_asked(
    app: FastAPI, database_url: str, nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    assertion = good(registered)
    assert (await nobody.post(TOKEN, data=form(assertion))).status_code == 200
    before = await rows(owner_engine)
    elsewhere = create_app(Settings(database_url=database_url))
    async with elsewhere.router.lifespan_context(elsewhere), calling(elsewhere) as other_process:
        refused(await other_process.post(TOKEN, data=form(assertion)), "invalid_client")
        # Nor does another assertion of the same jti, however it is signed.
        jti = json.loads(base64.urlsafe_b64decode(assertion.split(".")[1] + "=="))["jti"]
        refused(await other_process.post(TOKEN, data=form(good(registered, RSA, jti=jti))), "invalid_client")
    assert await rows(owner_engine) == before


async def test_of_many_at_once_one_is_served(nobody: httpx.AsyncClient, registered: UUID) -> None:
    assertion = good(registered)
    answers = await asyncio.gather(*(nobody.post(TOKEN, data=form(assertion)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


async def test_the_same_jti_of_another_client_is_another(
    nobody: httpx.AsyncClient, registered: UUID, other: UUID
) -> None:
    assert (await nobody.post(TOKEN, data=form(good(registered, jti="1")))).status_code == 200
    theirs = signed(STRANGER, header(STRANGER), claims(other, AUDIENCE, jti="1"))
    assert (await nobody.post(TOKEN, data=form(theirs))).status_code == 200


async def test_the_audience_is_a_setting_and_no_header(database_url: str, registered: UUID) -> None:
    """Whoever has an assertion for another server must not have it taken here by naming that server."""
    app = create_app(Settings(database_url=database_url, public_url="https://care-month.example/practice/"))
    async with app.router.lifespan_context(app), calling(app) as client:
        told = (await client.get("/.well-known/smart-configuration")).json()
        assert told["token_endpoint"] == "https://care-month.example/practice/oauth/token"
        stolen = good(registered, aud="https://other.example/oauth/token")
        for headers in ({"Host": "other.example"}, {"X-Forwarded-Host": "other.example", "X-Forwarded-Proto": "https"}):
            refused(await client.post(TOKEN, data=form(stolen), headers=headers), "invalid_client")
        ours = good(registered, aud=told["token_endpoint"])
        assert (await client.post(TOKEN, data=form(ours))).status_code == 200


async def test_guessing_is_slow_and_shuts_nobody_out_for_longer_than_a_minute(
    app: FastAPI, nobody: httpx.AsyncClient, registered: UUID
) -> None:
    now = [6_015.0]
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(0, 2, lambda: now[0])
    try:
        answers = [
            await nobody.post(TOKEN, data=form(signed(STRANGER, header(STRANGER), claims(registered, AUDIENCE))))
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert answers[-1].headers["retry-after"] == "45"
        assert (await nobody.post(TOKEN, data=form(good(registered)))).status_code == 429
        now[0] += 45
        assert (await nobody.post(TOKEN, data=form(good(registered)))).status_code == 200
    finally:
        app.state.rate_limits = usual


async def test_a_client_over_its_rate_has_not_spent_its_assertion(
    app: FastAPI, nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine
) -> None:
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(1, 0)
    try:
        assert (await nobody.post(TOKEN, data=form(good(registered)))).status_code == 200
        before = await rows(owner_engine)
        assertion = good(registered)
        assert (await nobody.post(TOKEN, data=form(assertion))).status_code == 429
        assert await rows(owner_engine) == before
    finally:
        app.state.rate_limits = usual
    assert (await nobody.post(TOKEN, data=form(assertion))).status_code == 200


async def test_a_use_of_a_token_is_a_use_of_its_client(
    bearer: Any, registered: UUID, owner_engine: AsyncEngine
) -> None:
    async def last_used() -> Any:
        async with owner_engine.connect() as connection:
            found = await connection.execute(
                text("SELECT last_used_at FROM credential WHERE id = :id"), {"id": registered}
            )
        return found.scalar_one()

    async with await bearer(registered) as client:
        assert await last_used() is None
        await client.get("/v1/practice/facts")
        assert await last_used() is not None


async def test_neither_key_nor_token_nor_assertion_is_logged(
    app: FastAPI, nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine, practice: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    assertion, key = good(registered), await create_key(owner_engine, practice, "ehr")
    token = (await nobody.post(TOKEN, data=form(assertion))).json()["access_token"]
    for secret in (key, token):
        async with calling(app, secret) as client:
            await client.get("/v1/practice/facts")
            await client.post("/v1/facts", content=b"{")
    assert "request" in caplog.text
    for secret in (assertion, assertion.split(".")[2], token, key):
        assert secret not in caplog.text


async def test_a_token_by_chance_in_form_is_nobodys(engine: AsyncEngine) -> None:
    assert await caller_of(engine, "cmt_" + base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")) is None
