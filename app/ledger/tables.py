"""The two tables of the ledger, as queries name them. `migrations/` makes them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

PRACTICE_STREAM: Final = ""
"""The practice's own stream; every other is named by its patient, whose reference is never empty."""

metadata: Final = MetaData()

stream: Final = Table(
    "stream",
    metadata,
    Column("tenant", Uuid, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True)),
    Column("chain_hash", LargeBinary, nullable=False),
    Column("entry_programs", ARRAY(Text), nullable=False),
    Column("entry_programs_to", BigInteger, nullable=False),
)

fact: Final = Table(
    "fact",
    metadata,
    Column("tenant", Uuid, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("occurred_from", Date),
    Column("occurred_until", Date),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_digest", LargeBinary, nullable=False),
    Column("corrected_kind", Text),
    Column("corrected_id", Text),
    Column("chain_hash", LargeBinary, nullable=False),
)
