"""A rule book with a file of the test's own, for what ours may not have in any month."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.reference import comparison, history, in_force
from app.rulebook import loader

CACHED = (
    loader.book, loader.law, in_force.rulebook_of, in_force.editions_of, comparison.compare, history.history,
    history.known_rules,
)  # fmt: skip


@pytest.fixture
def book_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """A copy of the rule book with a file of its own, read in place of ours until the test is over."""

    def rewritten(file: str, written: str) -> Path:
        folder = tmp_path / "rulebook"
        if not folder.exists():
            shutil.copytree(loader.HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        (folder / file).write_text(written)
        monkeypatch.setattr(loader, "HERE", folder)
        forget()
        return folder

    yield rewritten
    monkeypatch.undo()
    forget()


def forget() -> None:
    for cached in CACHED:
        cached.cache_clear()
