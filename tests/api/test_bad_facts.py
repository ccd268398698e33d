"""Facts that are refused: everything wrong is named, nothing sent is repeated, nothing is stored."""

from typing import Any

import httpx
import pytest
from msgspec import inspect

from app.api.expectations import faults
from app.determination.facts import KINDS
from app.months.evaluate import EvaluationRequest

ENTRY = {
    "kind": "time_entry", "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1",
    "role": "clinical_staff", "on": "2026-03-12", "seconds": 1500,
}  # fmt: skip
TIMED = {name: value for name, value in ENTRY.items() if name not in ("on", "seconds")}
AT = {"started_at": "2026-03-12T09:00:00-04:00", "ended_at": "2026-03-12T09:20:00-04:00"}


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        ({"seconds": "300"}, "/seconds", "whole number"),
        ({"seconds": 1.5}, "/seconds", "whole number"),
        ({"seconds": True}, "/seconds", "whole number"),
        ({"seconds": 0}, "/seconds", "from 1 to 86,400"),
        ({"seconds": 86_401}, "/seconds", "from 1 to 86,400"),
        ({"seconds": None}, "/seconds", "Give either"),
        ({"minutes": 5}, "/minutes", "Unknown field. Known here: id, patient"),
        ({"startedAt": 5}, "/startedAt", "Unknown field. Known here: id, patient"),
        ({"Jane Roe": 5}, "", "Unknown field number 9 of this object. Known here: id, patient"),
        ({"roe-1950": 5}, "", "Unknown field number 9 of this object. Known here: id, patient"),
        ({"service_month": "2026-03"}, "/service_month", "Unknown field. Known here: id, patient"),
        ({"source": "ehr"}, "/source", "credential"),
        ({"on": "2026-02-30"}, "/on", "exists"),
        ({"on": "2026-2-3"}, "/on", "YYYY-MM-DD"),
        ({"on": "0000-01-01"}, "/on", "YYYY-MM-DD"),
        ({"on": "1899-12-31"}, "/on", "1900"),
        ({"on": "9999-12-31"}, "/on", "2199"),
        ({"on": 20260312}, "/on", "YYYY-MM-DD"),
        ({"role": "nurse"}, "/role", "clinical_staff, non_clinical, practitioner"),
        ({"program": None}, "/program", "One of"),
        ({"live_contact": "yes"}, "/live_contact", "true or false"),
        ({"id": ""}, "/id", "1 to 128"),
        ({"id": "x" * 129}, "/id", "1 to 128"),
        ({"patient": "a/b"}, "/patient", "without `/`"),
        ({"patient": None}, "/patient", "needed"),
        ({"kind": "attestation"}, "/kind", "service itself"),
        ({"kind": "nonsense"}, "/kind", "time_entry, consent"),
        ({"kind": None}, "/kind", "time_entry, consent"),
        ({"corrects": 5}, "/corrects", "1 to 128"),
    ],
)
async def test_one_field(client: httpx.AsyncClient, change: dict[str, Any], pointer: str, words: str) -> None:
    answer = await client.post("/v1/facts", json={"facts": [ENTRY | change]})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/facts/0{pointer}"
    assert words in error["detail"]
    assert (await client.get("/v1/patients/p1/facts")).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        ({"started_at": "2026-03-12T09:00:00"}, "/started_at", "offset such as Z or -05:00"),
        ({"started_at": "2026-03-12"}, "/started_at", "instant"),
        ({"started_at": "2026-03-12T09:00:00.5-04:00"}, "/started_at", "whole seconds"),
        ({"started_at": "2026-03-12T09:00:00.0000001-04:00"}, "/started_at", "whole seconds"),
        ({"started_at": "2026-03-12T09:00:00+24:00"}, "/started_at", "instant"),
        ({"started_at": "2026-03-12T25:00:00Z"}, "/started_at", "does not exist"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "/started_at", "1900"),
        ({"ended_at": "9999-12-31T23:59:59-14:00"}, "/ended_at", "2199"),
        ({"ended_at": "2026-03-12T08:00:00-04:00"}, "/ended_at", "after `started_at`"),
        ({"ended_at": "2026-03-12T09:00:00-04:00"}, "/ended_at", "after `started_at`"),
        ({"ended_at": "2026-03-13T09:00:01-04:00"}, "/ended_at", "24 hours"),
        ({"ended_at": None}, "/ended_at", "come together"),
        ({"seconds": 5}, "/on", "not both"),
        ({"started_at": 1700000000}, "/started_at", "instant"),
    ],
)
async def test_one_instant(client: httpx.AsyncClient, change: dict[str, Any], pointer: str, words: str) -> None:
    answer = await client.post("/v1/time-entries", json=TIMED | AT | change)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


