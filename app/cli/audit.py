"""Proof from the command line: a key, a checkpoint by hand, an export, and whether everything is what it was."""

import asyncio
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError

from app.audit import export, stored
from app.audit.checkpoint_file import Busy, names_file, read_lines, read_names
from app.audit.checkpointing import Checkpointer, Contradiction
from app.audit.checkpoints import Broken, Checkpoint, practice_mark
from app.audit.keys import UnusableKey, make_key, public_file, signing_key, verifier
from app.audit.verifying import Checkpoints, Fault, Verified, read_checkpoints, verify_practice
from app.cli.database import database
from app.cli.errors import CannotRun
from app.errors import Unavailable
from app.postgres.engine import create_engine
from app.settings import Settings

CONTRADICTED = "The ledgers are not what the last checkpoint saw, so none is made. `audit verify` says where."


def new_key(path: Path) -> None:
    """Make a key, and print where its public half is."""
    try:
        public = make_key(path)
    except FileExistsError as error:
        raise CannotRun(f"{error.filename} is there already, and no key is written over.") from None
    except OSError as error:
        raise CannotRun(f"The key cannot be written to {error.filename}: {error.strerror}.") from None
    print(public)
    print(f"{path} signs; AUDIT_KEY_FILE names it. The other verifies: give it to whoever will.", file=sys.stderr)


def checkpointer(settings: Settings) -> Checkpointer | None:
    """What makes checkpoints as the settings say. None: they name no key. `CannotRun` for one that is none."""
    if settings.audit_key_file is None:
        return None
    try:
        return Checkpointer(settings.checkpoints, signing_key(settings.audit_key_file))
    except UnusableKey as error:
        raise CannotRun(f"AUDIT_KEY_FILE: {error}") from None


def checkpoint_now(settings: Settings) -> None:
    """Make a checkpoint if anything was written since the last, and say which it is."""
    maker = checkpointer(settings)
    if maker is None:
        raise CannotRun("AUDIT_KEY_FILE names no key. `audit key PATH` makes one.")

    async def once(url: str) -> Checkpoint | None:
        engine = create_engine(url, pool_size=1, statement_cache=settings.statement_cache)
        try:
            return await maker.make(engine)
        finally:
            await engine.dispose()

    with database(settings) as found:
        try:
            made = asyncio.run(once(settings.checkpoint_database_url or found.url))
        except Contradiction:
            raise CannotRun(CONTRADICTED) from None
        except Busy:
            raise CannotRun(f"Another process is making a checkpoint in {settings.checkpoints}.") from None
        except Broken as error:
            raise CannotRun(f"{settings.checkpoints}: {error}") from None
        except OSError as error:
            raise CannotRun(f"{settings.checkpoints} cannot be appended to: {error.strerror}.") from None
        except (DBAPIError, Unavailable):
            raise CannotRun(
                "The heads of the ledgers cannot be read: the database is not migrated or cannot be reached, or this login\n"
                "may not become care_month_checkpoint (GRANT care_month_checkpoint TO it; CHECKPOINT_DATABASE_URL)."
            ) from None
    if made is None:
        print(f"Nothing was written since checkpoint {maker.file.chain.number}.")
    else:
        print(f"Checkpoint {made.number} of {made.ledgers:,} ledgers, {made.at}.")


def write_export(settings: Settings, practice: str) -> None:
    """Print a practice's ledgers, with all that a verifier needs of them."""
    try:
        tenant = UUID(practice)
    except ValueError:
        raise CannotRun("PRACTICE is the id that `access create-practice` printed.") from None
    with _owner(settings) as connection:
        if tenant not in stored.practices(connection):
            raise CannotRun("There is no such practice. `access list` prints those there are.")
        heads, rows = stored.heads(connection, tenant), stored.rows(connection, tenant, whole=False)
        sys.stdout.writelines(export.write(tenant, dt.datetime.now(dt.UTC), heads, rows))


