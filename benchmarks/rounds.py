"""Figures of a noisy machine: several rounds in which everything compared takes its turn, and the middle one of each."""

import os
import platform
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

ROUNDS = int(os.environ.get("ROUNDS", "7"))


class Round(NamedTuple):
    """What was done a second, how long one took as its sender sees it, and how long the service computed for it."""

    a_second: float
    wait: float
    cpu: float


def alternating(measured: Mapping[str, Callable[[], Round]], rounds: int = ROUNDS) -> dict[str, Round]:
    """The medians of each, measured in turn. A first round warms up and is not counted."""
    seen: dict[str, list[Round]] = {name: [] for name in measured}
    for turn in range(rounds + 1):
        for name, measure in measured.items():
            one = measure()
            if turn:
                seen[name].append(one)
    return {name: Round(*map(median, zip(*each, strict=True))) for name, each in seen.items()}


def machine() -> str:
    """What the figures were had on."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, medians of {ROUNDS} rounds"
    )


def tell(workers: int, connections: int, rounds: Mapping[str, Round]) -> None:
    """Each round beside the first, which is the yardstick."""
    print(f"\nWorkers: {workers}, connections: {connections}")
    name, yardstick = next(iter(rounds.items()))
    print(f"  {'':36}{'a second':>10}{'a request':>12}{'computed':>12}   times `{name}`: throughput, wait, computed")
    for name, one in rounds.items():
        print(
            f"  {name:36}{one.a_second:10,.0f}{one.wait * 1000:9.2f} ms{one.cpu * 1000:9.2f} ms"
            f"{yardstick.a_second / one.a_second:10.2f}{one.wait / yardstick.wait:8.2f}{one.cpu / yardstick.cpu:8.2f}"
        )
