"""`run`, as a newcomer types it: from nothing to answers, stopped and started again."""

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
from urllib.parse import urlencode

import pytest

from app.cli.demo_facts import CONDITIONS

PROJECT = Path(__file__).parents[2]
KINDS_OF_ANSWER = {
    "demo-ada": ("billable", ["99490", "99439"]),
    "demo-ben": ("not_billable", []),
    "demo-cai": ("not_billable", []),
    "demo-dia": ("billable", ["99487"]),
    "demo-eli": ("needs_decision", []),
    "demo-fay": ("billable", ["99491"]),
}


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

    def ask(self, path: str, sent: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = None if sent is None else json.dumps(sent).encode()
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


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Short and open to be passed through: sockets have short names, and the server may run under another account.
    with tempfile.TemporaryDirectory(prefix="care-month-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory) / "var"


def the_documents_examples_work(service: Running) -> None:
    """Everything that Swagger UI offers to send is taken, and does what its summary says."""
    march = "/v1/patients/demo-ben/months/2026-03/determination"
    assert service.ask(march)["status"] == "not_billable"
    paths = service.ask("/openapi.json")["paths"]
    for path, methods in paths.items():
        body = methods.get("post", {}).get("requestBody", {"content": {}})
        for media in body["content"].values():
            for name, shown in media.get("examples", {}).items():
                assert service.ask(path, shown["value"]), (path, name)
                if (path, name) == ("/v1/facts", "facts"):
                    assert service.ask(march)["status"] == "billable"
    for path, methods in paths.items():
        if "get" in methods:
            needed = [p for p in methods["get"].get("parameters", []) if p["required"]]
            named = {p["name"]: p.get("examples", {}) for p in needed}
            query = {p["name"]: next(iter(p["examples"].values()))["value"] for p in needed if p["in"] == "query"}
            for patient in named.get("patient", {"": {"value": ""}}).values():
                month = next(iter(named.get("month", {"": {"value": ""}}).values()))["value"]
                asked = path.replace("{patient}", patient["value"]).replace("{month}", month)
                asked += f"?{urlencode(query)}" if query else ""
                assert service.ask(asked), asked


def test_from_nothing_to_answers_and_again(data_dir: Path) -> None:
    with running(data_dir) as first:
        key_file = data_dir / "demo-key"
        assert key_file.read_text().strip() == first.key
        assert key_file.stat().st_mode & 0o777 == 0o600
        assert set(CONDITIONS) == set(KINDS_OF_ANSWER)
        curls = re.findall(r"http://127\.0\.0\.1:\d+(/v1/\S+/determination)", first.printed)
        assert len(curls) == 2
        this_month = curls[0].split("/")[5]
        for month in ("2026-03", this_month):
            for patient, (status, codes) in KINDS_OF_ANSWER.items():
                answer = first.ask(f"/v1/patients/{patient}/months/{month}/determination")
                assert answer["status"] == status, (patient, month)
                assert [line["code"] for line in answer["claim_lines"]] == codes

        # The three things the newcomer is told to try do what they say.
        (sent,) = re.findall(r"-d '(\{.*?\})'", first.printed, re.DOTALL)
        assert first.ask("/v1/time-entries", json.loads(sent))["stored"] == 1
        assert first.ask(curls[1])["status"] == "billable"
        the_documents_examples_work(first)
        before = first.ask("/v1/patients/demo-ada/facts?limit=1000")

    with running(data_dir, signal.SIGTERM) as second:
        assert second.key == first.key
        assert second.ask("/v1/patients/demo-ada/facts?limit=1000") == before
        assert second.ask(curls[1])["status"] == "billable"

    (data_dir / "demo-key").write_text("nonsense\n")
    with running(data_dir) as third:
        assert third.key not in (first.key, "nonsense")
        assert third.ask("/v1/patients/demo-ada/facts?limit=1000") == before
