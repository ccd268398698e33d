"""A month-end run: everybody of a practice determined by two workers and stored, beside what Postgres alone takes for it.

python -m benchmarks.runs      PATIENTS=10000,100000,1000000 HISTORY=10000

Each patient has 17 facts, five of them time of the month. A few hundred are recorded as any; the others are copies of theirs
by other names, put where facts that came over months would lie: apart. With history each has five years of entries besides.
"""

import asyncio
import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import psutil
import psycopg
from msgspec.structs import replace

from app.access.credentials import create_practice
from app.determination import facts
from app.determination.facts import Fact
from app.determination.service_month import service_month
from app.ledger import read_many
from app.ledger.append import append
from app.months.runs import asking
from app.months.runs.asking import Run, RunRequest
from app.postgres.engine import create_engine
from app.postgres.transaction import transaction
from benchmarks import determination, serving
from benchmarks.rounds import machine

SIZES: Final = [int(size) for size in os.environ.get("PATIENTS", "10000,100000,1000000").split(",")]
HISTORY: Final = int(os.environ.get("HISTORY", "10000"))
WORKERS: Final = 2
TEMPLATES: Final = 200
YEARS: Final = 5
MONTH: Final = "2026-03"
# One position after the other: what is recorded of a patient over time lies apart.
COPY_FACTS: Final = """
    INSERT INTO fact (tenant, source, stream, position, kind, id, occurred_from, occurred_until, recorded_at, payload,
        payload_digest, chain_hash)
    SELECT tenant, source, stream || '-' || n, position, kind, replace(id, stream, stream || '-' || n), occurred_from,
        occurred_until, recorded_at, replace(payload, stream, stream || '-' || n), payload_digest, chain_hash
    FROM fact CROSS JOIN generate_series(1, %(copies)s) AS n
    WHERE tenant = %(tenant)s AND stream <> '' AND position = %(position)s
"""
COPY_STREAMS: Final = """
    INSERT INTO stream (tenant, stream, position, recorded_at, chain_hash, entry_programs, entry_programs_to)
    SELECT tenant, stream || '-' || n, position, recorded_at, chain_hash, entry_programs, entry_programs_to
    FROM stream CROSS JOIN generate_series(1, %(copies)s) AS n WHERE tenant = %(tenant)s AND stream <> ''
"""
# What others do: minutes added up, without a reason.
AGGREGATE: Final = """
    SELECT stream, sum((CAST(payload AS json) ->> 'seconds')::integer) FROM fact
    WHERE tenant = %(tenant)s AND kind = 'time_entry' AND occurred_from >= '2026-03-01' AND occurred_from < '2026-04-01'
    GROUP BY stream
"""
STORE: Final = """
    INSERT INTO stored_again SELECT * FROM run_result
    WHERE tenant = %(tenant)s AND service_month = %(month)s AND patient >= %(first)s AND patient < %(until)s
"""


class Measured(NamedTuple):
    """Of one run: seconds by the clock, by the workers and by Postgres, and the most memory of any one process."""

    patients: int
    seconds: float
    worker_seconds: float
    postgres_seconds: float
    most_megabytes: float


