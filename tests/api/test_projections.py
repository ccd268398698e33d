"""Projections over HTTP: as documented, of a number of patients or of the practice's own, and refused as bodies are."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from app.api.documents.projection_routes import COUNTED, MIXED, PROJECTION
from tests.api.test_openapi import DRAFT, rooted

PATH = "/v1/projections"
Json = dict[str, Any]


async def answered(client: httpx.AsyncClient, body: Json) -> Json:
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_the_documents_example_is_the_answer(client: httpx.AsyncClient) -> None:
    shown = PROJECTION["responses"][200]["content"]["application/json"]["examples"]["counted"]["value"]
    found = await answered(client, COUNTED)
    names = {one["name"] for one in shown["assumptions"]}
    shortened = [one for one in found["assumptions"] if one["name"] in names]
    law = found["rulebook"]
    assert {**found, "assumptions": shortened} == {**shown, "rulebook": law}


@pytest.mark.parametrize("body", [COUNTED, MIXED, {"service_month": "2027-12", "panel": {"stored": True}}])
async def test_what_is_answered_fits_the_document(client: httpx.AsyncClient, app: FastAPI, body: Json) -> None:
    registry = jsonschema_rs.Registry([("https://care-month/", {**app.openapi(), "$schema": DRAFT})])
    schema = rooted({"$ref": "#/components/schemas/Projection"})
    found = await answered(client, body)
    assert [
        error.message for error in jsonschema_rs.Draft202012Validator(schema, registry=registry).iter_errors(found)
    ] == []


async def test_the_practices_own_patients(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    conditions = [
        {"kind": "condition", "id": f"{patient}-{code}", "patient": patient, "code": code}
        for patient in ("p1", "p2", "p3", "p4", "p5") for code in ("E11.9", "I10")
    ]  # fmt: skip
    others = [
        {"kind": "visit", "id": "v", "patient": "p6", "code": "99214", "on": "2026-02-20", "practitioner": "DR_A"}
    ]
    assert (await client.post("/v1/facts", json=[*conditions, *others])).status_code == 201
    question = {"service_month": "2026-03", "panel": {"stored": True}}
    found = await answered(client, question)
    assert found["panel"] == {
        "medicare_patients": 6,
        "qualifying_patients": 5,
        "enrolled_patients": 2,
        "recorded": {"patients": 6, "medicare_patients": 6, "qualifying_patients": 5, "taking_part": 0},
    }
    # Two claims, 5 % of which is a tenth: 1.9 are paid 51.84 and 13.23, 123.633.
    assert found["full_month"]["revenue_cents"] == 12_363
    assert (await answered(neighbour, question))["panel"]["medicare_patients"] == 0


def test_nothing_is_by_default_a_list_of_nulls(app: FastAPI) -> None:
    members = app.openapi()["components"]["schemas"]["ProjectionRequest"]["properties"]
    assert "default" not in members["assumptions"]


async def test_it_needs_a_key(nobody: httpx.AsyncClient) -> None:
    assert (await nobody.post(PATH, json=COUNTED)).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({}, ["/service_month", "/panel"]),
        ({"service_month": "2026-03", "panel": []}, ["/panel"]),
        ({**COUNTED, "assumptions": {"denial_basis_points": 0.05}}, ["/assumptions/denial_basis_points"]),
        ({**COUNTED, "assumptions": {"facility": 1, "credential": "RN"}},
         ["/assumptions/facility", "/assumptions/credential"]),
        ({"service_month": "2028-01", "panel": {"stored": True}}, ["/service_month"]),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_in_its_place(client: httpx.AsyncClient, body: Any, pointers: list[str]) -> None:
    answer = await client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_the_largest_panel_is_reckoned_exactly(client: httpx.AsyncClient) -> None:
    assumed = {
        "qualifying_basis_points": 10_000, "enrolling_basis_points": 10_000, "counted_minutes": 6_000,
        "staff_minute_cents": 10_000, "fixed_month_cents": 10_000_000_000,
    }  # fmt: skip
    found = await answered(
        client, {"service_month": "2026-03", "panel": {"medicare_patients": 1_000_000}, "assumptions": assumed}
    )
    assert found["full_month"]["staff_cost_cents"] == 1_000_000 * 6_000 * 10_000
    # Every number fits where clients keep whole numbers exactly, JavaScript's among them.
    assert abs(found["full_year"]["profit_cents"]) < 2**53
