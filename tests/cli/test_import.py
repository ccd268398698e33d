"""Files of facts: everything good is recorded once, everything else told by its line, whatever interrupts it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key
from tests.api.serving import served
from tests.cli.test_commands import helped, typed

Json = dict[str, Any]


class Place(NamedTuple):
    """A service, a key for it, and where files are."""

    url: str
    key_file: Path
    folder: Path

    def command(self, file: Path, *more: str) -> list[str]:
        return ["import", str(file), "--url", self.url, "--key-file", str(self.key_file), *more]


@pytest.fixture
async def place(database_url: str, owner_engine: AsyncEngine, practice: UUID, tmp_path: Path) -> AsyncIterator[Place]:
    key_file = tmp_path / "key"
    key_file.write_text(f"{await create_key(owner_engine, practice, 'old-system')}\n")
    with served(database_url) as port:
        yield Place(f"http://127.0.0.1:{port}", key_file, tmp_path)


def entry(number: int, **changes: Any) -> Json:
    return {
        "kind": "time_entry", "id": f"t{number}", "patient": f"p{number % 50}", "program": "ccm", "performer": "RN_1",
        "role": "clinical_staff", "on": "2026-03-12", "seconds": 60,
    } | changes  # fmt: skip


async def recorded(owner_engine: AsyncEngine, practice: UUID) -> int:
    """As a superuser, who sees everybody's."""
    async with owner_engine.connect() as connection:
        asked = text("SELECT count(*) FROM fact WHERE tenant = :tenant")
        return int((await connection.execute(asked, {"tenant": practice})).scalar_one())


def told(report: Path) -> tuple[dict[int, list[Json]], list[Json]]:
    """By line what was rejected; and how far it came each time."""
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    return {one["line"]: one["errors"] for one in lines if "line" in one}, [o for o in lines if "through_line" in o]


async def test_the_good_is_recorded_and_the_rest_told_by_its_line(
    place: Place, owner_engine: AsyncEngine, practice: UUID
) -> None:
    good = [json.dumps(entry(number)) for number in range(2_300)]
    odd = {
        3: "{not json",
        4: '{"a":' + "[" * 100_000,
        6: '{"id": "' + "x" * 2_000_000 + '"}',
        5: "",
        1_000: json.dumps(entry(1, seconds=90)),  # the id of another, with other content
        1_001: json.dumps(entry(9_001, seconds=-1)),
        1_500: json.dumps(entry(9_002))[:-1] + ', "seconds": 70}',  # spoils the body it comes in
        1_501: json.dumps(entry(2)),
        2_307: "[]",
    }
    lines = list(good)
    for number, line in sorted(odd.items()):
        lines.insert(number - 1, line)
    file = place.folder / "facts.ndjson"
    file.write_text("\n".join(lines))
    ran = typed(*place.command(file, "--at-once", "3"))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "2,300 stored, 1 known before, 7 rejected" in ran.stderr
    rejected, through = told(place.folder / "facts.ndjson.report.ndjson")
    assert {line: [error.get("pointer") for error in errors] for line, errors in rejected.items()} == {
        3: [None], 4: [None], 6: [None], 1_000: ["/id"], 1_001: ["/seconds"], 1_500: ["/seconds"], 2_307: [None],
    }  # fmt: skip
    assert [one["through_line"] for one in through] == sorted(one["through_line"] for one in through)
    assert through[-1]["through_byte"] == file.stat().st_size
    assert await recorded(owner_engine, practice) == 2_300
    again = typed(*place.command(file))
    assert "2,300 stored, 1 known before, 7 rejected" in again.stderr
    assert await recorded(owner_engine, practice) == 2_300


def kill_once_told(command: list[str], report: Path) -> None:
    """As soon as the report tells of more than before."""
    before = report.stat().st_size if report.exists() else 0
    with subprocess.Popen([sys.executable, "-m", "app", *command], stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and (not report.exists() or report.stat().st_size <= before + 100):
            time.sleep(0.002)
        running.kill()


async def test_who_was_killed_goes_on_where_it_stopped(place: Place, owner_engine: AsyncEngine, practice: UUID) -> None:
    file, report = place.folder / "facts.ndjson", place.folder / "report"
    file.write_text("".join(f"{json.dumps(entry(number))}\n" for number in range(8_000)))
    command = place.command(file, "--report", str(report), "--at-once", "2")
    for _ in range(3):
        kill_once_told(command, report)
    with report.open("ab") as torn:
        torn.write(b'{"line": 77, "err')
    ran = typed(*command)
    assert ran.returncode == 0, ran.stderr
    rejected, through = told(report)
    assert not rejected
    assert sum(one["stored"] + one["duplicates"] for one in through) == 8_000
    assert through[-1]["through_line"] == 8_000
    assert await recorded(owner_engine, practice) == 8_000


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"title": "Not here"}'),
        (500, b'{"title": "Broken"}'),
        (200, b"<html>"),
        (200, b'{"results": []}'),
        (401, b"x"),
    ],
)
def test_who_is_not_the_service_rejects_no_line(tmp_path: Path, status: int, body: bytes) -> None:
    """The report tells of nothing, so that the right address still gets everything."""

    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    file, key_file = tmp_path / "facts.ndjson", tmp_path / "key"
    file.write_text(json.dumps(entry(1)))
    key_file.write_text("key")
    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{stranger.server_port}"
        helped(
            typed("import", str(file), "--url", url, "--key-file", str(key_file)), "key" if status == 401 else "--url"
        )
        stranger.shutdown()
    assert told(tmp_path / "facts.ndjson.report.ndjson") == ({}, [])


async def test_retractions_find_what_they_name(place: Place, owner_engine: AsyncEngine, practice: UUID) -> None:
    file = place.folder / "facts.ndjson"
    entries = [entry(number) for number in range(1_500)]
    gone = [
        {"kind": "retraction", "id": f"gone-{one['id']}", "patient": one["patient"], "reason": "entered in error",
         "retracts": {"kind": one["kind"], "id": one["id"]}} for one in entries
    ]  # fmt: skip
    file.write_text("".join(f"{json.dumps(one)}\n" for one in [*entries, *gone]))
    ran = typed(*place.command(file))
    assert ran.returncode == 0, ran.stderr
    assert await recorded(owner_engine, practice) == 3_000
    file.write_text(json.dumps(entries[0]) + "\n")
    helped(typed(*place.command(file)), "another file")


async def test_what_cannot_be_begun_is_explained(place: Place) -> None:
    file = place.folder / "facts.ndjson"
    helped(typed(*place.command(file)), "cannot be read")
    file.write_text(json.dumps(entry(1)))
    helped(typed("import", str(file), "--url", place.url, "--key-file", str(place.folder / "none")), "--key-file")
    helped(
        typed("import", str(file), "--url", "http://127.0.0.1:1", "--key-file", str(place.key_file)), "does not answer"
    )
    other = place.folder / "other.ndjson"
    other.write_text(json.dumps(entry(2)))
    report = place.folder / "facts.ndjson.report.ndjson"
    helped(typed(*place.command(other, "--report", str(report))), "another file")
    other.write_text("precious,data\n")
    helped(typed(*place.command(file, "--report", str(other))), "no report")
    assert other.read_text() == "precious,data\n"
    place.key_file.write_text("cm_" + "x" * 43)
    helped(typed(*place.command(file)), "key")
