"""What every way out has in common: told what is to be written, page by page, it gives the bytes."""

from collections.abc import Sequence
from typing import ClassVar, Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)


class Export(Protocol[T_contra]):
    """A file of rows being written, of which no more is held than a page."""

    media_type: ClassVar[str]
    extension: ClassVar[str]

    def begin(self) -> bytes: ...

    def add(self, rows: Sequence[T_contra]) -> bytes: ...

    def end(self) -> bytes: ...
