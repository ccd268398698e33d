"""The directory the embedded server lives in: made once, checked at every start, started and stopped.

    data_dir/postgres        a directory, or a link to one where the server's account can go
    ├── data                 what Postgres calls the cluster
    ├── socket               0700; a link to a short path where this one is too long for a socket
    └── log                  terse: no statement, no value, only what happened

Everything here runs under the launcher's lock.
"""

import contextlib
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from app.postgres.embedded_programs import Account, CannotStart, Programs, account, programs

SOCKET_NAME = "/.s.PGSQL.5432"
SOCKET_PATH_BYTES = 100  # Linux allows 107, macOS 103
START_SECONDS = 60

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A log line must never carry a fact: no statements, no DETAIL with the values of a row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
THROWAWAY: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """One data directory with the programs and the account that serve it."""

    home: Path
    socket: Path
    account: Account
    programs: Programs

    @property
    def data(self) -> Path:
        return self.home / "data"

    def ensure_running(self, *, durable: bool) -> None:
        """Find the server running, or start it; waits for one that is starting, stopping or recovering."""
        deadline = time.monotonic() + START_SECONDS
        started = False
        while not self.answers():
            if started or time.monotonic() > deadline:
                message = f"Postgres in {self.home} does not answer; its log is {self.home / 'log'}."
                raise CannotStart(message)
            if self._busy():
                self._refuse_a_stranger()
                time.sleep(0.05)
                continue
            self._start(durable=durable)
            started = True

    def answers(self) -> bool:
        try:
            with psycopg.connect(
                host=str(self.socket), port=5432, user="postgres", dbname="postgres", connect_timeout=5
            ):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        for mode in ("fast", "immediate"):
            command: list[str | Path] = [
                self.programs["pg_ctl"],
                "-D",
                self.data,
                "-m",
                mode,
                "-w",
                "-t",
                "60",
                "-s",
                "stop",
            ]
            if self.account.run(command, cwd=self.data).returncode == 0 or not self._busy():
                return

    def _busy(self) -> bool:
        """Whether a process of this cluster lives: each has its working directory there, and a zombie has none."""
        if not (self.data / "postmaster.pid").exists():
            return False
        data = os.path.realpath(self.data)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.cwd() == data:
                    return True
        return False

    def _start(self, *, durable: bool) -> None:
        self._clear_what_a_killed_server_left()
        settings = {**SETTINGS, **({} if durable else THROWAWAY), "unix_socket_directories": str(self.socket)}
        options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        log = _owned_file(self.home / "log", self.account)
        seen = log.stat().st_size
        # pg_ctl leaves the server in a session of its own, as no child of ours: it outlives us, and our Ctrl-C.
        seconds = str(START_SECONDS)
        command: list[str | Path] = [
            self.programs["pg_ctl"],
            "-D",
            self.data,
            "-l",
            log,
            "-o",
            options,
            "-w",
            "-t",
            seconds,
            "-s",
            "start",
        ]
        if self.account.run(command, cwd=self.data).returncode != 0:
            said = log.read_bytes()[seen:].decode(errors="replace").strip()
            if "another postmaster" in said or "shared memory block" in said:
                message = f"{self.home} is in use by another Postgres server. Stop that one, or use another DATA_DIR."
            else:
                message = f"Postgres in {self.home} does not start: {_reason(said)}"
            raise CannotStart(message)

    def _refuse_a_stranger(self) -> None:
        """A server somebody else started on this directory, with a socket elsewhere: not ours to use or to stop."""
        with contextlib.suppress(OSError, ValueError):  # it may not be written to its end yet
            process, _, _, _, socket, *_ = (self.data / "postmaster.pid").read_text().splitlines()
            if socket not in {"", str(self.socket)}:
                message = (
                    f"{self.home} is in use by another Postgres server (process {process}). "
                    f"Stop that one, or use another DATA_DIR."
                )
                raise CannotStart(message)

    def _clear_what_a_killed_server_left(self) -> None:
        """Nothing of this cluster lives, and the launcher's lock is ours. Where a dead server's process id has gone to
        somebody else, or to a zombie that nobody reaps (containers), Postgres would refuse for ever.
        """
        left_behind = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            if psutil.pid_exists(int(left_behind.read_text().splitlines()[0])):
                left_behind.unlink()
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            Path(f"{self.socket}{name}").unlink(missing_ok=True)


