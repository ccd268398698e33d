"""The document is one that spectral, with its rules for OpenAPI and our own, has nothing to say about."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.contract.programs import DOCUMENT, node, succeeded

RULES = DOCUMENT.with_name(".spectral.yaml")


def test_spectral_finds_nothing() -> None:
    succeeded(node("spectral", "lint", "--fail-severity=hint", "--ruleset", RULES, DOCUMENT))


def test_each_of_our_rules_finds_what_it_is_for(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.yaml"
    damaged.write_text(yaml.safe_dump(_damaged(yaml.safe_load(DOCUMENT.read_text()))))
    found = node("spectral", "lint", "--format=json", "--quiet", "--ruleset", RULES, damaged)
    ours = {rule for rule in yaml.safe_load(RULES.read_text())["rules"] if rule.startswith("care-month-")}
    assert ours <= {finding["code"] for finding in json.loads(found.stdout)}


def _damaged(document: Any) -> Any:
    facts = document["paths"]["/v1/facts"]["post"]
    del facts["summary"], facts["security"], facts["parameters"][0]["description"]
    facts["operationId"] = "Store_facts"
    facts["tags"] = ["Facts", "Ledgers"]
    del facts["requestBody"]["content"]["application/json"]["examples"]
    answers = facts["responses"]
    del answers["200"]["content"], answers["409"]["headers"]
    del answers["400"]["content"]["application/problem+json"]["examples"]
    del answers["401"]["headers"]["WWW-Authenticate"]
    del answers["503"]["headers"]["Retry-After"]
    answers["413"]["content"] = {"text/plain": {"examples": {"plain": {"value": "Too much."}}}}
    bundles = document["paths"]["/fhir"]["post"]
    bundles["summary"] = "record a bundle."
    del bundles["responses"]["200"], bundles["responses"]["422"]
    del document["webhooks"]["month.closed"]["post"]["description"]
    return document
