"""What a checkpoint of many ledgers takes, and how many facts a second are verified.

python -m benchmarks.audit              on a server of our own, durable, in a temporary directory
"""

import resource
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import uvloop

from app.access.credentials import create_practice
from app.audit import stored
from app.audit.checkpointing import Checkpointer
from app.audit.keys import make_key, signing_key, verifier
from app.audit.verifying import Checkpoints, read_checkpoints
from app.postgres.engine import create_engine
from benchmarks.ledger import entries, record
from benchmarks.serving import database

LEDGERS, MOVING, ROUNDS, REQUESTS = 200_000, "%7", 5, 40
INVENTED = """
    INSERT INTO stream (tenant, stream, position, recorded_at, chain_hash)
    SELECT %s, 'patient-' || number, 5, now(), sha256(number::text::bytea) FROM generate_series(1, %s) AS number
"""
MOVED = (
    "UPDATE stream SET position = position + 1, recorded_at = clock_timestamp() WHERE tenant = %s AND stream LIKE %s"
)


async def checkpoints(url: str, tenant: UUID, directory: Path) -> None:
    """The first of all ledgers, of a tenth of them, and of none."""
    engine = create_engine(url, pool_size=1)
    make_key(directory / "key")
    maker = Checkpointer(directory / "checkpoints.ndjson", signing_key(directory / "key"))

    async def took() -> float:
        began = time.perf_counter()
        await maker.make(engine)
        return time.perf_counter() - began

    print(f"  checkpoint of {LEDGERS:,} ledgers, the first {await took():15.2f} s")
    some = []
    for _ in range(ROUNDS):
        with psycopg.connect(url) as connection:
            connection.execute(MOVED.encode(), [tenant, MOVING])
        some.append(await took())
    print(f"  a tenth of them moved, best of {ROUNDS} {min(some):20.2f} s")
    print(f"  nothing written, best of {ROUNDS} {min([await took() for _ in range(ROUNDS)]):26.2f} s")
    print(f"  memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:29.0f} MB")
    began = time.perf_counter()
    with maker.file.path.open("rb") as lines:
        read_checkpoints(lines, verifier([directory / "key.pub"]))
    print(
        f"  the file followed, {maker.file.path.stat().st_size / 2**20:.0f} MiB {time.perf_counter() - began:26.2f} s"
    )
    await engine.dispose()


async def facts(url: str) -> None:
    engine = create_engine(url)
    practice = await create_practice(engine, "Benchmark")
    await record(engine, practice, [entries(f"new{number}", f"new-{number % 5}") for number in range(REQUESTS)])
    await engine.dispose()


def verified(url: str) -> float:
    """Facts a second."""
    with psycopg.connect(url) as connection:
        began = time.perf_counter()
        (found,) = stored.verify(connection, Checkpoints(0, "", {}), {})
        assert not found.faults
        return found.uncovered / (time.perf_counter() - began)


def main() -> None:
    with database() as url, tempfile.TemporaryDirectory() as directory:
        uvloop.run(facts(url))
        print(f"  facts verified, best of {ROUNDS} {max(verified(url) for _ in range(ROUNDS)):23,.0f} a second")
        tenant = uuid4()
        with psycopg.connect(url) as connection:
            connection.execute(b"INSERT INTO practice (tenant, name) VALUES (%s, 'Many')", [tenant])
            connection.execute(INVENTED.encode(), [tenant, LEDGERS])
        uvloop.run(checkpoints(url, tenant, Path(directory)))


if __name__ == "__main__":
    main()