def patient(number: int, *, history: bool) -> list[Fact]:
    """Seventeen facts of a patient whose month has from 5 to 45 minutes, and five years of entries where that is asked."""
    name = f"t{number:04}"
    lasts: dict[str, Any] = {"expected_duration": "until_death", "significant_risk": True}
    told = [fact for fact in determination.patient() if not isinstance(fact, facts.TimeEntry)]
    told += [facts.Condition(id=f"more-{code}", code=code, **lasts) for code in ("N18.30", "J44.9", "F32.9")]
    told += [
        facts.Visit(id=f"visit-{month}", code="99213", on=dt.date(2025, month, 11), practitioner="DR")
        for month in (5, 9)
    ]
    told += [entry(f"now-{day}", dt.date(2026, 3, 2 + 5 * day), 60 * (1 + (number + day) % 9)) for day in range(5)]
    if history:
        before = [dt.date(2026 - YEARS + (2 + month) // 12, (2 + month) % 12 + 1, 3 + 5 * day)
                  for month in range(12 * YEARS) for day in range(5)]  # fmt: skip
        told += [entry(f"then-{on}", on, 300) for on in before if on < dt.date(2026, 3, 1)]
    return [replace(fact, id=f"{name}-{fact.id}", patient=name) for fact in told]  # type: ignore[call-arg]


def entry(name: str, on: dt.date, seconds: int) -> Fact:
    return facts.TimeEntry(
        id=name, program="ccm", performer="RN_KIM", role="clinical_staff", activity="contact", on=on, seconds=seconds
    )


async def recorded(url: str, *, history: bool) -> UUID:
    engine = create_engine(url, pool_size=2)
    tenant = await create_practice(engine, "Benchmark")
    async with transaction(engine, tenant) as connection:
        await append(connection, tenant, "ehr", determination.practice())
    for number in range(TEMPLATES):
        async with transaction(engine, tenant) as connection:
            await append(connection, tenant, "ehr", patient(number, history=history))
    await engine.dispose()
    return tenant


def copied(url: str, tenant: UUID, patients: int) -> None:
    """As many patients, by copies that no trigger looks at."""
    copies = patients // TEMPLATES - 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute(
            "SELECT max(position) FROM stream WHERE tenant = %s AND stream <> ''", [tenant]
        ).fetchone()
        assert row is not None
        connection.execute("ALTER TABLE fact DISABLE TRIGGER USER")
        for position in range(1, row[0] + 1):
            connection.execute(COPY_FACTS, {"tenant": tenant, "copies": copies, "position": position})
        connection.execute(COPY_STREAMS, {"tenant": tenant, "copies": copies})
        connection.execute("ALTER TABLE fact ENABLE ALWAYS TRIGGER fact_is_immutable")
        connection.execute("VACUUM ANALYZE fact")
        connection.execute("VACUUM ANALYZE stream")
        connection.execute("CHECKPOINT")


@contextmanager
def working(url: str) -> Iterator[list[psutil.Process]]:
    with ExitStack() as cleanup:
        processes = []
        for _ in range(WORKERS):
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "worker"], env={**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "error"}
            )
            cleanup.callback(process.wait)
            cleanup.callback(process.terminate)
            processes.append(psutil.Process(process.pid))
        heard = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'care-month jobs'"
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(heard).fetchone() != (WORKERS,):
                time.sleep(0.1)
        yield processes


def postgres_of(url: str) -> psutil.Process:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        parent = psutil.Process(row[0]).parent()
    assert parent is not None
    return parent


def computed(processes: Sequence[psutil.Process]) -> float:
    seconds = 0.0
    for process in processes:
        try:
            seconds += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return seconds


class Watching:
    """What Postgres computes, its ended processes included, and the most memory that any process has of its own."""

    def __init__(self, workers: Sequence[psutil.Process], postgres: psutil.Process) -> None:
        self._workers, self._postgres = workers, postgres
        self._seen: dict[int, float] = {}
        self.most = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _look(self) -> None:
        for process in [self._postgres, *self._postgres.children()]:
            try:
                self._seen[process.pid] = sum(process.cpu_times()[:2])
                self.most = max(self.most, own_megabytes(process))
            except psutil.Error:
                continue
        for process in self._workers:
            self.most = max(self.most, own_megabytes(process))

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self._look()

    def postgres_seconds(self) -> float:
        self._look()
        return sum(self._seen.values())

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


def own_megabytes(process: psutil.Process) -> float:
    memory = process.memory_info()
    return float(memory.rss - memory.shared) / 1e6


async def run(url: str, tenant: UUID) -> tuple[Run, float]:
    """A run of everybody once it is done, and the seconds it took, being asked for included."""
    engine = create_engine(url, pool_size=1)
    began = time.perf_counter()
    async with transaction(engine, tenant) as connection:
        told = await asking.ask(connection, tenant, MONTH, RunRequest(), dt.datetime.now(dt.UTC))
    while told.state != "done":
        await asyncio.sleep(0.2)
        told = await asking.read_run(engine, tenant, UUID(told.id))
    seconds = time.perf_counter() - began
    assert told.failed == 0, msgspec.json.encode(told)
    await engine.dispose()
    return told, seconds


def measured(url: str, tenant: UUID, patients: int) -> tuple[UUID, Measured]:
    with working(url) as workers:
        watching = Watching(workers, postgres_of(url))
        before = computed(workers), watching.postgres_seconds()
        made, seconds = asyncio.run(run(url, tenant))
        assert made.determined == made.total == patients
        after = computed(workers), watching.postgres_seconds()
        watching.end()
    return UUID(made.id), Measured(patients, seconds, after[0] - before[0], after[1] - before[1], watching.most)


def again(url: str, tenant: UUID) -> float:
    """Seconds of a second run, for which everything is as it was."""
    with working(url):
        made, seconds = asyncio.run(run(url, tenant))
    assert made.unchanged == made.total
    return seconds


