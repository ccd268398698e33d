"""The OpenAPI document says what the application does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.documents.texts import TAGS
from app.cli.document import text

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.yaml"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(app: FastAPI) -> Document:
    return app.openapi()


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_committed_document_equals_the_apps() -> None:
    assert COMMITTED.read_text() == text(), "run: python -m app openapi > openapi/openapi.yaml"


def test_it_is_openapi_3_1(document: Document) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert "itemSchema" not in text()


async def test_it_is_served(nobody: httpx.AsyncClient, document: Document) -> None:
    assert (await nobody.get("/openapi.json")).json() == yaml.safe_load(COMMITTED.read_text())


def test_every_call_is_described(document: Document) -> None:
    chapters = [tag["name"] for tag in TAGS]
    names = []
    for where, operation in operations(document):
        names.append(operation["operationId"])
        assert operation["summary"], where
        assert len(operation["description"]) > 40, where
        assert operation["tags"][0] in chapters, where
        assert ("security" in operation) == (operation["tags"] != ["Operations"]), where
        assert any(status.startswith("2") for status in operation["responses"]), where
        for status, response in operation["responses"].items():
            for media in response["content"].values():
                assert media["examples"] or media["example"], f"{where} {status}"
    assert len(names) == len(set(names))


def test_every_call_tells_the_mistakes_it_can_answer(document: Document) -> None:
    for where, operation in operations(document):
        known = "security" in operation
        expected = {"406", "422", "500"}
        expected |= {"401", "429", "503"} if known else set()
        expected |= {"400", "413", "415"} if "requestBody" in operation else set()
        expected |= {"404"} if "{patient}" in where else set()
        expected |= {"409"} if "requestBody" in operation and "evaluations" not in where else set()
        answered = {status for status in operation["responses"] if not status.startswith("2")}
        assert expected <= answered <= expected | {"503"}, where
        for status, response in operation["responses"].items():
            rate = {"RateLimit", "RateLimit-Policy"} if known and status != "401" else set()
            assert rate == set(response["headers"]) & {"RateLimit", "RateLimit-Policy"}, where
            assert ("Retry-After" in response["headers"]) == (status in {"429", "503"}), where


def test_every_example_is_what_its_schema_says(document: Document) -> None:
    registry = jsonschema_rs.Registry([("https://care-month/", {**document, "$schema": DRAFT})])
    for where, operation in operations(document):
        described = [operation.get("requestBody", {}), *operation["responses"].values()]
        for part in described:
            for media_type, media in part.get("content", {}).items():
                schema = rooted(media["schema"])
                validator = jsonschema_rs.Draft202012Validator(schema, registry=registry)
                for name, shown in media.get("examples", {}).items():
                    errors = [f"{e.instance_path} {e.message}" for e in validator.iter_errors(shown["value"])]
                    assert not errors, f"{where} {media_type} {name}: {errors[:3]}"
    for name, schema in document["components"]["schemas"].items():
        validator = jsonschema_rs.Draft202012Validator(rooted(schema), registry=registry)
        for shown in schema.get("examples", []):
            assert validator.is_valid(shown), name


DRAFT = "https://json-schema.org/draft/2020-12/schema"


def rooted(schema: Any) -> Any:
    """The schema with its references made absolute, so that it can be used outside the document."""
    if isinstance(schema, dict):
        return {
            name: f"https://care-month/{value}" if name == "$ref" else rooted(value) for name, value in schema.items()
        }
    return [rooted(item) for item in schema] if isinstance(schema, list) else schema


def test_a_senders_fact_has_no_source_and_a_stored_one_has(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for reference in schemas["Fact"]["oneOf"]:
        assert "source" not in schemas[reference["$ref"].rpartition("/")[2]]["properties"]
    for reference in schemas["StoredFact"]["oneOf"]:
        stored = schemas[reference["$ref"].rpartition("/")[2]]
        assert {"source", "recorded_at", "position"} <= set(stored["required"])
    assert set(schemas["Fact"]["discriminator"]["mapping"]) == set(schemas["StoredFact"]["discriminator"]["mapping"])


async def test_the_documentation_asks_nobody_else(nobody: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc"):
        page = await nobody.get(path)
        assert page.status_code == 200
        assert "https://" not in page.text
        assert "http://" not in page.text
    assert '"persistAuthorization": true' in (await nobody.get("/docs")).text
    for path in ("/static-offline-docs/swagger-ui-bundle.js", "/static-offline-docs/swagger-ui.css"):
        assert (await nobody.get(path)).status_code == 200
    bundle = await nobody.get("/redoc.standalone.js")
    assert bundle.status_code == 200
    # What else names a server is links to follow and namespaces; nothing is fetched from there.
    assert "cdn.redoc.ly" not in bundle.text
