"""Two practices' ledgers in a database of their own, a checkpoint after each round of facts, and every row in hand."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from app.access.credentials import create_practice
from app.audit.checkpoint_file import names_file, read_lines, read_names
from app.audit.checkpointing import Checkpointer
from app.audit.checkpoints import ledger_mark, practice_mark
from app.audit.keys import make_key, signing_key, verifier
from app.audit.verifying import Checkpoints, read_checkpoints
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from tests.conftest import at_database
from tests.ledger.statements import fact, practice_fact, record, retraction

Key = tuple[UUID, str, int]
Rows = dict[Key, dict[str, Any]]

PATIENTS = ("P1", "P2", "Zoë")
ROUNDS = 4
AT_ONCE = "P2"
"""Whose last facts came three between two checkpoints; all others were seen one by one."""


class Proof(NamedTuple):
    """Where everything is that a verifier needs, and what it says when nothing was tampered with."""

    url: str
    directory: Path
    checkpoints: Checkpoints
    names: dict[UUID, set[str]]

    @property
    def file(self) -> Path:
        return self.directory / "checkpoints.ndjson"

    @property
    def public_key(self) -> Path:
        return self.directory / "key.pub"


@contextmanager
def proven(server_url: str, directory: Path) -> Iterator[Proof]:
    """Ledgers in a database of their own, their checkpoints in a directory. The last fact of P1 no checkpoint covers."""
    name = f"care_month_proof_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = at_database(server_url, name)
    migrate(url)
    yield _recorded(url, directory)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _recorded(url: str, directory: Path) -> Proof:
    asyncio.run(_record(url, directory))
    proof = Proof(url, directory, Checkpoints(0, "", {}), {})
    seen = read_checkpoints(read_lines(proof.file), verifier([proof.public_key]))
    return proof._replace(checkpoints=seen, names=read_names(names_file(proof.file)))


async def _record(url: str, directory: Path) -> None:
    make_key(directory / "key")
    maker = Checkpointer(directory / "checkpoints.ndjson", signing_key(directory / "key"))
    engine = create_engine(url, pool_size=2)
    tenants = [await create_practice(engine, name) for name in ("Elm Street", "Oak Street")]
    for number in range(ROUNDS):
        for tenant in tenants:
            stated = [fact("time_entry", f"t{number}-{patient}", patient) for patient in PATIENTS]
            await record(engine, tenant, practice_fact("setting", f"s{number}"), *stated)
        assert await maker.make(engine) is not None
    for tenant in tenants:
        await record(engine, tenant, fact("time_entry", "t9-P1", "P1", corrects="t0-P1", seconds=60))
    assert await maker.make(engine) is not None
    for tenant in tenants:
        gone = retraction("gone", "time_entry", f"t1-{AT_ONCE}", AT_ONCE)
        more = [fact("consent", "c", AT_ONCE), fact("condition", "d", AT_ONCE)]
        await record(engine, tenant, gone, *more)
    assert await maker.make(engine) is not None
    for tenant in tenants:
        await record(engine, tenant, fact("consent", "later", "P1"))
    await engine.dispose()


def every_row(connection: psycopg.Connection[Any]) -> Rows:
    """All facts there are, as the superuser sees them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT * FROM fact")
        return {(row["tenant"], row["stream"], row["position"]): row for row in cursor}


def every_head(connection: psycopg.Connection[Any]) -> dict[tuple[UUID, str], tuple[Any, ...]]:
    found = connection.execute(
        "SELECT tenant, stream, position, recorded_at, chain_hash, entry_programs FROM stream WHERE position > 0"
    )
    return {(tenant, stream): tuple(others) for tenant, stream, *others in found}


def last_seen(proof: Proof, tenant: UUID, stream: str) -> int:
    """The last position of a ledger that a checkpoint covers."""
    return max(proof.checkpoints.seen[practice_mark(tenant)][ledger_mark(tenant, stream)])
