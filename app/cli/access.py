"""Practices and their API keys, made by whoever owns the database."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key, create_practice
from app.cli.database import database, migrated
from app.cli.errors import CannotRun
from app.postgres.engine import create_engine
from app.settings import Settings

T = TypeVar("T")
_NAME: Final = re.compile(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")


def new_practice(settings: Settings, name: str) -> None:
    """Print the id of a new practice."""
    if not _NAME.fullmatch(name):
        raise CannotRun("NAME is what people call the practice: 1 to 200 printable characters.")
    print(_as_owner(settings, lambda engine: create_practice(engine, name)))


def new_key(settings: Settings, practice: str, source: str) -> None:
    """Print a new key of one source of a practice."""
    try:
        tenant = UUID(practice)
    except ValueError:
        raise CannotRun("PRACTICE is the id that `access create-practice` printed.") from None
    try:
        print(_as_owner(settings, lambda engine: create_key(engine, tenant, source)))
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _as_owner(settings: Settings, action: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def once(url: str) -> T:
        engine = create_engine(url, pool_size=1)
        try:
            return await action(engine)
        finally:
            await engine.dispose()

    with database(settings) as found:
        if found.own:
            migrated(found)
        try:
            return asyncio.run(once(found.owner_url))
        except IntegrityError:
            raise CannotRun("There is no such practice. `access create-practice NAME` makes one.") from None
        except (DBAPIError, OSError):
            raise CannotRun(
                "The database is not migrated, or this login may not make practices and keys.\n"
                "`python -m app migrate` brings it to this version; MIGRATION_DATABASE_URL names it as its owner."
            ) from None
