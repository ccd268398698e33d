"""Every answer tells a browser what it may do with it, and no page of another origin is let in."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.api.conftest import calling

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PAGES = [
    "/docs", "/redoc", "/problems", "/problems/invalid", "/rulebook", "/rulebook/2026-03", "/rulebook/rules/CONS-08",
    "/rulebook/diff?from=2026-03&to=2026-04", "/rulebook/unread", "/rulebook/nonsense",
]  # fmt: skip
OTHERS = [
    ("GET", "/", 307),
    ("GET", "/openapi.json", 200),
    ("GET", "/redoc.standalone.js", 200),
    ("GET", "/static-offline-docs/swagger-ui.css", 200),
    ("GET", "/static-offline-docs/nonsense", 404),
    ("GET", "/rulebook/style.css", 200),
    ("GET", "/healthz", 200),
    ("HEAD", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/v1/rulebook/2026-03", 200),
    ("GET", "/.well-known/smart-configuration", 200),
    ("GET", "/v1/practice/facts", 401),
    ("GET", "/nonsense", 404),
    ("GET", "/v1/rulebook/1999-01", 404),
    ("DELETE", "/v1/facts", 405),
    ("OPTIONS", "/v1/facts", 204),
    ("OPTIONS", "/nonsense", 404),
    ("POST", "/v1/facts", 401),
    ("POST", "/oauth/token", 400),
    ("GET", "/healthz?unknown=1", 422),
]
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def directives(answer: httpx.Response) -> dict[str, list[str]]:
    policy = answer.headers["content-security-policy"]
    return {name: values for name, *values in (each.split() for each in policy.split(";"))}


def told(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in ALWAYS}


@pytest.mark.parametrize(("method", "path", "status"), OTHERS)
async def test_an_answer_that_is_no_page_may_do_nothing(
    nobody: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await nobody.request(method, path)
    assert answer.status_code == status
    assert told(answer) == ALWAYS
    assert answer.headers["content-security-policy"] == NOTHING
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_from_here_alone_and_is_framed_by_nobody(nobody: httpx.AsyncClient, path: str) -> None:
    answer = await nobody.get(path, headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    assert told(answer) == ALWAYS
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert set(policy["form-action"]) <= {"'none'", "'self'"}
    for name, values in policy.items():
        assert "'unsafe-eval'" not in values
        # The documentation's libraries write styles as they go; nobody's scripts stand in a page.
        if "'unsafe-inline'" in values:
            assert (name, path in {"/docs", "/redoc"}) == ("style-src", True)
        assert all(value.startswith("'") or value in {"data:", "blob:"} for value in values)


@pytest.mark.parametrize(
    ("path", "element"), [("/docs", "script"), ("/problems", "style"), ("/problems/invalid", "style")]
)
async def test_what_stands_in_a_page_is_named_by_its_hash(nobody: httpx.AsyncClient, path: str, element: str) -> None:
    answer = await nobody.get(path, headers={"Accept": "text/html"})
    (content,) = re.findall(rf"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
    digest = b64encode(sha256(content.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in directives(answer)[f"{element}-src"]
    assert not re.search(r"\son\w+=", answer.text)


async def test_a_fault_of_ours_is_no_exception(app: FastAPI) -> None:
    usual, app.state.rate_limits = app.state.rate_limits, None
    try:
        async with calling(app, "cm_" + "A" * 43) as client:
            answer = await client.get("/v1/practice/facts")
    finally:
        app.state.rate_limits = usual
    assert answer.status_code == 500
    assert told(answer) == ALWAYS
    assert answer.headers["content-security-policy"] == NOTHING


@pytest.fixture
async def over_tls(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=database_url, public_url="https://care-month.example"))
    async with app.router.lifespan_context(app), calling(app) as client:
        yield client


async def test_where_it_is_reached_over_tls_browsers_are_to_remember_it(over_tls: httpx.AsyncClient) -> None:
    for path in ("/docs", "/healthz", "/nonsense"):
        assert (await over_tls.get(path)).headers["strict-transport-security"] == "max-age=31536000"


ORIGIN = {"Origin": "https://elsewhere.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.mark.parametrize("path", ["/v1/facts", "/fhir", "/oauth/token", "/v1/rulebook/2026-03", "/nonsense"])
async def test_another_origin_is_allowed_nothing(
    nobody: httpx.AsyncClient, client: httpx.AsyncClient, path: str, entry: dict[str, Any]
) -> None:
    """A preflight is an OPTIONS like another: it is told the methods there are, and nothing that lets it go on."""
    plain = await nobody.options(path)
    asked = await nobody.options(path, headers=PREFLIGHT)
    assert (asked.status_code, asked.headers.get("allow")) == (plain.status_code, plain.headers.get("allow"))
    answers = [asked, await nobody.get(path, headers=ORIGIN), await client.post(path, json=entry, headers=ORIGIN)]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control-")]
