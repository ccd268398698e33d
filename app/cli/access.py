"""Practices, their API keys and SMART clients, made and ended by whoever owns the database."""

import asyncio
import datetime as dt
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.clients import register_client, replace_key_set
from app.access.credentials import NewKey, create_practice, issue_key
from app.access.issued import NoPractice, NotIssued, issued, practices, revoke, rotate
from app.access.key_sets import MAXIMUM_LENGTH
from app.access.scopes import ALL, in_order
from app.cli.database import database, migrated
from app.cli.errors import CannotRun
from app.postgres.engine import create_engine
from app.settings import Settings

T = TypeVar("T")
_NAME: Final = re.compile(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")

_NOT_ISSUED: Final = {
    "unknown": "There is no such key or client. `access list PRACTICE` prints those there are.",
    "key": "This is a key, and signs with none: `access rotate KEY` makes one that takes its place.",
    "client": "This is a client, which signs with keys of its own: `access replace-keys CLIENT JWKS` replaces them.",
    "replaced": "This key was replaced before. `access list PRACTICE` prints those there are.",
    "revoked": "It was revoked, for good. `access create-key` and `access create-client` make another.",
    "expired": "It has expired. `access create-key` and `access create-client` make another.",
}


def new_practice(settings: Settings, name: str) -> None:
    """Print the id of a new practice."""
    if not _NAME.fullmatch(name):
        raise CannotRun("NAME is what people call the practice: 1 to 200 printable characters.")
    print(_as_owner(settings, lambda engine: create_practice(engine, name)))


def new_key(settings: Settings, practice: str, source: str, scopes: Sequence[str], days: int | None) -> None:
    """Print a new key of one source of a practice; what else there is to know of it goes to standard error."""
    tenant = _practice(practice)
    made = _as_owner(settings, lambda engine: issue_key(engine, tenant, source, scopes or ALL, _days(days)))
    print(made.secret)
    _tell_once(made)


def new_client(
    settings: Settings, practice: str, source: str, key_set: Path, scopes: Sequence[str], days: int | None
) -> None:
    """Print the id of a new client, which proves itself by the keys in a JWK Set."""
    tenant, keys = _practice(practice), _read(key_set)
    print(_as_owner(settings, lambda engine: register_client(engine, tenant, source, keys, scopes, _days(days))))


def new_client_keys(settings: Settings, client: str, key_set: Path) -> None:
    """Have a client sign with other keys from now on."""
    credential, keys = _credential(client), _read(key_set)
    _as_owner(settings, lambda engine: replace_key_set(engine, credential, keys))
    print("The client signs with these keys from now on.")


def rotate_key(settings: Settings, key: str, overlap_hours: int, days: int | None) -> None:
    """Print a key that takes another's place; the other is taken for the hours of overlap."""
    credential, overlap = _credential(key), dt.timedelta(hours=overlap_hours)
    made = _as_owner(settings, lambda engine: rotate(engine, credential, overlap, _days(days)))
    print(made.key.secret)
    _tell_once(made.key)
    print(f"The key before it is taken until {_minute(made.old_until)}.", file=sys.stderr)


def revoke_credential(settings: Settings, credential: str) -> None:
    """End a key or a client at once."""
    ended = _credential(credential)
    print(
        "Revoked. From now on it is nobody's."
        if _as_owner(settings, lambda engine: revoke(engine, ended))
        else "It was revoked before."
    )


def show_issued(settings: Settings, practice: str | None) -> None:
    """Print all practices, or one practice's keys and clients: never a secret, which nobody has."""
    if practice is None:
        for each in _as_owner(settings, practices):
            print(f"{each.tenant}  {each.created_at:%Y-%m-%d}  {each.name}")
        return
    tenant = _practice(practice)
    for one in _as_owner(settings, lambda engine: issued(engine, tenant)):
        print(f"{one.id}  {one.kind:6}  {one.state:8}  {one.source}")
        print(f"    scopes     {' '.join(in_order(one.scopes))}")
        print(f"    made       {_minute(one.created_at)}")
        print(f"    ends       {_minute(one.expires_at, 'when it is revoked')}")
        if one.revoked_at is not None:
            print(f"    revoked    {_minute(one.revoked_at)}")
        print(f"    last used  {_minute(one.last_used_at, 'never')}")


def _tell_once(made: NewKey) -> None:
    # Beside the key, so that what a script takes from standard output is the key alone.
    print(f"Shown this once. Its id, for `access list`, `rotate` and `revoke`: {made.id}", file=sys.stderr)


def _minute(at: dt.datetime | None, otherwise: str = "") -> str:
    return otherwise if at is None else f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _days(days: int | None) -> dt.timedelta | None:
    return None if days is None else dt.timedelta(days=days)


def _practice(practice: str) -> UUID:
    try:
        return UUID(practice)
    except ValueError:
        raise CannotRun("PRACTICE is the id that `access create-practice` printed; `access list` has them.") from None


def _credential(credential: str) -> UUID:
    try:
        return UUID(credential)
    except ValueError:
        raise CannotRun("A key or client is named by its id, which `access list PRACTICE` prints.") from None


def _read(key_set: Path) -> str:
    try:
        with key_set.open(encoding="utf-8") as file:
            return file.read(MAXIMUM_LENGTH + 1)
    except (OSError, UnicodeDecodeError):
        raise CannotRun("JWKS is a file with the client's public keys: a JWK Set in UTF-8.") from None


def _as_owner(settings: Settings, action: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def once(url: str) -> T:
        engine = create_engine(url, pool_size=1, statement_cache=settings.statement_cache)
        try:
            return await action(engine)
        finally:
            await engine.dispose()

    with database(settings) as found:
        if found.own:
            migrated(found)
        try:
            return asyncio.run(once(found.owner_url))
        except ValueError as error:
            raise CannotRun(str(error)) from None
        except NotIssued as error:
            raise CannotRun(_NOT_ISSUED[error.why]) from None
        except (NoPractice, IntegrityError):
            raise CannotRun(
                "There is no such practice. `access list` prints those there are, `access create-practice NAME` makes one."
            ) from None
        except (DBAPIError, OSError):
            raise CannotRun(
                "The database is not migrated, or this login may not make practices and keys.\n"
                "`python -m app migrate` brings it to this version; MIGRATION_DATABASE_URL names it as its owner."
            ) from None
