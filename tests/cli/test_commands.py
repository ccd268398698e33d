"""The command line: help that helps, and no tracebacks."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.access.credentials import caller_of
from app.postgres.engine import create_engine

PROJECT = Path(__file__).parents[2]


def typed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "MIGRATION_DATABASE_URL")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=PROJECT, env=kept | environment, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def helped(ran: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    for word in words:
        assert word in ran.stderr


def test_help_names_every_command() -> None:
    ran = typed("--help")
    assert ran.returncode == 0
    for command in ("run", "serve", "worker", "migrate", "openapi", "import", "rulebook", "access"):
        assert command in ran.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["rulebook"], ["rulebook", "diff", "2024-03"], ["access"], ["access", "create-key"]]
)
def test_unknown_commands_are_answered_with_usage(arguments: list[str]) -> None:
    ran = typed(*arguments)
    assert ran.returncode == 2
    assert "usage: python -m app" in ran.stderr


def test_the_document_is_printed() -> None:
    ran = typed("openapi")
    assert ran.stdout == (PROJECT / "openapi" / "openapi.yaml").read_text()


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_serving_and_working_need_a_database(command: str) -> None:
    helped(typed(command), "DATABASE_URL", "`run`")


def test_a_port_in_use_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = typed("run", PORT=str(port), DATA_DIR=str(tmp_path / "data"))
    helped(ran, f"Port {port}", "taken by another program", "PORT=")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "http"}, ["PORT"]),
        ({"PORT": "0", "HOST": "no.such.host.invalid"}, ["HOST"]),
        ({"DATABASE_URL": "mysql://root:secret@db/x"}, ["DATABASE_URL", "postgresql://"]),
        (
            {"PORT": "0", "DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/none"},
            ["cannot be reached", "DATABASE_URL"],
        ),
        ({"PORT": "0", "DATABASE_URL": "postgresql://u:secret@127.0.0.1:notaport/none"}, ["DATABASE_URL"]),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, environment: dict[str, str], words: list[str]) -> None:
    ran = typed("run", DATA_DIR=str(tmp_path), **environment)
    helped(ran, *words)
    assert "secret" not in ran.stderr


def test_a_data_directory_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    helped(typed("run", PORT="0", DATA_DIR=str(tmp_path / "file")), "DATA_DIR")


async def test_practices_and_keys_are_made(database_url: str) -> None:
    assert typed("migrate", DATABASE_URL=database_url).returncode == 0
    tenant = typed("access", "create-practice", "A practice", DATABASE_URL=database_url).stdout.strip()
    key = typed("access", "create-key", tenant, "ehr", DATABASE_URL=database_url).stdout.strip()
    engine = create_engine(database_url, pool_size=1)
    caller = await caller_of(engine, key)
    await engine.dispose()
    assert caller is not None
    assert (caller.tenant, caller.source) == (UUID(tenant), "ehr")
    helped(typed("access", "create-key", tenant, "self", DATABASE_URL=database_url), "self")
    helped(typed("access", "create-key", "nonsense", "ehr", DATABASE_URL=database_url), "create-practice")
    helped(typed("access", "create-key", str(uuid4()), "ehr", DATABASE_URL=database_url), "no such practice")
    assert re.fullmatch(r"cm_[\w-]{43}", key)
