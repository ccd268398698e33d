"""The files that checkpoints are appended to: the signed lines, and beside them which ledgers their marks stand for."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from app.audit.checkpoints import Broken, Chain

PRIVATE = 0o600


class Busy(Exception):
    """Another process is making a checkpoint at this moment."""


def names_file(path: Path) -> Path:
    """Which ledgers there are, in plain: for whoever keeps the database. It proves itself by the marks."""
    return path.with_name(path.stem + ".names" + path.suffix)


def read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def read_names(path: Path) -> dict[UUID, set[str]]:
    """The streams named, by practice; none where there is no such file. `ValueError` for what is no line of ours."""
    named: dict[UUID, set[str]] = {}
    if path.exists():
        for written in read_lines(path):
            tenant, stream = json.loads(written)
            named.setdefault(UUID(tenant), set()).add(stream)
    return named


class CheckpointFile:
    """A file that one process at a time appends to. What others appended meanwhile is followed first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chain = Chain()
        self._followed = 0

    @contextmanager
    def held(self) -> Iterator[IO[bytes]]:
        """The file, ours alone and followed to its end. `Busy` where another has it, `Broken` where it does not follow."""
        with _opened(self.path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            self._follow(file)
            yield file

    def append(self, file: IO[bytes], written: bytes, names: Iterable[tuple[UUID, str]]) -> None:
        """A line, on disk when this returns; before it the names of ledgers that no line before told of."""
        with _opened(names_file(self.path)) as beside:
            for tenant, stream in names:
                beside.write(json.dumps([str(tenant), stream]).encode() + b"\n")
            _sync(beside)
        file.write(written)
        _sync(file)
        # The name of a file that is new is on disk when its directory is.
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self.chain.take(written)
        self._followed += len(written)

    def _follow(self, file: IO[bytes]) -> None:
        if file.seek(0, os.SEEK_END) < self._followed:
            raise Broken(self.chain.number, "is gone from the end of the file")
        file.seek(self._followed)
        for written in file:
            if not written.endswith(b"\n"):
                # Whoever wrote it was stopped within it: it never was a checkpoint.
                file.truncate(self._followed)
                break
            self.chain.take(written)
            self._followed += len(written)
        self.chain.check_digest()


def _opened(path: Path) -> IO[bytes]:
    """To be read and appended to by its owner alone."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE), "r+b")


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
