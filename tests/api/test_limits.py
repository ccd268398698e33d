"""Each limit of what may be sent, by its name: what is just within it is taken, what is beyond is refused with its place."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.channels import fhir_examples as fhir

HEADERS = {"Content-Type": "application/json"}
ENTRY = {
    "kind": "time_entry", "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1",
    "role": "clinical_staff", "on": "2026-03-12", "seconds": 1500,
}  # fmt: skip
TIMED = {name: value for name, value in ENTRY.items() if name not in ("on", "seconds")}
MIB = 1024 * 1024


async def post(client: httpx.AsyncClient, body: str | bytes, path: str = "/v1/facts") -> httpx.Response:
    return await client.post(path, content=body, headers=HEADERS)


def with_value(text: str, field: str = "seconds") -> str:
    """The entry with a field's value as it is written here."""
    return json.dumps(ENTRY | {field: "?"}).replace('"?"', text)


def refused_at(answer: httpx.Response, pointer: str, words: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], words in error["detail"]) == (pointer, True), error


async def test_a_body_of_a_mebibyte_and_a_bundle_of_ten(client: httpx.AsyncClient) -> None:
    for path, limit in (("/v1/facts", MIB), ("/v1/evaluations", MIB), ("/fhir", 10 * MIB)):
        within = b"[]".ljust(limit)
        assert (await post(client, within, path)).status_code == 422
        refused = await post(client, within + b" ", path)
        assert refused.status_code == 413
        assert f"{limit // MIB} MiB" in refused.json()["detail"]

        async def in_chunks(body: bytes = within + b" ") -> AsyncIterator[bytes]:
            for start in range(0, len(body), 100_000):
                yield body[start : start + 100_000]

        assert (await client.post(path, content=in_chunks(), headers=HEADERS)).status_code == 413


async def test_two_thousand_facts_in_an_evaluation_and_a_mebibyte_whichever_comes_first(
    client: httpx.AsyncClient,
) -> None:
    short = {name: value for name, value in ENTRY.items() if name != "patient"}
    many = [short | {"id": f"t{number}", "seconds": 1} for number in range(2_000)]
    body = json.dumps({"service_month": "2026-03", "facts": many})
    assert len(body) < MIB
    assert (await post(client, body, "/v1/evaluations")).status_code == 200
    longer = [fact | {"performer": "x" * 128, "id": f"{fact['id']:x>128}", "corrects": "y" * 128} for fact in many]
    body = json.dumps({"service_month": "2026-03", "facts": longer})
    assert len(body) > MIB
    assert (await post(client, body, "/v1/evaluations")).status_code == 413


async def test_a_thousand_facts_in_a_request(client: httpx.AsyncClient) -> None:
    many = [ENTRY | {"id": f"t{number}"} for number in range(1_001)]
    assert (await post(client, json.dumps(many[:1_000]))).json()["stored"] == 1_000
    refused_at(await post(client, json.dumps(many)), "", "At most 1,000 facts")


async def test_ten_thousand_members_of_a_list_or_an_object(client: httpx.AsyncClient) -> None:
    def informed(count: int) -> str:
        topics = ["cost_sharing"] * count
        return json.dumps(
            {"kind": "consent", "id": "c", "patient": "p", "action": "given", "program": "ccm", "on": "2026-03-01",
             "informed": topics}
        )  # fmt: skip

    assert (await post(client, informed(10_000))).status_code == 201
    refused_at(await post(client, informed(10_001)), "/informed", "10,000 members")
    refused_at(await post(client, json.dumps({str(number): 1 for number in range(10_001)})), "", "10,000 members")


async def test_forty_levels(client: httpx.AsyncClient) -> None:
    for path in ("/v1/facts", "/v1/evaluations", "/fhir"):
        assert (await post(client, "[" * 40 + "]" * 40, path)).status_code == 422
        for deeper in (41, 5_000, 100_000):
            refused = await post(client, "[" * deeper + "]" * deeper, path)
            assert refused.status_code == 400
            assert "40 levels" in refused.json()["detail"]
            assert (await post(client, '{"a":' * deeper + "1" + "}" * deeper, path)).status_code == 400


