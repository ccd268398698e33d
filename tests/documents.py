"""Documents that are run as they are read: their shell blocks against a service started as they say."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_END_OF_BLOCK = "\n--- end of block ---\n"


def blocks(document: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(command: str) -> Iterator[tuple[int, Path]]:
    """What a document says to start it with, on a free port and in a data directory of its own."""
    # Not under pytest's own directory, which the account the server runs as may not enter.
    directory = Path(tempfile.mkdtemp(prefix="care-month-document-", dir="/tmp"))
    directory.chmod(0o711)
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    started = subprocess.Popen(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment | {"PORT": str(port), "DATA_DIR": str(directory / "var")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert started.stdout is not None
    printed = []
    for line in started.stdout:
        printed.append(line)
        if "Ctrl-C stops it" in line:
            break
    else:
        pytest.fail("".join(printed))
    try:
        yield port, directory
    finally:
        os.killpg(started.pid, signal.SIGINT)
        started.communicate(timeout=30)
        shutil.rmtree(directory, ignore_errors=True)


def as_in_a_clone(directory: Path) -> None:
    """What the blocks run stands where they expect it, beside the data."""
    for name in ("app", "migrations", ".venv"):
        (directory / name).symlink_to(ROOT / name)


def printed_by(typed: list[str], port: int, directory: Path) -> list[str]:
    """What each block prints, typed one after another into one shell in the folder of the clone."""
    script = "".join(f"{block}\nprintf '%s' '{_END_OF_BLOCK}'\n" for block in typed)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script.replace("127.0.0.1:8000", f"127.0.0.1:{port}")],
        cwd=directory,
        env=os.environ | {"PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(_END_OF_BLOCK)[:-1]
