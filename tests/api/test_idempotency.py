"""A write under a key is carried out once; whoever asks again gets the first answer, byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import caller_of, create_key
from app.access.idempotency import KeyedRequest, first_answer, forget_expired
from app.ledger.append import append
from app.postgres.transaction import transaction
from tests.api import months
from tests.api.conftest import calling
from tests.channels import fhir_examples as fhir
from tests.ledger.statements import fact as ledger_fact

Json = dict[str, Any]
CONSENT = {"kind": "consent", "id": "c1", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-03-02"}


def under(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def replayed(answer: httpx.Response, first: httpx.Response) -> bool:
    def parts(one: httpx.Response) -> tuple[int, str, bytes]:
        return one.status_code, one.headers["content-type"], one.content

    assert "idempotency-replayed" not in first.headers
    return answer.headers.get("idempotency-replayed") == "true" and parts(answer) == parts(first)


def is_problem(answer: httpx.Response, status: int, slug: str) -> bool:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")


async def count(client: httpx.AsyncClient, patient: str = "p1") -> int:
    return len((await client.get(f"/v1/patients/{patient}/facts?limit=1000")).json().get("facts", []))


async def kept(owner_engine: AsyncEngine, practice: UUID) -> int:
    async with owner_engine.connect() as connection:
        asked = text("SELECT count(*) FROM idempotency_key WHERE tenant = :tenant")
        return int((await connection.execute(asked, {"tenant": practice})).scalar_one())


async def age(owner_engine: AsyncEngine, practice: UUID, days: float) -> None:
    async with owner_engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE idempotency_key SET expires_at = expires_at - make_interval(secs => :s) WHERE tenant = :tenant"
            ),
            {"tenant": practice, "s": days * 86_400},
        )


@pytest.fixture
async def twin(app: FastAPI, owner_engine: AsyncEngine, practice: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """The same source of the same practice with another key of its own."""
    async with calling(app, await create_key(owner_engine, practice, "ehr")) as client:
        yield client


WRITES = [
    ("/v1/facts", [CONSENT], 201),
    ("/v1/consents", {name: value for name, value in CONSENT.items() if name != "kind"}, 201),
    ("/v1/time-entries", {"id": "t1", "patient": "p1", "program": "ccm", "performer": "RN", "role": "clinical_staff",
                          "on": "2026-03-12", "seconds": 60}, 201),
    ("/fhir", fhir.whole_bundle(), 200),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status"), WRITES)
async def test_the_first_answer_is_given_again(client: httpx.AsyncClient, path: str, body: Any, status: int) -> None:
    first = await client.post(path, json=body, headers=under("k1"))
    assert first.status_code == status
    assert replayed(await client.post(path, json=body, headers=under("k1")), first)
    assert replayed(await client.post(path, json=body, headers=under('"k1"')), first)
    again = await client.post(path, json=body)
    assert "idempotency-replayed" not in again.headers
    assert again.content != first.content  # without the key it is known before, and says so


async def test_every_call_that_stores_takes_a_key_and_nothing_else_does(app: FastAPI) -> None:
    operations = {
        (method, path): {parameter["name"] for parameter in operation.get("parameters", [])}
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }
    taking = {where for where, parameters in operations.items() if "Idempotency-Key" in parameters}
    assert taking == {where for where in operations if where[0] != "get"} - {
        ("post", "/v1/evaluations"),
        ("post", "/v1/projections"),
        ("post", "/oauth/token"),  # an assertion serves once anyway
    }
    assert {path for _, path in taking} == {path for path, *_ in WRITES} | DECISIONS


DECISIONS = {
    *(f"/v1/patients/{{patient}}/months/{{month}}/{call}" for call in ("close", "reopen", "amendments")),
    "/v1/months/{month}/close",
    "/v1/months/{month}/runs",
    "/v1/runs/{run}/cancel",
}


async def test_what_a_person_decided_of_a_month_is_told_again(client: httpx.AsyncClient) -> None:
    async def twice(path: str, body: Json, status: int = 201) -> None:
        first = await client.post(path, json=body, headers=under(path))
        assert first.status_code == status, first.text
        assert replayed(await client.post(path, json=body, headers=under(path)), first)

    await months.posted(client, "/v1/facts", months.usual(minutes=(25,)))
    await twice(f"{months.MONTH}/close", months.SAID)
    await months.posted(client, "/v1/facts", months.call("late", 20))
    (amendment,) = (await months.got(client, f"{months.MONTH}/amendments"))["amendments"]
    deciding = {"amendment": amendment["amendment"], "decision": "accepted", **months.SAID}
    await twice(f"{months.MONTH}/amendments", deciding)
    await twice(f"{months.MONTH}/reopen", months.SAID)
    await twice("/v1/months/2026-03/close", months.SAID, 200)
    story = await months.got(client, f"{months.MONTH}/history")
    assert [each["action"] for each in story["revisions"]] == ["closed", "amended", "reopened", "closed"]


async def test_what_was_partly_taken_is_told_again(client: httpx.AsyncClient, entry: Json) -> None:
    facts = [entry, entry | {"id": "t2", "seconds": 0}, entry | {"id": "t3", "corrects": "nothing"}]
    first = await client.post("/v1/facts?partial=true", json=facts, headers=under("k"))
    assert [item["outcome"] for item in first.json()["results"]] == ["stored", "rejected", "rejected"]
    await client.post("/v1/facts", json=entry | {"id": "nothing"})
    assert replayed(await client.post("/v1/facts?partial=true", json=facts, headers=under("k")), first)
    none = await client.post("/v1/facts?partial=true", json=[{"kind": "x"}], headers=under("none"))
    assert none.status_code == 200
    assert replayed(await client.post("/v1/facts?partial=true", json=[{"kind": "x"}], headers=under("none")), none)
    assert await count(client) == 2


async def test_a_key_stands_for_one_request(client: httpx.AsyncClient, entry: Json) -> None:
    """Another body, query or path is another request; so is the same meaning in other bytes."""
    body = b'{"facts": [%s]}' % httpx.Request("POST", "http://x", json=entry).content
    json = {"Content-Type": "application/json"}
    first = await client.post("/v1/facts", content=body, headers=under("k") | json)
    assert first.status_code == 201
    for path, other in [
        ("/v1/facts", body.replace(b"t1", b"t2")),
        ("/v1/facts", body + b" "),
        ("/v1/facts?partial=true", body),
        ("/v1/facts?partial=false", body),
        ("/v1/time-entries", body),
    ]:
        answer = await client.post(path, content=other, headers=under("k") | json)
        assert is_problem(answer, 422, "idempotency-key-reused"), (path, other)
        assert "t1" not in answer.text
    assert replayed(await client.post("/v1/facts", content=body, headers=under("k") | json), first)
    assert await count(client) == 1


async def test_a_key_is_its_credentials_own(
    client: httpx.AsyncClient,
    twin: httpx.AsyncClient,
    vendor: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    entry: Json,
) -> None:
    """From anybody else it is a key that nobody sent, with the same request or with another."""
    assert (await client.post("/v1/facts", json=entry, headers=under("k"))).status_code == 201
    assert (await client.post("/v1/facts", json=CONSENT, headers=under("l"))).status_code == 201
    for other, outcome in ((twin, "duplicate"), (vendor, "stored"), (neighbour, "stored")):
        same = await other.post("/v1/facts", json=entry, headers=under("k"))
        assert same.json()["results"][0]["outcome"] == outcome
        assert "idempotency-replayed" not in same.headers
        another = await other.post("/v1/facts", json=[entry], headers=under("l"))
        assert another.json()["results"][0]["outcome"] == "duplicate"
    assert await count(client) == 3
    assert await count(neighbour) == 1


async def holder(engine: AsyncEngine) -> int:
    """The database's process that works on a request with a key, once there is one."""
    asked = text(
        "SELECT pid FROM pg_locks JOIN pg_database ON oid = database"
        " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
    )
    async with engine.connect() as connection:
        while (pid := (await connection.execute(asked)).scalar_one_or_none()) is None:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
    return int(pid)


