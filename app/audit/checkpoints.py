"""What a checkpoint is: a signed line about the heads of all ledgers, tied to the line before. The standard library alone.

A ledger is named by a hash of its practice and its stream. A practice's id is random, so who holds the file learns of no
patient, and who knows a practice and its patients finds them. What a line does not say has not moved since the lines
before it.
"""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

NONE: Final = "0" * 64
"""What stands before the first checkpoint."""

Head = tuple[int, bytes]
"""Position and chain hash of the last fact of a ledger."""

Heads = dict[bytes, dict[bytes, Head]]
"""By practice, then ledger, both as their marks."""

Verify = Callable[[bytes, bytes], bool]
"""Whether a signature is one of somebody we trust, of these bytes."""


class Checkpoint(NamedTuple):
    """`at` is ISO 8601 in UTC, by the clock of whoever made it; `previous` the SHA-256 of the whole line before.

    `ledgers` and `digest` are of all heads; `moved` are those that are not as the lines before left them, by the marks
    (hexadecimal) of practice and ledger, each with position and chain hash.
    """

    number: int
    at: str
    previous: str
    ledgers: int
    digest: str
    moved: dict[str, dict[str, tuple[int, str]]]

    def content(self) -> bytes:
        """What is signed."""
        return json.dumps(self._asdict(), sort_keys=True, separators=(",", ":")).encode()


class Broken(Exception):
    """The file of checkpoints is not what was written: from this line on, it proves nothing."""

    def __init__(self, number: int, says: str) -> None:
        super().__init__(f"Checkpoint {number} {says}.")
        self.number = number


def practice_mark(tenant: UUID) -> bytes:
    return sha256(b"care-month practice\n" + tenant.bytes).digest()


def ledger_mark(tenant: UUID, stream: str) -> bytes:
    return sha256(b"care-month ledger\n" + tenant.bytes + stream.encode()).digest()


def digest(heads: Heads, moved: Heads | None = None) -> str:
    """SHA-256 over all heads, in the order of their marks; each part has a fixed length. `moved` prevail."""
    whole, moved = sha256(), moved or {}
    for practice in sorted({*heads, *moved}):
        before, after = heads.get(practice, {}), moved.get(practice, {})
        for ledger in sorted({*before, *after}):
            position, chain_hash = after.get(ledger) or before[ledger]
            whole.update(b"%b%b%b%b" % (practice, ledger, position.to_bytes(8), chain_hash))
    return whole.hexdigest()


def line(checkpoint: Checkpoint, signature: bytes) -> bytes:
    """A line of the file."""
    return b'{"checkpoint":%b,"signature":"%b"}\n' % (checkpoint.content(), signature.hex().encode())


class Chain:
    """The lines of a file followed from the first: the heads they leave, and what each line vouches for."""

    def __init__(self) -> None:
        self.number = 0
        self.last = NONE
        self.at = ""
        self.heads: Heads = {}
        self.facts = 0
        self.digest = digest({})

    def take(self, written: bytes, verify: Verify | None = None) -> Checkpoint:
        """The next line. `Broken` for one that does not follow or is not signed by whom we trust."""
        number = self.number + 1
        checkpoint, signature = _read(written, number)
        if verify is not None and not verify(checkpoint.content(), signature):
            raise Broken(number, "is not signed by this key")
        if checkpoint.number != number or checkpoint.previous != self.last:
            raise Broken(number, "does not follow the one before: one or more are missing or changed")
        self._move(checkpoint)
        self.number, self.last, self.at = number, sha256(written).hexdigest(), checkpoint.at
        self.digest = checkpoint.digest
        return checkpoint

    def check_digest(self) -> None:
        """`Broken` where the last line's digest is not that of the heads that all lines together leave.

        Asked at the end only: it is over all heads, and what the lines in between say is tied and signed already.
        """
        if self.digest != digest(self.heads):
            raise Broken(self.number, "does not add up")

    @property
    def ledgers(self) -> int:
        return sum(map(len, self.heads.values()))

    def _move(self, checkpoint: Checkpoint) -> None:
        for practice, ledger, position, chain_hash in moves(checkpoint):
            before = self.heads.setdefault(practice, {}).get(ledger)
            if before is not None and before[0] >= position:
                raise Broken(checkpoint.number, "moves a ledger backwards")
            self.facts += position - (before[0] if before is not None else 0)
            self.heads[practice][ledger] = position, chain_hash
        if checkpoint.ledgers != self.ledgers:
            raise Broken(checkpoint.number, "counts other ledgers than there are")


def moves(checkpoint: Checkpoint) -> Iterator[tuple[bytes, bytes, int, bytes]]:
    """Marks of practice and ledger, position and chain hash of each head that moved."""
    for practice, ledgers in checkpoint.moved.items():
        for ledger, (position, chain_hash) in ledgers.items():
            yield bytes.fromhex(practice), bytes.fromhex(ledger), position, bytes.fromhex(chain_hash)


def _read(written: bytes, number: int) -> tuple[Checkpoint, bytes]:
    try:
        read: Any = json.loads(written)
        checkpoint = Checkpoint(**read["checkpoint"])
        signature = bytes.fromhex(read["signature"])
        for *marks, position, chain_hash in moves(checkpoint):
            if {len(chain_hash), *map(len, marks)} != {32} or not (type(position) is int and 0 < position < 2**63):
                raise ValueError  # noqa: TRY301 - told below, as whatever else is wrong with it
        # One spelling: what is signed is what is read.
        if line(checkpoint, signature) != written:
            raise ValueError  # noqa: TRY301
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Broken(number, "is not a whole line as they are written") from None
    return checkpoint, signature
