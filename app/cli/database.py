"""The database a command works on: the one at DATABASE_URL, or one of our own in DATA_DIR."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import sqlalchemy.exc
from alembic.util import CommandError
from msgspec import Struct

from app.cli.errors import CannotRun
from app.postgres import embedded
from app.postgres.engine import create_engine
from app.postgres.migrate import migrate
from app.postgres.readiness import is_ready
from app.settings import Settings

NAME = "care_month"
OLDEST_MAJOR: Final = 15
CONNECT_SECONDS: Final = 10


class Database(Struct, frozen=True):
    """Where it is, as the application and as its owner. `own`: we started it, and a demo may live there."""

    url: str
    owner_url: str
    own: bool


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database for as long as the command runs. Raises CannotRun or CannotStart with a sentence to show."""
    if settings.database_url is not None:
        for name in ("migration_database_url", "database_url"):
            if (url := getattr(settings, name)) is not None:
                reach(url, name.upper())
        yield Database(settings.database_url, settings.owner_url or settings.database_url, own=False)
        return
    with embedded.start(settings.data_dir) as server:
        server.create_database(NAME)
        url = server.url(NAME)
        yield Database(url, url, own=True)


def migrated(database: Database) -> None:
    """Bring the schema to this version. Raises CannotRun where the database may not be changed."""
    try:
        migrate(database.owner_url)
    except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.ProgrammingError) as error:
        raise CannotRun(
            f"The database cannot be migrated.\n  {_first_line(error)}\n"
            "MIGRATION_DATABASE_URL names the same database as its owner."
        ) from None
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        raise CannotRun(
            "The database was migrated by a newer version of Care Month. Run that version, or use another database."
        ) from None


def refuse_unmigrated(url: str, *, statement_cache: bool) -> None:
    """Raises CannotRun unless the application's login finds this version's schema."""

    async def ready() -> bool:
        engine = create_engine(url, pool_size=1, statement_cache=statement_cache)
        try:
            return await is_ready(engine)
        finally:
            await engine.dispose()

    if not asyncio.run(ready()):
        raise CannotRun(
            "The database does not have this version's schema. Bring it there: python -m app migrate\n"
            "If it has, its owner must let this login use it: GRANT care_month_app TO the login of DATABASE_URL"
        )


def reach(url: str, name: str) -> None:
    """Reach the database once, so that what is wrong is said before anything is begun. Raises CannotRun."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            major = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        # libpq's own words name host and user, never the password.
        raise CannotRun(
            f"The database at {name} cannot be reached.\n  {_first_line(error)}\n"
            f"See that the server runs, and that host, port, user, password and name in {name} are right.\n"
            "Without DATABASE_URL, `make run` starts a Postgres of its own."
        ) from None
    except (psycopg.ProgrammingError, UnicodeError):
        raise CannotRun(f"{name} is no address of a database, such as postgresql://user@host/name.") from None
    if major < OLDEST_MAJOR:
        raise CannotRun(f"The server at {name} is PostgreSQL {major}; Care Month needs {OLDEST_MAJOR} or later.")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def migrate_only(settings: Settings) -> None:
    """Bring the schema to this version and say so."""
    with database(settings) as found:
        migrated(found)
    print("The database has this version's schema.")