def verify(settings: Settings, exported: Path | None, checkpoints: Path | None, public_keys: Sequence[Path]) -> None:
    """Say that everything is what checkpoints saw. `CannotRun` with the first row, or checkpoint, that is not."""
    path = checkpoints or settings.checkpoints
    seen = _checkpoints(path, public_keys or _own_key(settings))
    print(f"{seen.number:,} checkpoints, the last of {seen.at}: signed, none missing before it.")
    verified = _stored(settings, seen, _names(path)) if exported is None else _exported(exported, seen)
    covered, uncovered = sum(one.covered for one in verified), sum(one.uncovered for one in verified)
    faults = [fault for one in verified for fault in one.faults]
    if faults:
        raise CannotRun(_told(faults))
    print(f"{covered:,} facts are what checkpoints saw. {uncovered:,} more no checkpoint covers; their chains hold.")


def _own_key(settings: Settings) -> Sequence[Path]:
    if settings.audit_key_file is None:
        raise CannotRun("Name the public key: --public-key PATH. `audit key` wrote it beside the private one.")
    return [public_file(settings.audit_key_file)]


def _checkpoints(path: Path, public_keys: Sequence[Path]) -> Checkpoints:
    try:
        seen = read_checkpoints(read_lines(path), verifier(public_keys))
    except UnusableKey as error:
        raise CannotRun(str(error)) from None
    except Broken as error:
        raise CannotRun(f"{path}: {error}") from None
    except OSError as error:
        raise CannotRun(f"The checkpoints in {path} cannot be read: {error.strerror}.") from None
    if not seen.number:
        raise CannotRun(f"There is no checkpoint in {path}.")
    return seen


def _names(path: Path) -> dict[UUID, set[str]]:
    try:
        return read_names(names_file(path))
    except (OSError, ValueError, TypeError):
        raise CannotRun(
            f"{names_file(path)} is not what was written; without it ledgers that are lost have no name."
        ) from None


def _exported(path: Path, seen: Checkpoints) -> list[Verified]:
    try:
        with path.open("rb") as lines:
            read = export.read(lines)
            return [verify_practice(read.tenant, read.heads, read.rows, seen.seen.get(practice_mark(read.tenant), {}))]
    except export.Unreadable as error:
        raise CannotRun(f"{path}: {error}") from None
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from None


def _stored(settings: Settings, seen: Checkpoints, names: dict[UUID, set[str]]) -> list[Verified]:
    with _owner(settings) as connection:
        return stored.verify(connection, seen, names)


@contextmanager
def _owner(settings: Settings) -> Iterator[stored.Connection]:
    """One snapshot of the database, as its owner."""
    with database(settings) as found:
        try:
            # What is prepared outlives us on a pooler's connection, and would be in the way of whoever has it next.
            with psycopg.connect(found.owner_url, prepare_threshold=None) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                yield connection
        except psycopg.Error:
            raise CannotRun(
                "The ledgers cannot be read: the database is not migrated, or this login may not become care_month_app.\n"
                "MIGRATION_DATABASE_URL names it as its owner."
            ) from None


def _told(faults: Sequence[Fault]) -> str:
    first = faults[0]
    practice = "a practice" if first.tenant is None else f"practice {first.tenant}"
    ledger = "a ledger" if first.stream is None else f"ledger {first.stream!r}"
    only = " that only checkpoints know" if first.stream is None else ""
    told = [f"Position {first.position} of {ledger} of {practice}{only} {first.says}."]
    if first.proven + 1 < first.position:
        since = f"after position {first.proven}" if first.proven else "before it"
        told.append(
            f"No checkpoint vouches for the rows {since}: had their hashes been rewritten with them, the first bad row is "
            f"one of {first.proven + 1} to {first.position}."
        )
    if len(faults) > 1:
        told.append(f"{len(faults) - 1:,} other ledgers are not what they were either.")
    return "\n".join(told)
