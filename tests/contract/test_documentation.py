"""The documentation in a browser: what a newcomer does works, without a complaint and without asking anybody else."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api.documents.texts import TAGS
from tests.cli.running import Running
from tests.contract.programs import DOCUMENT, PLACE, node, succeeded

CHROMIUM = shutil.which(os.environ.get("CHROMIUM") or "chromium") or "chromium"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go: `PICTURES` names a folder that is kept."""
    folder = Path(os.environ.get("PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def seen(service: Running, pictures: Path) -> Any:
    script = PLACE / "browser" / "documentation.mjs"
    return json.loads(succeeded(node("node", script, service.at, service.key, pictures, CHROMIUM)))


def test_nobody_else_is_asked_and_nothing_complains(seen: Any, service: Running) -> None:
    assert seen["elsewhere"] == []
    assert seen["complaints"] == []
    assert f"{service.at}/openapi.json" in seen["asked"]


def test_the_chapters_stand_in_reading_order(seen: Any) -> None:
    assert seen["swagger"]["chapters"] == [tag["name"] for tag in TAGS]


def test_the_example_fact_makes_the_month_billable(seen: Any) -> None:
    recorded, decided = seen["swagger"]["recorded"], seen["swagger"]["decided"]
    assert (recorded["status"], recorded["body"]["stored"]) == (201, 2)
    assert decided["status"] == 200
    assert (decided["body"]["patient"], decided["body"]["status"]) == ("demo-ben", "billable")
    assert [line["code"] for line in decided["body"]["claim_lines"]] == ["99490"]


def test_redoc_shows_every_call(seen: Any) -> None:
    document = yaml.safe_load(DOCUMENT.read_text())
    described = [*document["paths"].values(), *document["webhooks"].values()]
    assert seen["redoc"]["title"].startswith("Care Month")
    assert seen["redoc"]["calls"] == sum(len(methods) for methods in described)


def test_a_problems_page_says_what_it_means(seen: Any) -> None:
    assert seen["problem"] == "422 The request is not well-formed"