async def test_everything_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    facts = [
        ENTRY,
        {**ENTRY, "id": "t2", "seconds": "abc", "role": 5, "extra": 1},
        {"kind": "consent", "id": "c", "patient": "p1", "informed": ["cost_sharing", "secret"]},
        {"kind": "setting", "id": "s", "patient": "p1", "type": "physician_office"},
        {"kind": "retraction", "id": "r", "patient": "p1", "retracts": {"kind": "consent"}, "reason": ""},
        "not a fact",
    ]
    answer = await client.post("/v1/facts", json={"facts": facts})
    assert answer.status_code == 422
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == [
        "/facts/1/extra", "/facts/1/role", "/facts/1/seconds",
        "/facts/2/action", "/facts/2/informed/1", "/facts/2/program",
        "/facts/3/patient",
        "/facts/4/reason", "/facts/4/retracts/id",
        "/facts/5",
    ]  # fmt: skip
    assert (await client.get("/v1/patients/p1/facts")).status_code == 404


async def test_a_hundred_errors_are_told_and_the_others_counted(client: httpx.AsyncClient) -> None:
    facts = [ENTRY | {"id": f"t{number}", "seconds": 0, "role": 5} for number in range(120)]
    answer = await client.post("/v1/facts", json=facts)
    assert len(answer.json()["errors"]) == 100
    assert "120 of 120 facts" in answer.json()["detail"]
    assert "The first 100 of 240 errors follow." in answer.json()["detail"]
    evaluated = await client.post("/v1/evaluations", json={"service_month": "2026-03", "facts": facts})
    assert len(evaluated.json()["errors"]) == 100
    assert "The first 100 of 240 errors follow." in evaluated.json()["detail"]


async def test_one_fact_cannot_blow_up_a_receipt(client: httpx.AsyncClient) -> None:
    consent = {"kind": "consent", "id": "c", "patient": "p1", "informed": ["x"] * 500}
    unknown = ENTRY | {f"made_up_{number}": number for number in range(500)}
    answer = await client.post("/v1/facts?partial=true", json=[consent, unknown])
    of_consent, of_entry = (item["errors"] for item in answer.json()["results"])
    assert len(of_consent) == 21
    assert of_consent[-1] == {"pointer": "/0", "detail": "482 more errors are not shown."}
    (told,) = of_entry
    assert "Unknown fields number 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 and 490 more of this object." in told["detail"]


async def test_nothing_sent_is_repeated(client: httpx.AsyncClient) -> None:
    secret = "Jane Roe 1950-02-03"
    facts = [
        ENTRY | {"performer": {"x": secret}, "on": secret, "role": secret, secret: secret},
        {"kind": secret, "id": secret},
        {"kind": "condition", "id": "c", "patient": "p1", "code": secret, "other_code": {"system": "x", secret: 1}},
    ]
    for path in ("/v1/facts", "/v1/facts?partial=true", "/v1/time-entries"):
        answer = await client.post(path, json={"facts": facts})
        assert "Roe" not in answer.text
        assert "1950" not in answer.text


@pytest.mark.parametrize("body", ["{}", "[]", '{"facts": []}', '{"facts": {}}', '{"facts": null}', "5", '"x"', "null",
                                  '{"facts": [], "more": 1}'])  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/facts", "/v1/time-entries", "/v1/consents"])
async def test_bodies_without_facts(client: httpx.AsyncClient, path: str, body: str) -> None:
    answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_retraction_of_a_practice_fact_names_no_patient(client: httpx.AsyncClient) -> None:
    retraction = {"kind": "retraction", "id": "r", "retracts": {"kind": "setting", "id": "s"}, "reason": "x"}
    answer = await client.post("/v1/facts", json=retraction | {"patient": "p1"})
    assert answer.json()["errors"][0]["pointer"] == "/patient"
    other = {"kind": "retraction", "id": "r", "retracts": {"kind": "consent", "id": "s"}, "reason": "x"}
    assert (await client.post("/v1/facts", json=other)).json()["errors"][0]["pointer"] == "/patient"


def test_every_type_of_the_contract_can_say_what_it_expects() -> None:
    types = [
        field.type
        for info in inspect.multi_type_info([*KINDS.values(), EvaluationRequest])
        for field in fields_of(info)
    ]
    assert len(types) > 150
    for expected in types:
        (fault, *_) = faults(object(), expected, "/field")
        assert fault.pointer == "/field" and fault.detail.endswith(".")


def fields_of(info: inspect.Type) -> tuple[inspect.Field, ...]:
    inner = info.type if isinstance(info, inspect.Metadata) else info
    assert isinstance(inner, inspect.StructType)
    return tuple(field for field in inner.fields if field.name != "source")  # set from the credential, never sent
