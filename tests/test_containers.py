"""The image and its composition, kept honest without an engine: what they name exists, and what they hold runs."""

import ast
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import psycopg
import pytest
import yaml
from dockerfile_parse import DockerfileParser

from app.cli.commands import _parser
from app.postgres import embedded
from app.postgres.embedded_cluster import SETTINGS
from app.postgres.embedded_programs import _installed
from app.settings import Settings

PROJECT = Path(__file__).parents[1]
# What is read by others than us: the shell, Python, and libpq with asyncpg.
OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PGPASSWORD"}
PASSWORD = re.compile(r"\$\{[A-Z_]+_PASSWORD:\?[^}]+docs/deployment\.md\}")


class Instruction(NamedTuple):
    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """In the exec form, or as a shell reads them."""
        return list(json.loads(self.value)) if self.value.startswith("[") else shlex.split(self.value)


@pytest.fixture(scope="module")
def stages() -> list[list[Instruction]]:
    """The instructions of each stage, the last one being the image."""
    found: list[list[Instruction]] = []
    for line in DockerfileParser(str(PROJECT / "Dockerfile")).structure:
        if line["instruction"] == "FROM":
            found.append([])
        if found and line["instruction"] != "COMMENT":
            found[-1].append(Instruction(line["instruction"], line["value"]))
    return found


@pytest.fixture(scope="module")
def image(stages: list[list[Instruction]]) -> dict[str, Instruction]:
    return {instruction.name: instruction for instruction in stages[-1]}


@pytest.fixture(scope="module")
def environment(image: dict[str, Instruction]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in image["ENV"].words)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    assert set(composed) == {"name", "x-care-month", "services", "volumes"}
    return dict(composed["services"])


@pytest.fixture(scope="module")
def ours(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if service["image"] == "care-month"}


def copied(stages: list[list[Instruction]]) -> Iterator[tuple[str, str]]:
    """What comes from the project, and where to."""
    for instruction in (each for stage in stages for each in stage if each.name == "COPY"):
        if not instruction.value.startswith("--from="):
            *sources, target = instruction.words
            for source in sources:
                yield source, target


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def pip_options(command: str) -> set[str]:
    """What decides about what is installed: `--quiet` does not."""
    words = command.partition("&&")[0].split()
    options = " ".join(words[words.index("install") + 1 :]).partition(" -r ")[0]
    silent = {"--quiet", "--disable-pip-version-check", "--no-cache-dir"}
    return set(re.findall(r"--[\w-]+(?: [^-\s]\S*)?", options)) - silent


def test_it_installs_as_make_does(stages: list[list[Instruction]]) -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "--always-make", ".venv/.installed"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (made,) = [line for line in dry.splitlines() if "pip install" in line]
    (built,) = [each.value for each in stages[0] if each.name == "RUN" and "pip install" in each.value]
    assert pip_options(built) == pip_options(made) == {"--require-hashes", "--no-deps", "--only-binary :all:"}
    assert built.partition("&&")[0].split()[-2:] == ["-r", "requirements.txt"]
    assert "pip check" in built
    assert "pip check" in dry


