"""Bodies that cannot be read: one reader refuses them for every call."""

from collections.abc import AsyncIterator

import httpx
import pytest

JSON = {"Content-Type": "application/json"}
PATHS = ["/v1/facts", "/v1/time-entries", "/v1/consents", "/v1/evaluations"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"facts": [}', 400),
        (b"{'facts': []}", 400),
        (b'{"seconds": NaN}', 400),
        (b'{"seconds": -Infinity}', 400),
        (b'{"id": "\xff"}', 400),
        (b'{"id": "\xed\xa0\x80"}', 400),
        (b'\xef\xbb\xbf{"facts": []}', 400),
        (b'{"id": "a\nb"}', 400),
        (b"[" * 50_000, 400),
        (b"[" * 60 + b"]" * 60, 400),
        (b'{"facts": [], "facts": []}', 422),
        (b'{"facts": [{"id": 1, "id": 2}]}', 422),
        (b'{"id": "\\ud800"}', 422),
        (b'{"id": "a\\u0000b"}', 422),
        (b'{"id": "a\\nb"}', 422),
        (b'{"id": "a\xc2\x85b"}', 422),
        (b'{"a\\u0007": 1}', 422),
        (b'{"seconds": 9223372036854775808}', 422),
        (b'{"seconds": ' + b"9" * 5_000 + b"}", 422),
        (b'{"seconds": 1e400}', 422),
        (b'{"seconds": 1e999999999999}', 422),
        (b'{"id": "' + b"x" * 200_000 + b'"}', 422),
    ],
)
async def test_unreadable(client: httpx.AsyncClient, path: str, body: bytes, status: int) -> None:
    answer = await client.post(path, content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


async def test_a_repeated_name_is_pointed_at(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/facts", content=b'{"facts": [{}, {"id": "a", "id": "b"}]}', headers=JSON)
    assert answer.json()["errors"][0]["pointer"] == "/facts/1/id"


@pytest.mark.parametrize("path", PATHS)
async def test_too_large(client: httpx.AsyncClient, path: str) -> None:
    large = b'{"x": "' + b"x" * 1024 * 1024 + b'"}'
    assert (await client.post(path, content=large, headers=JSON)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    assert (await client.post(path, content=chunks(), headers=JSON)).status_code == 413
    claimed = await client.post(path, content=b"{}", headers={**JSON, "Content-Length": "99999999999999999999"})
    assert claimed.status_code == 413


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
async def test_other_media_types(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
    answer = await client.post(path, content=b"{}", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/x+json"])
async def test_json_by_other_names(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/v1/facts", content=b"{}", headers={"Content-Type": media_type})
    assert answer.status_code == 422


async def test_a_whole_number_may_be_written_with_a_point(client: httpx.AsyncClient) -> None:
    body = b"""{"kind": "time_entry", "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1",
                "role": "clinical_staff", "on": "2026-03-12", "seconds": 6.5537e4}"""
    assert (await client.post("/v1/facts", content=body, headers=JSON)).status_code == 201
    facts = (await client.get("/v1/patients/p1/facts")).json()["facts"]
    assert facts[0]["seconds"] == 65537
