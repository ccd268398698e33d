"""Whatever is sent, the answer is an answer or a problem, never a fault of ours."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.api.documents.fact_examples import example
from app.api.json_text import read_json
from app.determination.facts import KINDS, PatientFact, Retraction
from app.errors import Problem

JSON = {"Content-Type": "application/json"}
SENT = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EXAMPLES = [example(kind, about_patient=issubclass(KINDS[kind], PatientFact | Retraction)) for kind in KINDS]

awkward: st.SearchStrategy[Any] = st.sampled_from([
    "", " ", "/", "..", "\x00", "\ud800", "é", "0001-01-01", "9999-12-31", "2026-02-30", "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00+23:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-29", "2026-03",
    "ccm", "NaN", -1, 0, 1, 86_401, 2**31, 2**63, 10**30, 1.5, 1e308, True, None, [], {}, [[]], {"kind": "consent"},
])  # fmt: skip
anything = st.recursive(
    awkward | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def nearly_facts(draw: st.DrawFn) -> Any:
    """A good fact with something changed, left out or added."""
    fact = dict(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([*fact, "corrects", "source", "until", "extra"]))
        if draw(st.booleans()):
            fact[name] = draw(awkward | anything)
        else:
            fact.pop(name, None)
    return fact


def sent(value: Any) -> bytes:
    # As some clients write it: NaN and lone surrogates included.
    return json.dumps(value).encode()


def assert_answered(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("path", ["/v1/facts", "/v1/facts?partial=true", "/v1/time-entries?partial=true"])
@SENT
@given(facts=st.lists(nearly_facts() | anything, max_size=4))
async def test_facts(app: FastAPI, client: httpx.AsyncClient, path: str, facts: list[Any]) -> None:
    assert_answered(await client.post(path, content=sent({"facts": facts}), headers=JSON))


@SENT
@given(
    changes=st.dictionaries(st.sampled_from([*EVALUATION_REQUEST, "known_on", "policy", "extra"]), awkward | anything),
    facts=st.lists(nearly_facts() | anything, max_size=3),
)
async def test_evaluations(client: httpx.AsyncClient, changes: dict[str, Any], facts: list[Any]) -> None:
    body = {**EVALUATION_REQUEST, "facts": [*EVALUATION_REQUEST["facts"], *facts], **changes}
    assert_answered(await client.post("/v1/evaluations", content=sent(body), headers=JSON))


@SENT
@given(facts=st.lists(nearly_facts(), max_size=5))
async def test_evaluations_of_nearly_good_facts(client: httpx.AsyncClient, facts: list[Any]) -> None:
    for fact in facts:
        fact.pop("patient", None)
    good = [fact for fact in facts if (await _evaluated(client, [fact])).status_code == 200]
    assert_answered(await _evaluated(client, good))


async def _evaluated(client: httpx.AsyncClient, facts: list[Any]) -> httpx.Response:
    body = {"service_month": "2026-03", "facts": [*EVALUATION_REQUEST["facts"], *facts]}
    answer = await client.post("/v1/evaluations", content=sent(body), headers=JSON)
    assert_answered(answer)
    return answer


@SENT
@given(
    body=st.binary(max_size=200)
    | anything.map(sent)
    | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
async def test_bodies(client: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/v1/facts", "/v1/consents", "/v1/evaluations"):
        assert_answered(await client.post(path, content=body, headers=JSON))


@SENT
@given(
    patient=st.text(min_size=1, max_size=20),
    query=st.dictionaries(
        st.sampled_from(["kind", "month", "known_as_of", "cursor", "limit", "partial"]) | st.text(max_size=8),
        st.text(max_size=30),
        max_size=3,
    ),
)
async def test_addresses(client: httpx.AsyncClient, patient: str, query: dict[str, str]) -> None:
    segment = "".join(f"%{byte:02X}" for byte in patient.encode("utf-8", "surrogatepass"))
    params = {
        name.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for name, v in query.items()
    }
    for path in (f"/v1/patients/{segment}/facts", f"/v1/patients/{segment}/months/{segment}/determination"):
        assert_answered(await client.get(path, params=params))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(body=st.binary(max_size=60) | anything.map(sent))
def test_what_is_read_is_what_the_standard_library_reads(body: bytes) -> None:
    try:
        read = read_json(body)
    except Problem:
        return
    # Decimals are kept exactly, so both are compared as what was written.
    assert read == json.loads(body, parse_float=Decimal)
