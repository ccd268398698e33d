"""`access`: practices, keys and clients made, listed, replaced and ended from the command line."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.clients import client_of
from app.access.credentials import caller_of
from app.access.scopes import ALL
from app.cli.commands import _carry_out, _parser
from app.cli.errors import CannotRun
from app.settings import Settings
from tests.access.signing import EC, RSA, key_set

UUID_FORM = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Access = Callable[..., str]


@pytest.fixture
def access(database_url: str, capsys: pytest.CaptureFixture[str]) -> Access:
    """What a command prints on standard output; beside it, on standard error."""

    def carried_out(*arguments: str, beside: list[str] | None = None) -> str:
        asked = _parser().parse_args(["access", *arguments])
        # Commands have a loop of their own, and the tests' is running.
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(_carry_out, asked, Settings(database_url=database_url)).result()
        printed = capsys.readouterr()
        if beside is not None:
            beside.append(printed.err)
        return printed.out.strip()

    return carried_out


@pytest.fixture
def tenant(access: Access) -> str:
    return access("create-practice", "Lakeside Family Medicine")


def ids(listed: str) -> list[str]:
    return re.findall(rf"^{UUID_FORM}", listed, re.MULTILINE)


async def test_a_key_with_scopes_and_an_end(access: Access, tenant: str, engine: AsyncEngine) -> None:
    key = access("create-key", tenant, "rpm-vendor", "--scope", "facts.write", "--scope", "facts.read", "--days", "90")
    caller = await caller_of(engine, key)
    assert caller is not None
    assert caller.scopes == {"facts.read", "facts.write"}
    listed = access("list", tenant)
    assert ids(listed) == [str(caller.credential)]
    assert re.search(
        r"key +valid +rpm-vendor\n +scopes +facts.write facts.read\n +made .* UTC\n +ends .* UTC\n", listed
    )
    assert re.search(r"last used +\d{4}-\d\d-\d\d \d\d:\d\d UTC", listed)
    assert key not in listed


async def test_a_key_without_them_may_do_everything_for_good(access: Access, tenant: str, engine: AsyncEngine) -> None:
    caller = await caller_of(engine, access("create-key", tenant, "ehr"))
    assert caller is not None
    assert caller.scopes == ALL
    listed = access("list", tenant)
    assert "ends       when it is revoked" in listed


def test_a_keys_id_is_told_beside_the_key(access: Access, tenant: str) -> None:
    beside: list[str] = []
    key = access("create-key", tenant, "ehr", beside=beside)
    assert re.fullmatch(r"cm_[\w-]{43}", key)
    assert re.findall(UUID_FORM, beside[0]) == ids(access("list", tenant))
    assert key not in beside[0]
    assert "last used  never" in access("list", tenant)


async def test_rotation_leaves_the_old_key_for_a_while(access: Access, tenant: str, engine: AsyncEngine) -> None:
    old = access("create-key", tenant, "ehr", "--scope", "facts.read", "--days", "30")
    (before,) = ids(access("list", tenant))
    new = access("rotate", before, "--overlap-hours", "2")
    first, second = await caller_of(engine, old), await caller_of(engine, new)
    assert first is not None
    assert second is not None
    assert (first.tenant, first.source, first.scopes) == (second.tenant, second.source, second.scopes)
    assert first.credential != second.credential
    assert len(set(re.findall(r"ends +(\S+)", access("list", tenant)))) == 2
    assert re.findall(r"key +(\w+) ", access("list", tenant)) == ["replaced", "valid"]
    with pytest.raises(CannotRun, match="replaced before"):
        access("rotate", before)
    newest = access("rotate", str(second.credential), "--overlap-hours", "0")
    assert await caller_of(engine, new) is None
    assert await caller_of(engine, newest) is not None
    assert re.findall(r"key +(\w+) ", access("list", tenant)) == ["replaced", "expired", "valid"]


async def test_a_revoked_key_is_nobodys(access: Access, tenant: str, engine: AsyncEngine, database_url: str) -> None:
    key = access("create-key", tenant, "ehr")
    (credential,) = ids(access("list", tenant))
    assert access("revoke", credential).startswith("Revoked.")
    assert await caller_of(engine, key) is None
    assert access("revoke", credential) == "It was revoked before."
    assert re.search(r"key +revoked", access("list", tenant))
    with pytest.raises(CannotRun, match="was revoked"):
        access("rotate", credential)


async def test_a_client_is_registered_by_its_public_keys(
    access: Access, tenant: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(key_set(RSA))
    made = access("create-client", tenant, "ehr", str(keys), "--scope", "system/*.cud")
    (credential,) = ids(access("list", tenant))
    assert credential == made
    registered = await client_of(engine, UUID(made))
    assert registered is not None
    assert registered.scopes == {"system/*.cud"}
    keys.write_text(key_set(EC))
    access("replace-keys", made, str(keys))
    listed = access("list", tenant)
    assert re.search(r"client +valid +ehr\n +scopes +system/\*.cud\n", listed)
    assert str(json.loads(key_set(EC))["keys"][0]["x"]) not in listed
    with pytest.raises(CannotRun, match=r"This is a client.*`access replace-keys CLIENT JWKS`"):
        access("rotate", made)
    access("revoke", made)
    assert await client_of(engine, UUID(made)) is None


async def test_a_client_that_is_no_longer_valid_gets_no_keys(
    access: Access, tenant: str, owner_engine: AsyncEngine, tmp_path: Path
) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(key_set(RSA))
    revoked, expired = (
        access("create-client", tenant, "ehr", str(keys), "--scope", "system/*.cud", "--days", "1") for _ in range(2)
    )
    access("revoke", revoked)
    async with owner_engine.begin() as connection:
        ended = text("UPDATE credential SET expires_at = clock_timestamp() WHERE id = :id")
        await connection.execute(ended, {"id": expired})
    keys.write_text(key_set(EC))
    for client, why in ((revoked, "was revoked"), (expired, "has expired")):
        with pytest.raises(CannotRun, match=why):
            access("replace-keys", client, str(keys))
    async with owner_engine.connect() as connection:
        kept = await connection.execute(text("SELECT DISTINCT jwks FROM credential WHERE tenant = :t"), {"t": tenant})
        assert str(EC.kid) not in str(kept.scalars().all())


def test_keys_are_not_replaced_as_a_clients_are(access: Access, tenant: str, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(key_set(EC))
    access("create-key", tenant, "ehr")
    (key,) = ids(access("list", tenant))
    with pytest.raises(CannotRun, match=r"This is a key.*`access rotate KEY`"):
        access("replace-keys", key, str(keys))
    with pytest.raises(CannotRun, match="no such key or client"):
        access("replace-keys", str(uuid4()), str(keys))


def test_the_practices_are_listed(access: Access, tenant: str) -> None:
    assert re.search(rf"^{tenant}  \d{{4}}-\d\d-\d\d  Lakeside Family Medicine$", access("list"), re.MULTILINE)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "JWKS is a file"),
        ("{", "JSON object"),
        (json.dumps({"keys": [EC.as_dict(private=True)]}), "private"),
        (json.dumps({"keys": []}), "1 to 10 keys"),
    ],
)
def test_keys_that_cannot_serve_register_nobody(
    access: Access, tenant: str, tmp_path: Path, document: str | None, words: str
) -> None:
    path = tmp_path / "jwks.json"
    if document is not None:
        path.write_text(document)
    with pytest.raises(CannotRun, match=words):
        access("create-client", tenant, "ehr", str(path), "--scope", "facts.read")
    assert access("list", tenant) == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create-key", "nonsense", "ehr"], "create-practice"),
        (["create-key", str(uuid4()), "ehr"], "no such practice"),
        (["create-key", str(uuid4()), "Self"], "the service's own"),
        (["list", "nonsense"], "create-practice"),
        (["rotate", "nonsense"], "access list"),
        (["list", str(uuid4())], "no such practice"),
        (["rotate", str(uuid4())], "no such key or client"),
        (["revoke", "nonsense"], "access list"),
        (["revoke", str(uuid4())], "no such key or client"),
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(access: Access, arguments: list[str], words: str) -> None:
    with pytest.raises(CannotRun, match=words):
        access(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["create-key", "x", "ehr", "--scope", "facts.reed"],
        ["create-key", "x", "ehr", "--days", "0"],
        ["create-key", "x", "ehr", "--days", "many"],
        ["create-client", "x", "ehr", "jwks.json"],
        ["rotate", "x", "--overlap-hours", "-1"],
        ["revoke"],
    ],
)
def test_what_cannot_be_read_is_answered_with_usage(
    arguments: list[str], access: Access, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        access(*arguments)
    assert "usage: " in capsys.readouterr().err
