"""The programs that check the contract, each from where `make contract` installed it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.cli.running import PROJECT

DOCUMENT: Final = PROJECT / "openapi" / "openapi.yaml"
PLACE: Final = Path(__file__).parent
NODE_PACKAGES: Final = PLACE / "node_modules"
PYTHON_PROGRAMS: Final = PROJECT / ".venv-contract" / "bin"


def node(program: str, *arguments: str | Path, cwd: Path = PLACE) -> subprocess.CompletedProcess[str]:
    """A program of the Node packages, or a script of Node itself."""
    found = shutil.which("node") if program == "node" else NODE_PACKAGES / ".bin" / program
    return _run(str(found), *arguments, cwd=cwd)


def python(
    program: str, *arguments: str | Path, cwd: Path = PLACE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A program of the contract's own virtualenv."""
    return _run(str(PYTHON_PROGRAMS / program), *arguments, cwd=cwd, **environment)


def _run(program: str, *arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # The programs call one another by name.
    path = os.pathsep.join([str(PYTHON_PROGRAMS), os.environ.get("PATH", "")])
    return subprocess.run(
        [program, *map(str, arguments)],
        cwd=cwd, env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip


def succeeded(finished: subprocess.CompletedProcess[str]) -> str:
    """What a program printed; all that it said where it failed."""
    assert finished.returncode == 0, f"{finished.args}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout
