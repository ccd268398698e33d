"""Facts a line: judged as strictly as any, and a line that is none spoils no other that may stand without it."""

import json
from typing import Any

import httpx
import pytest

from app.api import ndjson_body
from app.api.json_text import read_json
from app.api.ndjson_body import Unreadable, read_lines
from tests.api.months import got, usual

LINES = {"Content-Type": "application/x-ndjson"}


def entry(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "time_entry", "id": f"t{number}", "patient": "p1", "program": "ccm", "performer": "RN_1",
        "role": "clinical_staff", "on": "2026-03-12", "seconds": 60,
    } | changes  # fmt: skip


def written(*facts: Any) -> bytes:
    return "".join(f"{json.dumps(fact)}\n" for fact in facts).encode()


async def sent(client: httpx.AsyncClient, body: bytes, path: str = "/v1/facts", **params: str) -> httpx.Response:
    return await client.post(path, content=body, headers=LINES, params=params)


async def test_what_is_sent_so_is_what_is_sent_as_a_list(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    facts = usual()
    answer = await sent(client, written(*facts))
    assert answer.status_code == 201, answer.text
    as_list = (await neighbour.post("/v1/facts", json=facts)).json()
    told = answer.json()
    assert (told["stored"], len(told["results"])) == (as_list["stored"], len(facts))
    assert [(one["kind"], one["id"], one["position"]) for one in told["results"]] == [
        (one["kind"], one["id"], one["position"]) for one in as_list["results"]
    ]
    month = "/v1/patients/p1/months/2026-03/determination"
    assert (await got(client, month))["claim_lines"] == (await got(neighbour, month))["claim_lines"]
    again = await sent(client, written(*facts))
    assert (again.status_code, again.json()["duplicates"]) == (200, len(facts))


@pytest.mark.parametrize(
    "body",
    [
        b"\n\n" + written(entry(1)) + b"  \r\n" + written(entry(2)).rstrip() + b"\n\n",
        written(entry(1)).replace(b"\n", b"\r\n") + written(entry(2)).rstrip(),
    ],
)
async def test_blank_lines_and_the_last_line_break_say_nothing(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await sent(client, body)
    assert (answer.status_code, answer.json()["stored"]) == (201, 2)
    assert [one["index"] for one in answer.json()["results"]] == [0, 1]


BAD = [
    (b"{not json", "Line 3 is not JSON: expecting property name enclosed in double quotes, column 2."),
    (b'{"a": 1} {"b": 2}', "Line 3 is not JSON: extra data, column 10."),
    (b'{"seconds": NaN}', "Line 3 is not JSON: NaN and Infinity are no JSON numbers."),
    (b'{"id": "\xff"}', "Line 3 is not UTF-8: byte 8 starts no character."),
    (b"[" * 50 + b"]" * 50, "Line 3 is nested deeper than 40 levels."),
    (b'{"id": "a", "id": "b"}', "A name stands twice in one object: member number 2 repeats an earlier one."),
    (b'{"id": "a\\u0000b"}', "Control characters and lone surrogates may not stand in a string."),
    (b"7", "A fact is an object."),
    (b"[]", "A fact is an object."),
    (written(entry(9, seconds=0)).strip(), "A whole number from 1 to 86,400."),
]


@pytest.mark.parametrize(("line", "detail"), BAD)
async def test_a_line_that_is_no_fact_is_pointed_at_and_its_neighbours_stand(
    client: httpx.AsyncClient, line: bytes, detail: str
) -> None:
    body = written(entry(1)) + b"\n" + line + b"\n" + written(entry(2))
    refused = await sent(client, body)
    assert refused.status_code == 422, refused.text
    errors = refused.json()["errors"]
    assert detail in [error["detail"] for error in errors]
    assert {error["pointer"].split("/")[1] for error in errors} == {"1"}
    assert (await client.get("/v1/patients/p1/facts")).status_code == 404, "nothing is stored"
    taken = await sent(client, body, partial="true")
    assert taken.status_code == 201
    results = taken.json()["results"]
    assert [one["outcome"] for one in results] == ["stored", "rejected", "stored"]
    assert detail in [error["detail"] for error in results[1]["errors"]]


async def test_limits_are_those_of_any_body(client: httpx.AsyncClient) -> None:
    many = await sent(client, written(*(entry(number) for number in range(1_001))))
    assert (many.status_code, many.json()["detail"]) == (422, "Too many facts.")
    assert (await sent(client, b" " * (1 << 20) + b"\n")).status_code == 413
    assert (await sent(client, b"\n\n")).status_code == 422
    assert (await sent(client, b"")).status_code == 400


def test_no_more_lines_are_read_than_tell_that_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[bytes] = []

    def counted(line: bytes) -> Any:
        looked_at.append(line)
        return read_json(line)

    monkeypatch.setattr(ndjson_body, "read_json", counted)
    read = read_lines(b"{}\n" * 3 + b"{\n" * 500_000, most=4)
    assert looked_at == [b"{}"] * 3 + [b"{"] * 2
    assert read[:3] == [{}, {}, {}]
    assert [type(one) for one in read[3:]] == [Unreadable, Unreadable]
    (error,) = read[4].errors
    assert error.detail.startswith("Line 5 is not JSON")


async def test_a_kind_of_its_own_and_a_key(client: httpx.AsyncClient) -> None:
    lines = written(*({name: value for name, value in entry(n).items() if name != "kind"} for n in (1, 2)))
    keyed = LINES | {"Idempotency-Key": "once"}
    first = await client.post("/v1/time-entries", content=lines, headers=keyed)
    again = await client.post("/v1/time-entries", content=lines, headers=keyed)
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await sent(client, written(entry(3) | {"kind": "consent"}), "/v1/time-entries")
    assert other.json()["errors"][0]["pointer"] == "/0/kind"


@pytest.mark.parametrize("path", ["/v1/evaluations", "/fhir", "/v1/months/2026-03/close", "/v1/projections"])
async def test_nobody_else_takes_lines(client: httpx.AsyncClient, path: str) -> None:
    answer = await sent(client, written(entry(1)), path)
    assert answer.status_code == 415
    assert "ndjson" not in answer.headers["Accept-Post"]


async def test_what_else_is_no_body_says_what_is(client: httpx.AsyncClient) -> None:
    for kind in ("text/csv", "application/x-ndjson; charset=latin-1"):
        answer = await client.post("/v1/facts", content=written(entry(1)), headers={"Content-Type": kind})
        assert answer.status_code == 415
        assert "application/x-ndjson" in answer.headers["Accept-Post"]
    packed = await client.post("/v1/facts", content=b"x", headers=LINES | {"Content-Encoding": "gzip"})
    assert packed.status_code == 415