async def test_a_string_of_a_hundred_thousand(client: httpx.AsyncClient) -> None:
    refused_at(await post(client, with_value(f'"{"x" * 100_000}"', "id")), "/id", "1 to 128")
    refused_at(await post(client, with_value(f'"{"x" * 100_001}"', "id")), "/id", "at most 100,000 characters")
    name = "x" * 100_001
    refused_at(await post(client, json.dumps(ENTRY | {name: 1})), "", "member number 9 is too long")


async def test_a_time_entry_of_a_day(client: httpx.AsyncClient) -> None:
    assert (await post(client, with_value("86400"))).status_code == 201
    refused_at(await post(client, with_value("86401")), "/seconds", "86,400")
    day = TIMED | {"id": "t2", "started_at": "2026-03-12T00:00:00Z", "ended_at": "2026-03-13T00:00:00Z"}
    assert (await post(client, json.dumps(day))).status_code == 201
    refused_at(await post(client, json.dumps(day | {"ended_at": "2026-03-13T00:00:01Z"})), "/ended_at", "24 hours")


@pytest.mark.parametrize("limit", ["1", "1000"])
async def test_a_page_of_a_thousand(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get(f"/v1/practice/facts?limit={limit}")).status_code == 200


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1e3", "", "%2B5", "5%0A", "٣", "9" * 400])
async def test_no_other_page(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get(f"/v1/practice/facts?limit={limit}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "limit"


CONTROL = [f"\\u{number:04x}" for number in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)]


@pytest.mark.parametrize("escape", CONTROL)
async def test_control_characters_by_their_escapes(client: httpx.AsyncClient, escape: str) -> None:
    refused_at(await post(client, with_value(f'"a{escape}b"', "performer")), "/performer", "Control characters")


@pytest.mark.parametrize("character", ["\x7f", "\x80", "\x9f", "\u2028", "\u2029"])
async def test_control_characters_as_they_are(client: httpx.AsyncClient, character: str) -> None:
    refused_at(await post(client, with_value(f'"a{character}b"', "performer")), "/performer", "Control characters")


@pytest.mark.parametrize("character", [chr(number) for number in range(0x20)])
async def test_what_json_itself_keeps_out_of_strings(client: httpx.AsyncClient, character: str) -> None:
    refused = await post(client, with_value(f'"a{character}b"', "performer"))
    assert refused.status_code == 400
    assert "line 1" in refused.json()["detail"] or "line 2" in refused.json()["detail"]


@pytest.mark.parametrize("field", ["id", "patient", "performer", "on", "role"])
async def test_a_trailing_line_break_is_no_end_of_a_field(client: httpx.AsyncClient, field: str) -> None:
    """Where a pattern ends in `$`, Python's own lets one pass."""
    refused_at(await post(client, json.dumps(ENTRY | {field: f"{ENTRY[field]}\n"})), f"/{field}", "Control characters")


@pytest.mark.parametrize(
    "fact",
    [
        {"kind": "condition", "id": "d", "patient": "p", "code": "E11.9\n"},
        {"kind": "visit", "id": "v", "patient": "p", "code": "99214\n", "on": "2026-03-01", "practitioner": "D"},
        {"kind": "practitioner", "id": "d", "practitioner": "D", "credential": "MD", "npi": "1234567893\n"},
        {"kind": "policy", "id": "p", "from": "2026-03\n"},
        {"kind": "practice", "id": "p", "time_zone": "America/New_York\n"},
    ],
)
async def test_a_trailing_line_break_is_no_end_of_a_code(client: httpx.AsyncClient, fact: dict[str, Any]) -> None:
    answer = await post(client, json.dumps(fact))
    assert answer.status_code == 422
    assert "Control characters" in answer.json()["errors"][0]["detail"]


async def test_nor_of_a_code_in_fhir_where_texts_may_have_lines(client: httpx.AsyncClient) -> None:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9\n"}
    bundle = fhir.bundle(fhir.patient(), fhir.condition(code={"coding": [coding]}))
    answer = await post(client, json.dumps(bundle), "/fhir")
    assert answer.status_code == 422
    assert "control characters" in answer.text


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udfff"', '"a\\ud83d"', '"\\ude00\\ud83d"'])
async def test_lone_surrogates_by_their_escapes(client: httpx.AsyncClient, text: str) -> None:
    for path in ("/v1/facts", "/fhir"):
        answer = await post(client, with_value(text, "performer"), path)
        assert answer.status_code == 422
        assert "lone surrogates" in answer.text


@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xff", b"\xc0\xaf"])
async def test_surrogates_and_other_bytes_that_are_no_utf_8(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await post(client, with_value('"?"', "performer").encode().replace(b"?", raw))
    assert answer.status_code == 400
    assert "not UTF-8" in answer.json()["detail"]


async def test_a_pair_of_surrogates_is_a_character(client: httpx.AsyncClient) -> None:
    assert (await post(client, with_value('"\\ud83d\\ude00"', "performer"))).status_code == 201
    assert (await client.get("/v1/patients/p1/facts")).json()["facts"][0]["performer"] == "😀"


@pytest.mark.parametrize(
    "number",
    [str(10**400), str(-(10**400)), "1e400", "-1e400", "1e-400", "9223372036854775808", "-9223372036854775809", "1e19",
     "1" * 5_000, "1e999999999999999999999", "1e-999999999999999999999", "0e999999999999999999999", "0." + "0" * 50 + "1"],
)  # fmt: skip
async def test_numbers_nobody_can_hold(client: httpx.AsyncClient, number: str) -> None:
    refused_at(await post(client, with_value(number)), "/seconds", "between -2^63 and 2^63-1")


@pytest.mark.parametrize("number", ["1500.0", "15e2", "1.5E+3", "150000e-2"])
async def test_a_whole_number_however_it_is_written(client: httpx.AsyncClient, number: str) -> None:
    assert (await post(client, with_value(number))).status_code == 201
    assert (await client.get("/v1/patients/p1/facts")).json()["facts"][0]["seconds"] == 1500


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "0x10", "1_000", "٣"])
async def test_what_is_no_number_in_json(client: httpx.AsyncClient, number: str) -> None:
    for path in ("/v1/facts", "/fhir"):
        assert (await post(client, with_value(number), path)).status_code == 400


