"""Deciding a month without storing anything."""

import json
from typing import Any

import httpx
import pytest

from app.api.documents.determination_examples import COMPARING_REQUEST, EVALUATION_REQUEST, SHORT_REQUEST
from app.months.evaluate import EvaluationRequest, evaluate

Body = dict[str, Any]


async def test_the_example_is_billable(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/evaluations", json=EVALUATION_REQUEST)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    determination = answer.json()
    assert determination["status"] == "billable"
    assert [(line["code"], line["units"]) for line in determination["claim_lines"]] == [("99490", 1), ("99439", 1)]
    assert "positions" not in determination


async def test_a_refusal_is_an_answer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/evaluations", json=SHORT_REQUEST)
    assert answer.status_code == 200
    determination = answer.json()
    assert determination["status"] == "not_billable"
    (gap,) = (gap for gap in determination["gaps"] if gap["code"] == "99490")
    assert gap["needs_seconds"] == 120


async def test_appending_what_settles_a_gap_closes_it(client: httpx.AsyncClient) -> None:
    short = (await client.post("/v1/evaluations", json=SHORT_REQUEST)).json()
    (gap,) = (gap for gap in short["gaps"] if gap["code"] == "99490")
    mended = SHORT_REQUEST | {"facts": [*SHORT_REQUEST["facts"], *gap["settles"]]}
    assert (await client.post("/v1/evaluations", json=mended)).json()["status"] == "billable"


async def test_the_same_bytes_in_any_order(client: httpx.AsyncClient) -> None:
    first = await client.post("/v1/evaluations", json=EVALUATION_REQUEST)
    backwards = EVALUATION_REQUEST | {"facts": EVALUATION_REQUEST["facts"][::-1]}
    second = await client.post("/v1/evaluations", json=backwards)
    assert first.content == second.content


async def test_nothing_is_kept(client: httpx.AsyncClient) -> None:
    facts = [fact | {"patient": "p1"} for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "time_entry"]
    assert (await client.post("/v1/evaluations", json=EVALUATION_REQUEST | {"facts": facts})).status_code == 200
    assert (await client.get("/v1/patients/p1/facts")).status_code == 404


async def test_no_facts_are_a_question_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/evaluations", json={"service_month": "2026-03", "facts": []})
    assert answer.json()["status"] == "not_billable"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"service_month": "2026-13"}, "/service_month"),
        ({"service_month": 202603}, "/service_month"),
        ({"service_month": None}, "/service_month"),
        ({"service_month": "2014-12"}, "/service_month"),
        ({"service_month": "2028-01"}, "/service_month"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"time_zone": 5}, "/time_zone"),
        ({"known_on": "2026-02-30"}, "/known_on"),
        ({"known_on": "0001-01-01"}, "/known_on"),
        ({"known_on": "9999-12-31"}, "/known_on"),
        ({"billing_practitioner": ""}, "/billing_practitioner"),
        ({"billing_practitioner": ["DR_A"]}, "/billing_practitioner"),
        ({"policy": {"preference": "most"}}, "/policy/preference"),
        ({"policy": {"nonsense": 1}}, "/policy/nonsense"),
        ({"policy": []}, "/policy"),
        ({"facts": None}, "/facts"),
        ({"facts": {}}, "/facts"),
        ({"patient": "p1"}, "/patient"),
        ({"rulebook_month": "2014-12"}, "/rulebook_month"),
        ({"rulebook_month": "2028-01"}, "/rulebook_month"),
        ({"rulebook_month": "next year"}, "/rulebook_month"),
        ({"rulebook_month": 202701}, "/rulebook_month"),
        ({"compare_programs": []}, "/compare_programs"),
        ({"compare_programs": ["ccm"] * 11}, "/compare_programs"),
        ({"compare_programs": "ccm"}, "/compare_programs"),
        ({"compare_programs": ["ccm", "cmm"]}, "/compare_programs/1"),
        ({"compare_programs": ["ccm"], "service_month": "2027-12"}, "/compare_programs"),
        ({"stored": True}, "/stored"),
    ],
)
async def test_bad_questions(client: httpx.AsyncClient, change: Body, pointer: str) -> None:
    answer = await client.post("/v1/evaluations", json=EVALUATION_REQUEST | change)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_everything_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    body = {
        "month": "2026-03",
        "facts": [
            {"kind": "time_entry", "id": "t1", "program": "ccm", "performer": "x", "role": "nurse", "on": "2026-03-01"},
            {"kind": "attestation", "id": "a"},
        ],
    }
    answer = await client.post("/v1/evaluations", json=body)
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/service_month", "/month", "/facts/0/role", "/facts/1/kind"}


async def test_programs_are_compared_for_the_next_month(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/evaluations", json=COMPARING_REQUEST)
    compared = answer.json()["comparison"]
    assert {(one["program"], one["service_month"]) for one in compared} == {
        ("ccm", "2026-04"), ("pcm", "2026-04"), ("apcm", "2026-04"),
    }  # fmt: skip
    assert all(finding["cites"] for one in compared for option in one["options"] for finding in option["missing"])


async def test_facts_that_contradict_each_other(client: httpx.AsyncClient) -> None:
    entry = EVALUATION_REQUEST["facts"][-1]
    for wrong in (
        entry | {"seconds": 5},
        entry | {"id": "new", "corrects": "nothing"},
        {"kind": "retraction", "id": "r", "retracts": {"kind": "consent", "id": "nothing"}, "reason": "x"},
    ):
        body = EVALUATION_REQUEST | {"facts": [*EVALUATION_REQUEST["facts"], wrong]}
        answer = await client.post("/v1/evaluations", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"].startswith(f"/facts/{len(body['facts']) - 1}")


async def test_one_patient_at_a_time(client: httpx.AsyncClient) -> None:
    facts = [fact | {"patient": "p1"} for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "time_entry"]
    body = EVALUATION_REQUEST | {"facts": [facts[0], facts[1] | {"patient": "p2"}]}
    answer = await client.post("/v1/evaluations", json=body)
    assert answer.json()["errors"][0]["pointer"] == "/facts/1/patient"
    assert (await client.post("/v1/evaluations", json=EVALUATION_REQUEST | {"facts": facts})).json()["patient"] == "p1"


async def test_two_thousand_facts_and_no_more(client: httpx.AsyncClient) -> None:
    entry = EVALUATION_REQUEST["facts"][-1]
    many = [entry | {"id": f"t{number}", "seconds": 1} for number in range(2_000)]
    assert (await client.post("/v1/evaluations", json=EVALUATION_REQUEST | {"facts": many})).status_code == 200
    more = EVALUATION_REQUEST | {"facts": [*many, entry]}
    assert (await client.post("/v1/evaluations", json=more)).json()["errors"][0]["pointer"] == "/facts"


async def test_what_comes_over_http_is_what_the_function_says(client: httpx.AsyncClient) -> None:
    over_http = await client.post("/v1/evaluations", json={"service_month": "2026-03", "facts": []})
    assert over_http.content == evaluate(EvaluationRequest(service_month="2026-03", facts=()))
    assert list(json.loads(over_http.content))[:2] == ["service_month", "status"]
