"""A JSON object a line, as the API tells it elsewhere."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec


class Ndjson:
    """Whatever it is given, line by line."""

    media_type: ClassVar[str] = "application/x-ndjson"
    extension: ClassVar[str] = "ndjson"

    def begin(self) -> bytes:
        return b""

    def add(self, rows: Sequence[Any]) -> bytes:
        return msgspec.json.Encoder().encode_lines(rows)

    def end(self) -> bytes:
        return b""
