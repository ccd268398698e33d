"""Whatever the database's superuser does to a row that a checkpoint covers is found, and the first bad row named.

`make slow` tries more, other ones every time.
"""

import os
import random
from collections import Counter
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from app.audit import stored
from app.audit.checkpoints import ledger_mark, practice_mark
from app.audit.verifying import Fault
from tests.audit.ledgers import Proof, Rows, every_head, every_row
from tests.audit.tamperings import Tamperer

TAMPERINGS = 20 * int(os.environ.get("SLOW_EXAMPLES", "10"))
SEED = int(os.environ.get("SLOW_SEED", "20260312"))

# What holds others back holds no superuser back.
UNPROTECTED = """
    ALTER TABLE fact DISABLE TRIGGER ALL; ALTER TABLE stream DISABLE TRIGGER ALL; ALTER TABLE practice DISABLE TRIGGER ALL;
    DROP INDEX fact_corrected_once;
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT conname, conrelid::regclass AS of FROM pg_constraint
            WHERE conrelid IN ('fact'::regclass, 'stream'::regclass) AND contype IN ('c', 'u', 'f')
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', one.of, one.conname);
        END LOOP;
    END
    $$
"""


class Before(NamedTuple):
    rows: Rows
    heads: dict[tuple[UUID, str], tuple[Any, ...]]


def first_changed(before: Before, connection: psycopg.Connection[Any]) -> tuple[UUID, str, set[int]] | None:
    """The first row of a ledger there was that is not as it was; where only its head is not, either of its last two."""
    rows, heads = every_row(connection), every_head(connection)
    known = before.heads.keys()
    changed = [key for key in {**before.rows, **rows} if key[:2] in known and before.rows.get(key) != rows.get(key)]
    found = [(tenant, stream, {position}) for tenant, stream, position in changed]
    found += [
        (*ledger, {before.heads[ledger][0], before.heads[ledger][0] + 1})
        for ledger in known
        if heads.get(ledger) != before.heads[ledger] and not any(key[:2] == ledger for key in changed)
    ]
    return min(found, key=lambda each: (*each[:2], min(each[2])), default=None)


def verified(connection: psycopg.Connection[Any], proof: Proof) -> list[Fault]:
    found = stored.verify(connection, proof.checkpoints, proof.names)
    return [fault for practice in found for fault in practice.faults]


def is_seen(proof: Proof, tenant: UUID, stream: str, position: int) -> bool:
    return position in proof.checkpoints.seen[practice_mark(tenant)][ledger_mark(tenant, stream)]


@pytest.fixture(scope="module")
def superuser(proof: Proof) -> Any:
    with psycopg.connect(proof.url) as connection:
        connection.execute(UNPROTECTED.encode())
        connection.commit()
        yield connection


def test_every_tampering_is_found_and_the_first_bad_row_named(proof: Proof, superuser: psycopg.Connection[Any]) -> None:
    before = Before(every_row(superuser), every_head(superuser))
    superuser.rollback()
    assert verified(superuser, proof) == []
    superuser.rollback()
    chance, done = random.Random(SEED), Counter[str]()
    while done.total() < TAMPERINGS:
        tamperer = Tamperer(superuser, proof, before.rows, chance)
        act = tamperer.act()
        truth = first_changed(before, superuser)
        if truth is None:  # what was swapped was equal
            superuser.rollback()
            continue
        where = f"seed {SEED}, tampering {done.total()}: {act}, first at {truth}"
        faults = verified(superuser, proof)
        superuser.rollback()
        assert faults, where
        tenant, stream, positions = truth
        first = faults[0]
        assert (first.tenant, first.stream) == (tenant, stream), f"{where}, found {first}"
        if tamperer.rehashed and not any(is_seen(proof, tenant, stream, position) for position in positions):
            # Its hash fits, and no checkpoint saw the ledger end there: it is one of those since the last that one saw.
            assert first.proven < min(positions) <= first.position, f"{where}, found {first}"
        else:
            assert first.position in positions, f"{where}, found {first}"
        done[act.partition(",")[0]] += 1
    assert len(done) >= 20, done
    assert verified(superuser, proof) == []
    superuser.rollback()
