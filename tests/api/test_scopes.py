"""Each call of a practice asks for one scope, which the document names; who lacks it is told so, and nothing is done."""

import json
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
import yaml
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import issue_key
from app.access.scopes import ADMIN, ALL, FHIR_READ, SCOPES
from app.api.rate_limit import RateLimits
from tests.api.conftest import calling

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "openapi" / "openapi.yaml").read_text())
PUBLIC = {
    "GET /healthz",
    "GET /readyz",
    "GET /v1/rulebook/diff",
    "GET /v1/rulebook/{month}",
    "GET /.well-known/smart-configuration",
    "POST /oauth/token",
}
PREPARED = {ADMIN, FHIR_READ}
"""Scopes that keys may have and no call asks for yet."""


class Call(NamedTuple):
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def scope(self) -> str:
        ((scope,),) = [requirement["ApiKey"] for requirement in self.operation["security"]]
        return str(scope)

    async def sent_by(self, client: httpx.AsyncClient, body: bytes | None = None) -> httpx.Response:
        path = self.path.replace("{patient}", "demo-ada").replace("{month}", "2026-03").replace("{revision}", "1")
        if "requestBody" not in self.operation:
            return await client.request(self.method, path)
        (media_type, media), *_ = self.operation["requestBody"]["content"].items()
        example = next(iter(media["examples"].values()))["value"]
        content = json.dumps(example).encode() if body is None else body
        return await client.request(self.method, path, content=content, headers={"Content-Type": media_type})


CALLS = [
    Call(method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
SECURED = [call for call in CALLS if "security" in call.operation]


def named(call: Call) -> str:
    return f"{call.method} {call.path}"


def refused(answer: httpx.Response, scope: str) -> bool:
    problem = answer.json()
    return (
        answer.status_code == 403
        and answer.headers["content-type"] == "application/problem+json"
        and problem["type"] == "/problems/forbidden"
        and f"`{scope}`" in problem["detail"]
        and f'error="insufficient_scope", scope="{scope}"' in answer.headers["www-authenticate"]
    )


def test_every_call_that_is_not_public_names_one_scope() -> None:
    """A new call must ask for a scope, or be named above as everybody's."""
    assert {named(call) for call in CALLS} - {named(call) for call in SECURED} == PUBLIC
    for call in SECURED:
        assert call.scope in SCOPES, named(call)
        assert f"Needs the scope `{call.scope}`." in call.operation["description"], named(call)
    assert {call.scope for call in SECURED} == ALL - PREPARED


def test_the_document_says_what_each_scope_is_for() -> None:
    told = DOCUMENT["components"]["securitySchemes"]["ApiKey"]["description"]
    for scope, does in SCOPES.items():
        assert f"`{scope}`: {does}" in told


@pytest.mark.parametrize("call", SECURED, ids=named)
async def test_every_other_scope_does_not_serve_and_this_one_does(
    app: FastAPI, client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID, call: Call
) -> None:
    others = await issue_key(owner_engine, practice, "others", ALL - {call.scope})
    async with calling(app, others.secret) as caller:
        assert refused(await call.sent_by(caller), call.scope)
        # Before anything else about the request is judged.
        assert refused(await call.sent_by(caller, b"{"), call.scope)
        assert refused(await caller.request(call.method, call.path + "?unknown=1"), call.scope)
        if call.method == "GET":
            head = await caller.head(call.path)
            assert (head.status_code, head.content) == (403, b"")
    assert (await client.get("/v1/practice/facts")).json() == {"facts": []}
    assert (await client.get("/v1/patients/demo-ada/facts")).status_code == 404
    only = await issue_key(owner_engine, practice, "only", [call.scope])
    async with calling(app, only.secret) as caller:
        answer = await call.sent_by(caller)
        assert answer.status_code in {200, 201, 202, 404} or b"is needed" in answer.content, answer.text


async def test_what_is_refused_spends_the_rate(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> None:
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(2, 0)
    key = await issue_key(owner_engine, practice, "reader", ["facts.read"])
    async with calling(app, key.secret) as caller:
        answers = [await caller.post("/v1/facts", json={}) for _ in range(3)]
    app.state.rate_limits = usual
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert answers[0].headers["ratelimit"].startswith('"minute";r=1;')


async def test_public_calls_ask_for_no_scope(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> None:
    key = await issue_key(owner_engine, practice, "auditor", ["audit.read"])
    async with calling(app, key.secret) as caller:
        for path in ("/healthz", "/readyz", "/v1/rulebook/2026-03", "/rulebook", "/docs", "/openapi.json", "/problems"):
            assert (await caller.get(path)).status_code == 200, path
