"""Recording facts over HTTP."""

from typing import Any

import httpx
import pytest

from app.api.documents.fact_examples import EXAMPLES, example
from app.determination.facts import KINDS, PatientFact, Retraction

Entry = dict[str, Any]
CONSENT = {"id": "c1", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-02-01"}
SETTING = {"kind": "setting", "id": "s1", "type": "physician_office"}


async def ledger(client: httpx.AsyncClient, patient: str = "p1") -> list[Entry]:
    answer = await client.get(f"/v1/patients/{patient}/facts")
    return list(answer.json()["facts"]) if answer.status_code == 200 else []


async def test_a_fact_is_recorded_with_position_and_time(client: httpx.AsyncClient, entry: Entry) -> None:
    answer = await client.post("/v1/facts", json={"facts": [entry, SETTING]})
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["stored"], receipt["duplicates"], receipt["rejected"]) == (2, 0, 0)
    first, second = receipt["results"]
    assert first | {"recorded_at": None} == {
        "index": 0, "outcome": "stored", "kind": "time_entry", "id": "t1", "patient": "p1", "position": 1,
        "recorded_at": None,
    }  # fmt: skip
    assert "patient" not in second
    assert second["position"] == 1


@pytest.mark.parametrize("shape", ["envelope", "list", "single"])
async def test_three_shapes_are_read_alike(client: httpx.AsyncClient, entry: Entry, shape: str) -> None:
    body = {"envelope": {"facts": [entry]}, "list": [entry], "single": entry}[shape]
    answer = await client.post("/v1/facts", json=body)
    assert answer.status_code == 201
    assert len(await ledger(client)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_the_example_of_each_kind_can_be_sent(client: httpx.AsyncClient, kind: str) -> None:
    fact = example(kind, about_patient=issubclass(KINDS[kind], PatientFact | Retraction))
    if kind == "retraction":
        target = EXAMPLES[fact["retracts"]["kind"]]
        assert (await client.post("/v1/facts", json=target)).status_code == 201
    answer = await client.post("/v1/facts", json=fact)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("named", [True, False])
async def test_the_two_most_used_kinds_have_their_own_address(
    client: httpx.AsyncClient, entry: Entry, *, named: bool
) -> None:
    if not named:
        del entry["kind"]
    assert (await client.post("/v1/time-entries", json=[entry, entry | {"id": "t2"}])).json()["stored"] == 2
    assert (await client.post("/v1/consents", json=CONSENT)).status_code == 201
    assert [fact["kind"] for fact in await ledger(client)] == ["time_entry", "time_entry", "consent"]


async def test_another_kind_is_not_taken_there(client: httpx.AsyncClient, entry: Entry) -> None:
    answer = await client.post("/v1/consents", json={"facts": [CONSENT, entry]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/facts/1/kind"
    assert await ledger(client) == []


async def test_sending_again_stores_nothing(client: httpx.AsyncClient, entry: Entry) -> None:
    first = await client.post("/v1/facts", json=entry)
    second = await client.post("/v1/facts", json=entry | {"seconds": 1500.0, "activity": None})
    assert second.status_code == 200
    result = second.json()["results"][0]
    assert result["outcome"] == "duplicate"
    assert result["position"] == first.json()["results"][0]["position"]
    assert len(await ledger(client)) == 1


async def test_one_id_with_two_contents_is_a_conflict(client: httpx.AsyncClient, entry: Entry) -> None:
    await client.post("/v1/facts", json=entry)
    answer = await client.post("/v1/facts", json={"facts": [entry | {"id": "t2"}, entry | {"seconds": 60}]})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"].startswith("/facts/1")
    assert len(await ledger(client)) == 1


async def test_two_sources_may_use_one_id(client: httpx.AsyncClient, vendor: httpx.AsyncClient, entry: Entry) -> None:
    await client.post("/v1/facts", json=entry)
    assert (await vendor.post("/v1/facts", json=entry | {"seconds": 60})).status_code == 201
    assert [fact["source"] for fact in await ledger(client)] == ["ehr", "rpm-vendor"]


async def test_correct_and_retract(client: httpx.AsyncClient, entry: Entry) -> None:
    await client.post("/v1/facts", json=entry)
    correction = entry | {"id": "t2", "seconds": 60, "corrects": "t1"}
    retraction = {"kind": "retraction", "id": "r1", "patient": "p1", "reason": "wrong patient",
                  "retracts": {"kind": "time_entry", "id": "t2"}}  # fmt: skip
    assert (await client.post("/v1/facts", json=[correction, retraction])).status_code == 201
    again = await client.post("/v1/facts", json=entry | {"id": "t3", "corrects": "t1"})
    assert again.status_code == 409
    assert again.json()["errors"][0]["pointer"] == "/corrects"
    absent = await client.post("/v1/facts", json=entry | {"id": "t4", "corrects": "nothing"})
    assert absent.status_code == 409


async def test_a_list_has_pointers_without_an_envelope(client: httpx.AsyncClient, entry: Entry) -> None:
    answer = await client.post("/v1/facts", json=[entry, entry | {"id": "t2", "seconds": 0}])
    assert answer.json()["errors"] == [{"detail": "A whole number from 1 to 86,400.", "pointer": "/1/seconds"}]


async def test_partly(client: httpx.AsyncClient, entry: Entry) -> None:
    await client.post("/v1/facts", json=entry)
    facts = [
        entry,
        entry | {"seconds": 61},
        entry | {"id": "t2"},
        {**entry, "id": "t3", "seconds": "300"},
        {"kind": "nonsense"},
        7,
    ]
    answer = await client.post("/v1/facts?partial=true", json={"facts": facts})
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["stored"], receipt["duplicates"], receipt["rejected"]) == (1, 1, 4)
    assert [result["outcome"] for result in receipt["results"]] == [
        "duplicate", "rejected", "stored", "rejected", "rejected", "rejected",
    ]  # fmt: skip
    # What was sent is not said again, whichever of the two refused it: what reads a fact, or the ledger.
    rejected = [result for result in receipt["results"] if result["outcome"] == "rejected"]
    assert [sorted(result) for result in rejected] == [["errors", "index", "outcome"]] * 4
    assert receipt["results"][3]["errors"][0]["pointer"] == "/facts/3/seconds"
    assert receipt["results"][1]["errors"][0]["pointer"].startswith("/facts/1")
    assert [fact["position"] for fact in await ledger(client)] == [1, 2]


async def test_partly_with_nothing_good_is_still_an_answer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/facts?partial=true", json=[{"kind": "death", "id": "d"}])
    assert answer.status_code == 200
    assert answer.json()["rejected"] == 1


async def test_a_thousand_at_once_and_no_more(client: httpx.AsyncClient, entry: Entry) -> None:
    thousand = [entry | {"id": f"t{number}", "seconds": 1 + number} for number in range(1_000)]
    assert (await client.post("/v1/facts", json=thousand)).json()["stored"] == 1_000
    more = await client.post("/v1/facts", json={"facts": [*thousand, entry | {"id": "one more"}]})
    assert more.status_code == 422
    assert more.json()["errors"][0]["pointer"] == "/facts"


async def test_the_time_zone_stays_once_a_patient_is_recorded(client: httpx.AsyncClient, entry: Entry) -> None:
    await client.post("/v1/facts", json=entry)
    practice = {"kind": "practice", "id": "practice", "time_zone": "America/Denver"}
    answer = await client.post("/v1/facts", json=practice)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/time_zone"
