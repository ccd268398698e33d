"""A page of a worklist of 100,000 patients beside `SELECT 1`, and how soon what was just recorded is in the list.

python -m benchmarks.worklist
"""

import datetime as dt
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
import uvloop

from app.api.cursors import cursor_at
from app.cli.demo_facts import TIME_ZONE, standing_facts
from app.determination.facts import Fact
from app.determination.service_month import local_day
from app.months.worklist_keeping import Keeper
from app.months.worklist_stored import Filters
from app.postgres.engine import create_engine
from benchmarks import serving
from benchmarks.load import Generator, get, post
from benchmarks.rounds import ROUNDS, machine

PATIENTS: Final = int(os.environ.get("PATIENTS", "100000"))
REAL, SIZE, REQUESTS, TIMES = 1_000, 1_000, 60, 5
TODAY: Final = local_day(dt.datetime.now(dt.UTC), TIME_ZONE)
MONTH: Final = f"{TODAY:%Y-%m}"
PATH: Final = f"/v1/months/{MONTH}/worklist"
# The rows and heads of patients like the real ones: a page and the comparison read nothing else.
COPIES: Final = """
    INSERT INTO stream (tenant, stream, position, recorded_at, chain_hash)
    SELECT s.tenant, 'zz-' || s.stream || '-' || n, s.position, s.recorded_at - interval '1 day', s.chain_hash
    FROM stream AS s CROSS JOIN generate_series(1, %(copies)s) AS n WHERE s.stream <> '' AND s.position > 0;
    INSERT INTO worklist_row
    SELECT r.tenant, r.service_month, 'zz-' || r.patient || '-' || n, r.patient_position, r.practice_position, r.computed_for,
        r.book_digest, r.value + (hashtext(r.patient || n) %% 300), r.state, r.status, r.programs, r.codes, r.practitioners,
        r.billed_digest, r.answer
    FROM worklist_row AS r CROSS JOIN generate_series(1, %(copies)s) AS n;
    VACUUM ANALYZE
"""


def care(patient: str, number: int) -> list[dict[str, Any]]:
    """How the demo practice's first patient is cared for, and some minutes in this month."""
    of_ada = [_stated(fact) for fact in standing_facts() if getattr(fact, "patient", None) == "demo-ada"]
    begun = [fact | {"patient": patient, "id": f"{patient}-{fact['id']}"} for fact in of_ada]
    return [*begun, *(work(patient, f"{n}", (number * 7 + n) % 25 + 1) for n in range(3))]


def work(patient: str, name: str, minutes: int) -> dict[str, Any]:
    return {
        "kind": "time_entry", "id": f"{patient}-work-{name}", "patient": patient, "program": "ccm", "performer": "RN_KIM",
        "role": "clinical_staff", "activity": "contact", "on": f"{MONTH}-01", "seconds": minutes * 60,
    }  # fmt: skip


def _stated(fact: Fact) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads(msgspec.json.encode(fact))
    return stated


def recorded(generator: Generator, service: serving.Service, key: str) -> None:
    facts = [_stated(fact) for fact in standing_facts() if not fact.about_patient]
    facts += [fact for number in range(REAL) for fact in care(f"patient-{number}", number)]
    sent = [post("/v1/facts", key, json.dumps(facts[at : at + SIZE]).encode()) for at in range(0, len(facts), SIZE)]
    generator.fire(service.port, sent, 1)


async def brought_up(url: str) -> tuple[int, float]:
    """Rows worked out by one worker, and the seconds it took."""
    engine = create_engine(url, pool_size=1)
    began = time.perf_counter()
    rows = (await Keeper(engine).turn()).rows
    await engine.dispose()
    return rows, time.perf_counter() - began


def copied(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in COPIES.split(";"):
            connection.execute(statement.encode(), {"copies": PATIENTS // REAL - 1} if "%(" in statement else None)


def pages(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT tenant, value, patient FROM worklist_row WHERE service_month = %s"
            " ORDER BY value DESC, patient OFFSET %s LIMIT 1",
            [MONTH, PATIENTS * 9 // 10],
        ).fetchone()
    assert row is not None
    tenant, value, patient = row
    assert isinstance(tenant, UUID)
    deep = cursor_at(value, patient, tenant, "worklist", MONTH, Filters(), None)
    then = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    return {
        "SELECT 1": serving.YARDSTICK,
        "SELECT 1, noted in the access log": serving.NOTED_YARDSTICK,
        "the first page": PATH,
        "the first page, 200 rows": f"{PATH}?limit=200",
        "at risk, of one practitioner": f"{PATH}?state=at_risk&practitioner=DR_LEE",
        "of a code that nobody has": f"{PATH}?code=99491",
        "of a practitioner nobody has": f"{PATH}?practitioner=DR_NOBODY",
        "a page after nine tenths": f"{PATH}?cursor={deep}",
        "100 patients as known then": f"{PATH}?known_as_of={then}",
    }


def timed(generator: Generator, service: serving.Service, key: str, asked: dict[str, str], connections: int) -> None:
    waits: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(ROUNDS + 1):
        for name, path in asked.items():
            fired = generator.fire(service.port, [get(path, key)] * (REQUESTS if turn else 5), connections)
            waits[name] += fired.waits if turn else []
    print(f"\nOf {PATIENTS:,} patients, {connections} connections; wanted: 200 ms or less")
    yardstick = median(waits["SELECT 1"])
    for name, each in waits.items():
        p50, p99 = median(each), quantiles(each, n=100)[98]
        print(
            f"  {name:36} p50 {p50 * 1000:8.1f} ms   p99 {p99 * 1000:8.1f} ms   p50 times `SELECT 1`: {p50 / yardstick:6.1f}"
        )


@contextmanager
def worker(url: str) -> Iterator[None]:
    environment = {**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "error", "AUDIT_KEY_FILE": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "app", "worker"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            time.sleep(5)  # until its first looks are over
            yield
        finally:
            process.terminate()


def current(generator: Generator, service: serving.Service, key: str) -> list[float]:
    """Seconds from the answer to 1,000 facts of as many patients until no row is behind."""
    took = []
    for turn in range(TIMES):
        facts = [work(f"patient-{number}", f"late-{turn}", 1) for number in range(REAL)]
        generator.fire(service.port, [post("/v1/facts", key, json.dumps(facts).encode())], 1)
        began = time.perf_counter()
        while behind(service, key):
            time.sleep(0.1)
        took.append(time.perf_counter() - began)
        time.sleep(turn * 0.37)  # not in step with the worker's pauses
    return took


def behind(service: serving.Service, key: str) -> int:
    address = f"http://127.0.0.1:{service.port}{PATH}?limit=1"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(json.load(answer)["patients_behind"])


def main() -> None:
    generator = Generator()
    print(machine())
    with serving.database() as url, serving.served(url) as service:
        key = serving.new_key(url)
        recorded(generator, service, key)
        rows, seconds = uvloop.run(brought_up(url))
        print(f"\n{rows:,} rows worked out by one worker in {seconds:.1f} s: {seconds / rows * 1000:.2f} ms a row")
        copied(url)
        for connections in (1, 8):
            timed(generator, service, key, pages(url), connections)
        with worker(url):
            took = current(generator, service, key)
            print(f"\n1,000 facts of 1,000 of {PATIENTS:,} patients, until no row of this month is behind")
            print(f"  median {median(took):.1f} s, longest {max(took):.1f} s, of {TIMES}")


if __name__ == "__main__":
    main()
