"""A log line carries ids and counts. Whatever else somebody hands it stays out."""

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app import logs

SECRET = "Jane Roe, E11.9"


class KeyNotUnique(Exception):
    pass


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: capsys.readouterr().err


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


def complain() -> None:
    try:
        try:
            raise KeyNotUnique(SECRET)
        except KeyNotUnique as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("app.ledger").exception(
            "append failed", extra={"stored": 12, "tenant": UUID(int=1), "kind": "consent", "patient": SECRET}
        )


@pytest.mark.parametrize("form", ["plain", "json"])
def test_keeps_ids_counts_and_places_but_no_words_of_an_exception(
    form: Literal["plain", "json"], written: Callable[[], str]
) -> None:
    logs.configure("info", form)
    complain()
    line = written()
    assert "Jane" not in line
    for kept in ("append failed", "12", str(UUID(int=1)), "consent", "withheld", "KeyNotUnique", "complain"):
        assert kept in line


def test_json_is_one_object_a_line(written: Callable[[], str]) -> None:
    logs.configure("info", "json")
    complain()
    [line] = written().splitlines()
    assert json.loads(line)["stored"] == 12


def test_other_peoples_words_stay_out_but_not_where_they_said_them(written: Callable[[], str]) -> None:
    logs.configure()
    logging.getLogger("asyncio").error("Task exception was never retrieved: %s", SECRET)
    line = written()
    assert "Jane" not in line
    assert re.search(r"ERROR asyncio: something at test_logs:\d+", line)


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("raise KeyError(secret)", "ended by an exception"),
        ("Thread(target={}.pop, args=(secret,)).start()", "ended by an exception"),
        ("warnings.warn(secret)", "WARNING py.warnings: something at"),
    ],
)
def test_what_python_says_itself_is_told_without_its_words(statement: str, kept: str) -> None:
    program = (
        "import sys, warnings; from threading import Thread; from app import logs\n"
        f"logs.configure()\nsecret = sys.argv[1]\n{statement}"
    )
    ended = subprocess.run([sys.executable, "-c", program, SECRET], capture_output=True, text=True, check=False)
    assert "Jane" not in ended.stderr
    assert kept in ended.stderr
    assert ("KeyError" in ended.stderr) == (kept == "ended by an exception")


async def test_the_access_log_names_the_route_and_not_the_patient(written: Callable[[], str]) -> None:
    logs.configure()
    app = FastAPI()
    router = APIRouter(prefix="/v1")

    @router.get("/patients/{patient}/facts")
    async def facts(patient: str) -> None:
        if patient == "broken":
            raise KeyNotUnique(SECRET)

    app.include_router(router)
    app.add_middleware(logs.AccessLog)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/v1/patients/jane-roe/facts?month=2024-03")
        await client.get("/v1/patients/broken/facts")
        await client.get("/v1/jane-roe")
        await client.request("JANE", "/v1/jane-roe")
    said = written()
    lines = [line.partition("request ")[2].rpartition(" milliseconds=")[0] for line in said.splitlines()]
    assert [line for line in lines if line] == [
        "method=GET route=/v1/patients/{patient}/facts status=200",
        "method=GET route=/v1/patients/{patient}/facts status=500",
        "method=GET route=none status=404",
        "method=other route=none status=404",
    ]
    assert "jane" not in said.lower()
