"""The OpenAPI document says what the application does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.documents.problem_answers import refusals
from app.api.documents.texts import TAGS
from app.api.problems import leaves, type_of
from app.cli.document import text
from app.errors import Problem
from app.rulebook import loader

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.yaml"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(app: FastAPI) -> Document:
    return app.openapi()


def operations(document: Document, part: str = "paths") -> Iterator[tuple[str, Document]]:
    for path, methods in document[part].items():
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
        assert ("security" in operation) == (operation["tags"][0] not in {"Operations", "Rule book", "Access"}), where
        assert any(status.startswith("2") for status in operation["responses"]), where
        for status, response in operation["responses"].items():
            for media in response["content"].values():
                assert media["examples"] or media["example"], f"{where} {status}"
    assert len(names) == len(set(names))


def descriptions(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("description"), str):
            yield part["description"]
        for value in part.values():
            yield from descriptions(value)
    elif isinstance(part, list):
        for value in part:
            yield from descriptions(value)


def test_no_description_is_shown_as_code(document: Document) -> None:
    told = list(descriptions(document))
    assert any("\n\n" in description for description in told)
    assert [description for description in told if re.search(r"^[ \t]+\S", description, re.MULTILINE)] == []


def test_it_says_which_programs_are_judged(document: Document) -> None:
    told = document["info"]["description"].split("**What is judged**")[1].split("\n\n")[0]
    for program in document["components"]["schemas"]["Program"]["enum"]:
        assert re.search(rf"\b{program}\b", told, re.IGNORECASE), program
    book = loader.book()
    assert f"from {book.first_month} to {book.last_month}" in told


@pytest.mark.parametrize("problem", leaves())
def test_every_problem_has_an_example(problem: type[Problem]) -> None:
    (media,) = refusals(problem)[problem.status]["content"].values()
    (shown,) = media["examples"].values()
    assert shown["value"]["type"] == type_of(problem)
    assert shown["value"]["status"] == problem.status
    assert shown["value"]["detail"]


def choices(part: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(part, dict):
        if isinstance(part.get("enum"), list):
            yield tuple(part["enum"])
        for value in part.values():
            yield from choices(value)
    elif isinstance(part, list):
        for value in part:
            yield from choices(value)


def test_words_allowed_in_several_places_have_one_name(document: Document) -> None:
    found = list(choices(document["components"]["schemas"]))
    assert len(found) == len(set(found))
    assert all(len(words) > 1 for words in found)


def test_calls_stand_in_the_order_of_their_chapters(document: Document) -> None:
    chapters = [tag["name"] for tag in document["tags"]]
    assert chapters == [tag["name"] for tag in TAGS]
    places = [chapters.index(operation["tags"][0]) for _, operation in operations(document)]
    assert places == sorted(places)


def test_a_write_leads_to_what_can_be_read_of_it(document: Document) -> None:
    parameters = {
        operation["operationId"]: {parameter["name"] for parameter in operation.get("parameters", [])}
        for _, operation in operations(document)
    }
    for where, operation in operations(document):
        if operation["tags"] not in (["Facts"], ["FHIR"]):
            continue
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                led_to = {link["operationId"] for link in response["links"].values()}
                assert led_to == {"readPatientLedger", "readDetermination"}, f"{where} {status}"
                for link in response["links"].values():
                    assert set(link["parameters"]) <= parameters[link["operationId"]]


def test_webhooks_are_prepared_and_said_to_be_not_sent(document: Document) -> None:
    assert list(document["webhooks"]) == ["determination.changed", "month.closed", "month.amended", "run.finished"]
    for name, (_, operation) in zip(document["webhooks"], operations(document, "webhooks"), strict=True):
        assert operation["tags"] == ["Webhooks"]
        assert "Not sent yet" in operation["description"]
        (message,) = operation["requestBody"]["content"]["application/json"]["examples"].values()
        assert message["value"]["type"] == name
        headers = [parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]]
        assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature"]


def test_every_call_tells_the_mistakes_it_can_answer(document: Document) -> None:
    for where, operation in operations(document):
        if where == "POST /oauth/token":  # what is wrong with what was sent is told there as OAuth tells it
            assert {"400", "401", "406", "413", "429", "500", "503"} == set(operation["responses"]) - {"200"}
            continue
        known = "security" in operation
        expected = {"406", "422", "500"}
        expected |= {"401", "403", "429", "503"} if known else set()
        expected |= {"400", "413", "415"} if "requestBody" in operation else set()
        expected |= {"404"} if "{patient}" in where or "{run}" in where else set()
        stores = not where.endswith(("/v1/evaluations", "/v1/projections"))
        expected |= {"409"} if "requestBody" in operation and stores else set()
        expected |= {"409"} if where.endswith(("/cancel", "/results", "/changes")) else set()
        expected |= {"304", "404"} & set(operation["responses"])
        answered = {status for status in operation["responses"] if not status.startswith("2")}
        assert expected <= answered <= expected | {"503"}, where
        for status, response in operation["responses"].items():
            rate = {"RateLimit", "RateLimit-Policy"} if known and status != "401" else set()
            assert rate == set(response["headers"]) & {"RateLimit", "RateLimit-Policy"}, where
            # A key in use answers 409, on writes, and may be tried again.
            again = {"429", "503", "409"}
            assert ("Retry-After" in response["headers"]) == (status in again), where


def test_every_example_is_what_its_schema_says(document: Document) -> None:
    registry = jsonschema_rs.Registry([("https://care-month/", {**document, "$schema": DRAFT})])
    for where, operation in [*operations(document), *operations(document, "webhooks")]:
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
    sent, stored_kinds = (set(schemas[name]["discriminator"]["mapping"]) for name in ("Fact", "StoredFact"))
    assert stored_kinds - sent == {"attestation"}  # the service's own
    assert sent < stored_kinds


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
