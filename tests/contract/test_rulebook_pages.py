"""The rule book's pages and the projection's in a browser: axe finds nothing, nothing runs or comes from elsewhere, nothing overflows."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.main import create_app
from app.settings import Settings

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
PATHS = [
    "/rulebook", "/rulebook?q=consent", "/rulebook?q=nothing+has+this", "/rulebook/2024-12",
    "/rulebook/2024-12/CONS-08", "/rulebook/2024-12/INIT-01", "/rulebook/2026-03/RHC-02",
    "/rulebook/diff?from=2021-12&to=2026-01", "/rulebook/sources", "/rulebook/unread", "/rulebook/2014-12",
    "/rulebook/diff?from=2024-03", "/rulebook/2021-12/CONC-01", "/rulebook/2024-12/CPLX-06", "/rulebook/2024-12/CONC-15",
    "/rulebook/diff?from=2016-12&to=2017-01", "/rulebook/2024-12/claim-edits", "/rulebook/2024-03/amounts",
    "/rulebook/2026-07/amounts", "/rulebook/2027-12/amounts", "/projections",
    "/projections?patients=2400&pathway=ccm/complex&month=2026-03&counted_minutes=100&staff_minute=2.50",
    "/projections?patients=some&denial=200&month=2027-05", "/projections?counted_minutes=10&month=2027-05&fixed_month=1500",
    "/projections?patients=1000000&month=2026-03&pathway=rpm/device_supply&device_month=25",
    "/projections?patients=1000000&qualifying=100&enrolling=100&counted_minutes=6000&staff_minute=100&month=2026-03",
]  # fmt: skip
"""Each kind of page, those that say that something is not there among them."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The application without a database: the law needs none."""
    server = uvicorn.Server(uvicorn.Config(create_app(Settings(database_url=None)), log_config=None))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        serving.start()
        while not server.started:
            assert serving.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        serving.join()


@pytest.fixture(scope="module")
def seen(address: str) -> list[dict[str, Any]]:
    """What the browser saw of each page. `PICTURES` names a folder for pictures."""
    pictures = os.environ.get("PICTURES", "")
    if pictures:
        Path(pictures).mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        ["node", HERE / "browser" / "rulebook.mjs", address, CHROMIUM, pictures, *PATHS],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    assert len(found) == 3 * len(PATHS)
    return found


def faults(seen: list[dict[str, Any]], name: str, right: Any) -> list[Any]:
    return [(one["path"], one["colorScheme"], one["width"], one[name]) for one in seen if one[name] != right]


def test_axe_finds_nothing(seen: list[dict[str, Any]]) -> None:
    assert faults(seen, "violations", []) == []
    # And it did look.
    assert all(one["passes"] > 15 for one in seen)


def test_nothing_complains_and_nobody_else_is_asked(seen: list[dict[str, Any]]) -> None:
    assert faults(seen, "complaints", []) == []


def test_nothing_is_wider_than_the_screen(seen: list[dict[str, Any]]) -> None:
    assert faults(seen, "wider", 0) == []


def test_the_keyboard_reaches_the_content_first(seen: list[dict[str, Any]]) -> None:
    assert faults(seen, "first", "Skip to the content") == []


def test_what_cannot_be_used_on_paper_is_not_printed(seen: list[dict[str, Any]]) -> None:
    assert faults(seen, "printed", 0) == []
