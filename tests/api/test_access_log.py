"""Who looked at what: each read and write of a practice's records, and each refusal, leaves a row or does not happen."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import caller_of, issue_key
from app.access.issued import issued, revoke
from app.access.scopes import ALL
from app.api import cursors
from app.api.rate_limit import RateLimits
from app.postgres.transaction import transaction
from tests.api.conftest import calling
from tests.api.test_scopes import SECURED, named
from tests.channels import fhir_examples as fhir

Json = dict[str, Any]
LOG = "/v1/access-log"
FACTS = "/v1/patients/p1/facts"
MONTH = "/v1/patients/p1/months/2026-03/determination"


async def log(client: httpx.AsyncClient, **asked: Any) -> list[Json]:
    """All entries but those of reading the log itself."""
    answer = await client.get(LOG, params={"limit": 1000, **asked})
    assert answer.status_code == 200, answer.text
    return [entry for entry in answer.json()["entries"] if entry["call"] != f"GET {LOG}"]


def told(entry: Json) -> tuple[str, str | None, int]:
    return entry["call"], entry.get("patient"), entry["status"]


async def test_a_write_and_the_reads_of_it(client: httpx.AsyncClient, entry: Json, practice: UUID) -> None:
    written = await client.post("/v1/facts", json=entry)
    await client.get(MONTH)
    await client.get(FACTS, params={"kind": "time_entry", "month": "2026-03"})
    newest, decided, first = await log(client)
    assert told(first) == ("POST /v1/facts", "p1", 201)
    assert first["kinds"] == ["time_entry"]
    assert first["request_id"] == written.headers["x-request-id"]
    assert first["source"] == "ehr"
    assert told(decided) == ("GET /v1/patients/{patient}/months/{month}/determination", "p1", 200)
    assert decided["month"] == "2026-03"
    assert "kinds" not in decided
    assert told(newest) == ("GET /v1/patients/{patient}/facts", "p1", 200)
    assert (newest["month"], newest["kinds"]) == ("2026-03", ["time_entry"])
    assert len({each["id"] for each in (newest, decided, first)}) == 3
    assert first["at"] < decided["at"] < newest["at"]


async def test_who_asked_is_the_credential(
    app: FastAPI, client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID, engine: AsyncEngine
) -> None:
    key = await issue_key(owner_engine, practice, "billing", ["facts.read"])
    async with calling(app, key.secret) as billing:
        await billing.get("/v1/practice/facts")
    (found,) = await log(client, credential=str(key.id))
    assert (found["credential"], found["source"]) == (str(key.id), "billing")
    assert told(found) == ("GET /v1/practice/facts", None, 200)
    caller = await caller_of(engine, key.secret)
    assert caller is not None
    assert caller.credential == key.id


async def test_a_write_about_several_is_found_by_each(client: httpx.AsyncClient, entry: Json) -> None:
    facts = [entry | {"id": f"t{number}", "patient": f"p{number % 3}"} for number in range(9)]
    await client.post("/v1/facts", json=facts)
    for patient in ("p0", "p1", "p2"):
        (found,) = await log(client, patient=patient)
        assert found["patient"] == patient
    rows = await log(client)
    assert len({row["request_id"] for row in rows}) == 1
    assert len({row["id"] for row in rows}) == 3


async def test_a_list_leaves_a_row_a_page(client: httpx.AsyncClient, entry: Json) -> None:
    await client.post("/v1/facts", json=[entry | {"id": f"t{number}"} for number in range(5)])
    query: Json = {"limit": 2}
    for _ in range(3):
        page = (await client.get(FACTS, params=query)).json()
        query["cursor"] = page.get("next_cursor")
    await client.get("/v1/months/2026-03/simultaneous-work")
    calls = [each["call"] for each in await log(client)]
    assert calls.count("GET /v1/patients/{patient}/facts") == 3
    (report,) = [each for each in await log(client) if "simultaneous" in each["call"]]
    assert (report["month"], report.get("patient")) == ("2026-03", None)


async def test_months_that_are_closed(client: httpx.AsyncClient, entry: Json) -> None:
    """One by its address, many by those the request looked at."""
    await client.post("/v1/facts", json=[entry | {"id": f"t{n}", "patient": f"p{n}"} for n in range(3)])
    said = {"by": "Kim Lee", "words": "Reviewed."}
    one = await client.post("/v1/patients/p1/months/2026-03/close", json=said)
    many = await client.post("/v1/months/2026-03/close", json=said)
    assert (one.status_code, many.status_code) == (201, 200), one.text + many.text
    rows = [row for row in await log(client) if row["call"].endswith("/close")]
    assert [(row["call"], row["patient"], row["month"], row["status"]) for row in rows[::-1]] == [
        ("POST /v1/patients/{patient}/months/{month}/close", "p1", "2026-03", 201),
        *(("POST /v1/months/{month}/close", f"p{number}", "2026-03", 200) for number in range(3)),
    ]


async def test_a_bundle_names_its_patients(client: httpx.AsyncClient) -> None:
    for _ in range(2):  # a second time nothing is new, and still it was about the patient
        assert (await client.post("/fhir", json=fhir.whole_bundle())).status_code == 200
    rows = await log(client)
    assert {told(row) for row in rows} == {("POST /fhir", "ada", 200)}
    assert len(rows) == 2
    assert "condition" in rows[0]["kinds"]


async def test_refusals(client: httpx.AsyncClient, entry: Json) -> None:
    await client.post("/v1/facts", json=entry)
    refused = [
        await client.get("/v1/patients/nobody/facts"),
        await client.get("/v1/patients/nobody/months/2026-03/determination"),
        await client.get("/v1/patients/p1/months/2026-13/determination"),
        await client.get(f"{FACTS}?limit=0"),
        await client.get(FACTS, headers={"Accept": "text/csv"}),
        await client.post("/v1/facts", json=entry | {"seconds": 5}),
        await client.post("/v1/facts", json=[entry | {"id": "t2"}, entry | {"id": "t3", "seconds": 0}]),
        await client.post("/v1/facts", content=b"{", headers={"Content-Type": "application/json"}),
        await client.post("/fhir", json={"resourceType": "Bundle", "type": "history"}),
    ]
    statuses = [404, 404, 422, 422, 406, 409, 422, 400, 422]
    assert [answer.status_code for answer in refused] == statuses
    rows = (await log(client))[:-1][::-1]
    assert [row["status"] for row in rows] == statuses
    assert [row["request_id"] for row in rows] == [answer.headers["x-request-id"] for answer in refused]
    assert [row.get("patient") for row in rows] == ["nobody", "nobody", "p1", "p1", "p1", "p1", "p1", None, None]
    assert rows[2].get("month") is None
    assert len(await log(client, patient="p1")) == 6


async def test_a_scope_that_is_missing(
    app: FastAPI, client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID
) -> None:
    key = await issue_key(owner_engine, practice, "vendor", ["facts.write"])
    async with calling(app, key.secret) as vendor:
        assert (await vendor.get(MONTH)).status_code == 403
        assert (await vendor.get(LOG)).status_code == 403
        assert (await vendor.head(FACTS)).status_code == 403
    rows = (await client.get(LOG, params={"credential": str(key.id)})).json()["entries"]
    assert [told(row) for row in rows] == [
        ("GET /v1/patients/{patient}/facts", "p1", 403),
        (f"GET {LOG}", None, 403),
        ("GET /v1/patients/{patient}/months/{month}/determination", "p1", 403),
    ]


async def test_no_call_is_left_out(
    app: FastAPI, client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID
) -> None:
    """A new call leaves a row because it asks for a scope; one that reads nothing recorded is named here."""
    for call in SECURED:
        key = await issue_key(owner_engine, practice, "others", ALL - {call.scope})
        async with calling(app, key.secret) as others:
            assert (await call.sent_by(others)).status_code == 403
    noted = {row["call"] for row in (await client.get(LOG, params={"limit": 1000})).json()["entries"]}
    assert {named(call) for call in SECURED} - noted == {"POST /v1/evaluations"}


async def test_a_key_that_has_ended_is_still_somebodys(
    app: FastAPI, client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID
) -> None:
    key = await issue_key(owner_engine, practice, "former", ["facts.read"])
    assert await revoke(owner_engine, key.id)
    async with calling(app, key.secret) as former:
        assert (await former.get(FACTS)).status_code == 401
        assert (await former.post("/v1/evaluations", json={})).status_code == 401
    (row,) = await log(client, credential=str(key.id))
    assert told(row) == ("GET /v1/patients/{patient}/facts", "p1", 401)
    assert row["source"] == "former"


async def test_a_key_that_nobody_ever_had_is_in_no_log(app: FastAPI, client: httpx.AsyncClient) -> None:
    for key in (f"cm_{'x' * 43}", "nonsense", None):
        async with calling(app, key) as stranger:
            assert (await stranger.get(FACTS)).status_code == 401
    assert await log(client) == []


async def test_what_is_refused_for_its_rate_or_reads_nothing_leaves_none(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await client.post("/v1/evaluations", json={"service_month": "2026-03", "facts": []})
    await client.get("/v1/rulebook/2026-03")
    await client.put("/v1/facts")
    usual, app.state.rate_limits = app.state.rate_limits, RateLimits(1, 0)
    assert [(await client.get(FACTS)).status_code for _ in range(2)] == [404, 429]
    app.state.rate_limits = usual
    assert [row["status"] for row in await log(client)] == [404]


async def test_a_replay_is_another_access(client: httpx.AsyncClient, entry: Json) -> None:
    for _ in range(2):
        answer = await client.post("/v1/facts", json=entry, headers={"Idempotency-Key": "k"})
    assert answer.headers["idempotency-replayed"] == "true"
    assert [told(row) for row in await log(client)] == [("POST /v1/facts", "p1", 201)] * 2


async def test_no_content_of_a_fact_or_an_address_is_kept(client: httpx.AsyncClient, entry: Json) -> None:
    secret = "JaneRoe1950"
    sent = entry | {"performer": secret, "note_ref": secret}
    await client.post("/v1/facts", json=sent)
    await client.post("/v1/facts", json=sent | {"id": "t2", secret: 1})
    await client.post("/v1/facts", json=[{"kind": secret, "patient": secret, "id": "x"}])
    await client.get(f"/v1/months/{secret}/simultaneous-work", params={"performer": secret})
    await client.get("/v1/practice/facts", params={"kind": secret, secret: secret})
    await client.get(f"{FACTS}%0A{secret}")
    await client.get(f"/v1/patients/{secret * 20}/facts")
    rows = await log(client)
    assert len(rows) == 6  # the last but one is no address of ours
    assert secret not in json.dumps(rows)


async def test_pages_follow_each_other_newest_first(client: httpx.AsyncClient, entry: Json) -> None:
    await client.post("/v1/facts", json=[entry | {"id": f"t{n}", "patient": f"p{n}"} for n in range(4)])
    for _ in range(3):
        await client.get(FACTS)
    seen: list[Json] = []
    query: Json = {"limit": 2}
    while True:
        page = (await client.get(LOG, params=query)).json()
        assert len(page["entries"]) <= 2
        seen += page["entries"]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    # What was asked meanwhile is newer than where it began.
    assert len(seen) == 7
    assert [row["at"] for row in seen] == sorted((row["at"] for row in seen), reverse=True)
    assert {row["patient"] for row in seen} == {"p0", "p1", "p2", "p3"}


async def test_a_cursor_fits_only_its_own_list(client: httpx.AsyncClient, practice: UUID) -> None:
    for _ in range(3):
        await client.get(FACTS)
    cursor = (await client.get(LOG, params={"limit": 1})).json()["next_cursor"]
    bound = (practice, "access-log", None, None, None, None)
    forged = [
        cursors.cursor_after(name, *bound)
        for name in ("x", f"9{'0' * 17}.{'0' * 32}.0", f"1.{'0' * 32}.32768", f"1.{'0' * 31}.0", f"-1.{'0' * 32}.0")
    ]
    assert (await client.get(LOG, params={"cursor": cursor})).status_code == 200
    for query in ({"cursor": cursor, "patient": "p1"}, {"cursor": cursor[:-1]}, *({"cursor": one} for one in forged)):
        answer = await client.get(LOG, params=query)
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["parameter"] == "cursor"


async def test_from_and_until(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await client.get(FACTS)
    newest, middle, oldest = await log(client)
    assert await log(client, **{"from": middle["at"], "until": newest["at"]}) == [middle]
    assert await log(client, patient="p1", until=middle["at"]) == [oldest]
    assert await log(client, **{"from": "2199-01-01T00:00:00Z"}) == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("patient=", "patient"), ("patient=a%2Fb", "patient"), (f"patient={'x' * 129}", "patient"),
        ("credential=x", "credential"), ("credential=5F0C2D3E-8A4B-4C1D-9E2F-7A6B5C4D3E2F", "credential"),
        ("from=2026-03-01", "from"), ("until=yesterday", "until"), ("limit=0", "limit"), ("limit=1001", "limit"),
        ("cursor=x", "cursor"), ("limit=1&limit=2", "limit"),
    ],
)  # fmt: skip
async def test_parameters_are_strict(client: httpx.AsyncClient, query: str, parameter: str) -> None:
    answer = await client.get(f"{LOG}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


async def test_the_same_rows_as_audit_events(client: httpx.AsyncClient, entry: Json) -> None:
    await client.post("/v1/facts", json=entry)
    await client.get("/v1/patients/nobody/facts")
    rows = await log(client)
    answer = await client.get(LOG, params={"limit": 2, "from": rows[-1]["at"], "until": rows[0]["at"]})
    assert answer.json()["entries"] == rows[1:]
    fhir_json = {"Accept": "application/fhir+json"}
    # The newest are those of reading the log.
    answer = await client.get(LOG, params={"limit": 1}, headers=fhir_json)
    bundle = answer.json()
    assert answer.headers["content-type"] == "application/fhir+json"
    here, follows = bundle["link"]
    assert (here["relation"], follows["relation"]) == ("self", "next")
    found = []
    while follows is not None:
        found += bundle["entry"]
        bundle = (await client.get(httpx.URL(follows["url"]).raw_path.decode(), headers=fhir_json)).json()
        follows = next((link for link in bundle["link"] if link["relation"] == "next"), None)
    found += bundle["entry"]
    refused, written = (each["resource"] for each in found[-2:])
    assert [each["fullUrl"] for each in found[-2:]] == [f"urn:uuid:{row['id']}" for row in rows]
    for row, event in zip(rows, (refused, written), strict=True):
        assert (event["resourceType"], event["id"], event["recorded"]) == ("AuditEvent", row["id"], row["at"])
        assert event["agent"][0]["who"]["identifier"]["value"] == f"urn:uuid:{row['credential']}"
        assert event["agent"][0]["name"] == row["source"]
        assert event["agent"][0]["requestor"] is True
        assert event["source"]["observer"]["display"]
        patient, call = event["entity"]
        assert patient["what"]["identifier"]["value"] == row["patient"]
        assert call["name"] == row["call"]
    assert (refused["action"], refused["outcome"]) == ("R", "4")
    assert (written["action"], written["outcome"]) == ("C", "0")


async def test_an_empty_bundle_has_no_entries(client: httpx.AsyncClient) -> None:
    answer = await client.get(LOG, params={"patient": "nobody"}, headers={"Accept": "application/fhir+json"})
    assert "entry" not in answer.json()
    assert (await client.get(LOG, headers={"Accept": "application/xml"})).status_code == 406


@pytest.fixture
async def no_rows_can_be_written(owner_engine: AsyncEngine) -> AsyncIterator[None]:
    async with owner_engine.begin() as connection:
        await connection.execute(text("REVOKE INSERT ON access_log FROM care_month_app"))
    yield
    async with owner_engine.begin() as connection:
        await connection.execute(text("GRANT INSERT ON access_log TO care_month_app"))


async def test_where_no_row_can_be_written_nothing_is_told_or_done(
    client: httpx.AsyncClient, entry: Json, engine: AsyncEngine, practice: UUID, no_rows_can_be_written: None
) -> None:
    answers = [
        await client.get("/v1/practice/facts"),
        await client.get("/v1/patients/nobody/facts"),
        await client.get(f"{FACTS}?limit=0"),
        await client.post("/v1/facts", json=entry),
        await client.post("/v1/facts", json=entry, headers={"Idempotency-Key": "k"}),
        await client.post("/fhir", json=fhir.whole_bundle()),
        await client.head("/v1/practice/facts"),
    ]
    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert answers[0].json()["type"] == "/problems/unavailable"
    async with transaction(engine, practice) as connection:
        for table in ("fact", "idempotency_key", "access_log"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0


async def test_where_others_hold_the_log_nobody_waits_for_ever(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, entry: Json
) -> None:
    async with owner_engine.begin() as connection:
        await connection.execute(text("LOCK TABLE access_log IN EXCLUSIVE MODE"))
        assert (await client.get("/v1/practice/facts")).status_code == 503
        assert (await client.post("/v1/facts", json=entry)).status_code == 503
    assert (await client.get(FACTS)).status_code == 404


@pytest.mark.parametrize(
    "change", ["UPDATE access_log SET status = 200", "DELETE FROM access_log", "TRUNCATE access_log"]
)
async def test_what_was_noted_stays(
    client: httpx.AsyncClient, engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, change: str
) -> None:
    await client.get(FACTS)
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await connection.execute(text(change))
    with pytest.raises(DBAPIError):
        async with owner_engine.begin() as connection:
            await connection.execute(text(change))
    assert len(await log(client)) == 1


async def test_the_log_is_the_practices_own(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    await client.get(FACTS)
    assert await log(neighbour) == []
    assert await log(neighbour, patient="p1") == []
    assert len(await log(client)) == 1


async def test_nobody_notes_for_another_practice(engine: AsyncEngine, practice: UUID, other_practice: UUID) -> None:
    insert = """
        INSERT INTO access_log (tenant, at, request, place, credential, source, call, kinds, status)
        VALUES (:tenant, now(), :id, 0, :id, 'ehr', 'GET /', '{}', 200)
    """
    with pytest.raises(DBAPIError):
        async with transaction(engine, practice) as connection:
            await connection.execute(text(insert), {"tenant": other_practice, "id": uuid4()})


async def test_reading_the_log_stands_in_it(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID
) -> None:
    await client.get(LOG, params={"patient": "p1"})
    (row,) = (await client.get(LOG)).json()["entries"]
    assert told(row) == (f"GET {LOG}", "p1", 200)
    assert row["credential"] in {str(each.id) for each in await issued(owner_engine, practice)}
