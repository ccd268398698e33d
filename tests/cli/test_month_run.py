"""`run MONTH`: a run asked of a service from the command line, watched, and its results written to a file."""

import asyncio
import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli import month_run
from app.months.runs.stored import RANGE_JOB
from app.months.runs.working import NOT_KNOWN, work_on
from app.postgres import jobs
from tests.api.months import usual
from tests.cli.running import PROJECT
from tests.cli.test_commands import helped, typed
from tests.cli.test_import import Place, place

__all__ = ["place"]


@pytest.fixture
async def working(engine: AsyncEngine, database_url: str) -> AsyncIterator[None]:
    """A worker, for as long as the test lasts."""
    task = asyncio.create_task(jobs.work(database_url, {RANGE_JOB: lambda job: work_on(engine, job)}))
    yield
    task.cancel()
    await asyncio.wait([task])


def command(place: Place, *more: str) -> list[str]:
    return ["run", "2026-03", "--url", place.url, "--key-file", str(place.key_file), *more]


def sent(place: Place, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {place.key_file.read_text().strip()}"}
    answer = httpx.post(f"{place.url}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def carried_out(*asked: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(typed, *asked)


@pytest.mark.usefixtures("working")
async def test_everybody_is_determined_and_written_to_a_file(place: Place) -> None:
    for patient, minutes in (("a", (25,)), ("b", (5,))):
        sent(place, "/v1/facts", usual(patient, minutes))
    table = place.folder / "march.csv"
    done = await carried_out(*command(place, "--results", str(table)))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout == (f"2026-03: done; 2 of 2 patients: 2 determined, 0 unchanged, 0 failed.\nResults: {table}\n")
    with table.open(newline="") as file:
        assert [(row["patient"], row["code"]) for row in csv.DictReader(file)] == [("a", "99490"), ("b", "")]
    again = await carried_out(*command(place, "--results", str(place.folder / "march.ndjson")))
    assert "0 determined, 2 unchanged" in again.stdout
    anew = await carried_out(*command(place, "--anew"))
    assert "2 determined, 0 unchanged" in anew.stdout
    lines = (place.folder / "march.ndjson").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["billable", "not_billable"]
    assert not list(place.folder.glob("*.part"))


@pytest.mark.usefixtures("working")
async def test_of_a_list_who_is_not_known_is_named(place: Place) -> None:
    sent(place, "/v1/facts", usual("a", (25,)))
    listed = place.folder / "patients"
    listed.write_text("a\n\nnobody\n")
    done = await carried_out(*command(place, "--patients", str(listed)))
    assert done.returncode == 1
    assert "1 determined, 0 unchanged, 1 failed" in done.stdout
    assert f"nobody: {NOT_KNOWN}" in done.stderr


def runs_of(place: Place) -> Any:
    headers = {"Authorization": f"Bearer {place.key_file.read_text().strip()}"}
    return httpx.get(f"{place.url}/v1/months/2026-03/runs", headers=headers).json()


def test_who_stops_watching_stops_nothing_and_can_cancel(place: Place) -> None:
    sent(place, "/v1/facts", usual("a", (25,)))
    with subprocess.Popen(
        [sys.executable, "-m", "app", *command(place)], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as watching:  # fmt: skip
        until = time.monotonic() + 60
        while not runs_of(place)["runs"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        time.sleep(1)  # until it is told so, and watches; nobody works on it
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=30)
    assert "The run goes on." in said
    run = said.partition("--cancel ")[2].split()[0]
    cancelled = typed(*command(place, "--cancel", run))
    assert (cancelled.returncode, cancelled.stdout) == (
        0, "2026-03: cancelled; 0 of 1 patients: 0 determined, 0 unchanged, 0 failed.\n",
    )  # fmt: skip
    seen = typed(*command(place, "--follow", run))
    assert seen.stdout == cancelled.stdout


def test_what_cannot_be_done_is_told(place: Place) -> None:
    helped(typed(*command(place, "--results", "march.pdf")), ".ndjson")
    helped(typed(*command(place, "--patients", str(place.folder / "none"))), "cannot be read")
    helped(typed(*command(place, "--changed-since", "yesterday")), "A run's id")
    helped(typed(*command(place, "--follow", "nobodys")), "no such run")
    helped(typed(*command(place, "--follow", "nobodys", "--anew")), "to be begun")
    helped(typed("run", "--anew"), "run MONTH")
    helped(typed("run", "--follow", "x"), "run MONTH")
    helped(typed("run", "2026-13", "--url", place.url, "--key-file", str(place.key_file)), "YYYY-MM")
    helped(typed("run", "2026-03", "--url", "http://127.0.0.1:1", "--key-file", str(place.key_file)), "does not answer")
    place.key_file.write_text("cm_nobodys")
    helped(typed(*command(place)), "API key")


def test_what_is_sent_again_is_begun_once() -> None:
    """The answer is lost on its way, then the first is still being carried out, then it is known."""
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        match len(keys):
            case 1:
                raise httpx.ReadError("", request=request)
            case 2:
                return httpx.Response(409, headers={"Retry-After": "1"}, json={"detail": "Under way."})
        return httpx.Response(202, json={"id": "begun"})

    with httpx.Client(base_url="http://service", transport=httpx.MockTransport(answer)) as client:
        assert month_run._told(client, "POST", "/v1/months/2026-03/runs", {}) == {"id": "begun"}
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_file_that_cannot_be_written_is_told_before_anything_is_begun(place: Place) -> None:
    helped(typed(*command(place, "--results", str(Path("/nowhere") / "march.csv"))), "cannot be written")
    assert runs_of(place) == {"runs": []}
