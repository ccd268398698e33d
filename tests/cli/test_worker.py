"""The worker as a process: what it removes, signs and keeps current, that it outlives its database's absence, and stops when told to."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest
from alembic import command

from app.access.credentials import create_practice
from app.audit.checkpoint_file import read_lines
from app.audit.keys import make_key, verifier
from app.audit.verifying import read_checkpoints
from app.cli.worker import BATCH
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import configuration, migrate
from tests.ledger.statements import fact, record

PROJECT = Path(__file__).parents[2]
# A process that has a worker beside it until its standard input ends, as `run` has.
HAVING = """
import sys
from app.cli.worker import working
from app.settings import Settings
with working(Settings()):
    sys.stdin.read()
"""
# Expired a second ago, and a day before that; every third row is still kept.
ROWS = """
    WITH place AS (
        INSERT INTO credential (tenant, id, source, key_sha256, scopes)
        SELECT tenant, gen_random_uuid(), 'ehr', decode(repeat('00', 32), 'hex'), '{facts.write}' FROM practice WHERE tenant = %(tenant)s
        RETURNING tenant, id
    )
    INSERT INTO idempotency_key (tenant, credential, key, request_digest, status, headers, body, expires_at)
    SELECT tenant, id, 'very-private-' || n, decode(repeat('00', 32), 'hex'), 201, '{}', 'very-private',
        clock_timestamp() + CASE WHEN n %% 3 = 0 THEN '1 hour' ELSE '-1 second' END::interval
    FROM place, generate_series(1, %(rows)s) AS n
