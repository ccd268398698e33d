"""Parquet, for those who installed what it needs (`make parquet`)."""

import importlib.util
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from app.exports.rows import Row

T = TypeVar("T")

MOST_ROWS: Final = 20_000
"""Of a row group: some megabytes."""


def is_there() -> bool:
    """Whether it can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


class Parquet(Generic[T]):
    """A table of whatever `rows` makes of what it is given, in groups of rows; what is written is handed on at once."""

    media_type: ClassVar[str] = "application/vnd.apache.parquet"
    extension: ClassVar[str] = "parquet"

    def __init__(self, columns: Mapping[str, type], rows: Callable[[Sequence[T]], Iterable[Row]]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra, which need not be there
        import pyarrow.parquet as pq  # noqa: PLC0415

        kinds = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
        self._table = pa.Table
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        self._rows = rows
        self._waiting: list[Row] = []
        self._sink = _Sink()
        self._writer: Any = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def begin(self) -> bytes:
        return self._sink.taken()

    def add(self, rows: Sequence[T]) -> bytes:
        self._waiting += self._rows(rows)
        if len(self._waiting) >= MOST_ROWS:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        if self._waiting:
            self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._waiting, schema=self._schema))
        self._waiting = []


class _Sink(io.RawIOBase):
    """A file that is only ever added to, and forgets what has been taken from it."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        return self._length

    def taken(self) -> bytes:
        taken, self._held = bytes(self._held), bytearray()
        return taken
