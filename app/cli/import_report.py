"""The report of an import: what was rejected, line by line, and how far all lines have been answered. NDJSON, only appended."""

import os
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from app.cli.errors import CannotRun

_FIRST_BYTES: Final = 1 << 20


class Rejected(Struct, frozen=True):
    """A line that was not recorded, and why; pointers point into it."""

    line: int
    errors: tuple[dict[str, str], ...]


class Done(Struct, frozen=True):
    """Everything up to a line is answered. Counts are of the lines since the one before."""

    through_line: int
    through_byte: int
    stored: int
    duplicates: int
    rejected: tuple[Rejected, ...]


class Report:
    """A report, begun or gone on with. `CannotRun` where it tells of another file."""

    def __init__(self, path: Path, of: Path) -> None:
        self._path, self._of = path, of
        self.through_line = self.through_byte = self.stored = self.duplicates = self.rejected = 0

    def __enter__(self) -> Self:
        with self._of.open("rb") as file:
            first = sha256(file.read(_FIRST_BYTES)).hexdigest()
        kept = self._read(first)
        try:
            self._file = self._path.open("r+b" if kept else "wb")
        except OSError:
            raise CannotRun(f"{self._path} cannot be written; name another place with --report.") from None
        self._file.seek(kept)
        self._file.truncate()
        if not kept:
            self._write({"file": self._of.name, "sha256_of_first_mebibyte": first})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, done: Done) -> None:
        """Told of whole, or not at all: what a killed import wrote of it is written again."""
        for each in done.rejected:
            self._write(each)
        counts = {"stored": done.stored, "duplicates": done.duplicates, "rejected": len(done.rejected)}
        self._write({"through_line": done.through_line, "through_byte": done.through_byte, **counts})
        self._file.flush()
        os.fsync(self._file.fileno())
        self._count(done.through_line, done.through_byte, **counts)

    def _read(self, first: str) -> int:
        """How many of its bytes stand: up to the last line that tells how far all was answered."""
        stands = at = 0
        try:
            written = self._path.read_bytes()
        except OSError:
            return 0
        for number, line in enumerate(written.splitlines(keepends=True)):
            at += len(line)
            try:
                told = msgspec.json.decode(line, type=dict[str, Any])
            except ValueError:
                told = None
            if told is None and number == 0 and not b'{"file":'.startswith(line[:8]):
                raise CannotRun(f"{self._path} is no report of an import. Name another place with --report.")
            if told is None:
                break
            if not line.endswith(b"\n"):
                break
            if number == 0:
                if told.get("sha256_of_first_mebibyte") != first:
                    raise CannotRun(
                        f"{self._path} tells of another file. Move it, or name another place with --report."
                    )
                stands = at
            elif "through_byte" in told:
                self._count(**told)
                stands = at
        if self.through_byte > self._of.stat().st_size:
            raise CannotRun(
                f"{self._of} is shorter than it was: {self._path} tells of more. Move the report to begin anew."
            )
        return stands

    def _count(self, through_line: int, through_byte: int, stored: int, duplicates: int, rejected: int) -> None:
        self.through_line, self.through_byte = through_line, through_byte
        self.stored, self.duplicates = self.stored + stored, self.duplicates + duplicates
        self.rejected += rejected

    def _write(self, told: object) -> None:
        self._file.write(msgspec.json.encode(told) + b"\n")