"""


def keep(url: str, practice: UUID, rows: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(ROWS.encode(), {"tenant": practice, "rows": rows})


def kept(url: str, practice: UUID) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM idempotency_key WHERE tenant = %s", [practice]).fetchone()
    assert row is not None
    return int(row[0])


def new_practice(url: str) -> UUID:
    tenant = uuid4()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO practice (tenant, name) VALUES (%s, 'Practice')", [tenant])
    return tenant


@contextmanager
def process(url: str, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DATABASE_URL": url, "LOG_FORMAT": "json", "LOG_LEVEL": "info", **settings}
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        try:
            yield started
        finally:
            started.kill()


def until_said(worker: subprocess.Popen[str], event: str) -> None:
    assert worker.stderr is not None
    said = []
    for line in worker.stderr:
        said.append(line)
        if json.loads(line)["event"] == event:
            return
    pytest.fail(f"never said: {event}; {said}")


def until(true: Callable[[], bool]) -> None:
    while not true():
        time.sleep(0.05)


@pytest.fixture
def server_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="care-month-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


def test_once_removes_what_is_due_and_leaves(database_url: str) -> None:
    practices = [new_practice(database_url) for _ in range(2)]
    for practice in practices:
        keep(database_url, practice, BATCH)
    with process(database_url, "-m", "app", "worker", "--once") as worker:
        _, log = worker.communicate(timeout=60)
    assert worker.returncode == 0, log
    assert [kept(database_url, practice) for practice in practices] == [BATCH // 3] * 2
    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = [line for line in lines if line["event"] == "expired idempotency keys removed"]
    # What other tests left behind goes as well.
    assert line["removed"] >= 2 * (BATCH - BATCH // 3)
    assert set(line) == {"at", "level", "logger", "event", "removed"}
    assert "private" not in log


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_works_until_told_to_stop(database_url: str, told: signal.Signals) -> None:
    practice = new_practice(database_url)
    keep(database_url, practice, 3)
    with process(database_url, "-m", "app", "worker") as worker:
        until_said(worker, "expired idempotency keys removed")
        assert kept(database_url, practice) == 1
        assert worker.poll() is None
        worker.send_signal(told)
        _, log = worker.communicate(timeout=60)
    assert worker.returncode == 0, log
    assert "worker stopped" in log
    assert "Traceback" not in log


def test_it_is_told_to_stop_while_it_waits_for_a_row(database_url: str) -> None:
    practice = new_practice(database_url)
    keep(database_url, practice, 1)
    with psycopg.connect(database_url) as holding:
        holding.execute("SELECT 1 FROM idempotency_key WHERE tenant = %s FOR UPDATE", [practice])
        with process(database_url, "-m", "app", "worker") as worker:
            until_said(worker, "worker started")
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            with psycopg.connect(database_url, autocommit=True) as asking:
                until(lambda: asking.execute(waiting).fetchone() != (0,))
            worker.send_signal(signal.SIGTERM)
            _, log = worker.communicate(timeout=60)
        assert worker.returncode == 0, log
    assert kept(database_url, practice) == 1


def test_it_waits_for_a_database_that_is_away(server_directory: Path) -> None:
    with embedded.start(server_directory, durable=False) as server:
        server.create_database("empty")
        server.create_database("work")
        url = server.url("work")
        migrate(url)
        practice = new_practice(url)
        keep(url, practice, 3)
    with process(url, "-m", "app", "worker") as worker:
        until_said(worker, "the database cannot serve")
        with embedded.start(server_directory, durable=False):
            until_said(worker, "expired idempotency keys removed")
            assert kept(url, practice) == 1
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=60)
        assert worker.returncode == 0, log


def test_it_waits_for_a_migration_that_is_still_to_come(server_directory: Path) -> None:
    with embedded.start(server_directory, durable=False) as server:
        server.create_database("work")
        url = server.url("work")
        for version in (None, "0008"):  # of which the latter has all but the jobs
            if version is not None:
                command.upgrade(configuration(url), version)
            with process(url, "-m", "app", "worker", "--once") as once:
                _, log = once.communicate(timeout=60)
                assert once.returncode == 1
                assert "not migrated" in log
        with process(url, "-m", "app", "worker") as worker:
            until_said(worker, "the database cannot serve")
            migrate(url)
            practice = new_practice(url)
            keep(url, practice, 3)
            until_said(worker, "expired idempotency keys removed")
            assert kept(url, practice) == 1


@pytest.mark.parametrize("killed", [True, False])
def test_it_ends_with_the_process_it_works_beside(database_url: str, *, killed: bool) -> None:
    with process(database_url, "-c", HAVING) as having:
        until_said(having, "worker started")
        workers = psutil.Process(having.pid).children(recursive=True)
        assert workers
        if killed:
            having.kill()
        assert having.stdin is not None
        having.stdin.close()
        _, alive = psutil.wait_procs(workers, timeout=60)
        assert not alive
        assert having.wait(timeout=60) == (-signal.SIGKILL if killed else 0)


def test_it_makes_a_checkpoint_where_there_is_a_key(server_directory: Path) -> None:
    make_key(server_directory / "key")
    checkpoints = server_directory / "checkpoints.ndjson"
    chosen = {"AUDIT_KEY_FILE": str(server_directory / "key"), "CHECKPOINT_FILE": str(checkpoints)}
    with embedded.start(server_directory, durable=False) as server:
        server.create_database("work")
        url = server.url("work")
        migrate(url)
        asyncio.run(record_one(url))
        with process(url, "-m", "app", "worker", **chosen) as worker:
            until_said(worker, "checkpoint made")
            worker.send_signal(signal.SIGTERM)
            _, log = worker.communicate(timeout=60)
        assert worker.returncode == 0, log
        # Whoever cannot take the role keeps house all the same.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN")
            connection.execute("GRANT care_month_app TO plain")
        plain = url.replace("//postgres@", "//plain@")
        keep(url, new_practice(url), 3)
        with process(plain, "-m", "app", "worker", "--once", **chosen) as once:
            _, log = once.communicate(timeout=60)
        assert once.returncode == 0, log
        events = [json.loads(line)["event"] for line in log.splitlines()]
        assert events == ["expired idempotency keys removed", "no checkpoint could be made"]
    assert read_checkpoints(read_lines(checkpoints), verifier([server_directory / "key.pub"])).number == 1
    assert "very-private" not in checkpoints.read_text() + log


async def record_one(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    await record(engine, await create_practice(engine, "Elm Street"), fact("consent", "c", "very-private"))
    await engine.dispose()


def test_it_keeps_the_worklist_within_seconds(server_directory: Path) -> None:
    """Two workers; what is recorded while they run is in the list soon after, and once."""
    with embedded.start(server_directory, durable=False) as server:
        server.create_database("work")
        url = server.url("work")
        migrate(url)
        with process(url, "-m", "app", "worker") as worker, process(url, "-m", "app", "worker") as other:
            for each in (worker, other):
                until_said(each, "worker started")
            asyncio.run(record_one(url))
            with psycopg.connect(url, autocommit=True) as asking:
                rows = "SELECT count(*), count(DISTINCT service_month) FROM worklist_row WHERE patient = 'very-private'"
                began = time.monotonic()
                until(lambda: asking.execute(rows).fetchone() == (2, 2))
                assert time.monotonic() - began < 10
            for each in (worker, other):
                each.send_signal(signal.SIGTERM)
                _, log = each.communicate(timeout=60)
                assert each.returncode == 0, log
                assert "very-private" not in log
                assert "Traceback" not in log


def test_without_a_key_it_says_so_once(database_url: str) -> None:
    with process(database_url, "-m", "app", "worker", "--once", AUDIT_KEY_FILE="") as worker:
        _, log = worker.communicate(timeout=60)
    assert worker.returncode == 0, log
    assert log.count("no checkpoints are made") == 1


def test_a_key_that_is_none_is_told_before_anything_is_begun(database_url: str) -> None:
    with process(database_url, "-m", "app", "worker", AUDIT_KEY_FILE="/dev/null") as worker:
        _, log = worker.communicate(timeout=60)
    assert worker.returncode == 1
    assert "AUDIT_KEY_FILE: /dev/null holds no private key" in log
