"""Every block of the README is run, in order, against a service started as it says, and prints what it says."""

import json
import subprocess
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks, printed_by, served

BLOCKS = blocks("README.md")
SHELL = [block for language, block in BLOCKS if language == "sh"]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[int, Path]]:
    """`make run`, on a free port and in a data directory of its own."""
    with served(SHELL[0].strip()) as found:
        yield found


def test_the_commands_are_make_run_and_make_test() -> None:
    assert [block.strip() for block in SHELL[:2]] == ["make run", "make test"]


def test_make_test_collects_the_tests() -> None:
    """Run inside itself it would never end: here it only says what it would run."""
    command = ["bash", "-c", f"{SHELL[1].strip()} WORKERS=0 ARGS='--collect-only -q tests/test_settings.py'"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "tests/test_settings.py" in done.stdout, done.stdout + done.stderr


def test_it_names_the_tests_that_make_test_leaves_out() -> None:
    left_out = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["norecursedirs"]
    apart = [name for name in left_out if any((ROOT / "tests" / name).glob("test_*.py"))]
    assert apart == ["contract", "mutants"]
    for name in apart:
        assert f"`make {name}`" in (ROOT / "README.md").read_text()


def test_make_core_runs_the_core() -> None:
    done = subprocess.run(["bash", "-c", SHELL[3].strip()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_example_prints_what_the_readme_prints(service: tuple[int, Path]) -> None:
    port, directory = service
    (printed,) = printed_by([SHELL[2]], port, directory)
    (shown,) = [block for language, block in BLOCKS if language == "json"]
    assert json.loads(printed) == json.loads(shown)


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
