"""The database a command works on: the one at DATABASE_URL, or one of our own in DATA_DIR."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy.exc
from msgspec import Struct

from app.cli.errors import CannotRun
from app.postgres import embedded
from app.postgres.migrate import migrate
from app.settings import Settings

NAME = "care_month"


class Database(Struct, frozen=True):
    """Where it is, as the application and as its owner. `own`: we started it, and a demo may live there."""

    url: str
    owner_url: str
    own: bool


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database for as long as the command runs. Raises CannotStart with a sentence to show."""
    if settings.database_url is not None:
        yield Database(settings.database_url, settings.owner_url or settings.database_url, own=False)
        return
    with embedded.start(settings.data_dir) as server:
        server.create_database(NAME)
        url = server.url(NAME)
        yield Database(url, url, own=True)


def migrated(database: Database) -> None:
    """Bring the schema to this version. Raises CannotRun where the database cannot be reached or may not be changed."""
    try:
        migrate(database.owner_url)
    except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
        # libpq's own words name host and user, never the password.
        raise CannotRun(f"The database cannot be reached.\n  {_first_line(error)}\nSee DATABASE_URL.") from None
    except sqlalchemy.exc.ProgrammingError as error:
        raise CannotRun(
            f"The database cannot be migrated.\n  {_first_line(error)}\n"
            "MIGRATION_DATABASE_URL names the same database as its owner."
        ) from None
    except psycopg.ProgrammingError:
        raise CannotRun("DATABASE_URL is no address of a database, such as postgresql://user@host/name.") from None


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
