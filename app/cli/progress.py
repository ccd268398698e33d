"""How far something long is, for whoever watches: a bar where there is a terminal, otherwise a line once in a while."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES: Final = 10.0


class Watched:
    """So much of a whole, on standard error; `note` says it in the words of what is being done."""

    def __init__(self, total: float, done: float = 0) -> None:
        self._total, self._first = total, done
        self._began = self._told = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=total, completed=int(done))

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: float, note: str) -> None:
        """State that so much of the whole is done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, description=note)
            return
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        share = done / self._total if self._total else 1
        so_far = done - self._first
        left = f", {(self._total - done) / so_far * (now - self._began):,.0f} s left" if so_far else ""
        print(f"{note}, {share:.0%}{left}", file=sys.stderr)