async def test_while_one_is_under_way_the_other_is_told_so(
    client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID, entry: Json
) -> None:
    async with transaction(engine, practice) as connection:
        await append(connection, practice, "ehr", [ledger_fact("consent", "c", "p1")])
        first = asyncio.create_task(client.post("/v1/facts", json=entry, headers=under("k")))
        await holder(engine)
        second = await client.post("/v1/facts", json=entry, headers=under("k"))
        assert not first.done()
    assert is_problem(second, 409, "idempotency-key-in-use")
    assert int(second.headers["retry-after"]) >= 1
    answered = await first
    assert answered.status_code == 201
    assert replayed(await client.post("/v1/facts", json=entry, headers=under("k")), answered)


async def test_a_key_is_in_use_wherever_it_is_worked_on_and_only_there(
    client: httpx.AsyncClient, twin: httpx.AsyncClient, engine: AsyncEngine, practice: UUID, entry: Json
) -> None:
    """Another process has it, and then gives up: all it did is undone, and the key is free."""
    caller = await caller_of(engine, client.headers["Authorization"].removeprefix("Bearer "))
    assert caller is not None
    async with transaction(engine, practice) as elsewhere:
        assert await first_answer(elsewhere, KeyedRequest(caller, "k", bytes(32))) is None
        for path, body in (("/v1/facts", entry), ("/v1/facts", CONSENT), ("/fhir", fhir.whole_bundle())):
            answer = await client.post(path, json=body, headers=under("k"))
            assert is_problem(answer, 409, "idempotency-key-in-use")
        assert (await twin.post("/v1/facts", json=CONSENT, headers=under("k"))).status_code == 201
        assert (await client.post("/v1/facts", json=CONSENT, headers=under("l"))).status_code == 200
        assert (await client.post("/v1/facts", json=CONSENT)).status_code == 200
        await elsewhere.rollback()
    assert (await client.post("/v1/facts", json=entry, headers=under("k"))).status_code == 201


