"""A secret in every free field of what is recorded, told and closed stands in no log: neither ours nor the database's."""

import asyncio
import io
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import logs
from app.access.credentials import create_key, create_practice
from app.api.documents.fact_examples import EXAMPLES, example
from app.cli.worker import keep_house
from app.determination.facts import KINDS
from app.ledger.append import append
from app.main import create_app
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.transaction import transaction
from app.settings import Settings
from tests.api.conftest import calling
from tests.api.months import call, usual
from tests.ledger.statements import fact as ledger_fact

Json = dict[str, Any]
CANARY = "JaneRoe1950"
PATIENT = f"p-{CANARY}"
MONTH = f"/v1/patients/{PATIENT}/months/2026-03"
SAID = {"by": f"C_{CANARY}", "on_behalf_of": f"DR_{CANARY}", "words": f"Furnished to {CANARY}."}


class Service(NamedTuple):
    app: FastAPI
    practice: UUID
    client: httpx.AsyncClient
    database_log: Path


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    """A server of its own, whose log holds what this file does."""
    with tempfile.TemporaryDirectory(prefix="care-month-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        with embedded.start(Path(directory), durable=False) as running:
            running.create_database("silence")
            migrate(running.url("silence"))
            yield running.url("silence"), Path(directory) / "postgres" / "log"


@pytest.fixture
async def service(server: tuple[str, Path]) -> AsyncIterator[Service]:
    url, database_log = server
    owner = create_engine(url, pool_size=1)
    practice = await create_practice(owner, f"Practice of {CANARY}")
    key = await create_key(owner, practice, "ehr")
    app = create_app(Settings(database_url=url))
    async with app.router.lifespan_context(app), calling(app, key) as client:
        yield Service(app, practice, client, database_log)
    await owner.dispose()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the service writes at its most talkative, in the form it writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(logs.Json())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def with_secret(value: Any) -> Iterator[Any]:
    """The value with the secret as each text of it in turn."""
    if isinstance(value, str):
        yield CANARY
        yield f"{value} {CANARY}"
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from (value | {name: changed} for changed in with_secret(member))


async def test_what_is_recorded_and_told_is_in_no_log(service: Service, written: io.StringIO) -> None:
    client = service.client
    own = [fact | {"patient": PATIENT} for fact in usual() if "patient" in fact]
    practice = [fact for fact in usual() if "patient" not in fact]
    assert (await client.post("/v1/facts", json=[*own, *practice])).status_code in {200, 201}
    conflicting = [fact | {"note_ref": CANARY} for fact in own if fact["kind"] == "time_entry"]
    assert (await client.post("/v1/facts", json=conflicting)).status_code == 409
    closed = await client.post(f"{MONTH}/close", json=SAID)
    assert closed.status_code == 201, closed.text
    late = call(f"late-{CANARY}", 30, patient=PATIENT)
    assert (await client.post("/v1/time-entries", json=late)).status_code == 201
    for path in (
        f"/v1/patients/{PATIENT}/facts", f"{MONTH}/determination", f"{MONTH}/amendments", f"{MONTH}/history",
        f"{MONTH}/history/1", "/v1/months/2026-03/amendments", "/v1/practice/facts", f"/v1/access-log?patient={PATIENT}",
        f"/v1/months/2026-03/simultaneous-work?performer={CANARY}",
    ):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text)
    assert (await client.post(f"{MONTH}/reopen", json=SAID)).status_code == 201

    recorded = refused = 0
    for kind in EXAMPLES:
        fact = example(kind, about_patient=kind == "retraction" or KINDS[kind].about_patient)
        for number, changed in enumerate(with_secret(fact)):
            named = changed if changed["id"] != fact["id"] else changed | {"id": f"{kind}-{CANARY}-{number}"}
            for sent in (named, named | {"source": CANARY}, [named, named]):
                answer = await client.post("/v1/facts", json=sent)
                assert answer.status_code < 500, answer.text
                recorded += answer.status_code == 201
                refused += answer.status_code >= 400
    assert recorded > 40 and refused > 40
    check(service, written)


async def test_what_goes_wrong_in_the_database_is_told_without_what_it_was_about(
    service: Service, written: io.StringIO
) -> None:
    """Locks not had in time, rows refused, statements cut off."""
    engine = service.app.state.engine
    held = call(f"held-{CANARY}", 10, patient=PATIENT)
    async with transaction(engine, service.practice) as elsewhere:
        await append(elsewhere, service.practice, "ehr", [ledger_fact("consent", f"c-{CANARY}", PATIENT)])
        assert (await service.client.post("/v1/time-entries", json=held)).status_code == 503
    rows = f"'{CANARY}', '{CANARY}', 1, '{CANARY}', '{CANARY}', now(), '{CANARY}'"
    for statement in (
        f"INSERT INTO fact (tenant, source, stream, position, kind, id, recorded_at, payload) VALUES (NULL, {rows})",
        f"INSERT INTO stream (tenant, stream, position) SELECT tenant, '{PATIENT}', -1 FROM practice",
        f"SELECT pg_terminate_backend(pg_backend_pid()), '{CANARY}'",
    ):
        with pytest.raises(Exception, match=r".") as raised:
            async with transaction(engine, service.practice) as connection:
                await connection.execute(text(statement))
        logging.getLogger("app").error("a statement failed", exc_info=raised.value)
    await keep_house(engine)
    await asyncio.sleep(0.1)  # the server's log is written beside
    assert "lock timeout" in service.database_log.read_text()
    check(service, written, errors=True)


def check(service: Service, written: io.StringIO, *, errors: bool = False) -> None:
    ours, theirs = written.getvalue(), service.database_log.read_text()
    assert ours.count('"event": "request"') > (0 if errors else 100)
    assert '"route": "/v1/facts"' in ours or errors
    for told in (ours, theirs):
        assert [line for line in told.splitlines() if CANARY.lower() in line.lower()] == []
