"""Sixteen clients on a network that cuts connections: each key is carried out exactly once.

Each key is sent one to five times, by whichever thread comes to it; some connections are cut in the middle of the body,
some before the answer is read. Then whoever has no answer yet asks until there is one. `make slow` takes more keys, other
ones every time.
"""

import asyncio
import http.client
import json
import os
import random
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key
from tests.api.conftest import calling
from tests.api.serving import served

THREADS = 16
KEYS = 20 * int(os.environ.get("SLOW_EXAMPLES", "3"))
SEED = int(os.environ.get("SLOW_SEED", "20260312"))
PATIENTS = 40


class Answer(NamedTuple):
    status: int
    replayed: bool
    body: bytes


class Client:
    """One sender: its address, its credential, and what it was answered under each key."""

    def __init__(self, port: int, api_key: str) -> None:
        self.port, self.api_key = port, api_key
        self.answers: dict[int, list[Answer]] = {key: [] for key in range(KEYS)}

    def send(self, key: int, *, cut: str | None = None) -> Answer | None:
        """None where the connection was cut."""
        path, body = written(key)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest("POST", path)
            connection.putheader("Authorization", f"Bearer {self.api_key}")
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Idempotency-Key", f"key-{key}")
            connection.endheaders()
            connection.send(body[: len(body) // 2] if cut == "body" else body)
            if cut is not None:
                # At once and without a farewell, as when a cable is pulled.
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return None
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers["Idempotency-Replayed"] == "true", answer.read())
        finally:
            connection.close()

    def attempt(self, key: int, cut: str | None) -> None:
        answer = self.send(key, cut=cut)
        if answer is not None:
            assert answer.status in {200, 201, 409, 503}, answer.body
            if answer.status < 300:
                self.answers[key].append(answer)

    def ask_until_answered(self, key: int) -> None:
        while not self.answers[key]:
            self.attempt(key, None)


def written(key: int) -> tuple[str, bytes]:
    """The request that a key stands for: of three calls, about one of a few patients, so that they contend."""
    path = ("/v1/facts", "/v1/facts?partial=true", "/v1/consents")[key % 3]
    consent = {"kind": "consent", "id": f"c{key}", "patient": f"p{key % PATIENTS}", "action": "given", "program": "ccm",
               "on": "2026-03-02"}  # fmt: skip
    body: Any = {"facts": [consent, *([{"kind": "nonsense"}] if "partial" in path else [])]}
    return path, json.dumps(body).encode()


def send_everything(client: Client) -> None:
    chance = random.Random(SEED)
    sendings = [
        (key, chance.choice([None, None, "answer", "body"])) for key in range(KEYS) for _ in range(chance.randint(1, 5))
    ]
    chance.shuffle(sendings)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(client.attempt, *zip(*sendings, strict=True)))
        list(threads.map(client.ask_until_answered, range(KEYS)))


async def stored(client: httpx.AsyncClient) -> list[str]:
    found = []
    for patient in range(PATIENTS):
        path = f"/v1/patients/p{patient}/facts?limit=1000"
        facts = (await client.get(path)).json().get("facts", [])
        assert [fact["position"] for fact in facts] == list(range(1, len(facts) + 1))
        found += [fact["id"] for fact in facts]
    return found


async def test_each_key_has_exactly_one_effect(
    app: FastAPI, database_url: str, owner_engine: AsyncEngine, practice: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    api_key = await create_key(owner_engine, practice, "ehr")
    with served(database_url) as port:
        client = Client(port, api_key)
        await asyncio.to_thread(send_everything, client)
    # What a cut connection takes with it is no fault of ours, and nobody is to be woken by it.
    assert not [record for record in caplog.records if record.levelname == "ERROR"], SEED
    for key, answers in client.answers.items():
        assert len({(answer.status, answer.body) for answer in answers}) == 1, (SEED, key)
        assert sum(not answer.replayed for answer in answers) <= 1, (SEED, key)
        # The first to be carried out is what everybody is told of: nobody hears of a duplicate.
        assert answers[0].status == 201, (SEED, key)
        assert json.loads(answers[0].body)["results"][0]["outcome"] == "stored", (SEED, key)
    async with calling(app, api_key) as asking:
        assert sorted(await stored(asking)) == sorted(f"c{key}" for key in range(KEYS)), SEED
    async with owner_engine.connect() as connection:
        asked = text("SELECT count(*) FROM idempotency_key WHERE tenant = :tenant")
        assert (await connection.execute(asked, {"tenant": practice})).scalar_one() == KEYS
