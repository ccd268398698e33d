"""The ledgers as the database has them, row by row, for whoever verifies or exports them."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.audit.checkpoints import practice_mark
from app.audit.verifying import Checkpoints, Head, Row, Verified, lost_ledgers, verify_practice
from app.determination.facts import TimeEntry
from app.ledger.candidates import target_of
from app.ledger.read import decoded
from app.postgres.transaction import APPLICATION_ROLE

Connection = psycopg.Connection[TupleRow]

_AT_ONCE: Final = 1_000
_ACT: Final = "SELECT set_config('role', %s, true), set_config('app.tenant', %s, true)"
_HEADS: Final = """
    SELECT stream, position, recorded_at, chain_hash, CASE WHEN entry_programs_to = position THEN entry_programs END
    FROM stream WHERE tenant = %s AND position > 0
"""
_ROWS: Final = """
    SELECT stream, position, recorded_at, source, kind, id, payload, chain_hash, payload_digest, occurred_from,
        occurred_until, corrected_kind, corrected_id
    FROM fact WHERE tenant = %s ORDER BY stream, position
"""


def practices(connection: Connection) -> list[UUID]:
    """All practices, as the owner sees them."""
    return [tenant for (tenant,) in connection.execute("SELECT tenant FROM practice ORDER BY tenant")]


def heads(connection: Connection, tenant: UUID) -> dict[str, Head]:
    """The heads of a practice's ledgers, by stream."""
    _act(connection, APPLICATION_ROLE, tenant)
    found = {stream: Head(*others) for stream, *others in connection.execute(_HEADS, [tenant])}
    _act(connection, "none")
    return found


def rows(connection: Connection, tenant: UUID, *, whole: bool = True) -> Iterator[Row]:
    """A practice's facts by stream and position. `whole`: with what is wrong with the columns no hash covers."""
    _act(connection, APPLICATION_ROLE, tenant)
    with connection.cursor("rows") as cursor:
        cursor.itersize = _AT_ONCE
        for stream, position, recorded_at, source, kind, fact_id, payload, link, *derived in cursor.execute(
            _ROWS, [tenant]
        ):
            damage, program = _read(source, kind, payload, derived) if whole else (None, None)
            yield Row(stream, position, recorded_at, source, kind, fact_id, payload.encode(), link, damage, program)
    _act(connection, "none")


def _act(connection: Connection, role: str, tenant: UUID | None = None) -> None:
    connection.execute(_ACT, [role, "" if tenant is None else str(tenant)])


def _read(source: str, kind: str, payload: str, derived: list[Any]) -> tuple[str | None, str | None]:
    """What is wrong with the columns that repeat, to be searched by, what the payload says; and the program of a time entry."""
    digest, *others = derived
    try:
        fact = decoded(kind, source, payload)
    except (KeyError, msgspec.ValidationError, msgspec.DecodeError):
        return "is no fact of its kind", None
    program = fact.program if isinstance(fact, TimeEntry) else None
    if digest != sha256(payload.encode()).digest():
        return "has another digest than its payload", program
    corrected = target_of(fact) or (None, None)
    if others != [*fact.occurred, *corrected]:
        return "tells other days, or another fact that it replaces, than its payload", program
    return None, program


def verify(connection: Connection, seen: Checkpoints, names: Mapping[UUID, Collection[str]]) -> list[Verified]:
    """What came of each practice, of those that only checkpoints know too. In one snapshot of the caller's."""
    found = set(practices(connection))
    lost = {tenant for tenant in names if tenant not in found and practice_mark(tenant) in seen.seen}
    verified = [
        verify_practice(
            tenant,
            heads(connection, tenant) if tenant in found else {},
            rows(connection, tenant) if tenant in found else (),
            seen.seen.get(practice_mark(tenant), {}),
            names.get(tenant, ()),
        )
        for tenant in sorted(found | lost)
    ]
    known = {practice_mark(tenant) for tenant in found | lost}
    nameless = [ledgers for mark, ledgers in seen.seen.items() if mark not in known]
    return [*verified, *(Verified(0, 0, tuple(lost_ledgers(ledgers))) for ledgers in nameless)]
