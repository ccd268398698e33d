"""The file of checkpoints: tied line to line, signed, appended to by one at a time, and never over a contradiction."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.checkpoint_file import Busy, CheckpointFile, names_file, read_lines, read_names
from app.audit.checkpointing import Checkpointer, Contradiction
from app.audit.checkpoints import Broken, ledger_mark, practice_mark
from app.audit.keys import UnusableKey, make_key, public_file, signing_key, verifier
from app.audit.verifying import read_checkpoints
from app.ledger.append import append
from app.postgres.engine import create_engine
from app.postgres.transaction import CHECKPOINT_ROLE, transaction
from tests.audit.ledgers import PATIENTS, Proof
from tests.ledger.statements import SOURCE, fact, record


@pytest.fixture
def file(proof: Proof, tmp_path: Path) -> Path:
    """A copy of the checkpoints, for one test."""
    for path in proof.directory.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / proof.file.name


@pytest.fixture
def maker(file: Path) -> Checkpointer:
    return Checkpointer(file, signing_key(file.parent / "key"))


@pytest.fixture
async def heads(proof: Proof) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(proof.url, pool_size=3)
    yield engine
    await engine.dispose()


@pytest.fixture
def tenant(proof: Proof) -> UUID:
    return min(proof.names)


def lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def cut_off(file: Path) -> None:
    file.write_bytes(b"".join(lines(file)[:-1]))


def follow(written: list[bytes], proof: Proof) -> int:
    return read_checkpoints(written, verifier([proof.public_key])).number


def test_every_line_is_tied_to_the_one_before(proof: Proof) -> None:
    whole = lines(proof.file)
    assert follow(whole, proof) == len(whole) == 6
    for number in range(1, len(whole)):
        with pytest.raises(Broken) as broken:
            follow(whole[: number - 1] + whole[number:], proof)
        assert broken.value.number == number
        with pytest.raises(Broken):
            follow([*whole[: number - 1], whole[number], whole[number - 1], *whole[number + 1 :]], proof)
    # Of the last nobody can tell who has no later one: the file ends earlier, that is all.
    assert follow(whole[:-1], proof) == 5


def test_no_character_of_a_line_can_be_another(proof: Proof) -> None:
    first = lines(proof.file)[0]
    for place in range(len(first)):
        for other in (b"0", b"1", b" ", b'"'):
            changed = first[:place] + other + first[place + 1 :]
            if changed != first:
                with pytest.raises(Broken):
                    follow([changed], proof)
    for wrong in (
        b"",
        b"\n",
        b"{}\n",
        b"null\n",
        b"[]\n",
        b'{"checkpoint":1}\n',
        first.rstrip(),
        first + b" ",
        b"\xff\n",
    ):
        with pytest.raises(Broken):
            follow([wrong], proof)


def test_only_by_a_key_that_is_trusted(proof: Proof, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    stranger = public_file(tmp_path / "other")
    with pytest.raises(Broken, match=r"Checkpoint 1 is not signed by this key"):
        read_checkpoints(lines(proof.file), verifier([stranger]))
    assert read_checkpoints(lines(proof.file), verifier([stranger, proof.public_key])).number == 6
    for path in (tmp_path / "other", tmp_path / "nowhere"):
        with pytest.raises(UnusableKey):
            verifier([path])
    with pytest.raises(UnusableKey):
        signing_key(stranger)


async def test_a_newer_key_goes_on_where_the_other_ended(
    proof: Proof, file: Path, heads: AsyncEngine, tenant: UUID, tmp_path: Path
) -> None:
    make_key(tmp_path / "newer")
    assert await Checkpointer(file, signing_key(tmp_path / "newer")).make(heads) is not None
    trusted = [proof.public_key, public_file(tmp_path / "newer")]
    assert read_checkpoints(lines(file), verifier(trusted)).number == 7
    with pytest.raises(Broken, match="Checkpoint 7"):
        follow(lines(file), proof)


async def test_only_where_something_was_written(maker: Checkpointer, heads: AsyncEngine, file: Path) -> None:
    made = await maker.make(heads)  # the fact that no checkpoint covers yet
    assert made is not None
    assert (made.number, made.ledgers) == (7, 2 * (1 + len(PATIENTS)))
    assert {len(ledgers) for ledgers in made.moved.values()} == {1}
    assert await maker.make(heads) is None
    again = Checkpointer(file, maker.key)
    assert await again.make(heads) is None
    assert again.file.chain.number == 7


async def test_what_is_under_way_is_in_the_next(
    maker: Checkpointer, heads: AsyncEngine, tenant: UUID, proof: Proof, file: Path
) -> None:
    await maker.make(heads)
    async with transaction(heads, tenant) as connection:
        (stored,) = await append(connection, tenant, SOURCE, [fact("death", "slow", "P1")])
        await record(heads, tenant, fact("death", "quick", "P2"))
        first = await maker.make(heads)
    second = await maker.make(heads)
    assert first is not None
    assert second is not None
    seen = read_checkpoints(lines(file), verifier([proof.public_key])).seen[practice_mark(tenant)]
    assert seen[ledger_mark(tenant, "P1")][stored.position or 0][0] == second.number


async def test_a_line_that_was_begun_and_not_ended_is_no_checkpoint(
    maker: Checkpointer, heads: AsyncEngine, file: Path, proof: Proof
) -> None:
    with file.open("ab") as torn:
        torn.write(lines(file)[-1][:-5])
    with pytest.raises(Broken):
        follow(lines(file), proof)
    assert await maker.make(heads) is not None
    assert follow(lines(file), proof) == 7


async def test_two_makers_take_turns(maker: Checkpointer, heads: AsyncEngine, tenant: UUID, file: Path) -> None:
    other = Checkpointer(file, maker.key)
    assert await maker.make(heads) is not None
    await record(heads, tenant, fact("death", "turn", "Zoë"))
    made = await other.make(heads)
    assert made is not None
    assert made.number == 8
    with CheckpointFile(file).held(), pytest.raises(Busy):
        await maker.make(heads)
    assert await maker.make(heads) is None


async def test_a_file_that_lost_its_end_is_not_gone_on_with(
    maker: Checkpointer, heads: AsyncEngine, file: Path
) -> None:
    await maker.make(heads)
    cut_off(file)
    with pytest.raises(Broken):
        await maker.make(heads)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE stream SET position = position - 1 WHERE stream = 'P2'",
        "UPDATE stream SET chain_hash = sha256(chain_hash) WHERE stream = 'P2'",
        "DELETE FROM stream WHERE stream = 'P2'",
        "UPDATE stream SET stream = 'P3' WHERE stream = 'P2'",
    ],
)
async def test_none_is_made_over_a_contradiction(
    maker: Checkpointer, heads: AsyncEngine, proof: Proof, file: Path, tenant: UUID, tampering: str
) -> None:
    # Where the ledgers hold as much as they did, there is nothing to make a checkpoint of.
    await record(heads, tenant, *(fact("death", f"{uuid4()}", "P1") for _ in range(2)))
    before = lines(file)
    with psycopg.connect(proof.url) as superuser:
        kept = superuser.execute("SELECT * FROM stream").fetchall()
        superuser.execute("ALTER TABLE stream DISABLE TRIGGER ALL")
        superuser.execute(tampering.encode())
        superuser.commit()
        try:
            with pytest.raises(Contradiction):
                await maker.make(heads)
            assert lines(file) == before
        finally:
            superuser.execute("DELETE FROM stream")
            columns = ", ".join(["%s"] * len(kept[0]))
            superuser.cursor().executemany(f"INSERT INTO stream VALUES ({columns})".encode(), kept)
            superuser.execute("ALTER TABLE stream ENABLE TRIGGER ALL")
            superuser.execute("ALTER TABLE stream ENABLE ALWAYS TRIGGER stream_moves_forward")


async def test_the_checkpoint_role_sees_no_fact(heads: AsyncEngine) -> None:
    async with transaction(heads, None, role=CHECKPOINT_ROLE) as connection:
        assert (await connection.execute(text("SELECT count(position) FROM stream"))).scalar_one() > 0
    for query in ("SELECT * FROM fact", "SELECT * FROM stream", "SELECT * FROM practice", "SELECT * FROM access_log"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with transaction(heads, None, role=CHECKPOINT_ROLE) as connection:
                await connection.execute(text(query))


def test_the_lines_name_nobody_and_the_names_are_private(proof: Proof) -> None:
    told = proof.file.read_text()
    for tenant, streams in proof.names.items():
        assert streams == {"", *PATIENTS}
        assert str(tenant) not in told
        assert tenant.hex not in told
    assert not any(f'"{patient}"' in told for patient in PATIENTS)
    for path in (proof.file, names_file(proof.file), proof.directory / "key"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert read_names(proof.directory / "nowhere") == {}
    assert list(read_lines(proof.file)) == lines(proof.file)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


async def test_many_makers_at_once_leave_one_chain(proof: Proof, file: Path, heads: AsyncEngine, tenant: UUID) -> None:
    makers = [Checkpointer(file, signing_key(file.parent / "key")) for _ in range(4)]
    for number in range(5):
        await record(heads, tenant, fact("death", f"many-{number}", "P1"))
        await asyncio.gather(*(maker.make(heads) for maker in makers), return_exceptions=True)
    assert follow(lines(file), proof) >= 7
