"""A secret put into every place of every call stands in no refusal and in no log line."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from app import logs

CANARY = "JaneRoe1950"
"""Letters and digits only: a name that could pass for a field's."""


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def everywhere(value: Any) -> Iterator[Any]:
    """The value with the secret in place of each part, and as the name of one more member of each object."""
    yield CANARY
    yield [CANARY]
    yield {CANARY: CANARY}
    if isinstance(value, dict):
        yield value | {CANARY: 1}
        yield value | {CANARY: {CANARY: ["\x00", 10**30]}}
        for name, member in value.items():
            yield {(CANARY if each == name else each): other for each, other in value.items()}
            yield from (value | {name: changed} for changed in everywhere(member))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            for changed in everywhere(member):
                yield [*value[:index], changed, *value[index + 1 :]]


def bodies(operation: dict[str, Any]) -> Iterator[bytes]:
    for media in operation.get("requestBody", {"content": {}})["content"].values():
        for example in media["examples"].values():
            for changed in everywhere(example["value"]):
                yield json.dumps(changed).encode()
    yield from (
        CANARY.encode(),
        f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode(),
        f'{{"{CANARY}": NaN}}'.encode(),
        f'{{"{CANARY}": {CANARY}}}'.encode(),
        f'{{"x": "{CANARY}'.encode(),
        f'"{CANARY}\xff'.encode("latin-1"),
        f'{{"{CANARY}\\ud800": "{CANARY}\\u0000"}}'.encode(),
        json.dumps({CANARY: [[[{CANARY: "\x00"}]]]}).encode(),
        json.dumps([CANARY] * 20_000).encode(),
    )


def requests(method: str, path: str, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    plain = path.replace("{patient}", "p1").replace("{month}", "2026-03").replace("{slug}", "invalid")
    usual: dict[str, Any] = {"method": method, "url": plain}
    if method == "POST":
        usual |= {"content": b"{}", "headers": {"Content-Type": "application/json"}}
    headers: dict[str, Any] = usual.get("headers", {})
    yield usual | {"url": path.replace("{patient}", CANARY).replace("{month}", CANARY)}
    yield usual | {"url": path.replace("{patient}", quote(f"{CANARY}\x00/")).replace("{month}", f"{CANARY}%0D%0A")}
    yield usual | {"url": f"{plain}/{CANARY}"}
    yield usual | {"params": {CANARY: "1"}}
    yield usual | {"params": {CANARY: CANARY, f"x-{CANARY}": CANARY}}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            yield usual | {"params": {parameter["name"]: CANARY}}
            yield usual | {"params": {parameter["name"]: [CANARY, CANARY]}}
    for name, value in [
        ("Authorization", f"Bearer {CANARY}"),
        ("Authorization", f"Bearer cm_{CANARY.ljust(43, 'x')}"),
        ("Authorization", CANARY),
        ("Accept", f"text/{CANARY}"),
        ("Accept", CANARY),
        ("Content-Type", f"text/{CANARY}"),
        ("Content-Type", f"application/json; charset={CANARY}"),
        ("Content-Encoding", CANARY),
        ("X-Request-ID", CANARY),
        ("Cookie", f"{CANARY}={CANARY}"),
        (f"X-{CANARY}", CANARY),
    ]:
        yield usual | {"headers": {**headers, name: value}}
    yield usual | {"method": CANARY.upper()}
    yield from (usual | {"content": body} for body in bodies(operation) if method == "POST")


async def test_no_refusal_and_no_log_repeats_what_was_sent(
    app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    sent = refused = 0
    with caplog.at_level(logging.DEBUG, logger="app"):
        for method, path, operation in operations(app):
            for request in requests(method, path, operation):
                answer = await client.request(**request)
                sent += 1
                assert answer.status_code < 500, (path, answer.text)
                if answer.status_code >= 400:
                    refused += 1
                    told = answer.text + str(answer.headers)
                    assert CANARY.lower() not in told.lower(), (method, path, request, told)
    assert refused > 1_000, (sent, refused)
    form = logs.Plain()
    written = "\n".join(form.format(record) for record in caplog.records if record.name.startswith(("app", "uvicorn")))
    assert written.count(" request ") >= sent
    assert CANARY.lower() not in written.lower()
