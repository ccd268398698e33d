"""The law over HTTP: for everybody, whole, and kept by whoever asks."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from app.rulebook import loader
from tests.api.test_openapi import DRAFT, rooted

Json = dict[str, Any]


async def law(nobody: httpx.AsyncClient, month: str) -> Json:
    answer = await nobody.get(f"/v1/rulebook/{month}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: Json = answer.json()
    return found


async def test_a_month_needs_no_key_and_names_its_law(nobody: httpx.AsyncClient) -> None:
    found = await law(nobody, "2024-03")
    digests = loader.law("2024-03").digests
    assert found["rulebook"] == {
        "service_month": "2024-03",
        "version": digests.version,
        "law_digest": digests.law,
        "wording_digest": digests.wording,
    }
    rules = {rule["rule"]: rule for rule in found["rules"]}
    assert set(rules) == {rule for rule, text in loader.law("2024-03").texts.items() if text.since <= "2024-03"}
    cons = rules["CONS-08"]
    assert cons["standing"] == "read" and cons["since"] == "2015-01"
    assert cons["cites"][0]["url"] == "https://www.federalregister.gov/citation/88-FR-78818"
    assert cons["cites"][0]["title"]
    assert "until" not in cons
    assert "{withdrawn}" in cons["says"]["withdrawn"]
    assert cons["remedies"]["withdrawn"]


async def test_what_is_answered_fits_the_document(nobody: httpx.AsyncClient, app: FastAPI) -> None:
    document = app.openapi()
    registry = jsonschema_rs.Registry([("https://care-month/", {**document, "$schema": DRAFT})])
    for name, path in (
        ("RulebookMonth", "2024-03"),
        ("RulebookMonth", "2027-12"),
        ("RulebookDiff", "diff?from=2021-12&to=2026-01"),
    ):
        schema = rooted({"$ref": f"#/components/schemas/{name}"})
        errors = [
            f"{error.instance_path} {error.message}"
            for error in jsonschema_rs.Draft202012Validator(schema, registry=registry).iter_errors(
                await law(nobody, path)
            )
        ]
        assert not errors


async def test_what_changed_between_two_months(nobody: httpx.AsyncClient) -> None:
    found = await law(nobody, "diff?from=2021-12&to=2022-01")
    assert (found["from"]["service_month"], found["to"]["service_month"]) == ("2021-12", "2022-01")
    assert "99437" in {code["code"] for code in found["codes"]["opened"]}
    (practitioner,) = (one for one in found["pathways"]["changed"] if one["pathway"] == "practitioner")
    # The add-on was not there before: the side that lacks it is left out.
    assert {"what": "add_on.code", "after": "99437"} in practitioner["changes"]


async def test_a_copy_is_kept_until_the_law_is_another(nobody: httpx.AsyncClient) -> None:
    first = await nobody.get("/v1/rulebook/2024-03")
    assert first.headers["cache-control"] == "public, max-age=300"
    tag = first.headers["etag"]
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await nobody.get("/v1/rulebook/2024-03", headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await nobody.get("/v1/rulebook/2024-04", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


@pytest.mark.parametrize("month", ["2014-12", "2028-01", "1999-01"])
async def test_a_month_without_a_law_is_not_there(nobody: httpx.AsyncClient, month: str) -> None:
    answer = await nobody.get(f"/v1/rulebook/{month}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("2024-13", ["month"]),
        ("march", ["month"]),
        ("2024-03?verbose=1", [None]),  # a name the sender chose is not repeated
        ("diff", ["from", "to"]),
        ("diff?from=2024-03", ["to"]),
        ("diff?from=2024-03&to=2024-3", ["to"]),
        ("diff?from=2014-12&to=2028-01", ["from", "to"]),
        ("diff?from=2024-03&from=2024-04&to=2024-05", ["from"]),
    ],
)
async def test_what_is_no_month_is_told(nobody: httpx.AsyncClient, path: str, parameters: list[str | None]) -> None:
    answer = await nobody.get(f"/v1/rulebook/{path}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert [error.get("parameter") for error in answer.json()["errors"]] == parameters
