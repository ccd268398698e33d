"""What schemathesis found: for each, the document and the service say the same of the input that told them apart."""

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ROOT = "https://care-month/"
CONSENT = {"id": "c1", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-03-02"}
ENTRY = {
    "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1", "role": "clinical_staff", "on": "2026-03-12",
    "seconds": 60,
}  # fmt: skip


def without(fact: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in fact.items() if each != name}


def entry_of_bundle(**envelope: Any) -> dict[str, Any]:
    resource = {"resourceType": "Basic", "id": "b1"}
    entry = {"resource": resource, "request": {"method": "PUT", "url": "Basic/b1"}, **envelope}
    return {"resourceType": "Bundle", "type": "batch", "entry": [entry]}


def valid(app: FastAPI, schema: Any, value: Any) -> bool:
    registry = jsonschema_rs.Registry([(ROOT, {**app.openapi(), "$schema": DRAFT})])
    rooted = json.loads(json.dumps(schema).replace('"$ref": "#', f'"$ref": "{ROOT}#'))
    return jsonschema_rs.Draft202012Validator(rooted, registry=registry).is_valid(value)


@pytest.mark.parametrize(
    ("path", "body", "taken"),
    [
        # A null where a list may be absent was taken, though the document knew only lists.
        ("/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": None}, True),
        ("/fhir", entry_of_bundle(fullUrl=None), True),
        # Empty texts and impossible types were refused, though the document allowed them.
        ("/fhir", entry_of_bundle(fullUrl=""), False),
        ("/fhir", entry_of_bundle(request={"method": "PUT", "url": ""}), False),
        ("/fhir", entry_of_bundle(resource={"resourceType": ""}), False),
        ("/fhir", entry_of_bundle(resource={"resourceType": "Basic", "id": ""}), False),
        # A topic named twice was taken, though the document wanted each once.
        ("/v1/consents", CONSENT | {"informed": ["cost_sharing", "cost_sharing"]}, True),
        # What is only ever stored needs its patient, which the document did not say.
        ("/v1/consents", without(CONSENT, "patient"), False),
        ("/v1/consents", CONSENT | {"patient": None}, False),
        ("/v1/time-entries", without(ENTRY, "patient"), False),
        ("/v1/time-entries", [ENTRY | {"patient": None}], False),
        # A locality of another form: what was expected could not be said, and the answer was a 500.
        ("/v1/facts", {"kind": "policy", "id": "policy-1", "from": "2026-03", "locality": "01112-5"}, False),
        ("/v1/facts", {"kind": "policy", "id": "policy-1", "from": "2026-03", "locality": "01112-05"}, True),
        # An instant's form: whole seconds and an offset.
        ("/v1/consents", without(CONSENT, "on") | {"at": "2026-03-02T10:00:00.000Z"}, True),
        ("/v1/consents", without(CONSENT, "on") | {"at": "2026-03-02t10:00:00z"}, True),
        ("/v1/consents", without(CONSENT, "on") | {"at": "2026-03-02T10:00:00.5Z"}, False),
        ("/v1/consents", without(CONSENT, "on") | {"at": "2026-06-30T23:59:60Z"}, False),
        ("/v1/consents", without(CONSENT, "on") | {"at": "1080-10-26T08:51:43Z"}, False),
    ],
)
async def test_bodies(app: FastAPI, client: httpx.AsyncClient, path: str, body: Any, *, taken: bool) -> None:
    content, *_ = app.openapi()["paths"][path]["post"]["requestBody"]["content"].values()
    schema = content["schema"]
    assert valid(app, schema, body) is taken
    answer = await client.post(path, json=body)
    assert answer.status_code in ({200, 201} if taken else {422}), answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", ""),
        ("cursor", "\x1a"),
        ("cursor", "0" * 64),
        ("known_as_of", "1080-10-26T08:51:43Z"),
        ("known_as_of", "0471-11-18T15:29:17.06-00:12"),
        ("known_as_of", "2026-03-01T00:00:00.1234567Z"),
    ],
)
async def test_parameters(app: FastAPI, client: httpx.AsyncClient, name: str, value: str) -> None:
    declared = app.openapi()["paths"]["/v1/practice/facts"]["get"]["parameters"]
    (schema,) = [parameter["schema"] for parameter in declared if parameter["name"] == name]
    assert not valid(app, schema, value)
    answer = await client.get("/v1/practice/facts", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == name