@pytest.mark.parametrize("year", ["0000", "0001", "1899", "2200", "9999"])
async def test_years_out_of_time(client: httpx.AsyncClient, year: str) -> None:
    refused_at(await post(client, with_value(f'"{year}-03-12"', "on")), "/on", "1900 to 2199")
    timed = TIMED | {"started_at": f"{year}-03-12T00:00:00Z", "ended_at": f"{year}-03-12T00:00:01Z"}
    answer = await post(client, json.dumps(timed))
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/started_at", "/ended_at"}
    for path in (f"/v1/patients/p1/months/{year}-03/determination", f"/v1/practice/facts?month={year}-03"):
        assert (await client.get(path)).status_code == 422


@pytest.mark.parametrize("year", ["1900", "2199"])
async def test_years_at_the_edge_of_time(client: httpx.AsyncClient, year: str) -> None:
    assert (await post(client, with_value(f'"{year}-03-12"', "on"))).status_code == 201


GOOD_INSTANTS = {
    "2026-03-12T09:00:00Z": "2026-03-12T09:00:00Z",
    "2026-03-12t09:00:00z": "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00.0Z": "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00.000000Z": "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00.000000000000Z": "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00-00:00": "2026-03-12T09:00:00Z",
    "2026-03-12T09:00:00+23:59": "2026-03-11T09:01:00Z",
    "2026-03-12T09:00:00-23:59": "2026-03-13T08:59:00Z",
    "2024-02-29T23:59:59-05:00": "2024-03-01T04:59:59Z",
}


