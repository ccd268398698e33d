"""The tests of the determination and the rule book, run in a copy of the tree by a process of their own."""

import datetime as dt
import os
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from mutants.kept import PROJECT

COPIED: Final = ("app", "tests", "openapi", "docs", "pyproject.toml")
TESTS: Final = ("tests/rulebook", "tests/determination")
ARGUMENTS: Final = (
    "-x", "-q", "--tb=short", "--no-header", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:cov",
)  # fmt: skip
MEMORY_BYTES: Final = 4 * 2**30
HUNG: Final = dt.timedelta(minutes=10)
"""A mutant that waits without working is given up after this long, one that works after its processor time."""

Told = dict[str, Any]


class InOrder:
    """Runs the named tests first, in their order, and the others after them; tells how each went."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        self.places = {name: place for place, name in enumerate(first)}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.places.get(item.nodeid, len(self.places)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)


def copy_tree(to: Path) -> None:
    """What the tests read. Dates are kept, so that compiled files stay valid until a file is changed."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    left_out = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, to / name, ignore=left_out)
        else:
            shutil.copy2(PROJECT / name, to / name)


def enter(tree: Path, log: Path) -> None:
    """Become a process whose code is the copy's and whose words go to a file."""
    os.setsid()
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(words, stream)
    os.chdir(tree)
    sys.path[:] = [str(tree), *(each for each in sys.path if each and Path(each) != PROJECT)]
    # Tests start Python anew, too: it must find the copy, and leave no compiled file of a mutant behind.
    os.environ["PYTHONPATH"] = str(tree)
    os.environ["HYPOTHESIS_PROFILE"] = "quick"


def give_limits(processor_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def keep_nothing_compiled() -> None:
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def run(first: Sequence[str], chosen: Sequence[str] = TESTS, extra: Sequence[object] = ()) -> Told:
    """The named tests first, then the rest of what is chosen, until one fails."""
    plugin = InOrder(first)
    started = time.process_time()
    code = int(pytest.main([*ARGUMENTS, *chosen], plugins=[plugin, *extra]))
    used = time.process_time() - started
    return {"code": code, "failed": plugin.failed, "ran": len(plugin.seconds), "seconds": plugin.seconds, "used": used}
