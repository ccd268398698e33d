"""Deciding a month from what is stored."""

from typing import Any

import httpx
import pytest

from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.determination.facts import KINDS

PATH = "/v1/patients/p1/months/2026-03/determination"
FACTS = [
    fact | ({"patient": "p1"} if KINDS[fact["kind"]].about_patient else {}) for fact in EVALUATION_REQUEST["facts"]
]


async def test_a_stored_month_is_decided(client: httpx.AsyncClient) -> None:
    await client.post("/v1/facts", json=FACTS)
    answer = await client.get(PATH)
    assert answer.status_code == 200, answer.text
    determination = answer.json()
    assert determination["patient"] == "p1"
    assert [line["code"] for line in determination["claim_lines"]] == ["99490", "99439"]
    assert determination["positions"]["patient"] == sum("patient" in fact for fact in FACTS)
    assert {entry["source"] for entry in determination["time"]["entries"]} == {"ehr"}
    assert (await client.get(PATH)).content == answer.content


async def test_a_correction_changes_the_answer_and_the_old_one_can_still_be_had(client: httpx.AsyncClient) -> None:
    receipt = (await client.post("/v1/facts", json=FACTS)).json()
    known = receipt["results"][-1]["recorded_at"]
    correction = FACTS[-1] | {"id": "mended", "corrects": FACTS[-1]["id"], "seconds": 1}
    assert (await client.post("/v1/facts", json=correction)).status_code == 201
    now = (await client.get(PATH)).json()
    assert [line["code"] for line in now["claim_lines"]] == ["99490"]
    then = (await client.get(PATH, params={"known_as_of": known})).json()
    assert [line["code"] for line in then["claim_lines"]] == ["99490", "99439"]
    assert then["known_as_of"] == known


async def test_a_known_patient_has_an_answer_for_any_month(client: httpx.AsyncClient, entry: dict[str, Any]) -> None:
    await client.post("/v1/facts", json=entry)
    answer = await client.get("/v1/patients/p1/months/2025-05/determination")
    assert answer.status_code == 200
    assert answer.json()["status"] == "not_billable"


async def test_an_unknown_patient_has_none(client: httpx.AsyncClient, entry: dict[str, Any]) -> None:
    for path in (PATH, PATH.replace("p1", "x" * 500), PATH.replace("p1", "a%00")):
        assert (await client.get(path)).status_code == 404
    await client.post("/v1/facts", json=entry)
    assert (await client.get(PATH, params={"known_as_of": "2020-01-01T00:00:00Z"})).status_code == 404


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-3", "202603", "2014-12", "2028-01", "0000-01", "march", "2026-03%0A"]
)
async def test_months_that_cannot_be_decided(client: httpx.AsyncClient, entry: dict[str, Any], month: str) -> None:
    await client.post("/v1/facts", json=entry)
    answer = await client.get(f"/v1/patients/p1/months/{month}/determination")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == "month"


@pytest.mark.parametrize("known_as_of", ["2199-01-01T00:00:00Z", "2026-03-01", "2026-03-01T00:00:00", "now", ""])
async def test_instants_that_cannot_be_answered_for(
    client: httpx.AsyncClient, entry: dict[str, Any], known_as_of: str
) -> None:
    await client.post("/v1/facts", json=entry)
    answer = await client.get(PATH, params={"known_as_of": known_as_of})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == "known_as_of"
