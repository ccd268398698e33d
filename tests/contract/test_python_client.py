"""A Python client made from the document is made whole, passes strict type checks and works against the service."""

import json
from pathlib import Path

import yaml

from tests.cli.running import Running
from tests.contract.programs import DOCUMENT, PLACE, python, succeeded

PROGRAM = PLACE / "python" / "main.py"


def test_it_type_checks_and_has_a_month_decided(service: Running, tmp_path: Path) -> None:
    client = tmp_path / "client" / "care_month_client"
    made = python(
        "openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", client.parent, cwd=tmp_path,
    )  # fmt: skip
    said = succeeded(made) + made.stderr
    # The same facts may be sent as lines, which it does not know; each of these calls has their JSON form.
    assert said.count("WARNING") == said.count("Unsupported content type application/x-ndjson") == 3, said
    paths = yaml.safe_load(DOCUMENT.read_text())["paths"]
    calls = [path for path in client.glob("api/*/*.py") if path.name != "__init__.py"]
    assert len(calls) == sum(len(methods) for methods in paths.values())
    succeeded(
        python(
            "mypy", "--strict", "--cache-dir", tmp_path / "mypy", client, PROGRAM,
            cwd=tmp_path, MYPYPATH=str(client.parent),
        )
    )  # fmt: skip

    printed = succeeded(
        python("python", PROGRAM, service.at, service.key, PYTHONPATH=str(client.parent), PYTHONDONTWRITEBYTECODE="1")
    )

    assert json.loads(printed) == {
        "stored": 8,
        "position": 1,
        "status": "billable",
        "lines": [{"code": "99490", "units": 1, "counted_seconds": 1500}],
        "cents": 6613,
        "mistake": ["/ended_at"],
    }
