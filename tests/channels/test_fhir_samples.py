"""Files that nobody here wrote, read as they are. Skipped where they are not at hand (`SAMPLE_FILES`)."""

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.channels.fhir import BundleError, facts_of

ROOT = Path(os.environ.get("SAMPLE_FILES", "")) / "fhir"
pytestmark = pytest.mark.skipif("SAMPLE_FILES" not in os.environ, reason="SAMPLE_FILES names no folder")

ZONE = "America/New_York"
YIELD = {
    "Gayla": {"visit": 16, "condition": 6, "care_plan": 1},
    "Max": {"visit": 17, "condition": 6, "care_plan": 2},
}


def files(pattern: str) -> list[Path]:
    return sorted(ROOT.glob(pattern)) if "SAMPLE_FILES" in os.environ else []


def wrapped(*resources: dict[str, Any]) -> dict[str, Any]:
    requests = [{"method": "POST", "url": resource["resourceType"]} for resource in resources]
    entries = [{"resource": each, "request": request} for each, request in zip(resources, requests, strict=True)]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


@pytest.mark.parametrize("path", files("synthea/*.json"), ids=lambda path: path.name.split("_")[0])
def test_a_synthea_patient(path: Path) -> None:
    bundle = json.loads(path.read_bytes())
    started = time.perf_counter_ns()
    mapped = facts_of(bundle, ZONE)
    assert time.perf_counter_ns() - started < 1_000_000_000
    assert Counter(fact.kind for fact in mapped.facts) == YIELD[path.name.split("_")[0]]
    not_used = {entry.resource_type for entry in mapped.entries if entry.name is None}
    assert {"Claim", "ExplanationOfBenefit", "Observation", "Organization"} <= not_used
    (doctor,) = [entry for entry in mapped.entries if entry.resource_type == "Practitioner"]
    assert doctor.fact is None
    assert "No credential is stated" in doctor.issues[-1].says


@pytest.mark.parametrize("path", files("us-core/*.json") + files("r4-examples/*.json"), ids=lambda path: path.stem)
def test_an_example_of_the_specification(path: Path) -> None:
    mapped = facts_of(wrapped(json.loads(path.read_bytes())), ZONE)
    assert len(mapped.entries) == 1
    assert mapped.facts or mapped.issues


@pytest.mark.parametrize("path", files("bulk/*.ndjson"), ids=lambda path: path.stem)
def test_bulk_lines(path: Path) -> None:
    resources = [json.loads(line) for line in path.read_text().splitlines()]
    made = 0
    for resource in resources:
        try:
            made += len(facts_of(wrapped(resource), ZONE).facts)
        except BundleError as error:
            pytest.fail(f"{error.issue.place}: {error.issue.says}")
    assert made or path.name.startswith(("Practitioner", "Procedure", "Encounter"))
