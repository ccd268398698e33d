"""How long the law takes: one month compiled, every month compiled, the files read, and a month that is kept asked for again.

python -m benchmarks.rulebook

Beside the reading of the files stands its limit: what the standard library takes to parse them.
"""

import time
import tomllib
from collections.abc import Callable
from typing import Final

from app.rulebook import loader
from app.rulebook.compiling import compile_month

TURNS: Final = 15
USUAL: Final = "2026-03"


def quickest(work: Callable[[], object]) -> float:
    """Milliseconds, in the quickest of many turns."""
    best = float("inf")
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1000


def parse() -> None:
    for path in loader.HERE.rglob("*.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))


def read() -> object:
    loader._parsed.cache_clear()  # noqa: SLF001 - as if nothing had been read before
    return loader.read_book(loader.HERE)


def main() -> None:
    book = loader.book()
    months = [f"{year}-{month:02}" for year in range(2015, 2028) for month in range(1, 13)]
    months = [month for month in months if book.covers(month)]
    each = {month: quickest(lambda month=month: compile_month(book, month)) for month in months}  # type: ignore[misc]
    slowest = max(each, key=each.__getitem__)
    loader.law(USUAL)
    figures = (
        (f"{USUAL} compiled", each[USUAL], "   wanted less than 50"),
        (f"{slowest} compiled, the slowest of {len(months)} months", each[slowest], "   wanted less than 50"),
        ("a month that is kept", quickest(lambda: loader.law(USUAL)), ""),
        ("every file parsed by the standard library", quickest(parse), ""),
        ("every file read and checked", quickest(read), ""),
        (f"all {len(months)} months compiled", sum(each.values()), ""),
    )
    for name, took, beside in figures:
        print(f"{name:56}{took:10.3f} ms{beside}")


if __name__ == "__main__":
    main()
