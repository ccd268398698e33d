"""Run the tests on each mutant drawn, until one of them notices, and tell who was not noticed.

python -m mutants.run

MUTANTS_WORKERS (2) mutants at a time. What is known is kept in `.mutants/`: an interrupted run goes on where it was, after
new tests only the unnoticed are asked again, and the test that noticed a mutant last is asked first.
"""

import hashlib
import importlib
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from mutants import baseline, suite
from mutants.kept import DRAWN, KEPT, PROJECT

RESULTS: Final = KEPT / "results.jsonl"
POLLED_SECONDS: Final = 0.02

Mutant = dict[str, Any]
Result = dict[str, Any]


class Running(NamedTuple):
    mutant: Mutant
    tree: Path
    original: bytes
    dated_ns: int
    began: float


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    drawn = json.loads(DRAWN.read_text())
    state = State()
    trees = [KEPT / f"tree-{number}" for number in range(int(os.environ.get("MUTANTS_WORKERS", "2")))]
    for tree in trees:
        suite.copy_tree(tree)
    known = baseline.measured(trees[0], KEPT / f"baseline-{state.whole}.json")
    for name in known.modules:
        with suppress(Exception):  # what cannot be imported alone is imported by whoever needs it
            importlib.import_module(name)
    told = _read(RESULTS)
    hints = {result["lot"]: result["by"] for result in told if result["by"]}
    done = {result["lot"]: result for result in told if result["holds"] == state.of(result["by"])}
    waiting = [mutant for mutant in drawn["mutants"] if mutant["lot"] not in done]
    with RESULTS.open("a") as kept:
        for result in _judged(waiting, trees, known, hints):
            result["holds"] = state.of(result["by"])
            done[result["lot"]] = result
            kept.write(json.dumps(result) + "\n")
            kept.flush()
    _report(drawn, done)


class State:
    """The code and the tests, as digests: how long a result holds.

    A mutant that a test noticed stays noticed while the code, what tests share and that test's file are the same; one that
    no test noticed is asked again when any test has changed.
    """

    def __init__(self) -> None:
        tests = [path for room in suite.TESTS for path in _files(PROJECT / room)]
        own = [path for path in tests if path.name.startswith("test_")]
        self.shared = _digest([*_files(PROJECT / "app"), *(path for path in tests if path not in own)])
        self.own = {str(path.relative_to(PROJECT)): _digest([path]) for path in own}
        self.whole = _digest([*_files(PROJECT / "app"), *tests])

    def of(self, by: str | None) -> str:
        return self.whole if by is None else f"{self.shared} {self.own.get(by.partition('::')[0])}"


def _files(room: Path) -> list[Path]:
    return [path for path in sorted(room.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def _read(path: Path) -> list[Result]:
    if not path.exists():
        return []
    whole, _, rest = path.read_text().rpartition("\n")
    if rest:  # a line cut short by an interruption: its mutant is asked again
        path.write_text(f"{whole}\n" if whole else "")
    return [json.loads(line) for line in whole.splitlines()]


def _judged(
    waiting: list[Mutant], trees: list[Path], known: baseline.Baseline, hints: dict[str, str]
) -> Iterator[Result]:
    """The results of the mutants, as they come."""
    free, running, left = list(trees), dict[int, Running](), list(reversed(waiting))
    try:
        while left or running:
            while left and free:
                mutant, tree = left.pop(), free.pop()
                changed = tree / mutant["file"]
                one = Running(mutant, tree, changed.read_bytes(), changed.stat().st_mtime_ns, time.monotonic())
                changed.write_text(mutant["text"])
                running[_start(one, known, hints.get(mutant["lot"]))] = one
            time.sleep(POLLED_SECONDS)
            for child, one in list(running.items()):
                if time.monotonic() - one.began > suite.HUNG.total_seconds():
                    _end_group(child)
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    del running[child]
                    _end_group(child)
                    restored = one.tree / one.mutant["file"]
                    restored.write_bytes(one.original)
                    os.utime(restored, ns=(one.dated_ns, one.dated_ns))  # what was compiled of it holds again
                    free.append(one.tree)
                    result = _result(one, status)
                    print(f"{len(left) + len(running):4} left  {result['fate']:9}  {_named(one.mutant)}", flush=True)
                    yield result
    finally:
        for child in running:
            _end_group(child)


def _end_group(child: int) -> None:
    """End whatever a child started, too."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _start(one: Running, known: baseline.Baseline, hint: str | None) -> int:
    told = one.tree.with_suffix(".told")
    told.unlink(missing_ok=True)
    if child := os.fork():
        return child
    try:
        suite.enter(one.tree, one.tree.with_suffix(".log"))
        suite.keep_nothing_compiled()
        suite.give_limits(known.processor_seconds)
        answer: suite.Told = {"code": 0}
        if hint is not None and (one.tree / hint.partition("::")[0]).exists():
            answer = suite.run([hint], [hint.partition("::")[0]])
        if answer["code"] == 0:
            answer = suite.run(known.tests_of(one.mutant["file"], *one.mutant["statement"]))
        told.write_text(json.dumps(answer))
    finally:
        sys.stdout.flush()
        os._exit(0)


def _result(one: Running, status: int) -> Result:
    written = one.tree.with_suffix(".told")
    told = json.loads(written.read_text()) if written.exists() else None
    if told is None:
        timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}
        fate, by = "timed out" if timed_out else "killed", None
    else:
        fate, by = ("survived", None) if told["code"] == 0 else ("killed", next(iter(told["failed"]), None))
    seconds = round(time.monotonic() - one.began, 1)
    return {"lot": one.mutant["lot"], "fate": fate, "by": by, "seconds": seconds}


def _named(mutant: Mutant) -> str:
    return f"{mutant['file']}:{mutant['line']} {mutant['operator']}"


def _report(drawn: dict[str, Any], done: dict[str, Result]) -> None:
    fates = Counter(done[mutant["lot"]]["fate"] for mutant in drawn["mutants"])
    print(f"\nSeed {drawn['seed']}, {len(drawn['mutants'])} of {drawn['places']} mutants:")
    for fate in ("killed", "timed out", "survived"):
        print(f"{fates[fate]:6}  {fate}")
    noticed = fates["killed"] + fates["timed out"]
    print(f"{1000 * noticed // max(1, sum(fates.values())) / 10:6} % noticed")
    for mutant in drawn["mutants"]:
        if done[mutant["lot"]]["fate"] == "survived":
            print(f"\n{_named(mutant)}\n  - {mutant['before']}\n  + {mutant['after']}".replace("\n    ", "\n"))


if __name__ == "__main__":
    main()
