"""The laws of this house that no linter knows, checked by walking the tree."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
APP = sorted((PROJECT / "app").rglob("*.py"))
LAW_AND_CORE = [path for path in APP if path.relative_to(PROJECT).parts[1] in {"determination", "rulebook"}]
LINES = 350

# What each may import besides the standard library: the law is reckoned from nothing else.
KNOWN = {
    "app/determination": {"msgspec", "app.determination"},
    "app/rulebook": {"msgspec", "app.determination", "app.rulebook"},
}

VAGUE_NAMES = {"service", "services", "utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

# Names whose call would make the same question answer differently on another day or machine.
CLOCKS_AND_CHANCE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "dt.datetime.now", "dt.datetime.utcnow",
    "dt.datetime.today", "dt.date.today", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter",
    "uuid.uuid4", "uuid4", "uuid.uuid1", "os.urandom", "os.getenv",
}  # fmt: skip
CHANCE_MODULES = {"random", "secrets"}
READING = {"open", "io.open", "os.open"}
READING_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "open"}
READERS = {"app/rulebook/loader.py"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := PROJECT / name).is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(), str(path)))


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def test_files_are_small() -> None:
    too_long = {name_of(path): lines for path in APP if (lines := len(path.read_text().splitlines())) > LINES}
    assert not too_long


def test_files_are_named_for_what_they_hold() -> None:
    assert not [name_of(path) for path in APP if VAGUE_NAMES & {path.stem, *path.relative_to(PROJECT).parts}]


def imported(written: str, path: Path) -> Iterator[tuple[int, str]]:
    """What a file imports, wherever in it, with the line. Relative imports are spelled out."""
    package = path.relative_to(PROJECT).parent.parts
    for node in ast.walk(ast.parse(written, str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from app import logs` imports a module, too.
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def strangers(written: str, path: Path, known: set[str]) -> list[str]:
    return [
        f"{name_of(path)}:{line} imports {name}"
        for line, name in imported(written, path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == each or name.startswith(f"{each}.") for each in known)
    ]


@pytest.mark.parametrize("room", KNOWN)
def test_core_and_law_import_only_what_is_named(room: str) -> None:
    inside = [path for path in LAW_AND_CORE if name_of(path).startswith(f"{room}/")]
    assert inside
    assert not [found for path in inside for found in strangers(path.read_text(), path, KNOWN[room])]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("import datetime as dt, msgspec, orjson", "orjson"),
        ("from msgspec.structs import replace\nfrom pydantic import BaseModel", "pydantic.BaseModel"),
        ("from .. import errors", "app.errors"),
        ("from app import determination, logs", "app.logs"),
        ("from . import facts\nfrom ..rulebook import loader", "app.rulebook.loader"),
        ("import app.determination_too", "app.determination_too"),
        ("def f():\n    import sqlalchemy as math", "sqlalchemy"),
    ],
)
def test_a_stranger_is_noticed_however_it_comes_in(written: str, found: str) -> None:
    path = PROJECT / "app/determination/invented.py"
    (stranger,) = strangers(written, path, KNOWN["app/determination"])
    assert stranger.endswith(f" imports {found}")


def test_core_and_law_know_no_clock_no_chance_and_no_files() -> None:
    broken = []
    for path in LAW_AND_CORE:
        for node in nodes(path):
            where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
                broken += [f"{where} imports {module}" for module in CHANCE_MODULES & modules]
            if not isinstance(node, ast.Call):
                continue
            called = dotted(node.func)
            if called in CLOCKS_AND_CHANCE:
                broken.append(f"{where} calls {called}")
            reads = called in READING or (isinstance(node.func, ast.Attribute) and node.func.attr in READING_METHODS)
            if reads and name_of(path) not in READERS:
                broken.append(f"{where} calls {called}")
    assert not broken


def test_core_and_law_know_no_float() -> None:
    broken = []
    for path in LAW_AND_CORE:
        for node in nodes(path):
            where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                broken.append(f"{where} has the literal {node.value}")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                # Fractions and paths divide exactly; whoever divides them says so on the line.
                line = path.read_text().splitlines()[node.lineno - 1]
                if "exact" not in line and name_of(path) not in READERS:
                    broken.append(f"{where} divides with /")
            if isinstance(node, ast.Name) and node.id == "float":
                broken.append(f"{where} names float")
    assert not broken


def test_the_repository_knows_no_other_place() -> None:
    """A clone is whole: no file names this machine, a folder beside the project or a package registry's address."""
    elsewhere = re.compile(
        r"\.\./sha" r"red|(?<![\w.])/wo" r"rk/|https?://[\w.-]*(py" r"pi|pythonhosted|npm" r"js)[\w.]*|--(extra-)?index-u" r"rl[ =]"
    )  # fmt: skip
    allowed = {".ci/run"}
    found = []
    for path in tracked():
        if name_of(path) in allowed:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {match[0]}" for match in elsewhere.finditer(text)]
    assert not found


def test_the_lock_of_the_node_packages_names_no_address() -> None:
    lock = (PROJECT / "tests" / "contract" / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    found = [
        f"{name_of(path)}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".toml", ".md", ".yaml", ".ini"} or path.name in {"Makefile", "Dockerfile", "run"}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if later.search(line)
    ]
    assert not found
