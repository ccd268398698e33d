"""What the rows of one request cost in Postgres and in our own Python, one guarantee after the other.

Each step does what the step before does and one thing more, so the difference is what that thing costs. All write the
same rows, durably, one transaction a request. The quickest of many turns is told: others on the machine disturb it least.
"""

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_practice
from app.api.fact_reading import facts_to_store
from app.api.json_text import read_json
from app.determination.facts import Fact
from app.ledger import append as appending
from app.ledger.append import append
from app.ledger.candidates import candidate
from app.ledger.statements import Head
from app.postgres.engine import create_engine
from app.postgres.transaction import transaction
from benchmarks.rounds import ROUNDS

Columns = Mapping[str, Sequence[Any]]
Requests = Callable[[], bytes]

TYPES: Final = {
    "stream": "text", "position": "bigint", "kind": "text", "id": "text", "occurred_from": "date",
    "occurred_until": "date", "recorded_at": "timestamptz", "payload": "text", "payload_digest": "bytea",
    "corrected_kind": "text", "corrected_id": "text", "chain_hash": "bytea",
}  # fmt: skip
BARE: Final = """
    CREATE TABLE IF NOT EXISTS bare (LIKE fact);
    CREATE UNIQUE INDEX IF NOT EXISTS bare_position ON bare (tenant, stream, position);
    CREATE UNIQUE INDEX IF NOT EXISTS bare_id ON bare (tenant, source, kind, id);
    CREATE UNIQUE INDEX IF NOT EXISTS bare_corrected ON bare (tenant, source, corrected_kind, corrected_id)
        WHERE corrected_id IS NOT NULL;
"""
INSERT: Final = """
    INSERT INTO {table} (tenant, source, {names}) SELECT $1::uuid, 'ehr', added.* FROM unnest({values}) AS added {conflict}
"""


def insert(table: str, conflict: str = "") -> str:
    values = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(TYPES.values(), start=2))
    return INSERT.format(table=table, names=", ".join(TYPES), values=values, conflict=conflict)


def columns(facts: Sequence[Fact], tenant: UUID) -> Columns:
    """The rows of facts of new patients, as an append writes them."""
    candidates = [candidate(index, fact) for index, fact in enumerate(facts)]
    heads = {each.stream: Head(0, None, bytes(32)) for each in candidates}
    placed = appending._placed(candidates, heads, dt.datetime.now(dt.UTC))  # noqa: SLF001
    return appending._columns(candidates, placed, tenant, "ehr", heads)[0]  # noqa: SLF001


class Steps:
    """One practice, one connection as the server's superuser and the application's engine."""

    def __init__(self, engine: AsyncEngine, raw: asyncpg.Connection, tenant: UUID) -> None:
        self.engine, self.raw, self.tenant = engine, raw, tenant

    async def copy(self, rows: Columns) -> None:
        records = [(self.tenant, "ehr", *row) for row in zip(*rows.values(), strict=True)]
        await self.raw.copy_records_to_table("bare", records=records, columns=["tenant", "source", *rows])

    async def bare(self, rows: Columns) -> None:
        await self.raw.execute(insert("bare"), self.tenant, *rows.values())

    async def deduplicated(self, rows: Columns) -> None:
        await self.raw.execute(insert("bare", "ON CONFLICT DO NOTHING"), self.tenant, *rows.values())

    async def real(self, rows: Columns) -> None:
        async with self.raw.transaction():
            await self._into_fact(rows)

    async def as_application(self, rows: Columns) -> None:
        async with self.raw.transaction():
            await self.raw.execute(
                "SELECT set_config('role', 'care_month_app', true), set_config('app.tenant', $1, true)",
                str(self.tenant),
            )
            await self._into_fact(rows)

    async def _into_fact(self, rows: Columns) -> None:
        streams = sorted(set(rows["stream"]))
        await self.raw.execute(
            "INSERT INTO stream (tenant, stream) SELECT $1, unnest($2::text[])", self.tenant, streams
        )
        await self.raw.execute(insert("fact", "ON CONFLICT DO NOTHING"), self.tenant, *rows.values())

    async def appended(self, facts: Sequence[Fact]) -> None:
        async with transaction(self.engine, self.tenant) as connection:
            await append(connection, self.tenant, "ehr", facts)


async def _measure(url: str, bodies: Requests) -> None:
    engine, raw = create_engine(url), await asyncpg.connect(url)
    tenant = await create_practice(engine, "Rows")
    await raw.execute(BARE)
    steps = Steps(engine, raw, tenant)

    def facts() -> list[Fact]:
        return list(facts_to_store(read_json(bodies())).facts.values())

    def rows() -> Columns:
        return columns(facts(), tenant)

    async def read(body: bytes) -> None:
        await steps.appended(list(facts_to_store(msgspec.json.decode(body)).facts.values()))

    async def read_strictly(body: bytes) -> None:
        await steps.appended(list(facts_to_store(read_json(body)).facts.values()))

    ladder: dict[str, tuple[Callable[[], Any], Callable[[Any], Awaitable[None]]]] = {
        "COPY into a table with the same indexes": (rows, steps.copy),
        "INSERT … unnest into it": (rows, steps.bare),
        "+ a fact sent twice is known": (rows, steps.deduplicated),
        "+ streams, foreign keys, checks, triggers": (rows, steps.real),
        "+ row-level security": (rows, steps.as_application),
        "+ locks, look-ups, digests, chain, heads": (facts, steps.appended),
        "+ each fact judged and mapped": (bodies, read),
        "+ JSON read strictly": (bodies, read_strictly),
    }
    seen: dict[str, list[float]] = {name: [] for name in ladder}
    for turn in range(ROUNDS * 4 + 1):
        for name, (prepared, step) in ladder.items():
            given = prepared()
            began = time.perf_counter()
            await step(given)
            if turn:
                seen[name].append(time.perf_counter() - began)
    before = 0.0
    print("\nOne request of 1,000 facts of 300 new patients, without HTTP")
    for name, each in seen.items():
        took = min(each)
        print(f"  {name:44}{1_000 / took:9,.0f} facts/s {took * 1000:8.1f} ms {(took - before) * 1000:+8.1f} ms")
        before = took
    await raw.close()
    await engine.dispose()


def limits(url: str, bodies: Requests) -> None:
    uvloop.run(_measure(url, bodies))
