"""The chain through a stream: each fact's hash covers everything before it, so a change anywhere shows."""

import datetime as dt
from hashlib import sha256
from typing import Final
from uuid import UUID

GENESIS: Final = bytes(32)
"""What stands before a stream's first fact."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def chain_hash(
    previous: bytes,
    tenant: UUID,
    stream: str,
    position: int,
    recorded_at: dt.datetime,
    source: str,
    kind: str,
    fact_id: str,
    payload: bytes,
) -> bytes:
    """SHA-256 over the previous hash and the fact's own fields.

    Each field has its length before it (decimal, then a colon), so that no two different facts are the same bytes.
    Numbers are decimal text; the instant is in microseconds since 1970 UTC.
    """
    fields = (
        tenant.bytes,
        stream.encode(),
        b"%d" % position,
        b"%d" % ((recorded_at - _EPOCH) // _MICROSECOND),
        source.encode(),
        kind.encode(),
        fact_id.encode(),
        payload,
    )
    return sha256(previous + b"".join([b"%d:%b" % (len(field), field) for field in fields])).digest()
