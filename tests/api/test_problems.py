"""What goes wrong is told as RFC 9457 problems, whatever it is."""

import logging
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.api.problem_meanings import MEANINGS
from app.api.problems import leaves, type_of

PRIVATE = [
    ("POST", "/v1/facts"),
    ("POST", "/v1/time-entries"),
    ("POST", "/v1/consents"),
    ("POST", "/v1/evaluations"),
    ("GET", "/v1/patients/p1/facts"),
    ("GET", "/v1/practice/facts"),
    ("GET", "/v1/patients/p1/months/2026-03/determination"),
    ("GET", "/v1/months/2026-03/simultaneous-work"),
    ("GET", "/v1/months/2026-03/worklist"),
    ("GET", "/v1/events"),
]


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_a_key_is_needed(nobody: httpx.AsyncClient, method: str, path: str) -> None:
    # The key is asked for before anything else is judged: not even a bad parameter is told to a stranger.
    for query in ("", "?nonsense=1"):
        answer = await nobody.request(method, path + query)
        is_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer ", "Bearer nonsense", "Basic Y206", "Bearer a\x80b", "x" * 5000]
)
async def test_a_wrong_key_is_no_key(nobody: httpx.AsyncClient, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}
    is_problem(await nobody.get("/v1/practice/facts", headers=headers), 401)  # type: ignore[arg-type]


async def test_two_keys_are_no_key(client: httpx.AsyncClient) -> None:
    good = client.headers["Authorization"]
    for pair in ((good, "Bearer nonsense"), ("Bearer nonsense", good), (good, good)):
        headers = [("Authorization", each) for each in pair]
        is_problem(await client.get("/v1/practice/facts", headers=headers), 401)


async def test_unknown_paths(client: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    for path in ("/v2", "/v1", "/v1/facts/", "/v1/patients/a/b/facts", "/v1/patients//facts", "/problems/nonsense"):
        is_problem(await client.get(path), 404)
    is_problem(await nobody.post("/v1/nonsense"), 404)


async def test_every_problem_has_a_page(nobody: httpx.AsyncClient) -> None:
    assert set(MEANINGS) == {problem.slug for problem in leaves()}
    for problem in leaves():
        told = (await nobody.get(type_of(problem))).json()
        assert told["type"] == type_of(problem)
        assert told["meaning"]
        page = await nobody.get(type_of(problem), headers={"Accept": "text/html,*/*"})
        assert page.headers["content-type"].startswith("text/html")
        assert problem.title in page.text
    assert len((await nobody.get("/problems")).json()) == len(MEANINGS)
    assert "<li>" in (await nobody.get("/problems", headers={"Accept": "text/html"})).text


async def test_a_fault_of_ours_tells_nothing(
    app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, entry: dict[str, Any]
) -> None:
    engine = app.state.engine
    app.state.engine = None
    try:
        is_problem(await client.post("/v1/facts", json=entry), 503)
        del app.state.engine
        with caplog.at_level(logging.INFO):
            answer = await client.post("/v1/facts", json=entry)
        assert is_problem(answer, 500)["detail"].startswith("The request failed")
        assert "AttributeError" not in answer.text
    finally:
        app.state.engine = engine
    assert any(getattr(record, "request_id", None) == answer.headers["x-request-id"] for record in caplog.records)


async def test_logs_name_no_patient(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, entry: dict[str, Any], practice: UUID
) -> None:
    with caplog.at_level(logging.DEBUG, logger="app"):
        await client.post("/v1/facts", json=entry | {"patient": "very-private", "performer": "very-private"})
        await client.get("/v1/patients/very-private/facts")
    ours = [record for record in caplog.records if record.name.startswith("app")]
    assert ours
    assert "very-private" not in "".join(str(vars(record)) for record in ours)
    assert str(practice) not in "".join(record.getMessage() for record in ours)


@pytest.mark.parametrize("path", ["/healthz", "/v1/practice/facts", "/nonsense", "/docs"])
async def test_every_answer_has_an_id_and_is_kept_by_nobody(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(path)).headers["x-request-id"] != answer.headers["x-request-id"]


@pytest.mark.parametrize("given", ["very-private", "0f8fad5b-d9cb-469f-a165-70867728950e"])
async def test_an_id_sent_along_is_not_ours_to_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    """References of patients are often UUIDs, so not even the form of one makes an id harmless."""
    with caplog.at_level(logging.DEBUG, logger="app"):
        answer = await client.get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] != given
    ours = [record for record in caplog.records if record.name.startswith("app")]
    assert answer.headers["x-request-id"] in [getattr(record, "request_id", None) for record in ours]
    assert given not in "".join(str(vars(record)) for record in ours)
