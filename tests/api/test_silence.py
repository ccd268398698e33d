"""A secret in every free field of what is recorded, told and closed stands in no log: neither ours nor the database's."""

import asyncio
import io
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import logs
from app.access.credentials import create_key, create_practice
from app.api.documents.fact_examples import EXAMPLES, example
from app.audit.keys import make_key
from app.cli.worker import keep_house
from app.determination.facts import KINDS
from app.ledger.append import append
from app.main import create_app
from app.months.worklist_keeping import Keeper
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.transaction import transaction
from app.settings import Settings
from tests.api.conftest import calling
from tests.api.months import call, usual
from tests.cli.running import PROJECT
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
def written() -> Iterator[io.StringIO]:
    """What the service writes at its most talkative, in the form it writes it; statements and rows, which it never asks
    of SQLAlchemy, among it.
    """
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Json())
    root.addHandler(handler)
    loggers = (root, logging.getLogger("sqlalchemy"))
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
async def service(server: tuple[str, Path], written: io.StringIO) -> AsyncIterator[Service]:
    """Made while everything is written: SQLAlchemy asks for the level once."""
    url, database_log = server
    owner = create_engine(url, pool_size=1)
    practice = await create_practice(owner, f"Practice of {CANARY}")
    key = await create_key(owner, practice, "ehr")
    app = create_app(Settings(database_url=url))
    async with app.router.lifespan_context(app), calling(app, key) as client:
        yield Service(app, practice, client, database_log)
    await owner.dispose()


def with_secret(value: Any) -> Iterator[Any]:
    """The value with the secret as each text of it in turn."""
    if isinstance(value, str):
        yield CANARY
        yield f"{value} {CANARY}"
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from (value | {name: changed} for changed in with_secret(member))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from ([*value[:place], changed, *value[place + 1 :]] for changed in with_secret(member))


@pytest.fixture
def told_by_the_database(server: tuple[str, Path]) -> Iterator[None]:
    """Every statement, as whoever looks for a slow one has it: the values in them are sent beside them."""
    with psycopg.connect(server[0], autocommit=True) as connection:
        for setting in ("log_statement = 'all'", "log_min_duration_statement = 0", "log_lock_waits = on"):
            connection.execute(f"ALTER DATABASE silence SET {setting}".encode())
    yield
    with psycopg.connect(server[0], autocommit=True) as connection:
        connection.execute("ALTER DATABASE silence RESET ALL")


@pytest.mark.usefixtures("told_by_the_database")
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
    assert (await client.post("/v1/time-entries", json=late, headers={"Idempotency-Key": CANARY})).status_code == 201
    assert (await Keeper(service.app.state.engine).turn()).rows
    before = "2026-03-31T12:00:00Z"
    for path in (
        f"/v1/patients/{PATIENT}/facts", f"{MONTH}/determination", f"{MONTH}/amendments", f"{MONTH}/history",
        f"{MONTH}/history/1", "/v1/months/2026-03/amendments", "/v1/practice/facts", f"/v1/access-log?patient={PATIENT}",
        f"/v1/months/2026-03/simultaneous-work?performer={CANARY}", f"/v1/months/2026-03/worklist?practitioner={CANARY}",
        f"/v1/months/2026-03/worklist?known_as_of={before}", "/v1/events",
    ):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text)
    (waiting,) = (await client.get(f"{MONTH}/amendments")).json()["amendments"]
    decision = {"amendment": waiting["amendment"], "decision": "accepted", **SAID}
    assert (await client.post(f"{MONTH}/amendments", json=decision)).status_code == 201
    assert (await client.post(f"{MONTH}/reopen", json=SAID)).status_code == 201
    assert (await client.post("/v1/months/2026-03/close", json=SAID | {"patients": [PATIENT]})).status_code == 200
    panel = {"service_month": "2026-03", "panel": {"stored": True}}
    assert (await client.post("/v1/projections", json=panel)).status_code == 200

    taken = refused = 0
    for path, sent in questions(service.app):
        answer = await client.post(path, json=sent)
        taken += answer.is_success
        if not answer.is_success:
            refused += 1
            assert CANARY.lower() not in answer.text.lower(), (path, answer.text)
    assert taken > 200 and refused > 200, (taken, refused)
    assert "INSERT INTO fact" in service.database_log.read_text()
    check(service, written)


