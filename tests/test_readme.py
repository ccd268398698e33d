"""Every block of the README is run, in order, against a service started as it says, and prints what it says."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
SHELL = [block for language, block in BLOCKS if language == "sh"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[int, Path]]:
    """`make run`, on a free port and in a data directory of its own."""
    # Not under pytest's own directory, which the account the server runs as may not enter.
    directory = Path(tempfile.mkdtemp(prefix="care-month-readme-", dir="/tmp"))
    directory.chmod(0o711)
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    started = subprocess.Popen(
        ["bash", "-c", SHELL[0].strip()],
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
    yield port, directory
    os.killpg(started.pid, signal.SIGINT)
    started.communicate(timeout=30)
    shutil.rmtree(directory, ignore_errors=True)


def test_the_commands_are_make_run_and_make_test() -> None:
    assert [block.strip() for block in SHELL[:2]] == ["make run", "make test"]


def test_make_test_collects_the_tests() -> None:
    """Run inside itself it would never end: here it only says what it would run."""
    command = ["bash", "-c", f"{SHELL[1].strip()} WORKERS=0 ARGS='--collect-only -q tests/test_settings.py'"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "tests/test_settings.py" in done.stdout, done.stdout + done.stderr


def test_make_core_runs_the_core() -> None:
    done = subprocess.run(["bash", "-c", SHELL[3].strip()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_example_prints_what_the_readme_prints(service: tuple[int, Path]) -> None:
    port, directory = service
    script = SHELL[2].replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    done = subprocess.run(["bash", "-c", script], cwd=directory, capture_output=True, text=True, check=False)
    (printed,) = [block for language, block in BLOCKS if language == "json"]
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(printed)


def test_swagger_ui_is_served(service: tuple[int, Path]) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{service[0]}/docs", timeout=10) as page:
        assert b"swagger-ui" in page.read()


def test_the_rule_shown_is_the_rule_in_force() -> None:
    (shown,) = [block for language, block in BLOCKS if language == "toml"]
    rules = (ROOT / "app/rulebook/rules/consent.toml").read_text()
    wanted = tomllib.loads(shown)["edition"]["rules"]["CONS-08"]
    editions = tomllib.loads(rules)["edition"]
    in_force = [edition for edition in editions if "CONS-08" in edition["rules"]][-1]["rules"]["CONS-08"]
    assert {**in_force, "says": {k: in_force["says"][k] for k in wanted["says"]}} == {**in_force, **wanted}


def test_no_block_is_left_out() -> None:
    assert [language for language, _ in BLOCKS] == ["sh", "sh", "sh", "json", "toml", "sh"]
