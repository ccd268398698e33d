"""The acceptance cases and those of a second reading of the rule book, straight through the core: what a client sends, read and
evaluated without a server.
"""

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.api.evaluation_reading import evaluation_request
from app.errors import Problem
from app.months.evaluate import evaluate

CASES = Path(__file__).parents[1] / "cases"
AREAS = {
    "care_plan", "claims", "complex", "concurrent_services", "consent", "eligibility", "g0506", "history",
    "initiating_visit", "malformed", "neighbours", "practitioners", "rhc_fqhc", "thresholds", "time",
}  # fmt: skip


def runner() -> Any:
    """The runner that partners use against a server; its reader and comparison serve here too."""
    spec = importlib.util.spec_from_file_location("run_cases", CASES / "run_cases.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN_CASES = runner()
BUILT = RUN_CASES.load_cases([str(CASES)])
READ_AGAIN = RUN_CASES.load_cases([str(CASES.with_name("second_reading"))])


@pytest.mark.parametrize("case", [*BUILT, *READ_AGAIN], ids=lambda case: f"{case['area']}-{case['id']}")
def test_case(case: dict[str, Any]) -> None:
    wanted = case["expect"].get("http", 200)
    try:
        answer = msgspec.json.decode(evaluate(evaluation_request(case["request"])))
        status = 200
    except Problem as problem:
        answer, status = {}, problem.status
    assert status == wanted
    if wanted == 200:
        assert RUN_CASES.compare(case["expect"], answer) == [], case["title"]


def test_there_are_cases_of_every_area() -> None:
    assert {case["area"] for case in BUILT} == AREAS
    assert len(BUILT) > 90
