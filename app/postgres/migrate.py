"""Bring a database to the schema this version of the program expects."""

from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

MIGRATION_LOCK: Final = 0x43_4D_4D_49_47
"""Key of the advisory lock that one migration of a database holds; any number that nothing else here uses."""

_MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"


def migrate(url: str) -> None:
    """Upgrade to head, as the owner. Safe to call from several processes at once, and again."""
    command.upgrade(configuration(url), "head")


def configuration(url: str) -> Config:
    """Alembic's configuration for a libpq URL. It never passes through a file, where `%` would need escaping."""
    configured = Config()
    configured.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    configured.set_main_option("path_separator", "os")
    configured.attributes["url"] = url
    return configured


def owner_engine(url: str) -> Engine:
    """A synchronous engine for one migration; libpq itself reads the URL."""
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
