"""Runs while workers, the API and Postgres are killed with -9, again and again: every patient is done, and done once.

`make slow` kills two times for each five of `SLOW_EXAMPLES`, by the chance of `SLOW_SEED`.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from app.access.credentials import create_key, create_practice
from app.api.fact_reading import facts_to_store
from app.ledger.append import append
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.transaction import transaction
from tests.api.months import usual
from tests.cli.running import PROJECT, directory

KILLS: Final = 2 * int(os.environ.get("SLOW_EXAMPLES", "10")) // 5
SEED: Final = int(os.environ.get("SLOW_SEED", "20260312"))
PATIENTS: Final = 1_500
LAST_SECONDS: Final = 90
"""Within which a run ends once nobody is killed any more: what a killed worker had in hand is given up for lost after six."""
# Many small ranges, so that most kills meet some that are under way.
RANGE_SIZE: Final = 20
API: Final = f"""
from app.cli.commands import main
from app.months.runs import asking
asking.RANGE_SIZE = {RANGE_SIZE}
main(["serve"])
"""


class House:
    """A Postgres of its own, an API and two workers, each of which can be killed and is started again."""

    def __init__(self, home: Path, stack: contextlib.ExitStack) -> None:
        self.home, self._stack = home, stack
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = self.start_postgres()
        self._log = stack.enter_context((home.parent / "log").open("ab"))

    def start_postgres(self) -> str:
        server = self._stack.enter_context(embedded.start(self.home))
        server.create_database("care_month")
        return server.url("care_month")

    def start(self, name: str) -> None:
        told = ["-c", API] if name == "api" else ["-m", "app", "worker"]
        settings = {"DATABASE_URL": self.url, "PORT": str(self.port), "LOG_LEVEL": "warning"}
        self._processes[name] = subprocess.Popen(
            [sys.executable, *told], cwd=PROJECT, env=os.environ | settings, stdout=self._log, stderr=self._log
        )

    def kill(self, name: str) -> None:
        if name == "postgres":
            lines = (self.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
            os.kill(int(lines[0]), signal.SIGKILL)
            self.start_postgres()
        else:
            self._processes[name].kill()
            self._processes[name].wait()
            self.start(name)

    def tell_to_stop(self, name: str) -> None:
        """As `run` ended with Ctrl-C does: the terminal tells it, then who started it, once more or twice."""
        for told in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
            self._processes[name].send_signal(told)
            time.sleep(0.01)
        assert self._processes[name].wait(timeout=10) == 0

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def house() -> Iterator[House]:
    with directory() as home, contextlib.ExitStack() as stack:
        made = House(home, stack)
        migrate(made.url)
        try:
            yield made
        finally:
            made.stop()


async def recorded(url: str) -> tuple[UUID, str]:
    """A practice with its key, and its patients: every second of them has worked long enough for a code."""
    engine = create_engine(url)
    tenant = await create_practice(engine, "Practice")
    for start in range(0, PATIENTS, 300):
        numbers = range(start, min(start + 300, PATIENTS))
        facts = [fact for number in numbers for fact in usual(named(number), (25 if number % 2 else 5,))]
        distinct = list({(fact["kind"], fact["id"]): fact for fact in facts}.values())
        for at in range(0, len(distinct), 1_000):
            sent = facts_to_store({"facts": distinct[at : at + 1_000]})
            async with transaction(engine, tenant) as connection:
                await append(connection, tenant, "ehr", list(sent.facts.values()))
    key = await create_key(engine, tenant, "ehr")
    await engine.dispose()
    return tenant, key


def named(number: int) -> str:
    return f"p{number:05}"


def without_an_order(url: str) -> int:
    """Ranges that are not done and of which no job says that they are to be."""
    with psycopg.connect(url) as connection:
        row = connection.execute("""
            SELECT count(*) FROM run_range AS r WHERE done_at IS NULL AND NOT EXISTS (
                SELECT FROM jobs.pgqueuer WHERE dedupe_key = r.run || ' ' || r.number AND status IN ('queued', 'picked')
            )
        """).fetchone()
    assert row is not None
    return int(row[0])


class Asker:
    """Somebody who wants the month determined, and asks as often as it takes."""

    def __init__(self, port: int, key: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=20
        )

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        until = time.monotonic() + LAST_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = self._client.request(method, path, json=body, headers=headers)
                assert answer.status_code != 500, answer.text
                if answer.status_code < 500 and answer.status_code != 409:
                    assert answer.is_success, answer.text
                    return answer.json()
            assert time.monotonic() < until, "nobody answers any more"
            time.sleep(0.05)

    def begin(self, number: int) -> str:
        """A run in which nothing of an earlier one stands: the practice chose something anew."""
        policy = {"kind": "policy", "id": f"policy-{number}", "from": "2026-01", "locality": "national"}
        self.ask("POST", "/v1/facts", [policy], str(uuid4()))
        return str(self.ask("POST", "/v1/months/2026-03/runs", {}, str(uuid4()))["id"])

    def state(self, run: str) -> Any:
        return self.ask("GET", f"/v1/runs/{run}")

    def close(self) -> None:
        self._client.close()


def found(url: str, tenant: UUID, run: str) -> list[tuple[Any, ...]]:
    """What is stored of a run, as a superuser sees it."""
    with psycopg.connect(url) as connection:
        asked = "SELECT patient, status, codes, problem FROM run_result WHERE tenant = %s AND run = %s ORDER BY patient"
        return connection.execute(asked, [tenant, run]).fetchall()


EXPECTED: Final = [
    (named(number), "billable", ["99490"], None) if number % 2 else (named(number), "not_billable", [], None)
    for number in range(PATIENTS)
]


def test_a_worker_that_is_told_to_stop_ends_what_it_has_in_hand(house: House) -> None:
    _, key = asyncio.run(recorded(house.url))
    for name in ("api", "worker-1"):
        house.start(name)
    asker = Asker(house.port, key)
    run = asker.begin(0)
    for stops in range(4):
        before = asker.state(run)["done"]
        while asker.state(run)["done"] <= before:
            time.sleep(0.01)
        house.tell_to_stop("worker-1")
        assert asker.state(run)["state"] == "running"
        assert without_an_order(house.url) == 0, stops
        house.start("worker-1")
    asker.close()


def test_nobody_is_missed_and_nobody_done_twice_whoever_is_killed(house: House) -> None:
    chance = random.Random(SEED)
    tenant, key = asyncio.run(recorded(house.url))
    for name in ("api", "worker-1", "worker-2"):
        house.start(name)
    asker = Asker(house.port, key)
    runs = [asker.begin(0)]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0, 0.7))
        house.kill(chance.choice(["api", "worker-1", "worker-1", "worker-2", "worker-2", "postgres"]))
        if asker.state(runs[-1])["state"] == "done":
            runs.append(asker.begin(len(runs)))
    until = time.monotonic() + LAST_SECONDS
    while (last := asker.state(runs[-1]))["state"] != "done":
        assert time.monotonic() < until, last
        time.sleep(0.2)
    asker.close()
    for run in runs:
        assert found(house.url, tenant, run) == EXPECTED, f"run {runs.index(run)} of {len(runs)}, seed {SEED}"
    # Nor is a run begun twice where the answer to its being asked for was lost.
    with psycopg.connect(house.url) as connection:
        assert connection.execute("SELECT count(*) FROM run WHERE tenant = %s", [tenant]).fetchone() == (len(runs),)