async def test_of_many_at_once_one_is_carried_out(client: httpx.AsyncClient, entry: Json) -> None:
    answers = await asyncio.gather(*[client.post("/v1/facts", json=entry, headers=under("k")) for _ in range(16)])
    (first,) = [one for one in answers if one.status_code == 201 and "idempotency-replayed" not in one.headers]
    for other in answers:
        assert other is first or replayed(other, first) or is_problem(other, 409, "idempotency-key-in-use")
    assert await count(client) == 1


async def test_a_request_that_failed_leaves_its_key_free(
    client: httpx.AsyncClient, engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID, entry: Json
) -> None:
    """Its connection is cut by the server while it waits: a 503, and nothing is kept, in memory or on disk."""
    async with transaction(engine, practice) as connection:
        await append(connection, practice, "ehr", [ledger_fact("consent", "c", "p1")])
        failing = asyncio.create_task(client.post("/v1/facts", json=entry, headers=under("k")))
        async with owner_engine.connect() as superuser:
            await superuser.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": await holder(engine)})
        assert is_problem(await failing, 503, "unavailable")
    assert await kept(owner_engine, practice) == 0
    again = await client.post("/v1/facts", json=entry | {"seconds": 60}, headers=under("k"))
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers


@pytest.mark.parametrize(
    ("path", "refused", "status", "mended"),
    [
        ("/v1/facts", CONSENT | {"on": "never"}, 422, CONSENT),
        ("/v1/facts", CONSENT | {"corrects": "nothing"}, 409, CONSENT),
        ("/fhir", fhir.bundle(fhir.patient(), fhir.encounter(status="done")), 422, fhir.whole_bundle()),
    ],
)
async def test_a_refusal_is_not_kept(
    client: httpx.AsyncClient,
    owner_engine: AsyncEngine,
    practice: UUID,
    path: str,
    refused: Any,
    status: int,
    mended: Any,
) -> None:
    for _ in range(2):
        answer = await client.post(path, json=refused, headers=under("k"))
        assert answer.status_code == status
        assert "idempotency-replayed" not in answer.headers
    assert await kept(owner_engine, practice) == 0
    first = await client.post(path, json=mended, headers=under("k"))
    assert first.is_success
    assert replayed(await client.post(path, json=mended, headers=under("k")), first)


