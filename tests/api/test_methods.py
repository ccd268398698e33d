"""HEAD wherever there is a GET, OPTIONS everywhere, and 405 with every method there is."""

from typing import Any

import httpx
import pytest

READ = "GET, HEAD, OPTIONS"
WRITE = "POST, OPTIONS"
RESOURCES = [
    ("/v1/facts", WRITE),
    ("/v1/time-entries", WRITE),
    ("/v1/consents", WRITE),
    ("/v1/evaluations", WRITE),
    ("/fhir", WRITE),
    ("/oauth/token", WRITE),
    ("/.well-known/smart-configuration", READ),
    ("/fhir/.well-known/smart-configuration", READ),
    ("/v1/patients/p1/facts", READ),
    ("/v1/practice/facts", READ),
    ("/v1/patients/p1/months/2026-03/determination", READ),
    ("/v1/patients/p1/months/2026-03/close", WRITE),
    ("/v1/patients/p1/months/2026-03/reopen", WRITE),
    ("/v1/patients/p1/months/2026-03/amendments", "GET, HEAD, POST, OPTIONS"),
    ("/v1/patients/p1/months/2026-03/history", READ),
    ("/v1/patients/p1/months/2026-03/history/1", READ),
    ("/v1/months/2026-03/close", WRITE),
    ("/v1/months/2026-03/amendments", READ),
    ("/v1/months/2026-03/simultaneous-work", READ),
    ("/v1/months/2026-03/worklist", READ),
    ("/v1/events", READ),
    ("/healthz", READ),
    ("/readyz", READ),
    ("/problems", READ),
    ("/problems/invalid", READ),
    ("/openapi.json", READ),
    ("/docs", READ),
    ("/redoc", READ),
    ("/", READ),
    ("/static-offline-docs/swagger-ui.css", READ),
]


@pytest.mark.parametrize(("path", "allowed"), RESOURCES)
async def test_options_tells_the_methods(nobody: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await nobody.options(path)
    assert answer.status_code == 204
    assert answer.headers["allow"] == allowed
    assert not answer.content


@pytest.mark.parametrize(("path", "allowed"), RESOURCES)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"])
async def test_other_methods_are_refused_with_those_there_are(
    client: httpx.AsyncClient, path: str, allowed: str, method: str
) -> None:
    # httpx writes methods in capitals; on the wire they are told apart.
    request = client.build_request(method, path)
    request.method = method
    answer = await client.send(request)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == f"This resource answers {allowed}."


async def test_methods_of_what_is_not_there(nobody: httpx.AsyncClient) -> None:
    for path in ("/v1", "/v1/facts/", "/nonsense"):
        for method in ("OPTIONS", "HEAD", "DELETE"):
            answer = await nobody.request(method, path)
            assert answer.status_code == 404
            assert "allow" not in answer.headers


@pytest.mark.parametrize("path", [path for path, allowed in RESOURCES if allowed == READ])
async def test_head_is_get_without_its_body(client: httpx.AsyncClient, path: str, entry: dict[str, Any]) -> None:
    await client.post("/v1/facts", json=entry)
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code
    assert not head.content
    # The id is each request's own, and of the limit one more is spent.
    own = {"x-request-id", "ratelimit"}
    assert {n: v for n, v in head.headers.items() if n not in own} == {
        n: v for n, v in got.headers.items() if n not in own
    }


async def test_head_of_what_is_refused(nobody: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    for caller, path, status in [
        (nobody, "/v1/practice/facts", 401),
        (client, "/v1/patients/nobody/facts", 404),
        (client, "/v1/practice/facts?limit=0", 422),
        (client, "/v1/facts", 405),
    ]:
        answer = await caller.head(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert not answer.content
