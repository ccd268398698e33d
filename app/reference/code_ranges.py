"""Codes written short: those that follow each other as a range."""

from collections.abc import Iterable, Iterator

_RANGE_LEAST = 3


def ranges(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes in ascending order; three or more in a row as `99424-99427`."""
    return tuple(_written(sorted(codes)))


def _written(codes: list[str]) -> Iterator[str]:
    run: list[str] = []
    for code in [*codes, ""]:
        if run and _next(run[-1]) == code:
            run.append(code)
            continue
        if len(run) < _RANGE_LEAST:
            yield from run
        else:
            yield f"{run[0]}-{run[-1]}"
        run = [code]


def _next(code: str) -> str:
    """The code one higher: `G0557` after `G0556`."""
    letter = code[:1] if code[:1].isalpha() else ""
    number = code.removeprefix(letter)
    return f"{letter}{int(number) + 1:0{len(number)}}" if number.isdigit() else ""
