"""`audit`: a key, a checkpoint by hand, an export, and a verification that names the first row that is not what it was."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.cli.commands import _carry_out, _parser
from app.cli.errors import CannotRun
from app.settings import Settings
from tests.audit.ledgers import Proof, proven

Audit = Callable[..., str]


@pytest.fixture(scope="module")
def proof(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    with proven(server_url, tmp_path_factory.mktemp("proof")) as made:
        yield made


@pytest.fixture
def directory(proof: Proof, tmp_path: Path) -> Path:
    """The key and the checkpoints, for one test."""
    for path in proof.directory.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path


@pytest.fixture
def audit(proof: Proof, directory: Path, capsys: pytest.CaptureFixture[str]) -> Audit:
    """What a command prints on standard output, with settings besides the usual."""

    def carried_out(*arguments: str | Path, **chosen: Any) -> str:
        usual = {
            "database_url": proof.url,
            "audit_key_file": directory / "key",
            "checkpoint_file": directory / "checkpoints.ndjson",
        }
        settings = Settings(**{**usual, **chosen})
        asked = _parser().parse_args(["audit", *map(str, arguments)])
        # Commands have a loop of their own, and the tests' is running.
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(_carry_out, asked, settings).result()
        return capsys.readouterr().out.strip()

    return carried_out


@contextmanager
def tampered(proof: Proof, statement: str) -> Iterator[None]:
    """A superuser's change, undone afterwards."""
    with psycopg.connect(proof.url) as superuser:
        kept = superuser.execute("SELECT * FROM fact").fetchall()
        superuser.execute("ALTER TABLE fact DISABLE TRIGGER ALL")
        superuser.execute(statement.encode())
        superuser.commit()
        yield
        superuser.execute("DELETE FROM fact")
        superuser.cursor().executemany(f"INSERT INTO fact VALUES ({', '.join(['%s'] * len(kept[0]))})", kept)
        superuser.execute("ALTER TABLE fact ENABLE TRIGGER ALL")
        superuser.execute("ALTER TABLE fact ENABLE ALWAYS TRIGGER fact_is_immutable")


def test_everything_is_what_it_was(audit: Audit) -> None:
    first, second = audit("verify").splitlines()
    assert re.fullmatch(r"6 checkpoints, the last of \d{4}-\S+Z: signed, none missing before it\.", first)
    assert second == "40 facts are what checkpoints saw. 2 more no checkpoint covers; their chains hold."


def test_the_first_bad_row_is_named(audit: Audit, proof: Proof) -> None:
    tenant = min(proof.names)
    with (
        tampered(proof, "UPDATE fact SET payload = replace(payload, '1200', '1201') WHERE id = 't2-P1'"),
        pytest.raises(CannotRun) as told,
    ):
        audit("verify")
    one, two = str(told.value).splitlines()
    assert one == f"Position 3 of ledger 'P1' of practice {tenant} is not what was recorded: its hash does not fit."
    assert two == "1 other ledgers are not what they were either."


def test_where_hashes_could_have_been_rewritten_it_says_since_when(audit: Audit, proof: Proof) -> None:
    with (
        tampered(proof, "UPDATE fact SET payload = payload || ' ' WHERE id = 'd' AND stream = 'P2'"),
        pytest.raises(CannotRun, match=r"No checkpoint vouches for the rows after position 4.*one of 5 to 7"),
    ):
        audit("verify")


def test_a_ledger_that_is_gone_is_named_by_the_names(audit: Audit, proof: Proof, directory: Path) -> None:
    statement = "ALTER TABLE stream DISABLE TRIGGER ALL; DELETE FROM fact WHERE stream = 'Zoë'"
    with (
        tampered(proof, statement),
        pytest.raises(CannotRun, match=r"Position 1 of ledger 'Zoë' of practice .* is missing"),
    ):
        audit("verify")
    assert audit("verify").startswith("6 checkpoints")
    with psycopg.connect(proof.url) as superuser:
        superuser.execute("ALTER TABLE stream ENABLE TRIGGER ALL")
        superuser.execute("ALTER TABLE stream ENABLE ALWAYS TRIGGER stream_moves_forward")


def test_an_export_is_verified_without_a_database(audit: Audit, proof: Proof, directory: Path) -> None:
    exported = directory / "export.ndjson"
    exported.write_text(audit("export", str(min(proof.names))) + "\n")
    arguments = ("verify", exported, "--checkpoints", proof.file, "--public-key", proof.public_key)
    nowhere = {"database_url": "postgresql://nowhere.invalid/x", "audit_key_file": None, "checkpoint_file": None}
    assert "20 facts are what checkpoints saw. 1 more" in audit(*arguments, **nowhere)
    exported.write_text(exported.read_text().replace("t1-Zoë", "t1-Zoe"))
    with pytest.raises(CannotRun, match="Position 2 of ledger 'Zoë'"):
        audit(*arguments, **nowhere)
    exported.write_text(exported.read_text()[:-40])
    with pytest.raises(CannotRun, match=r"Line 26 of the export is no JSON"):
        audit(*arguments, **nowhere)


def test_a_checkpoint_by_hand(audit: Audit) -> None:
    assert audit("checkpoint").startswith("Checkpoint 7 of 8 ledgers, ")
    assert audit("checkpoint") == "Nothing was written since checkpoint 7."
    assert "42 facts are what checkpoints saw. 0 more" in audit("verify")


def test_a_key(audit: Audit, tmp_path: Path) -> None:
    assert audit("key", tmp_path / "new") == str(tmp_path / "new.pub")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CannotRun, match="no key is written over"):
        audit("key", tmp_path / "new")
    with pytest.raises(CannotRun, match="cannot be written"):
        audit("key", tmp_path / "nowhere" / "key")
    with pytest.raises(CannotRun, match="Checkpoint 1 is not signed by this key"):
        audit("verify", "--public-key", tmp_path / "new.pub")


@pytest.mark.parametrize(
    ("arguments", "chosen", "says"),
    [
        (("checkpoint",), {"audit_key_file": None}, "names no key"),
        (("checkpoint",), {"audit_key_file": Path("/dev/null")}, "no private key that can be read"),
        (("checkpoint",), {"checkpoint_file": Path("/nowhere/checkpoints")}, "cannot be appended to"),
        (("verify",), {"checkpoint_file": Path("/nowhere/checkpoints")}, "cannot be read"),
        (("verify",), {"checkpoint_file": Path("/dev/null")}, "There is no checkpoint"),
        (("verify",), {"audit_key_file": None}, "Name the public key"),
        (("verify", "/nowhere/export"), {}, "/nowhere/export cannot be read"),
        (("verify", "/dev/null"), {}, "The export is empty"),
        (("verify", "--public-key", "/dev/null"), {}, "no public key that can be read"),
        (("export", "x"), {}, "PRACTICE is the id"),
        (("export", "b26fc50e-b6b4-4647-8753-5a20fb9fcff9"), {}, "There is no such practice"),
    ],
)
def test_mistakes_are_told(audit: Audit, arguments: tuple[str, ...], chosen: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotRun, match=says):
        audit(*arguments, **chosen)


def test_a_database_that_is_not_migrated(audit: Audit, server_url: str) -> None:
    for arguments in (("checkpoint",), ("verify",), ("export", "b26fc50e-b6b4-4647-8753-5a20fb9fcff9")):
        with pytest.raises(CannotRun, match="not migrated"):
            audit(*arguments, database_url=server_url)