@pytest.mark.parametrize("written", GOOD_INSTANTS)
async def test_instants_as_rfc_3339_writes_them(client: httpx.AsyncClient, written: str) -> None:
    consent = {"kind": "consent", "id": "c", "patient": "p1", "action": "given", "program": "ccm", "at": written}
    answer = await post(client, json.dumps(consent))
    assert answer.status_code == 201, answer.text
    assert (await client.get("/v1/patients/p1/facts")).json()["facts"][0]["at"] == GOOD_INSTANTS[written]


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-12T09:00:00", "2026-03-12 09:00:00Z", "2026-03-12T09:00Z", "2026-03-12", "2026-03-12T09:00:00+24:00",
        "2026-03-12T09:00:00-24:00", "2026-03-12T09:00:00+05:60", "2026-03-12T09:00:00+0500", "2026-03-12T09:00:00+05",
        "2026-03-12T24:00:00Z", "2026-03-12T24:00:01Z", "2026-06-30T23:59:60Z", "2016-12-31T23:59:60Z",
        "2026-03-12T23:60:00Z", "2026-02-29T09:00:00Z", "2026-03-12T09:00:00.1Z", "2026-03-12T09:00:00.000000000001Z",
        "2026-03-12T09:00:00.Z", "2026-03-12T09:00:00,0Z", "20260312T090000Z", "2026-W11-4T09:00:00Z",
        "2026-03-12T09:00:00Z ", " 2026-03-12T09:00:00Z", "2026-03-12T09:00:00ZZ", "+2026-03-12T09:00:00Z",
        "-2026-03-12T09:00:00Z", "٢٠٢٦-03-12T09:00:00Z", "2026-03-12T09:00:00\u2212 05:00", "", "0", "1773306000",
    ],
)  # fmt: skip
async def test_instants_in_any_other_way(client: httpx.AsyncClient, written: str) -> None:
    consent = {"kind": "consent", "id": "c", "patient": "p1", "action": "given", "program": "ccm", "at": written}
    refused_at(await post(client, json.dumps(consent)), "/at", "")
    answer = await client.get("/v1/practice/facts", params={"known_as_of": written})
    # There a fraction is welcome: positions are recorded to the microsecond.
    fraction = written == "2026-03-12T09:00:00.1Z"
    assert answer.status_code == (200 if fraction else 422), written


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"facts": [{"id": "a", "id": "b"}]}', "/facts/0/id"),
        ('{"facts": [], "facts": []}', "/facts"),
        ('{"facts": [{"retracts": {"kind": "a", "kind": "a"}}]}', "/facts/0/retracts/kind"),
        ('[{"JaneRoe": 1, "JaneRoe": 1}]', "/0"),
        ('{"i\\u0064": 1, "id": 1}', "/id"),
        ('{"JaneRoe": [{"id": 1, "id": 1}]}', ""),
    ],
)
async def test_names_given_twice(client: httpx.AsyncClient, body: str, pointer: str) -> None:
    refused_at(await post(client, body), pointer, "stands twice")


async def test_a_byte_order_mark(client: httpx.AsyncClient) -> None:
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        assert (await post(client, mark + b"{}")).status_code == 400
    assert (await post(client, json.dumps(ENTRY).encode("utf-16"))).status_code == 400


@pytest.mark.parametrize("rest", ["x", "{}", ",", "]", "\x00", "//", "/* */", "\x0b", "\xa0"])
async def test_what_comes_after_the_body(client: httpx.AsyncClient, rest: str) -> None:
    for path in ("/v1/facts", "/fhir"):
        refused = await post(client, json.dumps(ENTRY) + rest, path)
        assert refused.status_code == 400
    assert (await post(client, json.dumps(ENTRY) + "\r\n\t ")).status_code == 201
