"""How many facts a second an append records, a request of 1,000 at a time, and how many snapshots are read.

python -m benchmarks.ledger             on a server of our own, durable, in a temporary directory
python -m benchmarks.ledger URL         on an empty database of another server
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import msgspec
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_practice
from app.determination.facts import KINDS, Fact
from app.ledger.append import append
from app.ledger.read import snapshot
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.transaction import transaction
from benchmarks.serving import database

REQUESTS, SIZE, PATIENTS = 20, 1_000, 300


def entries(request: str, patients: str) -> list[Fact]:
    return [
        msgspec.convert(
            {
                "kind": "time_entry",
                "id": f"{request}-{number}",
                "patient": f"{patients}-{number % PATIENTS}",
                "program": "ccm",
                "performer": "RN_1",
                "role": "clinical_staff",
                "started_at": "2024-03-05T10:00:00-05:00",
                "ended_at": "2024-03-05T10:12:00-05:00",
                "activity": "medication",
                "modality": "phone",
            },
            KINDS["time_entry"],
        )
        for number in range(SIZE)
    ]


async def record(engine: AsyncEngine, practice: UUID, requests: Sequence[Sequence[Fact]]) -> float:
    """Facts a second, one request after another."""
    began = time.perf_counter()
    for facts in requests:
        async with transaction(engine, practice) as connection:
            await append(connection, practice, "ehr", facts)
    return sum(map(len, requests)) / (time.perf_counter() - began)


async def read(engine: AsyncEngine, practice: UUID) -> float:
    began = time.perf_counter()
    for number in range(PATIENTS):
        async with transaction(engine, practice, snapshot=True) as connection:
            await snapshot(connection, practice, f"new-1-{number}")
    return PATIENTS / (time.perf_counter() - began)


async def measure(url: str) -> None:
    engine = create_engine(url)
    practice = await create_practice(engine, "Benchmark")
    await record(engine, practice, [entries("warm", "warm")])
    new = [entries(f"new{number}", f"new-{number}") for number in range(REQUESTS)]
    known = [entries(f"known{number}", "new-0") for number in range(REQUESTS)]
    alone = [[entry] for entry in entries("alone", "new-0")[:PATIENTS]]
    for name, requests in (("new patients", new), ("known patients", known), ("again", new), ("one by one", alone)):
        print(f"{name:16}{await record(engine, practice, requests):10,.0f} facts/s")
    two = [[entries(f"two{turn}{number}", f"two-{turn}{number}") for number in range(REQUESTS)] for turn in range(2)]
    rates = await asyncio.gather(*[record(engine, practice, requests) for requests in two])
    print(f"{'two at once':16}{sum(rates):10,.0f} facts/s")
    print(f"{'snapshots':16}{await read(engine, practice):10,.0f} a second")
    await engine.dispose()


def main() -> None:
    if sys.argv[1:]:
        migrate(sys.argv[1])
        uvloop.run(measure(sys.argv[1]))
        return
    with database() as url:
        uvloop.run(measure(url))


if __name__ == "__main__":
    main()
