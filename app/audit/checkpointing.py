"""Making a checkpoint: the heads as the checkpoint role sees them, compared with the last one, signed and appended."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.checkpoint_file import CheckpointFile
from app.audit.checkpoints import Chain, Checkpoint, Head, digest, ledger_mark, line, practice_mark
from app.postgres.transaction import CHECKPOINT_ROLE, transaction

# One statement, so all heads are of one moment. A ledger without facts has nothing to vouch for.
_HEADS: Final = text("SELECT tenant, stream, position, chain_hash FROM stream WHERE position > 0")
# A ledger only grows: where their number and all they hold are what they were, nothing was written.
_WRITTEN: Final = text("SELECT count(*), coalesce(sum(position), 0) FROM stream WHERE position > 0")
_AT_ONCE: Final = 10_000


_practice_mark = lru_cache(maxsize=1_000)(practice_mark)


class Contradiction(Exception):
    """The ledgers are not what the last checkpoint saw. None is made over that; `audit verify` says where."""


class Moved(Struct):
    """What is not as the last checkpoint left it: heads by their marks, and the names of ledgers new to it."""

    heads: dict[bytes, dict[bytes, Head]]
    names: list[tuple[UUID, str]]


class Checkpointer:
    """Makes the checkpoints of one file. Remembers the heads of the last: some 250 bytes a ledger."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self.file = CheckpointFile(path)
        self.key = key

    async def make(self, engine: AsyncEngine) -> Checkpoint | None:
        """A checkpoint of all heads. None: nothing was written since the last.

        `Contradiction` where a ledger is shorter than it was or another, `Busy` where another process makes one now,
        `Broken` where the file is not what was written.
        """
        with self.file.held() as file:
            chain = self.file.chain
            moved = await _moved(engine, chain)
            if not moved.heads:
                return None
            checkpoint = _checkpoint(chain, moved, dt.datetime.now(dt.UTC))
            self.file.append(file, line(checkpoint, self.key.sign(checkpoint.content())), moved.names)
            return checkpoint


async def _moved(engine: AsyncEngine, chain: Chain) -> Moved:
    moved = Moved({}, [])
    async with transaction(engine, None, role=CHECKPOINT_ROLE) as connection:
        if tuple((await connection.execute(_WRITTEN)).one()) == (chain.ledgers, chain.facts):
            return moved
        async with connection.stream(_HEADS, execution_options={"yield_per": _AT_ONCE}) as rows:
            found = 0
            async for some in rows.partitions():
                found += _compare(some, chain, moved)
    if found < chain.ledgers:
        raise Contradiction
    return moved


def _compare(rows: Sequence[Any], chain: Chain, moved: Moved) -> int:
    """Add what has moved among some heads; how many of them the last checkpoint knew."""
    known = 0
    for tenant, stream, position, chain_hash in rows:
        practice, ledger = _practice_mark(tenant), ledger_mark(tenant, stream)
        head, before = (position, chain_hash), chain.heads.get(practice, {}).get(ledger)
        known += before is not None
        if head == before:
            continue
        if before is None:
            moved.names.append((tenant, stream))
        elif before[0] >= position:
            raise Contradiction
        moved.heads.setdefault(practice, {})[ledger] = head
    return known


def _checkpoint(chain: Chain, moved: Moved, now: dt.datetime) -> Checkpoint:
    return Checkpoint(
        number=chain.number + 1,
        at=now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        previous=chain.last,
        ledgers=chain.ledgers + len(moved.names),
        digest=digest(chain.heads, moved.heads),
        moved={
            practice.hex(): {ledger.hex(): (position, link.hex()) for ledger, (position, link) in ledgers.items()}
            for practice, ledgers in moved.heads.items()
        },
    )
