"""How Alembic reaches the database: as the owner, in one transaction, one process at a time."""

import os

from alembic import context
from sqlalchemy import text

from app.postgres.migrate import MIGRATION_LOCK, owner_engine


def run() -> None:
    url = context.config.attributes.get("url") or os.environ.get("MIGRATION_DATABASE_URL") or os.environ["DATABASE_URL"]
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            # Several processes may start at once: the second waits here and then finds nothing left to do.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.configure(connection=connection, transaction_per_migration=False)
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


run()
