"""The service as `run` starts it, for tests that talk to it from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]


class Running:
    """What was printed, and how to ask."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "Ask what became" in line:
                lines.append(process.stdout.readline())
                break
        self.printed = "".join(lines)
        assert "Care Month is running" in self.printed, process.stderr.read() if process.stderr else ""
        self.key = re.findall(r"cm_[\w-]{43}", self.printed)[0]
        self.at = re.findall(r"http://127\.0\.0\.1:\d+", self.printed)[0]

    def ask(self, path: str, sent: Any = None, media: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": media}
        body = None
        if sent is not None:
            body = (sent if media == "application/x-ndjson" else json.dumps(sent)).encode()
        with urllib.request.urlopen(urllib.request.Request(self.at + path, body, headers), timeout=30) as answer:
            return json.loads(answer.read())


@contextmanager
def running(data_dir: Path, stop: signal.Signals = signal.SIGINT) -> Iterator[Running]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "MIGRATION_DATABASE_URL")}
    with subprocess.Popen(
        [sys.executable, "-m", "app", "run"],
        cwd=PROJECT, env=kept | {"PORT": "0", "DATA_DIR": str(data_dir)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Running(process)
        finally:
            process.send_signal(stop)
            _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        assert "Traceback" not in log


@contextmanager
def directory() -> Iterator[Path]:
    """A place for its data that goes afterwards."""
    # Short and open to be passed through: sockets have short names, and the server may run under another account.
    with tempfile.TemporaryDirectory(prefix="care-month-", dir="/tmp") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "var"