def questions(app: FastAPI) -> Iterator[tuple[str, Any]]:
    """Every kind of fact, one by one and in lists, and the examples of every other call, with the secret in each text."""
    for kind in EXAMPLES:
        fact = example(kind, about_patient=kind == "retraction" or KINDS[kind].about_patient)
        for number, changed in enumerate(with_secret(fact)):
            named = changed if changed["id"] != fact["id"] else changed | {"id": f"{kind}-{CANARY}-{number}"}
            for sent in (named, named | {"source": CANARY}, [named, named]):
                yield "/v1/facts", sent
    for path, operations in app.openapi()["paths"].items():
        content = operations.get("post", {}).get("requestBody", {"content": {}})["content"]
        where = path.replace("{patient}", PATIENT).replace("{month}", "2026-03")
        examples = [
            each["value"] for name, media in content.items() if "json" in name for each in media["examples"].values()
        ]
        for sent in examples if path != "/v1/facts" else ():
            yield from ((where, changed) for changed in with_secret(sent))


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


Started = Callable[[dict[str, str], str], subprocess.Popen[str]]


@pytest.fixture
def started() -> Iterator[Started]:
    """A command with settings; what it says comes as its output."""
    with ExitStack() as cleanup:

        def start(settings: dict[str, str], command: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", *command.split()], cwd=PROJECT, env=os.environ | settings, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            cleanup.callback(process.kill)
            return process

        yield start


def test_the_processes_write_nothing_beside(server: tuple[str, Path], tmp_path: Path, started: Started) -> None:
    """All that serve and worker say, from their first word to their last, at their most talkative."""
    make_key(tmp_path / "key")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "DATABASE_URL": server[0], "PORT": str(port), "LOG_LEVEL": "debug", "LOG_FORMAT": "plain",
        "DATA_DIR": str(tmp_path), "AUDIT_KEY_FILE": str(tmp_path / "key"),
    }  # fmt: skip
    key = asyncio.run(a_practice(server[0]))

    serving = started(settings, "serve")
    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": CANARY}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        until_it_answers(client)
        late = call(f"process-{CANARY}", 30, patient=PATIENT)
        assert client.post("/v1/facts", json=late).status_code == 201
        assert client.get(f"/v1/patients/{PATIENT}/facts", params={"kind": "time_entry"}).status_code == 200
        assert client.get(f"/{CANARY}", params={CANARY: CANARY}).status_code == 404
        assert client.post("/v1/facts", content=CANARY.encode()).status_code >= 400
    for nonsense in (f"GET /{CANARY} HTTP/9.9", f"{CANARY}", f"GET / HTTP/1.1\r\n{CANARY}", f"POST /{CANARY} HTTP/1.1"):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{nonsense}\r\nContent-Length: x\r\n\r\n{CANARY}\r\n\r\n".encode())
            connection.settimeout(5)
            connection.recv(1_000)
    working = started(settings, "worker --once")
    said = [working.communicate(timeout=60)[0]]
    serving.send_signal(signal.SIGTERM)
    said.append(serving.communicate(timeout=60)[0])
    assert (working.returncode, serving.returncode) == (0, 0), said
    assert "checkpoint made" in said[0]
    assert "route=/v1/patients/{patient}/facts" in said[1]
    assert CANARY.lower() not in "".join(said).lower()
    assert CANARY.lower() not in server[1].read_text().lower()


async def a_practice(url: str) -> str:
    """The key of a new one."""
    owner = create_engine(url, pool_size=1)
    key = await create_key(owner, await create_practice(owner, f"Practice of {CANARY}"), "ehr")
    await owner.dispose()
    return key


def until_it_answers(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            client.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("it does not answer")


def check(service: Service, written: io.StringIO, *, errors: bool = False) -> None:
    ours, theirs = written.getvalue(), service.database_log.read_text()
    assert ours.count('"event": "request"') > (0 if errors else 100)
    assert '"route": "/v1/facts"' in ours or errors
    for told in (ours, theirs):
        assert [line for line in told.splitlines() if CANARY.lower() in line.lower()] == []
