"""schemathesis asks the served application everything its document allows and much that it does not, with every check.

Some 11,000 cases are derived from the document's bounds one by one, and `SCHEMATHESIS_EXAMPLES` (100) an operation made
up besides; `SCHEMATHESIS_SEED` repeats a run. What was found once is a test of its own in tests/api.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key, create_practice

PROJECT = Path(__file__).parents[2]
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "100")
FEWEST_CASES = 5000
SEED = os.environ.get("SCHEMATHESIS_SEED")


@pytest.fixture
async def served(database_url: str, owner_engine: AsyncEngine) -> AsyncIterator[tuple[str, str]]:
    """The address of a service as `serve` starts it, and a key of a new practice."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    key = await create_key(owner_engine, await create_practice(owner_engine, "Practice of invented requests"), "ehr")
    environment = os.environ | {"DATABASE_URL": database_url, "PORT": str(port), "LOG_LEVEL": "error"}
    started = subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=PROJECT, env=environment)  # noqa: ASYNC220
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{address}/readyz").raise_for_status()  # noqa: ASYNC210 - nothing else goes on meanwhile
            break
        except httpx.TransportError:
            time.sleep(0.1)  # noqa: ASYNC251
    yield address, key
    started.terminate()
    assert started.wait(timeout=30) == 0


def test_nothing_is_found(served: tuple[str, str], tmp_path: Path) -> None:
    address, key = served
    command = [
        str(Path(sys.executable).with_name("st")), "run", f"{address}/openapi.json",
        "--header", f"Authorization: Bearer {key}", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", EXAMPLES, "--continue-on-failure", "--no-color", "--generation-database", "none",
        "--suppress-health-check", "all", "--warnings", "off", *(["--seed", SEED] if SEED else []),
    ]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.beyond_schema", "PYTHONPATH": str(PROJECT)}
    # Elsewhere, so that what it writes beside itself is gone afterwards.
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (generated,) = re.findall(r"(\d+) generated", done.stdout)
    assert int(generated) >= FEWEST_CASES, done.stdout
    sys.stdout.write(
        f"{generated} cases, nothing found\n"
    )  # shown by `-s`: whoever runs many by hand wants to know how many