async def test_a_key_is_kept_for_seven_days(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, practice: UUID, entry: Json
) -> None:
    first = await client.post("/v1/facts", json=entry, headers=under("k"))
    await age(owner_engine, practice, days=6.99)
    assert replayed(await client.post("/v1/facts", json=entry, headers=under("k")), first)
    await age(owner_engine, practice, days=0.02)
    anew = await client.post("/v1/facts", json=CONSENT, headers=under("k"))
    assert anew.status_code == 201
    assert replayed(await client.post("/v1/facts", json=CONSENT, headers=under("k")), anew)
    await age(owner_engine, practice, days=6.99)
    assert replayed(await client.post("/v1/facts", json=CONSENT, headers=under("k")), anew)


async def test_housekeeping_forgets_what_has_expired_everywhere_and_nothing_else(
    client: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    engine: AsyncEngine,
    owner_engine: AsyncEngine,
    practice: UUID,
    other_practice: UUID,
    entry: Json,
) -> None:
    await forget_expired(engine, at_most=1_000)
    for caller, tenant in ((client, practice), (neighbour, other_practice)):
        for number in range(3):
            await caller.post("/v1/facts", json=entry | {"id": f"t{number}"}, headers=under(f"old{number}"))
        await age(owner_engine, tenant, days=7)
    current = await client.post("/v1/facts", json=CONSENT, headers=under("new"))
    assert [await forget_expired(engine, at_most=4) for _ in range(3)] == [4, 2, 0]
    assert (await kept(owner_engine, practice), await kept(owner_engine, other_practice)) == (1, 0)
    assert replayed(await client.post("/v1/facts", json=CONSENT, headers=under("new")), current)
    assert await count(neighbour) == 3


@pytest.mark.parametrize(
    "key",
    ["", " ", '"', '""', '"a', "a\x7f", "é", "a" * 256, f'"{"a" * 256}"', '"a"b', '"a\\n"', '"a";p=1', "a\tb"],
)  # fmt: skip
async def test_what_is_no_key(client: httpx.AsyncClient, nobody: httpx.AsyncClient, entry: Json, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post("/v1/facts", json=entry, headers=headers)  # type: ignore[arg-type]
    assert is_problem(answer, 422, "invalid")
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"
    assert is_problem(await nobody.post("/v1/facts", json=entry, headers=headers), 401, "unauthorized")  # type: ignore[arg-type]
    assert await count(client) == 0


async def test_one_key_a_request(client: httpx.AsyncClient, entry: Json) -> None:
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    assert is_problem(await client.post("/v1/facts", json=entry, headers=twice), 422, "invalid")


@pytest.mark.parametrize(
    ("bare", "quoted"),
    [("a", '"a"'), ("a" * 255, f'"{"a" * 255}"'), ("8e03978e-40d5", '"8e03978e-40d5"'), ('a\\b"', '"a\\\\b\\""'),
     ("a, b;c=d", '"a, b;c=d"')],
)  # fmt: skip
async def test_quotation_marks_are_no_part_of_a_key(
    client: httpx.AsyncClient, entry: Json, bare: str, quoted: str
) -> None:
    first = await client.post("/v1/facts", json=entry, headers=under(bare))
    assert first.status_code == 201
    assert replayed(await client.post("/v1/facts", json=entry, headers=under(quoted)), first)
