"""A month closed for many patients, with a report of what was left out and why."""

import datetime as dt
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ledger.hold import hold
from app.postgres.transaction import transaction
from tests.api.months import MONTH, SAID, codes, got, own_facts, posted, two_could_bill, usual

CLOSE = "/v1/months/2026-03/close"


async def recorded(client: httpx.AsyncClient) -> None:
    """Four patients: billable, short, closed already, in need of a decision."""
    for patient, minutes in (("a", (20, 15, 10)), ("b", (5,)), ("c", (25,)), ("d", (25,))):
        await posted(client, "/v1/facts", usual(patient, minutes))
    await posted(client, "/v1/facts", two_could_bill("d"))
    await posted(client, "/v1/patients/c/months/2026-03/close", SAID)


async def test_those_that_may_be_are_closed_and_the_others_left_out_with_why(client: httpx.AsyncClient) -> None:
    await recorded(client)
    report = await posted(client, CLOSE, SAID, 200)
    assert [(each["patient"], each["revision"], codes(each["claim_lines"])) for each in report["closed"]] == [
        ("a", 1, [("99490", 1), ("99439", 1)])
    ]
    assert [(each["patient"], each["reason"]) for each in report["left_out"]] == [
        ("b", "nothing_to_bill"), ("c", "already_closed"), ("d", "needs_decision"),
    ]  # fmt: skip
    assert "TIME-02" in report["left_out"][0]["detail"]
    assert "next_cursor" not in report
    assert [fact["kind"] for fact in await own_facts(client, "a")] == ["attestation", "service", "service"]
    frozen = (await got(client, "/v1/patients/a/months/2026-03/history"))["revisions"][0]["frozen"]
    assert (await client.get(frozen["determination"])).content == (await client.get(frozen["answer"])).content
    again = await posted(client, CLOSE, SAID, 200)
    assert (again["closed"], next(each["reason"] for each in again["left_out"])) == ([], "already_closed")


async def test_it_goes_on_by_cursor_and_looks_at_each_once(client: httpx.AsyncClient) -> None:
    await recorded(client)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.post(CLOSE, json=SAID, params={"limit": "1", **cursor})
        assert answer.status_code == 200, answer.text
        report = answer.json()
        seen += [each["patient"] for part in ("closed", "left_out") for each in report[part]]
        if "next_cursor" not in report:
            break
        cursor = {"cursor": report["next_cursor"]}
    assert seen == ["a", "b", "c", "d"]
    other_month = await client.post("/v1/months/2026-04/close", json=SAID, params=cursor)
    assert other_month.status_code == 422
    for limit in ("0", "201", "x"):
        assert (await client.post(CLOSE, json=SAID, params={"limit": limit})).status_code == 422


async def test_only_those_listed_and_who_is_unknown_is_told(client: httpx.AsyncClient) -> None:
    await recorded(client)
    report = await posted(client, CLOSE, SAID | {"patients": ["zoe", "b", "a", "a"]}, 200)
    assert [each["patient"] for each in report["closed"]] == ["a"]
    assert [(each["patient"], each["reason"]) for each in report["left_out"]] == [
        ("b", "nothing_to_bill"), ("zoe", "problem"),
    ]  # fmt: skip
    for patients in ([], ["a/b"], [1], "a", ["a"] * 1001):
        await posted(client, CLOSE, SAID | {"patients": patients}, 422)


async def test_whom_somebody_else_writes_to_is_left_out_not_waited_for(
    client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID
) -> None:
    await recorded(client)
    async with transaction(engine, practice) as connection:
        await hold(connection, practice, ["a"])
        report = await posted(client, CLOSE, SAID, 200)
    assert next((each["patient"], each["reason"]) for each in report["left_out"]) == ("a", "problem")
    assert [each["patient"] for each in (await posted(client, CLOSE, SAID, 200))["closed"]] == ["a"]


async def test_what_is_not_over_is_left_out_unless_early(client: httpx.AsyncClient) -> None:
    today = dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
    entry = usual()[-1] | {"on": f"{today:%Y-%m-%d}", "seconds": 3000}
    await posted(client, "/v1/facts", [*usual()[:-1], entry])
    path = f"/v1/months/{today:%Y-%m}/close"
    report = await posted(client, path, SAID, 200)
    assert [each["reason"] for each in report["left_out"]] == ["provisional"]
    report = await posted(client, path, SAID | {"early": True}, 200)
    assert [each["patient"] for each in report["closed"]] == ["p1"]


async def test_it_is_done_once_under_its_key(client: httpx.AsyncClient) -> None:
    await recorded(client)
    first = await client.post(CLOSE, json=SAID, headers={"Idempotency-Key": "k"})
    again = await client.post(CLOSE, json=SAID, headers={"Idempotency-Key": "k"})
    assert again.content == first.content
    assert [each["patient"] for each in again.json()["closed"]] == ["a"]


async def test_a_practice_without_patients_has_nothing_to_close(client: httpx.AsyncClient) -> None:
    report = await posted(client, CLOSE, SAID, 200)
    assert (report["closed"], report["left_out"]) == ([], [])
    assert (await client.get(MONTH + "/history")).status_code == 404
