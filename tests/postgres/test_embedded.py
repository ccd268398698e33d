"""The embedded server, with real processes that share it, leave it and are killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.postgres.embedded import CannotStart, start, temporary
from app.postgres.embedded_cluster import Cluster, cluster

PROJECT = Path(__file__).parents[2]
# Uses the server until its standard input ends.
USER = """
import pathlib, sys
from app.postgres.embedded import start
with start(pathlib.Path(sys.argv[1])) as server:
    server.create_database("ledger")
    print(server.url("ledger"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's own: root closes that one to the account the server runs as.
    directory = Path(tempfile.mkdtemp(prefix="care-month-test-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory / "var"
    shutil.rmtree((directory / "var/postgres").resolve(), ignore_errors=True)
    shutil.rmtree(directory)


@pytest.fixture
def user(data_dir: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    started: list[subprocess.Popen[str]] = []

    def another() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir)],
            env={"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield another
    for process in started:
        process.communicate()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().splitlines()[0])


def lives(process: int) -> bool:
    """A zombie that nobody reaps, as in a container, is dead."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def write(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_listens_on_a_closed_socket_only_and_keeps_what_was_written(data_dir: Path) -> None:
    with start(data_dir) as server:
        server.create_database("ledger")
        server.create_database("ledger")
        url = server.url("ledger")
        assert one(url, "SHOW listen_addresses") == ""
        assert one(url, "SHOW server_encoding") == "UTF8"
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert os.getsid(postmaster(data_dir)) != os.getsid(0)
        write(url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert not (data_dir / "postgres/data/postmaster.pid").exists()
    with start(data_dir) as server:
        assert one(server.url("ledger"), "SELECT n FROM kept") == 7


def test_the_last_of_several_processes_stops_it(
    data_dir: Path, user: Callable[[], tuple[subprocess.Popen[str], str]]
) -> None:
    (first, url), (second, _) = user(), user()
    running = postmaster(data_dir)
    leave(first)
    assert one(url, "SELECT 1") == 1
    with start(data_dir):
        leave(second)
        assert one(url, "SELECT 1") == 1
        assert postmaster(data_dir) == running
    assert not lives(running)


def test_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
    command = [sys.executable, "-c", USER, str(data_dir)]
    processes = [
        subprocess.Popen(
            command, env={"PYTHONPATH": str(PROJECT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    urls = {process.stdout.readline() for process in processes if process.stdout}
    assert len(urls) == 1
    for process in processes:
        leave(process)
    assert not (data_dir / "postgres/data/postmaster.pid").exists()


def test_outlives_a_killed_starter(data_dir: Path, user: Callable[[], tuple[subprocess.Popen[str], str]]) -> None:
    starter, url = user()
    running = postmaster(data_dir)
    starter.kill()
    starter.wait()
    assert one(url, "SELECT 1") == 1
    with start(data_dir):
        assert postmaster(data_dir) == running
    assert not lives(running)


def test_recovers_after_everything_was_killed(
    data_dir: Path, user: Callable[[], tuple[subprocess.Popen[str], str]]
) -> None:
    starter, url = user()
    write(url, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(postmaster(data_dir), signal.SIGKILL)
    starter.kill()
    starter.wait()
    with start(data_dir) as server:
        assert one(server.url("ledger"), "SELECT n FROM kept") == 7


def test_recovers_for_a_new_user_while_others_still_hold_it(
    data_dir: Path, user: Callable[[], tuple[subprocess.Popen[str], str]]
) -> None:
    _, url = user()
    os.kill(postmaster(data_dir), signal.SIGKILL)
    with start(data_dir):
        assert one(url, "SELECT 1") == 1


def test_starts_though_another_process_now_has_the_number_of_a_killed_server(data_dir: Path) -> None:
    with start(data_dir):
        left_behind = (data_dir / "postgres/data/postmaster.pid").read_text().splitlines()
    sleeping = subprocess.Popen(["sleep", "60"])
    try:
        (data_dir / "postgres/data/postmaster.pid").write_text("\n".join([str(sleeping.pid), *left_behind[1:]]))
        with start(data_dir) as server:
            assert one(server.url("postgres"), "SELECT 1") == 1
    finally:
        sleeping.kill()
        sleeping.wait()


def test_an_interrupted_first_start_is_made_again(data_dir: Path) -> None:
    (data_dir / "postgres/data.new/base").mkdir(parents=True)
    (data_dir / "postgres").chmod(0o711)
    with start(data_dir) as server:
        assert one(server.url("postgres"), "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_gets_a_short_one(data_dir: Path) -> None:
    deep = data_dir / ("d" * 100)
    deep.mkdir(parents=True)
    with start(deep) as server:
        assert len(os.fsencode(server.socket)) < 60
        assert one(server.url("postgres"), "SELECT 1") == 1
    with start(deep) as again:
        assert again.socket == server.socket
    shutil.rmtree(server.socket)
    with start(deep) as after_the_short_path_was_tidied_away:
        assert one(after_the_short_path_was_tidied_away.url("postgres"), "SELECT 1") == 1
    shutil.rmtree(after_the_short_path_was_tidied_away.socket)


def test_names_the_release_a_directory_was_written_by(data_dir: Path) -> None:
    with start(data_dir):
        pass
    (data_dir / "postgres/data/PG_VERSION").write_text("15\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 15, and this is PostgreSQL"), start(data_dir):
        pass


def test_leaves_a_directory_alone_that_is_something_else(data_dir: Path) -> None:
    (data_dir / "postgres/data").mkdir(parents=True)
    (data_dir / "postgres/data/thesis.txt").write_text("mine")
    with pytest.raises(CannotStart, match="not a Postgres data directory"), start(data_dir):
        pass
    assert [path.name for path in (data_dir / "postgres/data").iterdir()] == ["thesis.txt"]


def test_leaves_a_server_alone_that_somebody_else_started(data_dir: Path) -> None:
    with start(data_dir):
        pass
    strange = cluster(data_dir.resolve())
    elsewhere = data_dir / "elsewhere"
    elsewhere.mkdir()
    if strange.account.switch:
        os.chown(elsewhere, strange.account.uid, strange.account.gid)
    theirs = Cluster(strange.home, elsewhere, strange.account, strange.programs)
    theirs.ensure_running(durable=False)
    try:
        with pytest.raises(CannotStart, match=r"in use by another Postgres server \(process \d+\)"), start(data_dir):
            pass
        assert theirs.answers()
    finally:
        theirs.stop()


def test_an_interrupted_start_leaves_no_server_running(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_running = Cluster.ensure_running

    def interrupted(self: Cluster, *, durable: bool) -> None:
        ensure_running(self, durable=durable)
        raise KeyboardInterrupt

    monkeypatch.setattr(Cluster, "ensure_running", interrupted)
    with pytest.raises(KeyboardInterrupt), start(data_dir):
        pass
    assert not (data_dir / "postgres/data/postmaster.pid").exists()


def test_says_when_the_directory_cannot_be_used(data_dir: Path) -> None:
    data_dir.write_text("a file")
    with pytest.raises(CannotStart, match=r"cannot be used: .*\. Use another DATA_DIR"), start(data_dir):
        pass


def test_a_temporary_server_leaves_nothing() -> None:
    with temporary() as server:
        assert one(server.url("postgres"), "SHOW fsync") == "off"
        running = server.socket.parents[1]
        assert running.exists()
    assert not running.exists()
