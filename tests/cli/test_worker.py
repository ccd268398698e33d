"""The worker as a process: it removes what has expired, outlives its database's absence, and stops when told to."""

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

from app.cli.worker import BATCH
from app.postgres import embedded
from app.postgres.migrate import migrate

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
        INSERT INTO credential (tenant, id, source, key_sha256)
        SELECT tenant, gen_random_uuid(), 'ehr', decode(repeat('00', 32), 'hex') FROM practice WHERE tenant = %(tenant)s
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
def process(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DATABASE_URL": url, "LOG_FORMAT": "json", "LOG_LEVEL": "info"}
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
    (line,) = [json.loads(line) for line in log.splitlines()]
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
