"""What a superuser can do to ledgers: rows changed, swapped, moved, removed, cut off; with their hashes made to fit or not."""

import datetime as dt
import json
import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from app.ledger.chain import GENESIS, chain_hash
from tests.audit.ledgers import Key, Proof, Rows, last_seen

Connection = psycopg.Connection[Any]
STATED: Final = ("recorded_at", "source", "kind", "id", "payload")
DERIVED: Final = ("payload_digest", "occurred_from", "occurred_until", "corrected_kind", "corrected_id")
EVERYTHING: Final = (*STATED, *DERIVED, "chain_hash")


class Tamperer:
    """One act, drawn at random, on rows that a checkpoint covers."""

    def __init__(self, connection: Connection, proof: Proof, rows: Rows, chance: random.Random) -> None:
        self.connection, self.proof, self.rows, self.chance = connection, proof, rows, chance
        self.ledgers = sorted({(tenant, stream) for tenant, stream, _ in rows})
        self.covered = [key for key in sorted(rows) if key[2] <= last_seen(proof, key[0], key[1])]
        self.rehashed = False
        """Whether hashes were made to fit what they cover."""

    def act(self) -> str:
        """Tamper; what was done."""
        acts: Sequence[Callable[[], str]] = (
            self.change, self.change, self.change, self.swap, self.swap_places, self.remove, self.remove_and_close_up,
            self.cut_off, self.insert, self.forget_ledger, self.forget_facts, self.change_head, self.forget_head,
            self.rename_ledger, self.forget_practice, self.append_unhashed,
        )  # fmt: skip
        return self.chance.choice(acts)()

    def change(self) -> str:
        """One column of one row, or more; perhaps with its own hash, perhaps with all that follow."""
        key = self.chance.choice(self.covered)
        column = self.chance.choice(EVERYTHING)
        row = self.rows[key]
        value = self._another(column, row)
        self._set(key, {column: value})
        if column == "payload" and self.chance.random() < 0.5:
            self._set(key, {"payload_digest": sha256(value.encode()).digest()})
        hashing = self.chance.choice(("none", "its own", "all after"))
        if column in STATED and hashing != "none":
            self._rehash(key[:2], key[2], key[2] if hashing == "its own" else None)
        return f"{column} changed, hashes rewritten: {hashing}"

    def swap(self) -> str:
        """What two rows say, of one ledger or of two."""
        one, other = self.chance.sample(self.covered, 2)
        columns = self.chance.choice((EVERYTHING, (*STATED, *DERIVED), ("payload", "payload_digest"), ("recorded_at",)))
        first, second = ({name: self.rows[key][name] for name in columns} for key in (one, other))
        self._set(one, second)
        self._set(other, first)
        if self.chance.random() < 0.3:
            for key in (one, other):
                self._rehash(key[:2], 1)
        return f"swapped {columns}"

    def swap_places(self) -> str:
        """Two rows of a ledger."""
        ledger = self.chance.choice(self.ledgers)
        one, other = self.chance.sample([key[2] for key in self.covered if key[:2] == ledger], 2)
        for old, new in ((one, 10_000), (other, one), (10_000, other)):
            self._move((*ledger, old), new)
        if self.chance.random() < 0.5:
            self._rehash(ledger, 1)
        return "places swapped"

    def remove(self) -> str:
        key = self.chance.choice(self.covered)
        self._delete(key)
        return "removed"

    def remove_and_close_up(self) -> str:
        """So that positions have no hole."""
        key = self.chance.choice(self.covered)
        self._delete(key)
        for position in sorted(other[2] for other in self.rows if other[:2] == key[:2] and other[2] > key[2]):
            self._move((*key[:2], position), position - 1)
        if self.chance.random() < 0.7:
            self._rehash(key[:2], 1)
        return "removed and closed up"

    def cut_off(self) -> str:
        """The end of a ledger, with its head moved back or not."""
        key = self.chance.choice(self.covered)
        for other in self.rows:
            if other[:2] == key[:2] and other[2] >= key[2]:
                self._delete(other)
        if self.chance.random() < 0.7:
            self._rehash(key[:2], 1)
        return "cut off"

    def insert(self) -> str:
        """What another row says, within a ledger, those after it pushed on."""
        source, key = self.chance.sample(self.covered, 2)
        for position in sorted((o[2] for o in self.rows if o[:2] == key[:2] and o[2] >= key[2]), reverse=True):
            self._move((*key[:2], position), position + 1)
        pushed = source[:2] == key[:2] and source[2] >= key[2]
        self._copy(key, (*source[:2], source[2] + 1) if pushed else source, key)
        if self.chance.random() < 0.7:
            self._rehash(key[:2], 1)
        return "inserted"

    def append_unhashed(self) -> str:
        """A row of another ledger at the end of this one, as it stands there."""
        key = self.chance.choice(self.covered)
        ledger = self.chance.choice(self.ledgers)
        end = max(other[2] for other in self.rows if other[:2] == ledger)
        self._copy(key, key, (*ledger, end + 1))
        return "appended without a hash that fits"

    def forget_ledger(self) -> str:
        ledger = self.chance.choice(self.ledgers)
        self._forget(ledger, head=True)
        return "a ledger and its head removed"

    def forget_facts(self) -> str:
        ledger = self.chance.choice(self.ledgers)
        self._forget(ledger, head=False)
        if self.chance.random() < 0.5:
            self._rehash(ledger, 1)
        return "all facts of a ledger removed"

    def change_head(self) -> str:
        tenant, stream = self.chance.choice(self.ledgers)
        change = self.chance.choice((
            "position = position + 1", "position = position - 1", "recorded_at = recorded_at + interval '1 microsecond'",
            "chain_hash = sha256(chain_hash)", "entry_programs = '{}'", "entry_programs = '{pcm}'",
        ))  # fmt: skip
        self._run(f"UPDATE stream SET {change} WHERE tenant = %s AND stream = %s", tenant, stream)
        return f"head: {change}"

    def forget_head(self) -> str:
        self._run("DELETE FROM stream WHERE tenant = %s AND stream = %s", *self.chance.choice(self.ledgers))
        return "a head removed"

    def rename_ledger(self) -> str:
        """A patient's ledger becomes another's, perhaps in the other practice, with hashes that fit."""
        tenant, stream = self.chance.choice(self.ledgers)
        others = {other for other, _ in self.ledgers}
        target = self.chance.choice(sorted(others)), f"{stream or 'practice'}-renamed"
        for table in ("fact", "stream"):
            self._run(
                f"UPDATE {table} SET tenant = %s, stream = %s WHERE tenant = %s AND stream = %s",
                *target,
                tenant,
                stream,
            )
        self._rehash(target, 1)
        return "a ledger renamed"

    def forget_practice(self) -> str:
        tenant = self.chance.choice(self.ledgers)[0]
        for table in ("fact", "stream", *(("practice",) if self.chance.random() < 0.5 else ())):
            self._run(f"DELETE FROM {table} WHERE tenant = %s", tenant)
        return "all of a practice removed"

    def _another(self, column: str, row: dict[str, Any]) -> Any:
        """A value the column does not have."""
        value = row[column]
        match column:
            case "recorded_at":
                return value + dt.timedelta(microseconds=self.chance.choice((-1, 1, 60_000_000)))
            case "payload":
                stated = json.loads(value)
                name = self.chance.choice(sorted(stated))
                stated[name] = self.chance.choice(("x", 7, None, f"{stated[name]}x"))
                return self.chance.choice((json.dumps(stated, sort_keys=True), value + " ", value[:-1], ""))
            case "kind":
                return self.chance.choice([kind for kind in ("consent", "death", "visit", "setting") if kind != value])
            case "chain_hash" | "payload_digest":
                return sha256(value).digest()
            case "occurred_from" | "occurred_until":
                return dt.date(2020, 1, self.chance.randrange(1, 28))
            case "corrected_kind" | "corrected_id":
                return f"{value}x"
            case _:
                return self.chance.choice((f"{value}x", value[:-1], value.upper() + "!"))

    def _set(self, key: Key, values: dict[str, Any]) -> None:
        assigned = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
        statement = sql.SQL("UPDATE fact SET {} WHERE tenant = %s AND stream = %s AND position = %s").format(assigned)
        self.connection.execute(statement, [*values.values(), *key])

    def _move(self, key: Key, position: int) -> None:
        self._set(key, {"position": position})

    def _delete(self, key: Key) -> None:
        self._run("DELETE FROM fact WHERE tenant = %s AND stream = %s AND position = %s", *key)

    def _forget(self, ledger: tuple[UUID, str], *, head: bool) -> None:
        for table in ("fact", "stream") if head else ("fact",):
            self._run(f"DELETE FROM {table} WHERE tenant = %s AND stream = %s", *ledger)

    def _copy(self, known: Key, source: Key, target: Key) -> None:
        names = [name for name in self.rows[known] if name not in ("tenant", "stream", "position")]
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = sql.SQL(
            "INSERT INTO fact (tenant, stream, position, {0}) SELECT %s, %s, %s, {0} FROM fact"
            " WHERE tenant = %s AND stream = %s AND position = %s"
        ).format(columns)
        self.connection.execute(statement, [*target, *source])

    def _rehash(self, ledger: tuple[UUID, str], first: int, last: int | None = None) -> None:
        """Hashes that fit, from a position on; to the end with the head, or up to one."""
        self.rehashed = True
        link, end, at = GENESIS, 0, None
        for position, recorded_at, source, kind, fact_id, payload, stored in self.connection.execute(
            "SELECT position, recorded_at, source, kind, id, payload, chain_hash FROM fact"
            " WHERE tenant = %s AND stream = %s ORDER BY position",
            ledger,
        ).fetchall():
            end, at = position, recorded_at
            if position < first or (last is not None and position > last):
                link = stored
                continue
            link = chain_hash(link, *ledger, position, recorded_at, source, kind, fact_id, payload.encode())
            self._set((*ledger, position), {"chain_hash": link})
        if last is None:
            self._run(
                "UPDATE stream SET position = %s, recorded_at = %s, chain_hash = %s WHERE tenant = %s AND stream = %s",
                end, at, link, *ledger,
            )  # fmt: skip

    def _run(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement.encode(), values)