def ranges(url: str, tenant: UUID, made: UUID) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT first, coalesce(until, '~') FROM run_range WHERE tenant = %s AND run = %s ORDER BY number",
            [tenant, made],
        )
        return rows.fetchall()  # type: ignore[return-value]


def postgres_reads(url: str, tenant: UUID, parts: Sequence[tuple[str, str]]) -> None:
    """The same facts as the workers read, in the same statement, thrown away."""
    statement = str(read_many._RECENT.text)  # noqa: SLF001
    for name in ("streams", "tenant", "work_from"):
        statement = statement.replace(f":{name}", f"%({name})s")
    work_from = service_month(MONTH).work_from
    names = "SELECT stream FROM stream WHERE tenant = %s AND stream > '' AND stream >= %s AND stream < %s"
    with psycopg.connect(url) as connection:
        for first, until in parts:
            streams = [row[0] for row in connection.execute(names, [tenant, first, until])]
            asked = {"tenant": tenant, "streams": streams, "work_from": work_from}
            connection.execute(statement, asked).fetchall()


def postgres_stores(url: str, tenant: UUID, parts: Sequence[tuple[str, str]]) -> None:
    """The same results once more, a range a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for first, until in parts:
            connection.execute(STORE, {"tenant": tenant, "month": MONTH, "first": first, "until": until})


def in_two(does: Any, url: str, tenant: UUID, parts: Sequence[tuple[str, str]]) -> float:
    threads = [threading.Thread(target=does, args=(url, tenant, parts[place::WORKERS])) for place in range(WORKERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def size_of(url: str, table: str) -> int:
    """Bytes of a table with its partitions and indexes."""
    asked = """
        SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size(%s::regclass))
        FROM pg_partition_tree(%s::regclass) WHERE isleaf
    """
    with psycopg.connect(url) as connection:
        row = connection.execute(asked, [table, table]).fetchone()
    assert row is not None
    return int(row[0])


def told(name: str, one: Measured) -> None:
    each = one.seconds / one.patients * 1e6
    print(
        f"  {name:28}{one.seconds:9.1f} s{each:9.0f} µs a patient; computed {one.worker_seconds:7.1f} s in workers, "
        f"{one.postgres_seconds:7.1f} s in Postgres; most memory {one.most_megabytes:5.0f} MB",
        flush=True,
    )


def alone(url: str, tenant: UUID, made: UUID, one: Measured) -> None:
    """What Postgres alone takes to read and store the same, and to add minutes up."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE stored_again (LIKE run_result INCLUDING ALL)")
        began = time.perf_counter()
        connection.execute(AGGREGATE, {"tenant": tenant}).fetchall()
        added_up = time.perf_counter() - began
    parts = ranges(url, tenant, made)
    read = in_two(postgres_reads, url, tenant, parts)
    stored = in_two(postgres_stores, url, tenant, parts)
    print(
        f"    Postgres alone: read {read:.1f} s, stored {stored:.1f} s; the run {one.seconds / (read + stored):.1f} times that"
    )
    print(f"    minutes added up in SQL, without reasons: {added_up:.1f} s")
    facts_size, results = size_of(url, "fact"), size_of(url, "stored_again")
    print(
        f"    stored: {facts_size / one.patients:,.0f} B a patient of facts, {results / one.patients:,.0f} B of results",
        flush=True,
    )


def main() -> None:
    print(f"Month-end runs by {WORKERS} workers; {machine()}")
    print(
        "  limits: 1,000,000 patients in 120 s (75 s wished), 500 MB a process; a patient's cost within 20 % from 10,000 on;"
    )
    print("  with five years of history at most 1.3 times", flush=True)
    first: Measured | None = None
    for size in SIZES:
        with serving.database() as url:
            tenant = asyncio.run(recorded(url, history=False))
            copied(url, tenant, size)
            made, one = measured(url, tenant, size)
            told(f"{size:,} patients", one)
            print(f"    once more, nothing having changed: {again(url, tenant):.1f} s")
            alone(url, tenant, made, one)
        if first is None:
            first = one
        else:
            share = (one.seconds / one.patients) / (first.seconds / first.patients)
            print(f"    a patient costs {share:.2f} times what one of {first.patients:,} does", flush=True)
    if HISTORY:
        with serving.database() as url:
            tenant = asyncio.run(recorded(url, history=True))
            copied(url, tenant, HISTORY)
            _, one = measured(url, tenant, HISTORY)
            told(f"{HISTORY:,}, five years each", one)


if __name__ == "__main__":
    main()
