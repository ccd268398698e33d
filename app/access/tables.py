"""The access log as queries name it. `migrations/` makes it."""

from typing import Final

from sqlalchemy import Column, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

metadata: Final = MetaData()

access_log: Final = Table(
    "access_log",
    metadata,
    Column("tenant", Uuid, primary_key=True),
    Column("at", TIMESTAMP(timezone=True), primary_key=True),
    Column("request", Uuid, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("credential", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("patient", Text),
    Column("month", Text),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("status", SmallInteger, nullable=False),
)
