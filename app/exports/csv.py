"""CSV as RFC 4180 has it, UTF-8, that a spreadsheet opens without carrying anything out."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Final, Generic, TypeVar

from app.exports.rows import Cell, Row

T = TypeVar("T")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


class Csv(Generic[T]):
    """A table of whatever `rows` makes of what it is given."""

    media_type: ClassVar[str] = "text/csv; charset=utf-8"
    extension: ClassVar[str] = "csv"

    def __init__(self, columns: Mapping[str, type], rows: Callable[[Sequence[T]], Iterable[Row]]) -> None:
        self._columns, self._rows = list(columns), rows

    def begin(self) -> bytes:
        return self._written([self._columns])

    def add(self, rows: Sequence[T]) -> bytes:
        return self._written([_cell(row.get(name)) for name in self._columns] for row in self._rows(rows))

    def end(self) -> bytes:
        return b""

    def _written(self, lines: Iterable[Sequence[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(lines)
        return text.getvalue().encode()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            # A spreadsheet would take it for a formula; the apostrophe says that it is text. So one that stands there itself gets another.
            return f"'{value}" if value.startswith(_FORMULA) else value
    return str(value)
