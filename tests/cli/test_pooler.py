"""What is done from the command line, on a server that is reached through a pooler and has one connection for all."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.access.credentials import create_practice
from app.audit.keys import make_key
from app.postgres import embedded
from app.postgres.engine import create_engine
from tests.api.pooler import PROGRAM, pooled
from tests.cli.running import PROJECT
from tests.ledger.statements import fact, record

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer")

PRACTICES = 6
"""More than a driver asks the same of before it prepares the question and leaves it on the connection."""

Command = Callable[..., str]


@pytest.fixture
def url() -> Iterator[str]:
    """A database with nothing in it, as it is; nobody else's commands are on its server."""
    with embedded.temporary() as server:
        server.create_database("commands")
        yield server.url("commands")


@pytest.fixture
def command(url: str, tmp_path: Path) -> Iterator[Command]:
    """What a command prints, each in a process of its own: drivers name what they prepare by what is in theirs."""
    with pooled(url, connections=1) as through:
        settings = {"DATABASE_URL": through, "STATEMENT_CACHE": "false", "DATA_DIR": str(tmp_path)}
        environment = os.environ | settings | {"AUDIT_KEY_FILE": str(tmp_path / "key")}

        def carried_out(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "app", *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (arguments, done.stderr)
            return done.stdout.strip()

        yield carried_out


async def practices_with_a_fact(url: str) -> list[UUID]:
    engine = create_engine(url, pool_size=1)
    practices = [await create_practice(engine, f"Practice {number}") for number in range(PRACTICES)]
    for practice in practices:
        await record(engine, practice, fact("consent", "c", "p"))
    await engine.dispose()
    return practices


async def test_commands_follow_one_another_on_one_connection(command: Command, url: str, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    command("migrate")
    ours, *others = map(str, await practices_with_a_fact(url))
    made = command("access", "create-practice", "One more")
    assert command("access", "create-key", made, "ehr").startswith("cm_")
    for says in (f"Checkpoint 1 of {PRACTICES} ledgers", "Nothing was written since checkpoint 1"):
        assert command("audit", "checkpoint").startswith(says)
    for _ in range(2):
        assert f"{PRACTICES} facts are what checkpoints saw" in command("audit", "verify")
    lines = command("audit", "export", ours).splitlines()
    # Whose they are, a head and a fact: every practice has as much.
    assert len(lines) == 3
    assert ours in lines[0]
    assert not any(other in "".join(lines) for other in others)
    command("worker", "--once")
