"""Reading the ledgers back."""

import base64
import struct
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from app.api import cursors

Entry = dict[str, Any]
PATH = "/v1/patients/p1/facts"


async def record(client: httpx.AsyncClient, *facts: Entry) -> Entry:
    answer = await client.post("/v1/facts", json=list(facts))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_fact_comes_back_as_it_was_stored(client: httpx.AsyncClient) -> None:
    entry = {
        "kind": "time_entry", "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1",
        "role": "clinical_staff", "started_at": "2026-03-12T09:00:00-04:00", "ended_at": "2026-03-12T09:20:00-04:00",
        "live_contact": False,
    }  # fmt: skip
    receipt = await record(client, entry)
    (fact,) = (await client.get(PATH)).json()["facts"]
    assert fact == entry | {
        "started_at": "2026-03-12T13:00:00Z", "ended_at": "2026-03-12T13:20:00Z", "source": "ehr", "position": 1,
        "recorded_at": receipt["results"][0]["recorded_at"],
    }  # fmt: skip


async def test_a_set_comes_back_in_one_order(client: httpx.AsyncClient) -> None:
    topics = ["right_to_stop", "availability", "one_practitioner", "cost_sharing"]
    consent = {"kind": "consent", "id": "c", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-02-01",
               "informed": topics}  # fmt: skip
    await record(client, consent)
    assert (await client.get(PATH)).json()["facts"][0]["informed"] == sorted(topics)


async def test_pages_follow_each_other(client: httpx.AsyncClient, entry: Entry) -> None:
    await record(client, *(entry | {"id": f"t{number}"} for number in range(7)))
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    pages = 0
    while True:
        answer = (await client.get(PATH, params=query)).json()
        pages += 1
        seen += [fact["id"] for fact in answer["facts"]]
        if "next_cursor" not in answer:
            break
        query["cursor"] = answer["next_cursor"]
    assert seen == [f"t{number}" for number in range(7)]
    assert pages == 3


async def test_a_page_that_is_just_full_is_the_last(client: httpx.AsyncClient, entry: Entry) -> None:
    await record(client, entry, entry | {"id": "t2"})
    assert "next_cursor" not in (await client.get(PATH, params={"limit": 2})).json()


async def test_a_cursor_fits_only_its_own_list(client: httpx.AsyncClient, entry: Entry) -> None:
    others = [entry | {"id": f"t{number}", "patient": "p2"} for number in range(3)]
    await record(client, *(entry | {"id": f"u{number}"} for number in range(3)), *others)
    cursor = (await client.get(PATH, params={"limit": 1})).json()["next_cursor"]
    assert (await client.get(PATH, params={"cursor": cursor, "limit": 2})).status_code == 200
    for path, query in (
        ("/v1/patients/p2/facts", {}),
        (PATH, {"kind": "time_entry"}),
        (PATH, {"month": "2026-03"}),
        ("/v1/practice/facts", {}),
    ):
        answer = await client.get(path, params={"cursor": cursor, **query})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "cursor"
    for wrong in (cursor[:-1], cursor + "A", "Z" + cursor[1:], "", "ä", "=" * 9, "A" * 32, "A" * 500):
        assert (await client.get(PATH, params={"cursor": wrong})).status_code == 422


@pytest.mark.parametrize("position", [0, 2**63, 2**64 - 1])
async def test_a_forged_cursor_is_as_bad_as_any(
    client: httpx.AsyncClient, entry: Entry, practice: UUID, position: int
) -> None:
    """The digest is no secret; positions that no list has are refused whoever made the word."""
    await record(client, entry)
    (signed,) = struct.unpack(">q", struct.pack(">Q", position))
    for read in (position, signed):
        digest = cursors._digest(read, (practice, "p1", None, None, None))
        word = base64.urlsafe_b64encode(struct.pack(">Q16s", position, digest)).decode()
        answer = await client.get(PATH, params={"cursor": word})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "cursor"


