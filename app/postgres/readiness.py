"""Whether the database can serve this version of the program."""

from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.postgres.migrate import configuration
from app.postgres.transaction import transaction


@cache
def expected_revision() -> str | None:
    """The newest migration this program brings along."""
    return ScriptDirectory.from_config(configuration("")).get_current_head()


async def is_ready(engine: AsyncEngine) -> bool:
    """Whether the schema is the one expected. `Unavailable` where the database cannot be reached."""
    try:
        async with transaction(engine, None) as connection:
            found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    except DBAPIError:
        # Reached, but it knows neither our role nor our tables: nobody has migrated it yet.
        return False
    return found == [expected_revision()]
