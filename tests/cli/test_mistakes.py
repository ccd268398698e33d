"""Every mistake a newcomer makes is answered with what is wrong and what to type: no traceback, no password."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.cli import database
from app.cli.errors import CannotRun
from tests.cli.test_commands import PROJECT, helped, typed
from tests.conftest import at_database

SECRET = "hunter2"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not under pytest's own directory, which the account the server runs as may not enter.
    with tempfile.TemporaryDirectory(prefix="care-month-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    name = f"care_month_empty_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield at_database(server_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def password_refused() -> Iterator[int]:
    """The port of a server that takes nobody's password."""
    words = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0'
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    while caller.recv(8)[4:] in {b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"}:
                        caller.sendall(b"N")  # no encryption here
                    caller.sendall(b"E" + (len(words) + 4).to_bytes(4) + words)

        threading.Thread(target=refuse, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "command", [["--help"], ["run", "--help"], ["access", "--help"], ["access", "create-key", "--help"]]
)
def test_help_says_what_the_command_does(command: list[str]) -> None:
    ran = typed(*command)
    assert ran.returncode == 0
    assert len(ran.stdout.split("\n\n")[1]) > 20, "a sentence under the usage"


def test_help_names_every_setting() -> None:
    printed = typed("--help").stdout
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "DATA_DIR", "HOST", "PORT", "LOG_LEVEL"):
        assert f"  {name} " in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], ["'rnu'", "'run'"]),
        (["access", "create-key", "x"], ["SOURCE"]),
        (["run", "--port", "8001"], ["--port", "PORT=8001 python -m app run"]),
    ],
)
def test_a_command_that_cannot_be_read(arguments: list[str], words: list[str]) -> None:
    ran = typed(*arguments)
    assert ran.returncode == 2
    for word in [*words, "--help"]:
        assert word in ran.stderr


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PORT": "abc"}, "PORT must be a whole number."),
        ({"PORT": "70000"}, "PORT must be at most 65535."),
        ({"LOG_LEVEL": SECRET}, "LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'."),
        ({"STATEMENT_CACHE": SECRET}, "STATEMENT_CACHE must be true or false."),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_plain_words(environment: dict[str, str], told: str) -> None:
    ran = typed("run", **environment)
    helped(ran, told)
    assert SECRET not in ran.stderr


@pytest.mark.parametrize("command", [["run"], ["serve"], ["migrate"], ["access", "create-practice", "A practice"]])
def test_a_database_that_cannot_be_reached(command: list[str]) -> None:
    ran = typed(*command, PORT="0", DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:1/none")
    helped(ran, "DATABASE_URL cannot be reached", "refused", "password and name", "make run")
    assert SECRET not in ran.stderr


def test_the_owners_address_is_told_apart(database_url: str) -> None:
    owner = f"postgresql://u:{SECRET}@127.0.0.1:1/none"
    ran = typed("migrate", DATABASE_URL=database_url, MIGRATION_DATABASE_URL=owner)
    helped(ran, "The database at MIGRATION_DATABASE_URL cannot be reached")


def test_a_wrong_password(password_refused: int) -> None:
    ran = typed("migrate", DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:{password_refused}/none?sslmode=disable")
    helped(ran, "cannot be reached", "password authentication failed", "DATABASE_URL")
    assert SECRET not in ran.stderr


def test_a_database_that_is_not_there(server_url: str) -> None:
    helped(typed("migrate", DATABASE_URL=at_database(server_url, "nobody_made_it")), "does not exist", "DATABASE_URL")


def test_a_database_that_is_not_migrated(empty_database: str) -> None:
    helped(typed("serve", PORT="0", DATABASE_URL=empty_database), "schema", "python -m app migrate")
    making = typed("access", "create-practice", "A practice", DATABASE_URL=empty_database)
    helped(making, "not migrated", "python -m app migrate")


def test_a_database_of_a_newer_version(empty_database: str) -> None:
    assert typed("migrate", DATABASE_URL=empty_database).returncode == 0
    with psycopg.connect(empty_database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    helped(typed("migrate", DATABASE_URL=empty_database), "newer version")
    helped(typed("serve", PORT="0", DATABASE_URL=empty_database), "this version's schema")


def test_a_server_that_is_too_old(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST_MAJOR", 99)
    with pytest.raises(CannotRun, match="Care Month needs 99 or later"):
        database.reach(server_url, "DATABASE_URL")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_practice_without_a_name(name: str, database_url: str) -> None:
    helped(typed("access", "create-practice", name, DATABASE_URL=database_url), "NAME")


def test_a_folder_nothing_can_be_made_in() -> None:
    helped(typed("run", PORT="0", DATA_DIR="/proc/care-month"), "/proc/care-month", "DATA_DIR=", "make run")


def test_something_else_stands_where_the_key_is_kept(data_dir: Path) -> None:
    (data_dir / "demo-key").mkdir()
    helped(typed("run", PORT="0", DATA_DIR=str(data_dir)), "demo-key", "Remove what is there")


@contextmanager
def default_handler_of_ctrl_c() -> Iterator[None]:
    """Whoever is started here is stopped by Ctrl-C, though we were started with `nohup` or by a script's `&`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stopped_while_loading(data_dir: Path) -> str:
    """What `run` says whom Ctrl-C reaches while it is being loaded."""
    kept = {name: value for name, value in os.environ.items() if name != "MIGRATION_DATABASE_URL"}
    # Were the signal lost, it would find no database, and start nothing.
    nowhere = {"PORT": "0", "DATA_DIR": str(data_dir), "DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/none"}
    with default_handler_of_ctrl_c():
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "app", "run"],
            cwd=PROJECT, env=kept | nowhere, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    late = threading.Timer(60, process.kill)
    late.start()
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(" argparse\n"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    late.cancel()
    return said


def test_ctrl_c_while_the_program_is_being_loaded(data_dir: Path) -> None:
    said = stopped_while_loading(data_dir)
    assert "Traceback" not in said
    assert said.endswith("Stopped.\n")
    assert not list(data_dir.iterdir())


def test_ctrl_c_reaches_what_is_started_where_it_is_ignored(data_dir: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert stopped_while_loading(data_dir).endswith("Stopped.\n")
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def clone(data_dir: Path) -> Path:
    """A fresh clone as far as make is concerned."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(PROJECT / name, data_dir / name)
    return data_dir


def made(clone: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make
    return subprocess.run(
        [make, *arguments], cwd=clone, env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_python_that_is_too_old(clone: Path) -> None:
    old = clone / "bin" / "python3"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n')
    old.chmod(0o755)
    ran = made(clone, "run", path=str(old.parent))
    assert ran.returncode == 2
    assert "Care Month needs Python 3.11 or later, and found Python 3.9.2." in ran.stderr
    assert "make PYTHON=/path/to/python3.11 run" in ran.stderr


def test_a_target_that_is_not_there(clone: Path) -> None:
    ran = made(clone, "rnu", path=os.environ["PATH"])
    assert ran.returncode == 2
    assert "There is no `make rnu`. What can be typed here: make help" in ran.stderr


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk(data_dir: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=711", "tmpfs", data_dir], check=False).returncode:
        pytest.skip("this root may not mount")
    try:
        helped(typed("run", PORT="0", DATA_DIR=str(data_dir / "var")), "the disk is full", "another DATA_DIR")
    finally:
        subprocess.run(["umount", "--lazy", data_dir], check=True)
