"""Which form an answer comes in, and what is said where none fits."""

from typing import Any

import httpx
import pytest

from app.api.problems import leaves, type_of
from tests.channels import fhir_examples as fhir

LEDGER = "/v1/practice/facts"


@pytest.mark.parametrize(
    "accept",
    [
        "*/*", "application/*", "application/json", "APPLICATION/JSON", "application/json;charset=utf-8",
        "text/html, */*;q=0.1", "text/html;q=0.9, application/json;q=0.1", "application/json;q=0.001",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "nonsense, application/json", ", ,application/json,",
        "*/*;q=0, application/json", "application/*;q=0,application/json;q=1", "", "application/json;q=nonsense",
    ],
)  # fmt: skip
async def test_json_fits(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.get(LEDGER, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "accept",
    [
        "text/html", "application/xml, text/*", "application/json;q=0", "application/json;q=0, */*", "*/*;q=0",
        "application/*;q=0, */*", "nonsense", "/", "application/", "application/problem+json", "application/fhir+json",
        "application/json5", "\x80", ";;;", "a/b/c",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", LEDGER),
        ("GET", "/v1/patients/p1/facts"),
        ("GET", "/v1/patients/p1/months/2026-03/determination"),
        ("POST", "/v1/facts"),
        ("POST", "/v1/evaluations"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    ],
)
async def test_nothing_fits(client: httpx.AsyncClient, method: str, path: str, accept: str) -> None:
    answer = await client.request(method, path, headers={"Accept": accept.encode("latin-1")})  # type: ignore[arg-type]
    assert answer.status_code == 406
    # A problem comes as one whatever is accepted: better than nothing (RFC 9110, 12.5.1).
    assert answer.headers["content-type"] == "application/problem+json"
    assert "application/json" in answer.json()["detail"]


async def test_several_accept_lines_are_one_list(client: httpx.AsyncClient) -> None:
    lines = [("Accept", "text/html"), ("Accept", "application/json")]
    request = client.build_request("GET", LEDGER)
    del request.headers["accept"]
    request.headers = httpx.Headers([*request.headers.multi_items(), *lines])
    assert (await client.send(request)).status_code == 200


async def test_problems_come_whatever_is_accepted(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{LEDGER}?limit=0", headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_is_stored_that_could_not_be_answered(client: httpx.AsyncClient, entry: dict[str, Any]) -> None:
    assert (await client.post("/v1/facts", json=entry, headers={"Accept": "text/csv"})).status_code == 406
    assert (await client.get("/v1/patients/p1/facts")).status_code == 404


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", "application/fhir+json"),
        ("application/fhir+json", "application/fhir+json"),
        ("application/json", "application/json"),
        ("application/json, application/fhir+json", "application/fhir+json"),
        ("application/json, application/fhir+json;q=0.5", "application/json"),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json"),
    ],
)
async def test_fhir_is_answered_as_either(client: httpx.AsyncClient, accept: str, answered: str) -> None:
    for bundle, status in ((fhir.bundle(), 200), ({}, 422)):
        answer = await client.post("/fhir", json=bundle, headers={"Accept": accept})
        assert answer.status_code == status
        assert answer.headers["content-type"] == answered
    refused = await client.post("/fhir", json=fhir.bundle(), headers={"Accept": "application/fhir+xml"})
    assert refused.status_code == 406
    assert "application/fhir+json or application/json" in refused.json()["detail"]


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


async def test_problems_are_explained_to_browsers_and_to_programs(nobody: httpx.AsyncClient) -> None:
    listed = (await nobody.get("/problems", headers={"Accept": BROWSER})).text
    for path in ("/problems", *(type_of(problem) for problem in leaves())):
        page = await nobody.get(path, headers={"Accept": BROWSER})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert path == "/problems" or f'<a href="{path}">' in listed
        assert (await nobody.get(path)).headers["content-type"] == "application/json"
        assert (await nobody.get(path, headers={"Accept": "image/png"})).status_code == 406
