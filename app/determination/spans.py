"""Half-open stretches of time, in whole seconds since 1970 UTC: sorted, disjoint lists of (start, end)."""

from collections.abc import Iterable, Sequence
from typing import Final

Span = tuple[int, int]
Spans = Sequence[Span]

BEGINNING: Final = -(2**62)
END: Final = 2**62
ALWAYS: Final[Spans] = ((BEGINNING, END),)


def total(spans: Spans) -> int:
    """Seconds in the spans."""
    seconds = 0
    for start, end in spans:
        seconds += end - start
    return seconds


def meet(spans: Spans, others: Spans) -> bool:
    """Whether the two may share a moment; what lies wholly before or after the other does not."""
    return bool(spans and others) and others[-1][1] > spans[0][0] and others[0][0] < spans[-1][1]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same moments as a sorted, disjoint list."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        elif start < end:
            joined.append((start, end))
    return joined


def beside(spans: list[Span], added: Spans) -> list[Span]:
    """The moments of both; quick where, as in a month's work, what is added comes later."""
    if not added:
        return spans
    if not spans or spans[-1][1] < added[0][0]:
        return [*spans, *added]
    return union([*spans, *added])


def split(spans: Spans, by: Spans) -> tuple[list[Span], list[Span]]:
    """The moments of `spans` inside `by`, and those outside it."""
    inside: list[Span] = []
    outside: list[Span] = []
    for start, end in spans:
        cursor = start
        for low, high in by:
            if high <= cursor:
                continue
            if low >= end:
                break
            if low > cursor:
                outside.append((cursor, low))
            cursor, reached = max(low, cursor), min(high, end)
            inside.append((cursor, reached))
            cursor = reached
        if cursor < end:
            outside.append((cursor, end))
    return inside, outside


def covers(spans: Spans, start: int, end: int) -> bool:
    """Whether the spans leave no moment from `start` to `end` open."""
    return any(low <= start and high >= end for low, high in spans)
