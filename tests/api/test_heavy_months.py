"""A month that takes long to determine, or a body that takes long to read, keeps nobody else waiting."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.api import json_body
from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.api.json_text import read_json
from app.api.routes import evaluations
from app.months import decide, evaluate

ENROLLED, WORKED = 400, 1_500
FACTS: list[dict[str, Any]] = [
    *EVALUATION_REQUEST["facts"],
    *(
        {"kind": "enrollment", "id": f"enrolled-{number}", "program": "ccm", "practitioner": f"DR_{number}",
         "from": "2026-02-01"}
        for number in range(ENROLLED)
    ),
    *(
        {"kind": "time_entry", "id": f"worked-{number}", "program": "ccm", "performer": f"RN_{number % 40}",
         "role": "clinical_staff", "started_at": f"2026-03-{number % 28 + 1:02}T{9 + number % 8:02}:{number % 60:02}:00Z",
         "ended_at": f"2026-03-{number % 28 + 1:02}T{9 + number % 8:02}:{number % 60:02}:50Z"}
        for number in range(WORKED)
    ),
]  # fmt: skip


class Watched:
    """The real computation, telling when it began and when it was done."""

    def __init__(self, compute: Callable[..., bytes]) -> None:
        self.compute, self.begun, self.done = compute, threading.Event(), threading.Event()

    def __call__(self, *asked: Any) -> bytes:
        self.begun.set()
        try:
            return self.compute(*asked)
        finally:
            self.done.set()


async def answered_meanwhile(
    client: httpx.AsyncClient, watched: Watched, question: asyncio.Task[httpx.Response]
) -> None:
    async with asyncio.timeout(120):
        assert await asyncio.to_thread(watched.begun.wait, 60)
        health = await client.get("/healthz")
        first = not watched.done.is_set()
        answer = await question
    assert health.status_code == 200
    assert first, "It was done before anybody else was answered."
    assert answer.status_code == 200, answer.text


async def test_an_evaluation_lets_others_be_answered(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(evaluate.evaluate)
    monkeypatch.setattr(evaluations, "evaluate", watched)
    asked = client.post("/v1/evaluations", json=EVALUATION_REQUEST | {"facts": FACTS})
    await answered_meanwhile(client, watched, asyncio.create_task(asked))


async def test_a_determination_lets_others_be_answered(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_the_practice = {"practitioner", "setting", "capability"}
    facts = [fact if fact["kind"] in about_the_practice else fact | {"patient": "p1"} for fact in FACTS]
    for some in (facts[:1_000], facts[1_000:]):
        assert (await client.post("/v1/facts", json=some)).status_code == 201
    watched = Watched(decide.decided)
    monkeypatch.setattr(decide, "decided", watched)
    asked = client.get("/v1/patients/p1/months/2026-03/determination")
    await answered_meanwhile(client, watched, asyncio.create_task(asked))


async def test_a_large_body_lets_others_be_answered(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, others_answered = threading.Event(), threading.Event()

    def read_once_others_are_answered(*asked: Any, **named: Any) -> Any:
        begun.set()
        assert others_answered.wait(20), "Nobody else was answered while the body was being read."
        return read_json(*asked, **named)

    monkeypatch.setattr(json_body, "read_json", read_once_others_are_answered)
    asked = asyncio.create_task(client.post("/v1/evaluations", json=EVALUATION_REQUEST | {"facts": FACTS}))
    assert await asyncio.to_thread(begun.wait, 20)
    assert (await client.get("/healthz")).status_code == 200
    others_answered.set()
    assert (await asked).status_code == 200
