"""Debian's pgbouncer before the tests' server, in transaction mode: a connection is whoever's comes next."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONNECTIONS: Final = 2
"""To the server, for everybody: few, so that practices follow one another on each."""
PORT: Final = 6432


@contextmanager
def pooled(url: str, *, connections: int = CONNECTIONS) -> Iterator[str]:
    """The same database through a pooler of its own, which is gone afterwards."""
    assert PROGRAM is not None
    reached = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    database = reached.pop("dbname")
    with tempfile.TemporaryDirectory(prefix="pooler-", dir="/tmp") as directory:
        Path(directory).chmod(0o777)
        config = Path(directory) / "pgbouncer.ini"
        config.write_text(
            f"""
            [databases]
            {database} = {" ".join(f"{name}={value}" for name, value in reached.items())}
            [pgbouncer]
            listen_addr =
            unix_socket_dir = {directory}
            listen_port = {PORT}
            auth_type = any
            pool_mode = transaction
            default_pool_size = {connections}
            logfile = {directory}/log
            """.replace("            ", "")
        )
        # It refuses to be root.
        account = ["-u", "nobody"] if os.geteuid() == 0 else []
        with subprocess.Popen([PROGRAM, *account, str(config)], stderr=subprocess.DEVNULL) as process:
            try:
                through = f"postgresql://anybody@/{quote(str(database))}?host={quote(directory)}&port={PORT}"
                _await(through, process)
                yield through
            finally:
                process.terminate()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "the pooler ended"
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the pooler does not answer")
