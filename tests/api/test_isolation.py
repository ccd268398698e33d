"""What is not yours is not there: the neighbour's patient through every call."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

READS = [
    "/v1/patients/p1/facts",
    "/v1/patients/p1/facts?kind=time_entry&month=2026-03",
    "/v1/patients/p1/months/2026-03/determination",
]


@pytest.mark.parametrize("path", READS)
async def test_the_neighbours_patient_is_unknown(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, entry: dict[str, Any], path: str
) -> None:
    assert (await client.post("/v1/facts", json=entry)).status_code == 201
    assert (await client.get(path)).status_code == 200
    theirs = await neighbour.get(path)
    assert theirs.status_code == 404
    never_heard_of = await neighbour.get(path.replace("p1", "p2"))
    assert theirs.json() == never_heard_of.json()


async def test_the_same_references_are_two_patients(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, entry: dict[str, Any]
) -> None:
    assert (await client.post("/v1/facts", json=entry)).status_code == 201
    assert (await neighbour.post("/v1/facts", json=entry | {"seconds": 60})).status_code == 201
    (mine,) = (await client.get("/v1/patients/p1/facts")).json()["facts"]
    (theirs,) = (await neighbour.get("/v1/patients/p1/facts")).json()["facts"]
    assert (mine["seconds"], theirs["seconds"]) == (1500, 60)
    assert mine["position"] == theirs["position"] == 1


async def test_what_a_neighbour_recorded_can_be_neither_corrected_nor_retracted(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, entry: dict[str, Any]
) -> None:
    await client.post("/v1/facts", json=entry)
    correction = entry | {"id": "t2", "corrects": "t1"}
    assert (await neighbour.post("/v1/facts", json=correction)).status_code == 409
    retraction = {"kind": "retraction", "id": "r", "patient": "p1", "reason": "x",
                  "retracts": {"kind": "time_entry", "id": "t1"}}  # fmt: skip
    assert (await neighbour.post("/v1/facts", json=retraction)).status_code == 409


async def test_practice_facts_are_the_practices_own(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    await client.post("/v1/facts", json={"kind": "setting", "id": "s", "type": "rhc"})
    assert (await neighbour.get("/v1/practice/facts")).json() == {"facts": []}


async def test_a_cursor_of_the_neighbours_does_not_fit(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, entry: dict[str, Any]
) -> None:
    for caller in (client, neighbour):
        await caller.post("/v1/facts", json=[entry, entry | {"id": "t2"}])
    cursor = (await client.get("/v1/patients/p1/facts?limit=1")).json()["next_cursor"]
    assert (await neighbour.get("/v1/patients/p1/facts", params={"cursor": cursor})).status_code == 422


def test_every_call_is_among_those_tried(app: FastAPI) -> None:
    """A new call with a patient in its path must be added above."""
    named = {path for path in app.openapi()["paths"] if "{patient}" in path}
    tried = {path.split("?")[0].replace("p1", "{patient}").replace("2026-03", "{month}") for path in READS}
    assert named == tried
