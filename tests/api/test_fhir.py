"""`POST /fhir` as an EHR meets it: over HTTP, on a real database."""

import copy
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ledger.read import page
from app.postgres.transaction import transaction
from tests.channels import fhir_examples as fhir

SAMPLES = Path(os.environ.get("SAMPLE_FILES", "")) / "fhir" / "synthea"


@pytest.fixture
def ehr(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The practice's EHR, which says that it sends FHIR."""
    client.headers["Content-Type"] = "application/fhir+json"
    return client


async def send(ehr: httpx.AsyncClient, bundle: Any) -> httpx.Response:
    return await ehr.post("/fhir", content=json.dumps(bundle).encode())


async def kinds(engine: AsyncEngine, tenant: UUID, stream: str) -> Counter[str]:
    async with transaction(engine, tenant) as connection:
        return Counter(stored.fact.kind for stored in await page(connection, tenant, stream, limit=1000))


async def test_a_bundle_is_answered_entry_by_entry(ehr: httpx.AsyncClient, engine: AsyncEngine, practice: UUID) -> None:
    answer = await send(ehr, fhir.whole_bundle())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json"
    body = answer.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", "transaction-response")
    responses = [entry["response"] for entry in body["entry"]]
    assert [each["status"][:3] for each in responses] == ["200", "201", "201", "201", "201", "200"]
    assert all(each["outcome"]["resourceType"] == "OperationOutcome" for each in responses)
    assert all(each["outcome"]["issue"] for each in responses)
    (observation,) = responses[-1]["outcome"]["issue"]
    assert observation["code"] == "not-supported"
    assert observation["expression"] == ["Bundle.entry[5].resource"]
    assert await kinds(engine, practice, "ada") == {"condition": 1, "visit": 1, "care_plan": 1}


async def test_a_second_sending_stores_nothing(ehr: httpx.AsyncClient, engine: AsyncEngine, practice: UUID) -> None:
    await send(ehr, fhir.whole_bundle())
    before = await kinds(engine, practice, "ada")
    again = await send(ehr, fhir.whole_bundle())
    assert {entry["response"]["status"] for entry in again.json()["entry"]} == {"200 OK"}
    assert await kinds(engine, practice, "ada") == before


async def test_a_batch_is_answered_as_a_batch(ehr: httpx.AsyncClient) -> None:
    answer = await send(ehr, fhir.bundle(fhir.patient(), type="batch"))
    assert answer.json()["type"] == "batch-response"


async def test_an_empty_bundle_is_a_bundle(ehr: httpx.AsyncClient) -> None:
    answer = await send(ehr, fhir.bundle())
    assert (answer.status_code, answer.json()["entry"]) == (200, [])


async def test_narrative_may_have_lines(ehr: httpx.AsyncClient) -> None:
    text = {"status": "generated", "div": "<div>one\n\ttwo</div>"}
    assert (await send(ehr, fhir.bundle(fhir.patient(text=text)))).status_code == 200


async def test_what_is_wrong_is_named_and_nothing_is_stored(
    ehr: httpx.AsyncClient, engine: AsyncEngine, practice: UUID
) -> None:
    bundle = fhir.bundle(fhir.patient(), fhir.practitioner(), fhir.condition(), fhir.encounter(status="SECRET"))
    answer = await send(ehr, bundle)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/fhir+json"
    (issue,) = answer.json()["issue"]
    assert issue["severity"] == "error"
    assert issue["expression"] == ["Bundle.entry[3].resource.status"]
    assert "SECRET" not in answer.text
    assert not await kinds(engine, practice, "ada")
    assert not await kinds(engine, practice, "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"Bundle"', 422),
        (b'{"resourceType": "Patient", "id": "ada"}', 422),
        (b'{"resourceType": "Bundle", "resourceType": "Bundle"}', 422),
        (b'{"resourceType": "Bundle", "type": "transaction", "entry": [{"a": "\\u0000"}]}', 422),
        (b"[" * 100_000, 400),
    ],
)
async def test_what_is_no_bundle(ehr: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await ehr.post("/fhir", content=body)
    assert answer.status_code == status
    assert "json" in answer.headers["content-type"]


async def test_a_key_is_needed(ehr: httpx.AsyncClient) -> None:
    answer = await ehr.post("/fhir", content=b"{}", headers={"Authorization": "Bearer nobody"})
    assert answer.status_code == 401


async def test_nobody_sees_the_neighbours_facts(
    ehr: httpx.AsyncClient, engine: AsyncEngine, other_practice: UUID
) -> None:
    await send(ehr, fhir.whole_bundle())
    assert not await kinds(engine, other_practice, "ada")


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from nodes(member, (*path, name))


async def test_no_broken_bundle_breaks_us(ehr: httpx.AsyncClient) -> None:
    """Each node of a Bundle dropped once, and replaced by something it cannot be."""
    whole = fhir.whole_bundle()
    chance = random.Random(20240311)
    statuses = Counter[int]()
    for path in nodes(whole):
        for replacement in (None, chance.choice([[], {}, "", "\ud800", 10**25, 0.1, True, "2024-02-30", "Patient/x"])):
            bundle: Any = copy.deepcopy(whole)
            holder = bundle
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = replacement
            statuses[(await send(ehr, bundle)).status_code] += 1
    assert set(statuses) <= {200, 400, 409, 422}
    assert statuses[200]
    assert statuses[422]


@pytest.mark.skipif("SAMPLE_FILES" not in os.environ, reason="SAMPLE_FILES names no folder")
@pytest.mark.parametrize("name", ["Gayla_Ferry", "Max_Dicki"])
async def test_a_synthea_patient_as_it_is(
    ehr: httpx.AsyncClient, engine: AsyncEngine, practice: UUID, name: str
) -> None:
    (path,) = SAMPLES.glob(f"{name}_*.json")
    body = path.read_bytes()
    patient = next(
        entry["resource"]["id"] for entry in json.loads(body)["entry"] if entry["resource"]["resourceType"] == "Patient"
    )
    started = time.perf_counter_ns()
    first = await ehr.post("/fhir", content=body)
    assert time.perf_counter_ns() - started < 1_000_000_000
    assert first.status_code == 200
    stored = await kinds(engine, practice, patient)
    plans, visits = {"Gayla_Ferry": (1, 16), "Max_Dicki": (2, 17)}[name]
    assert stored == {"condition": 6, "care_plan": plans, "visit": visits}
    not_used = [
        issue
        for entry in first.json()["entry"]
        for issue in entry["response"]["outcome"]["issue"]
        if issue["code"] == "not-supported"
    ]
    assert len(not_used) > 150
    again = await ehr.post("/fhir", content=body)
    assert {entry["response"]["status"] for entry in again.json()["entry"]} == {"200 OK"}
    assert await kinds(engine, practice, patient) == stored


async def test_the_documents_example_is_answered_as_it_says(ehr: httpx.AsyncClient) -> None:
    operation = (await ehr.get("/openapi.json")).json()["paths"]["/fhir"]["post"]
    sent = operation["requestBody"]["content"]["application/fhir+json"]["examples"]["condition"]["value"]
    shown = operation["responses"]["200"]["content"]["application/fhir+json"]["examples"]["example"]["value"]
    assert (await send(ehr, sent)).json() == shown
