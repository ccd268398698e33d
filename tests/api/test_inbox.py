"""Small writes that arrive at once share a transaction, and nothing else: each has the outcome it would have alone."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from app.access.credentials import caller_of, create_key
from app.api.inbox import Inbox, Small
from app.ledger.append import append
from app.postgres.transaction import transaction
from tests.ledger.statements import fact as ledger_fact

Json = dict[str, Any]
PATIENTS = 5


def consent(number: int, **changes: Any) -> Json:
    patient = f"p{number % PATIENTS}"
    return {
        "kind": "consent", "id": f"c{number}", "patient": patient, "action": "given", "program": "ccm", "on": "2026-03-02",
    } | changes  # fmt: skip


@pytest.fixture
def commits(app: FastAPI) -> Counter[str]:
    """How many transactions were committed from now on."""
    counted: Counter[str] = Counter()
    event.listen(app.state.engine.sync_engine, "commit", lambda _: counted.update(["commit"]))
    return counted


async def send(client: httpx.AsyncClient, *sent: Json, headers: dict[str, str] | None = None) -> httpx.Response:
    return await client.post("/v1/facts", json=list(sent), headers=headers)


async def ids_of(client: httpx.AsyncClient, patient: str) -> list[str]:
    facts = (await client.get(f"/v1/patients/{patient}/facts?limit=1000")).json().get("facts", [])
    assert [fact["position"] for fact in facts] == list(range(1, len(facts) + 1))
    return [fact["id"] for fact in facts]


async def test_what_arrives_at_once_is_recorded_in_few_transactions(
    client: httpx.AsyncClient, commits: Counter[str], owner_engine: AsyncEngine, practice: UUID
) -> None:
    answers = await asyncio.gather(*[send(client, consent(number)) for number in range(40)])
    assert {answer.status_code for answer in answers} == {201}
    assert commits["commit"] <= 40 / 2
    ids = [fact for patient in range(PATIENTS) for fact in await ids_of(client, f"p{patient}")]
    assert sorted(ids) == sorted(f"c{number}" for number in range(40))
    async with owner_engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT count(*), count(DISTINCT request) FROM access_log WHERE tenant = :tenant AND status = 201"),
            {"tenant": practice},
        )
        assert tuple(rows.one()) == (40, 40)


async def test_nobodys_mistake_is_anybody_elses(client: httpx.AsyncClient) -> None:
    """Beside plain ones: a conflict with the record, two that contradict each other, corrections, and lists."""
    assert (await send(client, consent(0))).status_code == 201
    corrected, successor = consent(7, id="c7"), consent(7, id="c7-again", corrects="c7", on="2026-03-01")
    sent: list[tuple[list[Json], set[int]]] = [
        *(([consent(number)], {201}) for number in range(1, 6)),
        ([consent(0)], {200}),
        ([consent(0, on="2026-03-09")], {409}),
        ([consent(6, id="nobody", corrects="never sent")], {409}),
        ([consent(8), consent(9, id="c9", corrects="never sent either")], {409}),
        ([consent(11, id="twice", on="2026-03-01")], {201, 409}),
        ([consent(11, id="twice", on="2026-03-03")], {201, 409}),
        ([corrected], {201}),
        ([consent(12), consent(13)], {201}),
    ]
    answers = await asyncio.gather(*[send(client, *facts) for facts, _ in sent])
    assert [answer.status_code in expected for answer, (_, expected) in zip(answers, sent, strict=True)] == [True] * 13
    assert sorted(answer.status_code for answer in answers[9:11]) == [201, 409]
    assert answers[6].json()["errors"][0]["pointer"] == "/0/id"
    assert answers[8].json()["errors"][0]["pointer"] == "/1/corrects"
    assert [item["index"] for item in answers[12].json()["results"]] == [0, 1]
    assert (await send(client, successor)).status_code == 201
    ids = [fact for patient in range(PATIENTS) for fact in await ids_of(client, f"p{patient}")]
    assert sorted(ids) == sorted(
        [*(f"c{number}" for number in range(6)), "twice", "c7", "c7-again", "c12", "c13"]
    )  # fmt: skip


async def test_a_partial_request_keeps_what_is_good_of_it(client: httpx.AsyncClient) -> None:
    bad = consent(2, id="x", corrects="never sent")
    mixed, plain = await asyncio.gather(
        client.post("/v1/facts?partial=true", json=[consent(1), bad]), send(client, consent(3))
    )
    assert (mixed.status_code, [item["outcome"] for item in mixed.json()["results"]]) == (201, ["stored", "rejected"])
    assert plain.status_code == 201


async def test_keys_are_kept_and_replayed_one_by_one(client: httpx.AsyncClient) -> None:
    keys = [{"Idempotency-Key": f"k{number}"} for number in range(10)]
    first = await asyncio.gather(*[send(client, consent(n), headers=key) for n, key in enumerate(keys)])
    assert {answer.status_code for answer in first} == {201}
    again = await asyncio.gather(
        *[send(client, consent(n), headers=key) for n, key in enumerate(keys)], send(client, consent(50))
    )
    assert [answer.content for answer in again[:10]] == [answer.content for answer in first]
    assert {answer.headers.get("idempotency-replayed") for answer in again[:10]} == {"true"}
    assert again[10].status_code == 201
    others = await asyncio.gather(*[send(client, consent(99), headers=key) for key in keys[:2]])
    assert {answer.status_code for answer in others} == {422}


async def test_a_ledger_that_is_held_holds_up_its_own_writes_only(
    client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID
) -> None:
    async with transaction(engine, practice) as elsewhere:
        await append(elsewhere, practice, "ehr", [ledger_fact("consent", "held", "p0")])
        held = asyncio.create_task(send(client, consent(0)))
        others = await asyncio.gather(*[send(client, consent(number)) for number in (1, 2, 3, 4)])
        assert {answer.status_code for answer in others} == {201}
        assert not held.done()
    assert (await held).status_code == 201


async def test_who_leaves_early_takes_nobody_along(client: httpx.AsyncClient) -> None:
    requests = [asyncio.create_task(send(client, consent(number))) for number in range(12)]
    await asyncio.sleep(0.01)
    for request in requests[::3]:
        request.cancel()
    answers = await asyncio.gather(*requests, return_exceptions=True)
    stayed = [answer for answer in answers if isinstance(answer, httpx.Response)]
    assert len(stayed) >= 8 and {answer.status_code for answer in stayed} == {201}
    again = await asyncio.gather(*[send(client, consent(number)) for number in range(12)])
    assert {answer.status_code for answer in again} <= {200, 201}


@pytest.fixture
def small_inbox(app: FastAPI) -> Iterator[None]:
    """Room for three."""
    usual, app.state.inbox = app.state.inbox, Inbox(app.state.engine, most_waiting=3)
    yield
    app.state.inbox = usual


@pytest.mark.usefixtures("small_inbox")
async def test_more_than_can_wait_is_told_to_come_again(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*[send(client, consent(number)) for number in range(10)])
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and {answer.status_code for answer in answers} == {201, 429}
    assert {answer.json()["type"] for answer in refused} == {"/problems/too-many-requests"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    ids = [fact for patient in range(PATIENTS) for fact in await ids_of(client, f"p{patient}")]
    assert len(ids) == 10 - len(refused)


class Slow(Inbox):
    """Transactions that end when the test says so."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.running: list[asyncio.Future[None]] = []
        self.took: list[int] = []

    async def _recorded(self, tenant: UUID, source: str, requests: Sequence[Small]) -> list[Response | None]:
        self.running.append(asyncio.get_running_loop().create_future())
        self.took.append(len(requests))
        await self.running[-1]
        return [Response(str(len(self.took)))] * len(requests)