def cluster(data_dir: Path) -> Cluster:
    """The cluster of `data_dir`, made if there is none yet."""
    home = data_dir / "postgres"
    existing = home / "data"
    owner = existing.stat().st_uid if existing.exists() else None
    if owner is not None and os.geteuid() not in {0, owner}:
        message = f"{existing} belongs to user id {owner}; run as that user, or use another DATA_DIR."
        raise CannotStart(message)
    who = account(owner)
    if not home.exists():
        # Also where a link points nowhere any more.
        home.unlink(missing_ok=True)
        if who.reaches(data_dir):
            home.mkdir()
        else:
            home.symlink_to(_directory_elsewhere(Path("/var/lib"), Path("/var/tmp")))  # noqa: S108 - made by mkdtemp
        home.resolve().chmod(0o711 if who.switch else 0o700)
    home = home.resolve()
    if not who.reaches(home):
        message = f"User id {who.uid}, which runs Postgres, cannot reach {home}; use another DATA_DIR."
        raise CannotStart(message)
    found = programs(who, home)
    if existing.exists():
        _check_version(existing, found)
    else:
        _initialise(home, who, found)
    return Cluster(home, _socket_directory(home, who), who, found)


def _check_version(data: Path, found: Programs) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        message = f"{data} holds something that is not a Postgres data directory; use another DATA_DIR."
        raise CannotStart(message) from None
    if version != str(found.major):
        message = (
            f"{data} was written by PostgreSQL {version}, and this is PostgreSQL {found.major}. Use another DATA_DIR, "
            f"or dump it with the old release and restore it into a new one."
        )
        raise CannotStart(message)


def _initialise(home: Path, who: Account, found: Programs) -> None:
    """Made aside and renamed, so that a data directory is whole or not there."""
    making = home / "data.new"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    if who.switch:
        os.chown(making, who.uid, who.gid)
    # Whoever reaches the socket's directory is trusted; nobody else does.
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
    command: list[str | Path] = [found["initdb"], "-D", making, *options]
    answer = who.run(command, cwd=making)
    if answer.returncode != 0:
        message = f"Postgres cannot make its data directory in {home}: {_reason(answer.stdout)}"
        raise CannotStart(message)
    making.rename(home / "data")


def _reason(said: str) -> str:
    """Why a program failed, as far as its last words tell."""
    if "No space left on device" in said:
        return "the disk is full. Make room, or use another DATA_DIR."
    return said.strip()[-600:] or "it says nothing"


def _socket_directory(home: Path, who: Account) -> Path:
    place = home / "socket"
    if not place.exists():
        place.unlink(missing_ok=True)  # a link whose short path was tidied away
        if len(os.fsencode(f"{place}{SOCKET_NAME}")) <= SOCKET_PATH_BYTES:
            place.mkdir(mode=0o700)
        else:
            place.symlink_to(_directory_elsewhere(Path("/tmp")))  # noqa: S108 - made by mkdtemp
        if who.switch:
            os.chown(place, who.uid, who.gid)
    return place.resolve()


def _directory_elsewhere(*bases: Path) -> Path:
    """A new directory with a name nobody could have foreseen; the link to it is what remembers it."""
    for base in bases:
        with contextlib.suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="care-month-", dir=base))
    message = f"No directory can be made in {' or '.join(str(base) for base in bases)}."
    raise CannotStart(message)


def _owned_file(path: Path, who: Account) -> Path:
    path.touch(mode=0o600)
    if who.switch:
        os.chown(path, who.uid, who.gid)
    return path
