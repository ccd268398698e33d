"""A TypeScript client made from the document compiles under strict settings and works against the running service."""

import json
import shutil
from pathlib import Path

from tests.cli.running import Running
from tests.contract.programs import DOCUMENT, NODE_PACKAGES, PLACE, node, succeeded


def test_it_compiles_and_has_a_month_decided(service: Running, tmp_path: Path) -> None:
    shutil.copytree(PLACE / "typescript", tmp_path, dirs_exist_ok=True)
    (tmp_path / "node_modules").symlink_to(NODE_PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    succeeded(node("openapi-typescript", DOCUMENT, "--output", tmp_path / "care-month.d.ts"))
    succeeded(node("tsc", "--project", tmp_path))

    said = json.loads(succeeded(node("node", tmp_path / "compiled" / "main.js", service.at, service.key)))

    assert said == {
        "stored": 8,
        "position": 1,
        "status": "billable",
        "lines": [{"code": "99490", "units": 1, "counted_seconds": 1500}],
        "cents": 6613,
        "mistake": ["/on"],
    }