async def test_a_second_transaction_runs_beside_the_first_once_enough_wait(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID
) -> None:
    caller = await caller_of(engine, await create_key(owner_engine, practice, "ehr"))
    assert caller is not None
    slow = Slow(engine)
    small = Small(caller, (), None, lambda _: Response())

    async def arrive(requests: int) -> list[asyncio.Task[Response | None]]:
        arrived = [asyncio.create_task(slow.record(small)) for _ in range(requests)]
        for _ in range(5):
            await asyncio.sleep(0)
        return arrived

    everybody = await arrive(1)
    everybody += await arrive(11)
    assert slow.took == [1], "a few wait for the first"
    everybody += await arrive(1)
    assert slow.took == [1, 12], "more are worth another"
    everybody += await arrive(30)
    assert slow.took == [1, 12], "and no more than two run at once"
    slow.running[0].set_result(None)
    await arrive(0)
    assert slow.took == [1, 12, 30]
    for running in slow.running[1:]:
        running.set_result(None)
    answers = await asyncio.gather(*everybody)
    assert Counter(answer.body for answer in answers if answer is not None).total() == 43
    assert not slow._queues and not slow._waiting
    everybody = await arrive(1)
    assert slow.took == [1, 12, 30, 1]
    slow.running[3].set_result(None)
    assert await everybody[0] is not None
