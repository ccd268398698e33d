"""A practice's ledgers in a file that can be verified without us. Written here, read with the standard library alone.

NDJSON: a line `{"ledgers": …}` that says whose they are, one `{"head": …}` a ledger, one `{"fact": …}` a row, by stream and
position, with everything a hash covers. A payload is text, exactly as it was hashed.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from app.audit.verifying import Head, Row


class Unreadable(Exception):
    """The file is no export, or not whole; the message names the line."""


class Export(NamedTuple):
    """What an export holds: `rows` may be gone through once."""

    tenant: UUID
    heads: Mapping[str, Head]
    rows: Iterator[Row]


def write(tenant: UUID, at: dt.datetime, heads: Mapping[str, Head], rows: Iterable[Row]) -> Iterator[str]:
    """The lines of an export."""
    yield _line("ledgers", practice=str(tenant), exported_at=_written(at), count=len(heads))
    for stream, head in sorted(heads.items()):
        yield _line(
            "head", stream=stream, position=head.position, recorded_at=_written(head.recorded_at),
            chain_hash=head.chain_hash.hex(),
        )  # fmt: skip
    for row in rows:
        yield _line(
            "fact", stream=row.stream, position=row.position, recorded_at=_written(row.recorded_at), source=row.source,
            kind=row.kind, id=row.id, payload=row.payload.decode(), chain_hash=row.chain_hash.hex(),
        )  # fmt: skip


def read(lines: Iterable[bytes]) -> Export:
    """An export's practice, its heads, and its rows as they come. `Unreadable`, also while rows are gone through."""
    read = _objects(lines)
    first = next(read, None)
    if first is None:
        raise Unreadable("The export is empty.")
    try:
        said = _part(first, "ledgers", {"practice": str, "count": int})
        tenant, count = UUID(said["practice"]), said["count"]
    except ValueError:
        raise Unreadable("Line 1 is not the first of an export.") from None
    heads = dict(map(_head, islice(read, count)))
    if len(heads) != count:
        raise Unreadable(f"The export has {len(heads)} of {count} heads.")
    return Export(tenant, heads, map(_row, read))


Numbered = tuple[int, Any]


def _objects(lines: Iterable[bytes]) -> Iterator[Numbered]:
    for number, line in enumerate(lines, start=1):
        try:
            yield number, json.loads(line)
        except ValueError:
            raise Unreadable(f"Line {number} of the export is no JSON.") from None


def _head(numbered: Numbered) -> tuple[str, Head]:
    try:
        said = _part(numbered, "head", {"stream": str, "position": int, "recorded_at": str, "chain_hash": str})
        return said["stream"], Head(said["position"], _instant(said["recorded_at"]), bytes.fromhex(said["chain_hash"]))
    except ValueError:
        raise Unreadable(f"Line {numbered[0]} of the export is no head.") from None


def _row(numbered: Numbered) -> Row:
    texts = dict.fromkeys(("stream", "recorded_at", "source", "kind", "id", "payload", "chain_hash"), str)
    try:
        said = _part(numbered, "fact", {**texts, "position": int})
        return Row(
            said["stream"], said["position"], _instant(said["recorded_at"]), said["source"], said["kind"], said["id"],
            said["payload"].encode(), bytes.fromhex(said["chain_hash"]),
        )  # fmt: skip
    except ValueError:
        raise Unreadable(f"Line {numbered[0]} of the export is no fact.") from None


def _part(numbered: Numbered, kind: str, fields: Mapping[str, type]) -> dict[str, Any]:
    """What a line says under its kind. `ValueError` where it is of another, or a field is missing or of another type."""
    _, said = numbered
    part = said.get(kind) if isinstance(said, dict) else None
    if not isinstance(part, dict) or any(type(part.get(name)) is not of for name, of in fields.items()):
        raise ValueError
    for value in part.values():
        if isinstance(value, str):
            value.encode()  # a lone surrogate is no text
    return part


def _line(of: str, /, **said: Any) -> str:
    return json.dumps({of: said}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _written(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _instant(written: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError
    return at