async def test_only_a_kind_and_only_a_month(client: httpx.AsyncClient, entry: Entry) -> None:
    consent = {"kind": "consent", "id": "c", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-02-01"}
    await record(client, entry, consent, entry | {"id": "t2", "on": "2026-04-01"})
    of_kind = (await client.get(PATH, params={"kind": "time_entry"})).json()["facts"]
    assert [fact["id"] for fact in of_kind] == ["t1", "t2"]
    of_month = (await client.get(PATH, params={"month": "2026-03"})).json()["facts"]
    assert [fact["id"] for fact in of_month] == ["t1"]
    assert (await client.get(PATH, params={"month": "2025-03"})).json() == {"facts": []}


async def test_as_known_then(client: httpx.AsyncClient, entry: Entry) -> None:
    receipt = await record(client, entry)
    await record(client, entry | {"id": "t2"})
    first = receipt["results"][0]["recorded_at"]
    known = (await client.get(PATH, params={"known_as_of": first})).json()["facts"]
    assert [fact["id"] for fact in known] == ["t1"]
    assert (await client.get(PATH, params={"known_as_of": "2020-01-01T00:00:00Z"})).status_code == 404
    future = await client.get(PATH, params={"known_as_of": "2199-01-01T00:00:00Z"})
    assert future.status_code == 422
    assert future.json()["errors"][0]["parameter"] == "known_as_of"


async def test_the_practice_has_a_ledger_of_its_own(client: httpx.AsyncClient, entry: Entry) -> None:
    assert (await client.get("/v1/practice/facts")).json() == {"facts": []}
    await record(client, entry, {"kind": "setting", "id": "s", "type": "rhc"})
    (fact,) = (await client.get("/v1/practice/facts")).json()["facts"]
    assert (fact["kind"], fact["position"]) == ("setting", 1)
    assert "patient" not in fact


@pytest.mark.parametrize("patient", ["p 1", "ä€𝄞", "a%2Fb", "?&#", "...", "a.b", "'\"<>", "x" * 128, " "])
async def test_any_printable_reference_can_be_asked_for(client: httpx.AsyncClient, entry: Entry, patient: str) -> None:
    await record(client, entry | {"patient": patient})
    path = f"/v1/patients/{quote(patient, safe='')}/facts"
    answer = await client.get(httpx.URL("http://care-month").copy_with(raw_path=path.encode()))
    assert answer.status_code == 200, answer.text
    assert answer.json()["facts"][0]["patient"] == patient


@pytest.mark.parametrize("patient", [".", "..", "a/b"])
async def test_what_a_path_would_swallow_is_nobodys_reference(
    client: httpx.AsyncClient, entry: Entry, patient: str
) -> None:
    answer = await client.post("/v1/facts", json=entry | {"patient": patient})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/patient"


@pytest.mark.parametrize("patient", ["nobody", "x" * 129, "a%00b", "a%0Ab", "%ff", "a%E2%80%A8b"])
async def test_unknown_patients(client: httpx.AsyncClient, patient: str) -> None:
    assert (await client.get(f"/v1/patients/{patient}/facts")).status_code == 404


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=nonsense", "kind"),
        ("month=2026-13", "month"),
        ("month=202603", "month"),
        ("known_as_of=2026-03-01T00:00:00", "known_as_of"),
        ("known_as_of=2026-03-01T00:00:00+00:00", "known_as_of"),
        ("known_as_of=yesterday", "known_as_of"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1_0", "limit"),
        ("limit=5&limit=6", "limit"),
        ("kind=", "kind"),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/v1/practice/facts"])
async def test_parameters_are_strict(
    client: httpx.AsyncClient, entry: Entry, path: str, query: str, parameter: str
) -> None:
    await record(client, entry)
    answer = await client.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


async def test_an_unknown_parameter_is_counted_and_not_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/practice/facts?limit=5&page=2&page=3")
    assert answer.status_code == 422
    known = "Known here: kind, month, known_as_of, cursor, limit."
    assert answer.json()["errors"] == [{"detail": f"Unknown parameters number 2 and 3 of the query. {known}"}]
