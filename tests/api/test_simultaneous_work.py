"""The report across patients over HTTP: its shape, its pages, and its parameters."""

import base64
from typing import Any
from uuid import UUID

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from app.api import cursors

PATH = "/v1/months/2026-03/simultaneous-work"
Json = dict[str, Any]


def at_once(performer: str, *patients: str) -> list[Json]:
    return [
        {"kind": "time_entry", "id": f"{performer[:9]}-{patient}", "patient": patient, "program": "ccm",
         "performer": performer, "role": "clinical_staff", "started_at": "2026-03-12T09:00:00-04:00",
         "ended_at": "2026-03-12T09:20:00-04:00"}
        for patient in patients
    ]  # fmt: skip


async def record(client: httpx.AsyncClient, *facts: Json) -> None:
    assert (await client.post("/v1/facts", json=list(facts))).status_code == 201


async def test_it_is_told_as_documented(app: FastAPI, client: httpx.AsyncClient, vendor: httpx.AsyncClient) -> None:
    ours, theirs = at_once("RN_1", "p1", "p2")
    await record(client, ours)
    await record(vendor, theirs, theirs | {"id": "t3", "on": "2026-03-12", "seconds": 86_400} | untimed())
    answer = await client.get(PATH)
    assert answer.status_code == 200
    named = {"program": "ccm", "role": "clinical_staff"}
    assert answer.json() == {
        "service_month": "2026-03",
        "time_zone": "America/New_York",
        "untested_entries": 1,
        "simultaneous_work": [
            {
                "performer": "RN_1", "from": "2026-03-12T13:00:00Z", "until": "2026-03-12T13:20:00Z", "seconds": 1200,
                "patients_at_once": 2, "entry_count": 2,
                "entries": [
                    {"patient": "p1", "id": "RN_1-p1", "source": "ehr", **named},
                    {"patient": "p2", "id": "RN_1-p2", "source": "rpm-vendor", **named},
                ],
            }
        ],
        "impossible_days": [{"performer": "RN_1", "day": "2026-03-12", "seconds": 88_800}],
    }  # fmt: skip
    schema = {"$ref": "#/components/schemas/SimultaneousWorkReport", "components": app.openapi()["components"]}
    assert jsonschema_rs.validator_for(schema).is_valid(answer.json())


def untimed() -> Json:
    return {"started_at": None, "ended_at": None}


async def test_it_changes_no_determination(client: httpx.AsyncClient) -> None:
    await record(client, *at_once("RN_1", "p1"))
    path = "/v1/patients/p1/months/2026-03/determination"
    alone = await client.get(path)
    await record(client, *at_once("RN_1", "p2"))
    assert len((await client.get(PATH)).json()["simultaneous_work"]) == 1
    assert (await client.get(path)).content == alone.content


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    people = ["RN_1", "ä€𝄞", "𝄞" * 128]
    await record(client, *[fact for who in people for fact in at_once(who, "p1", "p2")])
    seen: list[str] = []
    query: Json = {"limit": 1}
    while True:
        answer = (await client.get(PATH, params=query)).json()
        seen += [stretch["performer"] for stretch in answer["simultaneous_work"]]
        if "next_cursor" not in answer:
            break
        query["cursor"] = answer["next_cursor"]
    assert seen == people
    assert "next_cursor" not in (await client.get(PATH, params={"limit": 3})).json()


async def test_a_cursor_fits_only_its_own_list(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    for caller in (client, neighbour):
        await record(caller, *at_once("RN_1", "p1", "p2"), *at_once("RN_2", "p1", "p2"))
    cursor = (await client.get(PATH, params={"limit": 1})).json()["next_cursor"]
    other = (await client.get("/v1/patients/p1/facts", params={"limit": 1})).json()["next_cursor"]
    assert (await client.get(PATH, params={"limit": 5, "cursor": cursor})).status_code == 200
    asked = [
        (neighbour, PATH, {"cursor": cursor}),
        (client, PATH, {"cursor": cursor, "performer": "RN_2"}),
        (client, PATH.replace("03", "04"), {"cursor": cursor}),
        (client, "/v1/patients/p1/facts", {"cursor": cursor}),
        (client, PATH, {"cursor": other}),
        *(
            (client, PATH, {"cursor": wrong})
            for wrong in (cursor[:-1], cursor + "A", "Z" + cursor[1:], "", "ä", "A" * 800)
        ),
    ]
    for caller, path, query in asked:
        answer = await caller.get(path, params=query)
        assert answer.status_code == 422, (path, query)
        assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize("name", [b"", b"a\x00b", b"\xff", b"x" * 129, "a\u2028b".encode()])
async def test_a_forged_cursor_is_as_bad_as_any(client: httpx.AsyncClient, practice: UUID, name: bytes) -> None:
    """The digest is no secret; what is nobody's name is refused whoever made the word."""
    digest = cursors._digest(name.decode(errors="replace"), (practice, "simultaneous-work", "2026-03", None))
    word = base64.urlsafe_b64encode(digest + name).decode().rstrip("=")
    answer = await client.get(PATH, params={"cursor": word})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("performer=", "performer"),
        ("performer=a%00b", "performer"),
        ("performer=a%E2%80%A8b", "performer"),
        ("performer=" + "x" * 129, "performer"),
        ("performer=a&performer=b", "performer"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
    ],
)
async def test_parameters_are_strict(client: httpx.AsyncClient, query: str, parameter: str) -> None:
    answer = await client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


async def test_an_unknown_parameter_is_counted_and_not_named(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PATH}?patient=p1")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"detail": "Unknown parameter number 1 of the query. Known here: performer, cursor, limit."}
    ]


@pytest.mark.parametrize("month", ["2026-13", "202603", "2026-3", "1899-12", "2200-01"])
async def test_what_is_no_month(client: httpx.AsyncClient, month: str) -> None:
    answer = await client.get(PATH.replace("2026-03", month))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "month"


@pytest.mark.parametrize("month", ["1900-01", "2014-12", "2199-12"])
async def test_any_month_a_fact_can_name_has_a_report(client: httpx.AsyncClient, month: str) -> None:
    answer = await client.get(PATH.replace("2026-03", month))
    assert answer.status_code == 200
    assert answer.json()["simultaneous_work"] == []
