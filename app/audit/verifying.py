"""Whether the ledgers of a practice are what checkpoints saw, and where the first is not. The standard library alone."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from app.audit.checkpoints import Chain, Verify, ledger_mark, moves
from app.ledger.chain import GENESIS, chain_hash

Seen = dict[int, tuple[int, bytes]]
"""By position, the checkpoint that saw the ledger end there, and the chain hash it saw."""


class Head(NamedTuple):
    """The last fact of a ledger, as the ledger's own row tells it; and the programs that its time entries name, if it does."""

    position: int
    recorded_at: dt.datetime
    chain_hash: bytes
    entry_programs: Collection[str] | None = None


class Row(NamedTuple):
    """A fact as it is stored. `damage`: what is wrong with the columns that only repeat what the payload says; `program` is that
    of a time entry.
    """

    stream: str
    position: int
    recorded_at: dt.datetime
    source: str
    kind: str
    id: str
    payload: bytes
    chain_hash: bytes
    damage: str | None = None
    program: str | None = None


class Fault(NamedTuple):
    """The first row of a ledger that is not what it was. Without a name: a ledger that only checkpoints know.

    `proven`: the last position before it that a checkpoint vouches for. Where hashes were rewritten along with what they
    cover, the first bad row is one of those between.
    """

    tenant: UUID | None
    stream: str | None
    position: int
    proven: int
    says: str


class Checkpoints(NamedTuple):
    """What a file of checkpoints vouches for: by the marks of practice and ledger."""

    number: int
    at: str
    seen: Mapping[bytes, Mapping[bytes, Seen]]


class Verified(NamedTuple):
    """What came of a practice: how many rows a checkpoint covers and how many none, and the first fault of each ledger."""

    covered: int
    uncovered: int
    faults: tuple[Fault, ...]


def read_checkpoints(lines: Iterable[bytes], verify: Verify | None) -> Checkpoints:
    """All lines of a file. `Broken` for the first that is not as it was written. `verify` None: signatures are not asked."""
    chain = Chain()
    seen: dict[bytes, dict[bytes, Seen]] = {}
    for written in lines:
        checkpoint = chain.take(written, verify)
        for practice, ledger, position, link in moves(checkpoint):
            seen.setdefault(practice, {}).setdefault(ledger, {})[position] = checkpoint.number, link
    chain.check_digest()
    return Checkpoints(chain.number, chain.at, seen)


def verify_practice(
    tenant: UUID,
    heads: Mapping[str, Head],
    rows: Iterable[Row],
    seen: Mapping[bytes, Seen],
    names: Iterable[str] = (),
) -> Verified:
    """Rows by stream, then position. `names` are streams that checkpoints may know and the ledgers no longer."""
    practice = _Practice(tenant, seen)
    faults = tuple(practice.faults(heads, rows, names))
    return Verified(practice.covered, practice.uncovered, faults)


def lost_ledgers(seen: Mapping[bytes, Seen], tenant: UUID | None = None) -> Iterator[Fault]:
    """Ledgers that checkpoints saw, and of which nothing is there any more that would tell their names."""
    for positions in seen.values():
        number = min(number for number, _ in positions.values())
        yield Fault(tenant, None, 1, 0, f"is missing with its whole ledger, which checkpoint {number} saw")


class _Practice:
    def __init__(self, tenant: UUID, seen: Mapping[bytes, Seen]) -> None:
        self.tenant = tenant
        self.unmet = dict(seen)
        self.covered = self.uncovered = 0

    def faults(self, heads: Mapping[str, Head], rows: Iterable[Row], names: Iterable[str]) -> Iterator[Fault]:
        marks = {ledger_mark(self.tenant, name): name for name in names}
        known = {marks[mark] for mark in self.unmet if mark in marks}
        left = sorted(known | heads.keys(), reverse=True)
        met = set[str]()
        for stream, group in groupby(rows, attrgetter("stream")):
            while left and left[-1] < stream:
                yield from self._ledger(left.pop(), heads, ())
            if left and left[-1] == stream:
                left.pop()
            if stream in met:
                yield Fault(self.tenant, stream, next(group).position, 0, "stands apart from the rest of its ledger")
                continue
            met.add(stream)
            yield from self._ledger(stream, heads, group)
        while left:
            yield from self._ledger(left.pop(), heads, ())
        yield from lost_ledgers(self.unmet, self.tenant)

    def _ledger(self, stream: str, heads: Mapping[str, Head], rows: Iterable[Row]) -> Iterator[Fault]:
        """The first fault of one ledger, if it has one."""
        seen = self.unmet.pop(ledger_mark(self.tenant, stream), {})
        last_seen = max(seen, default=0)
        proven, link, last = 0, GENESIS, None
        position = 0
        programs = set[str]()
        for row in rows:
            position += 1
            if row.program is not None:
                programs.add(row.program)
            self.covered += position <= last_seen
            self.uncovered += position > last_seen
            if row.position != position:
                lost = row.position > position
                misplaced = "is missing" if lost else "stands twice"
                yield Fault(self.tenant, stream, position if lost else row.position, proven, misplaced)
                return
            link = chain_hash(
                link, self.tenant, stream, position, row.recorded_at, row.source, row.kind, row.id, row.payload
            )
            says: str | None = None
            if link != row.chain_hash:
                says = "is not what was recorded: its hash does not fit"
            elif row.damage is not None:
                says = row.damage
            elif position in seen and seen[position][1] != link:
                says = f"is not what checkpoint {seen[position][0]} saw, though its hash fits"
            if says is not None:
                yield Fault(self.tenant, stream, position, proven, says)
                return
            proven, last = position if position in seen else proven, row
        if last_seen > position:
            number = min(number for at, (number, _) in seen.items() if at > position)
            yield Fault(self.tenant, stream, position + 1, proven, f"is missing: checkpoint {number} saw it")
        elif (headless := _head_fault(heads.get(stream), position, last, link, programs)) is not None:
            missing = stream in heads and heads[stream].position > position
            yield Fault(self.tenant, stream, position + 1 if missing else position, proven, headless)


def _head_fault(head: Head | None, position: int, last: Row | None, link: bytes, programs: set[str]) -> str | None:
    if head is None:
        return "is the last of a ledger that has lost its head"
    if head.position > position:
        return "is missing: the head of the ledger counts it"
    if last is None or (head.position, head.recorded_at, head.chain_hash) != (position, last.recorded_at, link):
        return "is not what the head of the ledger tells of its last fact"
    if head.entry_programs is not None and not programs.issubset(head.entry_programs):
        return "ends a ledger whose head does not name every program of its time entries"
    return None
