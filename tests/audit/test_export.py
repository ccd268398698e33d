"""An export is verified without the service, by the standard library; whatever is changed in it is found."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app.audit import export, stored
from app.audit.checkpoints import practice_mark
from app.audit.verifying import Fault, verify_practice
from tests.audit.ledgers import PATIENTS, Proof

PROJECT = Path(__file__).parents[2]
# Without site-packages: what is installed beside Python cannot help. Signatures are left to whoever has `cryptography`.
ALONE = """
import sys
from app.audit.checkpoints import practice_mark
from app.audit.export import read
from app.audit.verifying import read_checkpoints, verify_practice
seen = read_checkpoints(open(sys.argv[2], "rb"), None).seen
found = read(open(sys.argv[1], "rb"))
verified = verify_practice(found.tenant, found.heads, found.rows, seen[practice_mark(found.tenant)])
print(verified.covered, verified.uncovered, [fault[1:3] for fault in verified.faults])
assert not {name.partition(".")[0] for name in sys.modules} & {"msgspec", "sqlalchemy", "psycopg", "cryptography"}
"""


@pytest.fixture(scope="module")
def tenant(proof: Proof) -> UUID:
    return min(proof.names)


@pytest.fixture(scope="module")
def exported(proof: Proof, tenant: UUID) -> list[bytes]:
    with psycopg.connect(proof.url) as connection:
        heads, rows = stored.heads(connection, tenant), stored.rows(connection, tenant, whole=False)
        return [line.encode() for line in export.write(tenant, dt.datetime.now(dt.UTC), heads, rows)]


def faults(lines: list[bytes], proof: Proof) -> tuple[Fault, ...]:
    read = export.read(lines)
    seen = proof.checkpoints.seen.get(practice_mark(read.tenant), {})
    return verify_practice(read.tenant, read.heads, read.rows, seen).faults


def test_it_holds_what_was_recorded(exported: list[bytes], proof: Proof, tenant: UUID) -> None:
    first, *others = [json.loads(line) for line in exported]
    assert first["ledgers"]["practice"] == str(tenant)
    assert [line["head"]["stream"] for line in others if "head" in line] == ["", *PATIENTS]
    assert faults(exported, proof) == ()


def test_it_is_verified_by_the_standard_library_alone(exported: list[bytes], proof: Proof, tmp_path: Path) -> None:
    whole, tampered = tmp_path / "whole", tmp_path / "tampered"
    whole.write_bytes(b"".join(exported))
    tampered.write_bytes(b"".join(exported).replace(b"t2-P1", b"t2-PX"))
    for path, says in ((whole, "20 1 []"), (tampered, "18 0 [('P1', 3)]")):
        done = subprocess.run(
            [sys.executable, "-S", "-c", ALONE, path, proof.file],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == says, done.stderr


def test_each_line_matters(exported: list[bytes], proof: Proof) -> None:
    covered = [number for number, line in enumerate(exported) if number and b'"later"' not in line]
    for number in covered:
        said = json.loads(exported[number])
        without = exported[:number] + exported[number + 1 :]
        if "head" in said:
            with pytest.raises(export.Unreadable):
                list(export.read(without).rows)
        else:
            found = faults(without, proof)[0]
            assert (found.stream, found.position) == (said["fact"]["stream"], said["fact"]["position"])
            twice = faults([*exported[: number + 1], *exported[number:]], proof)[0]
            assert (twice.stream, twice.position) == (said["fact"]["stream"], said["fact"]["position"])
        for name, value in next(iter(said.values())).items():
            other = value + 1 if isinstance(value, int) else another(name, value)
            kind = next(iter(said))
            changed = json.dumps({kind: said[kind] | {name: other}}).encode() + b"\n"
            lines = [*exported[:number], changed, *exported[number + 1 :]]
            assert faults(lines, proof), (number, name)


def another(name: str, value: str) -> str:
    if name == "recorded_at":
        return str(dt.datetime.fromisoformat(value) + dt.timedelta(microseconds=1))
    return value[:-2] + ("00" if value[-2:] != "00" else "11") if name == "chain_hash" else f"{value}x"


def test_a_ledger_that_an_export_leaves_out_is_missed(exported: list[bytes], proof: Proof, tenant: UUID) -> None:
    """It has no name there, but checkpoints saw that there is one more."""
    said = [json.loads(line) for line in exported]
    kept = [each for each in said if next(iter(each.values())).get("stream") != "P2"]
    kept[0]["ledgers"]["count"] -= 1
    (fault,) = faults([json.dumps(each).encode() for each in kept], proof)
    assert (fault.tenant, fault.stream, fault.position) == (tenant, None, 1)


def test_another_practices_checkpoints_do_not_serve(exported: list[bytes], proof: Proof) -> None:
    other = max(proof.names)
    renamed = exported[0].replace(str(min(proof.names)).encode(), str(other).encode())
    assert faults([renamed, *exported[1:]], proof)


@pytest.mark.parametrize(
    "lines",
    [
        [], [b"x"], [b"{}"], [b"[]"], [b'{"ledgers": {"practice": "x", "count": 0}}'],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 1}}'],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 0}}', b'{"head": {}}'],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 0}}', b'{"fact": {"stream": 1}}'],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 0}}', b"{"],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 1}}',
         b'{"head": {"stream": "\\ud800", "position": 1, "recorded_at": "2026-01-01T00:00:00Z", "chain_hash": ""}}'],
        [b'{"ledgers": {"practice": "b26fc50e-b6b4-4647-8753-5a20fb9fcff9", "count": 1}}',
         b'{"head": {"stream": "P", "position": 1, "recorded_at": "2026-01-01T00:00:00", "chain_hash": ""}}'],
    ],
)  # fmt: skip
def test_what_is_no_export_is_said_to_be_none(lines: list[bytes]) -> None:
    with pytest.raises(export.Unreadable):
        list(export.read(lines).rows)