def test_each_base_image_is_one_release(stages: list[list[Instruction]], services: dict[str, Any]) -> None:
    lines = DockerfileParser(str(PROJECT / "Dockerfile")).structure
    (chosen,) = [line["value"] for line in lines if line["instruction"] == "ARG"]
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.1[1-9]-slim-[a-z]+", chosen)
    assert {stage[0].value.split()[0] for stage in stages} == {"${PYTHON_IMAGE}"}
    postgres = re.fullmatch(r"postgres:(\d+)-[a-z]+", services["postgres"]["image"])
    assert postgres is not None
    # The release whose binaries the tests run on.
    running = subprocess.run([_installed()[0] / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert f"(PostgreSQL) {postgres[1]}." in running.stdout
    # From 18 on the image keeps its data a level above, one directory a release.
    assert "database:/var/lib/postgresql" in services["postgres"]["volumes"]


def test_it_runs_as_nobody_in_particular(image: dict[str, Instruction], ours: dict[str, Any]) -> None:
    user = re.search(r"--uid (\d+)", " ".join(image["RUN"].value.split())) or re.search(r"(\d+)", image["USER"].value)
    assert user is not None
    assert image["USER"].value == f"{user[1]}:{user[1]}"
    assert int(user[1]) > 0
    for service in ours.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["tmpfs"] == ["/tmp"]
        assert "user" not in service


def test_it_holds_what_it_needs_and_nothing_else(stages: list[list[Instruction]]) -> None:
    sources = {source for source, _ in copied(stages)}
    assert sources == {"requirements.txt", "alembic.ini", "migrations", "app"}
    for source in sources:
        assert (PROJECT / source).exists()
    ignored, *allowed = (PROJECT / ".dockerignore").read_text().split()
    assert ignored == "*"
    assert {line[1:] for line in allowed if line.startswith("!")} == sources
    assert [line for line in allowed if not line.startswith("!")] == ["**/__pycache__"]


def test_what_is_imported_at_run_time_is_installed() -> None:
    """Or in the one extra. The development's packages are here as well, so only their names can tell."""
    locks = (PROJECT / "requirements.txt").read_text() + (PROJECT / "requirements-parquet.txt").read_text()
    named = re.findall(r"^([\w.-]+)==", locks, re.MULTILINE)
    installed = {canonical(name) for name in named}
    distributions = packages_distributions()
    missing = set()
    for path in (*(PROJECT / "app").rglob("*.py"), *(PROJECT / "migrations").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for top in {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"app"}:
                # Of the extra, which may not be installed, nothing but the name of its package is known.
                if not installed & {canonical(name) for name in (top, *distributions.get(top, []))}:
                    missing.add(f"{path.relative_to(PROJECT)}: {top}")
    assert not missing


def test_every_name_is_a_setting(environment: dict[str, str], ours: dict[str, Any]) -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert set(environment) <= settings | OTHERS
    for service in ours.values():
        assert set(service["environment"]) <= settings | OTHERS
        assert "DATABASE_URL" in service["environment"]


def test_one_port(image: dict[str, Instruction], environment: dict[str, str], services: dict[str, Any]) -> None:
    assert image["EXPOSE"].value == environment["PORT"] == str(Settings.model_fields["port"].default)
    assert services["app"]["ports"] == [f"127.0.0.1:${{PORT:-{environment['PORT']}}}:{environment['PORT']}"]


def test_the_commands_are_ours_and_none_seeds(image: dict[str, Instruction], ours: dict[str, Any]) -> None:
    assert image["ENTRYPOINT"].words == ["python", "-m", "app"]
    commands = {name: service["command"] for name, service in ours.items()}
    assert commands == {"migrate": ["migrate"], "app": ["serve"], "worker": ["worker"]}
    assert image["CMD"].words == commands["app"]
    for command in commands.values():
        _parser().parse_args(command)


def test_no_password_is_written_down_and_a_missing_one_is_told(services: dict[str, Any]) -> None:
    passwords = [
        value
        for service in services.values()
        for name, value in service["environment"].items()
        if name.endswith("PASSWORD")
    ]
    assert len(passwords) == 6
    assert all(PASSWORD.fullmatch(value) for value in passwords)
    for service in services.values():
        assert not re.search(r"://[^/@]*:", service["environment"].get("DATABASE_URL", ""))


def test_the_owner_migrates_and_the_application_owns_nothing(ours: dict[str, Any]) -> None:
    users = {name: service["environment"]["DATABASE_URL"].split("@")[0] for name, service in ours.items()}
    application = "postgresql://care_month_login"
    assert users == {"migrate": "postgresql://care_month_owner", "app": application, "worker": application}
    for name in ("app", "worker"):
        assert ours[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_its_database_logs_no_facts_either(services: dict[str, Any]) -> None:
    given = dict(word.split("=") for word in services["postgres"]["command"] if "=" in word)
    assert given == {name: SETTINGS[name] for name in given}
    assert given.keys() >= {"log_min_error_statement", "log_error_verbosity"}


class Composed(NamedTuple):
    """What the image holds, laid out in a directory, and the database of the composition behind it."""

    root: Path
    image: dict[str, Instruction]
    environment: dict[str, str]
    server: embedded.EmbeddedServer

    def settings(self, service: dict[str, Any], **more: str) -> dict[str, str]:
        user, database = re.findall(r"//(\w+)@\w+/(\w+)", service["environment"]["DATABASE_URL"])[0]
        url = self.server.url(database).replace("//postgres@", f"//{user}@")
        return {
            **self.environment, "PATH": str(Path(sys.executable).parent), "HOST": "127.0.0.1", "DATABASE_URL": url,
            "PGPASSWORD": "only asked for by a server behind an address", **more,
        }  # fmt: skip

    def start(self, service: dict[str, Any], *arguments: str, **more: str) -> subprocess.Popen[str]:
        command = [*self.image["ENTRYPOINT"].words, *(arguments or service["command"])]
        return subprocess.Popen(
            command, cwd=self.root, env=self.settings(service, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def run(self, service: dict[str, Any], *arguments: str, **more: str) -> str:
        process = self.start(service, *arguments, **more)
        out, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        return out.strip()

    def healthy(self, service: dict[str, Any], port: int) -> bool:
        check = Instruction("CMD", self.image["HEALTHCHECK"].value.partition("CMD ")[2]).words
        asked = subprocess.run(
            check, cwd=self.root, env=self.settings(service, PORT=str(port)), capture_output=True, check=False
        )
        return asked.returncode == 0

    def files(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.root.rglob("*")}


@pytest.fixture
def composed(
    tmp_path: Path, stages: list[list[Instruction]], image: dict[str, Instruction], environment: dict[str, str]
) -> Iterator[Composed]:
    for source, target in copied(stages):
        if (PROJECT / source).is_dir():
            shutil.copytree(PROJECT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / source, tmp_path / target)
    with embedded.temporary() as server:
        subprocess.run(
            [_installed()[0] / "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1",
             "-f", PROJECT / "compose/roles.sql", server.url("postgres")],
            env={"OWNER_PASSWORD": "it's", "APP_PASSWORD": 'a "secret"; --'}, check=True,
        )  # fmt: skip
        yield Composed(tmp_path, image, environment, server)


def sql_of(document: str) -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", (PROJECT / document).read_text(), re.MULTILINE | re.DOTALL)


def checkpointed(composed: Composed, ours: dict[str, Any], audit: Path) -> str:
    """What `audit verify` says once the worker signs as the page for operators has it."""
    make_witness = next(block for block in sql_of("docs/deployment.md") if "care_month_witness" in block)
    with psycopg.connect(composed.server.url("care_month"), autocommit=True) as superuser:
        superuser.execute(make_witness.encode())
    witness = composed.server.url("care_month").replace("//postgres@", "//care_month_witness@")
    chosen = {"AUDIT_KEY_FILE": str(audit / "key"), "CHECKPOINT_FILE": str(audit / "checkpoints.ndjson")}
    composed.run(ours["worker"], "audit", "key", str(audit / "key"))
    composed.run(ours["worker"], "worker", "--once", **chosen, CHECKPOINT_DATABASE_URL=witness)
    return composed.run(
        ours["migrate"], "audit", "verify", "--checkpoints", chosen["CHECKPOINT_FILE"], "--public-key",
        str(audit / "key.pub"),
    )  # fmt: skip


def test_what_it_holds_runs_on_the_database_that_is_composed(
    composed: Composed, ours: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = composed.files()
    composed.run(ours["migrate"])
    practice = composed.run(ours["migrate"], "access", "create-practice", "Elm Street")
    key = composed.run(ours["migrate"], "access", "create-key", practice, "ehr")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not composed.healthy(ours["app"], port)
    serving = composed.start(ours["app"], PORT=str(port))
    try:
        while not composed.healthy(ours["app"], port):
            assert serving.poll() is None
            time.sleep(0.1)
        at = f"http://127.0.0.1:{port}"
        with urlopen(f"{at}/readyz", timeout=30) as answer:
            assert answer.status == 200
        fact = {"kind": "consent", "id": "c", "patient": "p", "action": "given", "program": "ccm", "on": "2026-03-02"}
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": "k"}
        with urlopen(Request(f"{at}/v1/facts", json.dumps(fact).encode(), headers), timeout=30) as answer:
            assert answer.status == 201
        # The owner's function works for the worker, though neither is a superuser.
        with psycopg.connect(composed.server.url("care_month"), autocommit=True) as superuser:
            superuser.execute("UPDATE idempotency_key SET expires_at = now()")
            composed.run(ours["worker"], "worker", "--once")
            assert superuser.execute("SELECT count(*) FROM idempotency_key").fetchone() == (0,)
        # Neither may read the other's: who makes checkpoints sees heads, the owner reads as the application.
        assert "1 facts are what checkpoints saw" in checkpointed(composed, ours, tmp_path_factory.mktemp("audit"))
    finally:
        serving.terminate()
        _, log = serving.communicate(timeout=60)
    assert serving.returncode == 0, log
    assert composed.files() == before
