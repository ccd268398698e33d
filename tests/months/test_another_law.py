"""A month closed under another law than ours: what was given is served, asked again it says so, and a delta is proposed."""

import datetime as dt
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import Caller, caller_of, create_key
from app.determination.answer import Answer
from app.ledger.hold import hold
from app.ledger.read import snapshot
from app.main import create_app
from app.months.attesting import Attesting
from app.months.freezing import freeze, newly, present
from app.postgres.transaction import transaction
from app.settings import Settings
from tests.api.conftest import calling
from tests.api.months import MONTH, SAID, Json, codes, got, own_facts, posted, usual

OTHER_LAW = "sha256:" + "0" * 64


@pytest.fixture
async def key(owner_engine: AsyncEngine, practice: UUID) -> str:
    return await create_key(owner_engine, practice, "ehr")


@pytest.fixture
async def client(database_url: str, key: str) -> Any:
    app: FastAPI = create_app(Settings(database_url=database_url))
    async with app.router.lifespan_context(app), calling(app, key) as client:
        yield client


async def closed_under_another_law(engine: AsyncEngine, caller: Caller, lines: int) -> Answer:
    """As a version of the service that held other rules would have closed it, with the first lines of the month."""
    async with transaction(engine, caller.tenant) as connection:
        held = await hold(connection, caller.tenant, ["p1"])
        stored = await snapshot(connection, caller.tenant, "p1")
        assert stored is not None
        ours = present(stored, "p1", "2026-03", held.instant).answer
        law = msgspec.structs.replace(ours.rulebook, law_digest=OTHER_LAW)
        theirs = msgspec.structs.replace(ours, rulebook=law, claim_lines=ours.claim_lines[:lines])
        new = newly("p1", "2026-03", 1, theirs, theirs.claim_lines)
        await freeze(connection, caller, "2026-03", "closed", msgspec.convert(SAID, Attesting), {"p1": new})
        return theirs


@pytest.fixture
async def caller(client: httpx.AsyncClient, engine: AsyncEngine, key: str) -> Caller:
    await posted(client, "/v1/facts", usual())
    caller = await caller_of(engine, key)
    assert caller is not None
    return caller


async def asked_as_of_then(client: httpx.AsyncClient) -> tuple[Json, Json]:
    (revision,) = (await got(client, MONTH + "/history"))["revisions"]
    return revision["frozen"], await got(client, revision["frozen"]["determination"])


async def test_the_same_question_says_that_it_was_answered_under_another_law(
    client: httpx.AsyncClient, engine: AsyncEngine, caller: Caller
) -> None:
    theirs = await closed_under_another_law(engine, caller, 2)
    frozen, answer = await asked_as_of_then(client)
    assert answer.pop("given_then") == {
        "revision": 1, "law_digest": OTHER_LAW, "wording_digest": frozen["wording_digest"], "answer": frozen["answer"],
    }  # fmt: skip
    given = await got(client, frozen["answer"])
    assert given["rulebook"]["law_digest"] == OTHER_LAW
    assert "given_then" not in given
    assert {name: value for name, value in answer.items() if name != "rulebook"} == {
        name: value for name, value in given.items() if name != "rulebook"
    }
    assert theirs.known_as_of is not None
    before = (theirs.known_as_of - dt.timedelta(microseconds=1)).isoformat()
    assert "given_then" not in await got(client, MONTH + "/determination", known_as_of=before)
    assert "given_then" not in await got(client, MONTH + "/determination")
    assert (await got(client, MONTH + "/amendments"))["amendments"] == []


async def test_another_law_alone_makes_an_amendment_where_it_gives_other_lines(
    client: httpx.AsyncClient, engine: AsyncEngine, caller: Caller
) -> None:
    await closed_under_another_law(engine, caller, 1)
    (amendment,) = (await got(client, MONTH + "/amendments"))["amendments"]
    assert [(each["change"], each["claim_line"]["code"]) for each in amendment["changes"]] == [
        ("keep", "99490"), ("add", "99439"),
    ]  # fmt: skip
    assert amendment["then"]["law_digest"] == OTHER_LAW
    assert amendment["now"]["law_digest"] != OTHER_LAW
    decision = {"amendment": amendment["amendment"], "decision": "accepted", **SAID}
    await posted(client, MONTH + "/amendments", decision)
    last = (await got(client, MONTH + "/history"))["revisions"][-1]
    assert codes(last["frozen"]["claim_lines"]) == [("99490", 1), ("99439", 1)]
    assert len([fact for fact in await own_facts(client) if fact["kind"] == "service"]) == 2
