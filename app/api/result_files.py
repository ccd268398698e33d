"""The forms in which results leave, and which of them can be had here."""

from collections.abc import Callable
from typing import Any, Final

from app.exports import parquet
from app.exports.csv import Csv
from app.exports.ndjson import Ndjson
from app.exports.parquet import Parquet
from app.exports.rows import CHANGE_COLUMNS, RESULT_COLUMNS, change_rows, result_rows
from app.exports.shape import Export
from app.months.runs.found import MonthResult
from app.months.runs.telling import MonthChange

CSV: Final = "text/csv"
_TABLES: Final[dict[str, Callable[..., Export[Any]]]] = {CSV: Csv}
if parquet.is_there():
    _TABLES[Parquet.media_type] = Parquet

FORMS: Final = (Ndjson.media_type, *_TABLES)


def result_file(form: str) -> Export[MonthResult]:
    """A file of results in one of the forms."""
    return _TABLES[form](RESULT_COLUMNS, result_rows) if form in _TABLES else Ndjson()


def change_file(form: str) -> Export[MonthChange]:
    """A file of what two runs found otherwise."""
    return _TABLES[form](CHANGE_COLUMNS, change_rows) if form in _TABLES else Ndjson()
