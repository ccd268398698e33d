"""The suite on the code as it is: that it passes, which tests run which line, and how long each takes."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

from mutants import suite
from mutants.kept import ROOMS


class NotPassing(Exception):
    """The tests fail on the code as it is: no mutant could be judged by them."""


class Baseline:
    """`lines` tells, by file and line, the tests that ran it; `seconds` how long each took; `modules` what they import."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.lines: dict[str, dict[str, list[str]]] = told["lines"]
        self.seconds: dict[str, float] = told["seconds"]
        self.used: float = told["used"]
        self.modules: list[str] = told["modules"]

    @property
    def processor_seconds(self) -> int:
        """What a mutant may use: three times what the whole suite used while it was traced."""
        return max(30, round(3 * self.used))

    def tests_of(self, file: str, first: int, last: int) -> list[str]:
        """The tests that run one of the lines, the quickest first. What runs while modules are imported is everybody's."""
        lines = self.lines.get(file, {})
        found = {test for line in range(first, last + 1) for test in lines.get(str(line), ()) if test in self.seconds}
        return sorted(found, key=lambda test: (self.seconds[test], test))


class Tracing:
    """Names each test to what measures coverage."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.measured.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.measured.switch_context("")


def measured(tree: Path, kept: Path) -> Baseline:
    """Run the suite in a copy of the tree, unless it was run on this very tree before."""
    if not kept.exists():
        if (child := os.fork()) == 0:
            code = 1
            try:
                suite.enter(tree, kept.with_suffix(".log"))
                _measure(tree, kept)
                code = 0
            finally:
                sys.stdout.flush()
                os._exit(code)
        os.waitpid(child, 0)
    if not kept.exists():
        raise NotPassing(f"The tests do not pass on the code as it is: {kept.with_suffix('.log')}")
    return Baseline(json.loads(kept.read_text()))


def _measure(tree: Path, kept: Path) -> None:
    # The other tracers know no contexts.
    os.environ["COVERAGE_CORE"] = "ctrace"
    traced = coverage.Coverage(data_file=None, source=[str(tree / room) for room in ROOMS], config_file=False)
    traced.start()
    told = suite.run((), extra=[Tracing(traced)])
    traced.stop()
    if told["code"] != 0:
        return
    data = traced.get_data()
    lines = {
        str(Path(file).relative_to(tree)): {
            str(line): [test for test in tests if test] for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    modules = sorted(name for name in sys.modules if name.partition(".")[0] not in {"app", "tests", "mutants"})
    half = kept.with_suffix(".half")
    half.write_text(json.dumps({"lines": lines, "seconds": told["seconds"], "used": told["used"], "modules": modules}))
    half.rename(kept)
