"""What two practices write under one key, at one moment, about what has one name, is each practice's own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ledger.append import append
from app.postgres.transaction import transaction
from tests.api import months
from tests.api.three_ways import WAYS, reaching
from tests.channels import fhir_examples as fhir
from tests.ledger.statements import fact

Json = dict[str, Any]

KEY: Final = {"Idempotency-Key": "the-same"}
OF_MONTH: Final = "/v1/patients/{patient}/months/{month}"
ENTRY: Final = months.call("one-more", 30)
REPLAYED: Final = "idempotency-replayed"

WRITES: Final[dict[str, tuple[str, Any]]] = {
    "/v1/facts": ("/v1/facts", ENTRY),
    "/v1/time-entries": ("/v1/time-entries", {name: value for name, value in ENTRY.items() if name != "kind"}),
    "/v1/consents": (
        "/v1/consents", {"id": "c", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-03-02"},
    ),
    f"{OF_MONTH}/close": ("/v1/patients/p1/months/2026-02/close", months.SAID),
    f"{OF_MONTH}/reopen": (f"{months.MONTH}/reopen", months.SAID),
    f"{OF_MONTH}/amendments": (f"{months.MONTH}/amendments", months.SAID | {"decision": "accepted"}),
    "/v1/months/{month}/close": ("/v1/months/2026-01/close", months.SAID),
    "/v1/months/{month}/runs": ("/v1/months/2026-03/runs", {}),
    "/v1/runs/{run}/cancel": ("/v1/runs/{run}/cancel", None),
    "/fhir": ("/fhir", fhir.whole_bundle()),
}  # fmt: skip
"""For each call that takes a key, where and what is sent once `prepared`."""


@pytest.fixture(scope="module", params=WAYS)
async def app(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[FastAPI]:
    async with reaching(database_url, request.param) as app:
        yield app


async def prepared(caller: httpx.AsyncClient, minutes: int) -> str:
    """March is closed, and an amendment of it waits, whose name comes back."""
    assert (await caller.post("/v1/facts", json=months.usual())).status_code == 201
    assert (await caller.post(f"{months.MONTH}/close", json=months.SAID)).status_code == 201
    assert (await caller.post("/v1/facts", json=months.call("late", minutes))).status_code == 201
    (waiting,) = (await caller.get(f"{months.MONTH}/amendments")).json()["amendments"]
    return str(waiting["amendment"])


def test_every_call_that_takes_a_key_is_tried(app: FastAPI) -> None:
    document = app.openapi()

    def keyed(operation: Json) -> bool:
        return any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ()))

    assert set(WRITES) == {path for path, each in document["paths"].items() if any(map(keyed, each.values()))}


@pytest.mark.parametrize("call", WRITES)
async def test_the_same_request_under_the_same_key_is_done_for_each(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, call: str
) -> None:
    path, sent = WRITES[call]
    answers = []
    for caller in (client, neighbour):
        amendment = await prepared(caller, 30)
        body = sent | {"amendment": amendment} if call.endswith("/amendments") else sent
        run = (await caller.post("/v1/months/2026-03/runs")).json()["id"]
        where = path.format(run=run)
        first = await caller.post(where, json=body, headers=KEY)
        assert first.is_success, first.text
        assert REPLAYED not in first.headers
        answers.append((caller, where, body, first))
    for caller, where, body, first in answers:
        again = await caller.post(where, json=body, headers=KEY)
        assert again.headers[REPLAYED] == "true"
        assert again.content == first.content


async def test_a_key_in_use_next_door_is_free(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID
) -> None:
    async def ours(held: float) -> httpx.Response:
        await asyncio.sleep(held)
        return await client.post("/v1/facts", json=ENTRY, headers=KEY)

    async with transaction(owner_engine, practice) as elsewhere:
        # Ours waits for the ledger; sent again meanwhile, its key is in use.
        await append(elsewhere, practice, "ehr", [fact("consent", "c-held", "p1")])
        waiting = [asyncio.create_task(ours(seconds)) for seconds in (0, 0.1)]
        await asyncio.sleep(0.2)
        theirs = asyncio.create_task(neighbour.post("/v1/facts", json=ENTRY, headers=KEY))
        await asyncio.sleep(0.2)
    first, second = await asyncio.gather(*waiting)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["type"] == "/problems/idempotency-key-in-use"
    receipt = await theirs
    assert receipt.status_code == 201, receipt.text
    assert REPLAYED not in receipt.headers
    assert receipt.json()["stored"] == 1


async def test_an_amendment_of_ours_is_no_amendment_of_theirs(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    """Though theirs waits beside it, for a patient and a month of the same names."""
    ours, theirs = await prepared(client, 30), await prepared(neighbour, 60)
    assert ours != theirs
    decision = months.SAID | {"decision": "accepted"}
    refusals = [
        await neighbour.post(f"{months.MONTH}/amendments", json=decision | {"amendment": named})
        for named in (ours, "0" * 32)
    ]
    assert [refusal.status_code for refusal in refusals] == [409, 409]
    assert refusals[0].json() == refusals[1].json()
    for caller, expected in ((client, ours), (neighbour, theirs)):
        (waiting,) = (await caller.get(f"{months.MONTH}/amendments")).json()["amendments"]
        assert (waiting["amendment"], waiting["state"]) == (expected, "open")
