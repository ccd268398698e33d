"""The worklist and the events over HTTP: what a row says, pages, filters, how far it is current, and as it was known then."""

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api import cursors
from app.errors import Invalid
from app.months.worklist_keeping import Keeper
from app.months.worklist_row import WorklistRow
from tests.api.months import SAID, Json, call, correction, got, posted, retraction, two_could_bill, usual
from tests.months.test_worklist_keeping import MONTH as THIS_MONTH
from tests.months.test_worklist_keeping import TODAY

PATH = "/v1/months/2026-03/worklist"
NOW = f"/v1/months/{THIS_MONTH}/worklist"


def care(patient: str, *minutes: int) -> list[Json]:
    """Everything in order for a patient, and work on days of this month."""
    begun = [fact for fact in usual(patient, ()) if "patient" in fact]
    return begun + [call(f"{patient}-{n}", each, str(TODAY), patient) for n, each in enumerate(minutes)]


PRACTICE = [fact for fact in usual() if "patient" not in fact]
PATIENTS = {"ada": (45,), "ben": (18,), "cai": (5,), "dia": (19,), "eve": ()}
ORDER = ["dia", "ben", "cai", "ada", "eve"]
"""A minute for 66.13, two for it, fifteen for it, fifteen for 50.44, twenty for 66.13."""


@pytest.fixture
async def keeper(client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID) -> Keeper:
    facts = [*PRACTICE, *(fact for patient, minutes in PATIENTS.items() for fact in care(patient, *minutes))]
    await posted(client, "/v1/facts", facts)
    return Keeper(engine, [practice])


def patients(told: Json) -> list[str]:
    return [row["patient"] for row in told["rows"]]


async def all_pages(client: httpx.AsyncClient, path: str, **query: Any) -> list[Json]:
    pages = [await got(client, path, **query)]
    while "next_cursor" in pages[-1]:
        pages.append(await got(client, path, **query, cursor=pages[-1]["next_cursor"]))
        assert len(pages) < 50
    return pages


async def test_it_is_told_as_documented(app: FastAPI, client: httpx.AsyncClient, keeper: Keeper) -> None:
    await keeper.turn()
    told = await got(client, NOW)
    components = app.openapi()["components"]
    schema = {"$ref": "#/components/schemas/Worklist", "components": components}
    assert jsonschema_rs.validator_for(schema).is_valid(told)
    assert {name: told[name] for name in ("service_month", "ordered_by", "computed_for", "patients_behind")} == {
        "service_month": THIS_MONTH, "ordered_by": "value", "computed_for": str(TODAY), "patients_behind": 0,
    }  # fmt: skip
    assert patients(told) == ORDER
    assert list(told["rows"][0]) == [name for name in WorklistRow.__struct_fields__ if name in told["rows"][0]]
    assert set(components["schemas"]["WorklistRow"]["properties"]) == set(WorklistRow.__struct_fields__)


async def test_a_row_says_what_the_determination_says(client: httpx.AsyncClient, keeper: Keeper) -> None:
    await keeper.turn()
    for row in (await got(client, NOW))["rows"]:
        asked = await got(client, f"/v1/patients/{row['patient']}/months/{THIS_MONTH}/determination")
        assert row["status"] == asked["status"]
        assert row["positions"] == asked["positions"]
        lines = {name: [line[name] for line in asked["claim_lines"]] for name in ("code", "units", "amount_cents")}
        assert {name: [line[name] for line in row["claim_lines"]] for name in lines} == lines
        gaps = {gap["code"]: gap for gap in asked["gaps"]}
        told = [*row["missing"], *([row["next_code"]] if "next_code" in row else []), *row["out_of_reach"]]
        for one in told:
            if (gap := gaps.get(one["code"])) is not None:
                assert {name: gap.get(name) for name in ("needs_seconds", "rules", "remedy")} == {
                    name: one.get(name) for name in ("needs_seconds", "rules", "remedy")
                }
                assert gap["still_possible"] == (one not in row["out_of_reach"])
        assert {one["code"] for one in told} >= gaps.keys()


async def test_how_far_it_is_current_is_told(client: httpx.AsyncClient, keeper: Keeper) -> None:
    assert (await got(client, NOW))["patients_behind"] == len(PATIENTS)
    assert patients(await got(client, NOW)) == []
    await keeper.turn()
    await posted(client, "/v1/time-entries", [call("more", 2, str(TODAY), "ben")])
    told = await got(client, NOW)
    assert told["patients_behind"] == 1
    assert [row["patient"] for row in told["rows"] if row.get("behind")] == ["ben"]
    await posted(client, "/v1/facts", {"kind": "policy", "id": "policy", "from": "2020-01"})
    told = await got(client, NOW)
    assert (told["patients_behind"], [row["behind"] for row in told["rows"]]) == (5, [True] * 5)
    await keeper.turn()
    told = await got(client, NOW)
    assert told["patients_behind"] == 0
    assert not any("behind" in row for row in told["rows"])
    assert next(row["state"] for row in told["rows"] if row["patient"] == "ben") == "extendable"


async def test_a_month_is_kept_once_it_was_asked_for(client: httpx.AsyncClient, keeper: Keeper) -> None:
    await keeper.turn()
    first = await got(client, PATH)
    assert (first["rows"], first["patients_behind"]) == ([], 5)
    await keeper.turn()
    told = await got(client, PATH)
    assert (told["patients_behind"], {row["state"] for row in told["rows"]}) == (0, {"lost"})


@pytest.mark.parametrize("limit", [1, 2, 5, 200])
async def test_pages_follow_each_other(client: httpx.AsyncClient, keeper: Keeper, limit: int) -> None:
    await keeper.turn()
    pages = await all_pages(client, NOW, limit=str(limit))
    assert [patient for page in pages for patient in patients(page)] == ORDER
    assert all(len(page["rows"]) == limit for page in pages[:-1])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "at_risk"}, ["dia", "ben", "cai", "eve"]),
        ({"state": "extendable"}, ["ada"]),
        ({"status": "billable"}, ["ada"]),
        ({"program": "ccm"}, ORDER),
        ({"program": "rpm"}, []),
        ({"code": "99439"}, ["ada"]),
        ({"practitioner": "DR_LEE", "state": "at_risk", "limit": "1"}, ["dia", "ben", "cai", "eve"]),
        ({"practitioner": "Ä"}, []),
        ({"min_value": "1000"}, ["dia", "ben"]),
        ({"min_value": "1000", "limit": "1"}, ["dia", "ben"]),
    ],
)
async def test_filters_and_their_pages(
    client: httpx.AsyncClient, keeper: Keeper, query: dict[str, str], expected: Sequence[str]
) -> None:
    await keeper.turn()
    pages = await all_pages(client, NOW, **query)
    assert [patient for page in pages for patient in patients(page)] == list(expected)
    known = await all_pages(client, NOW, **query, known_as_of=await instant(client))
    assert [patient for page in known for patient in patients(page)] == sorted(expected)


async def instant(client: httpx.AsyncClient) -> str:
    """When the last of what is recorded was."""
    ledgers = ["/v1/practice/facts", *(f"/v1/patients/{patient}/facts" for patient in PATIENTS)]
    told = [(await got(client, ledger, limit="1000"))["facts"] for ledger in ledgers]
    return max(str(facts[-1]["recorded_at"]) for facts in told)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("state", ["", "AT_RISK", "open", "at_risk,lost"]),
        ("status", ["", "billed"]),
        ("program", ["", "CCM", "all"]),
        ("code", ["", "9949", "994900", "9949o", "99 90"]),
        ("practitioner", ["", "x" * 129, "a\x00b"]),
        ("min_value", ["", "-1", "1.5", "10000001", "٣", "999999999999"]),
        ("known_as_of", ["", "2026-03-01", "2999-01-01T00:00:00Z"]),
        ("limit", ["0", "201", "x"]),
        ("cursor", ["", "ä", "A" * 33, "A" * 800]),
    ],
)
async def test_what_is_no_parameter_is_refused_and_named(
    client: httpx.AsyncClient, keeper: Keeper, parameter: str, values: list[str]
) -> None:
    for value in values:
        answer = await client.get(NOW, params={parameter: value})
        assert answer.status_code == 422, (value, answer.text)
        assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize("month", ["2014-12", "2028-01", "2026-13", "x"])
async def test_a_month_without_a_law_is_refused(client: httpx.AsyncClient, month: str) -> None:
    for query in ({}, {"known_as_of": "2026-01-01T00:00:00Z"}):
        answer = await client.get(f"/v1/months/{month}/worklist", params=query)
        assert answer.status_code == 422
        assert [error["parameter"] for error in answer.json()["errors"]] == ["month"]


async def test_a_cursor_fits_only_its_own_list(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, practice: UUID, keeper: Keeper
) -> None:
    await keeper.turn()
    word = (await got(client, NOW, limit="1"))["next_cursor"]
    then = (await got(client, NOW, limit="1", known_as_of=await instant(client)))["next_cursor"]
    assert patients(await got(client, NOW, limit="3", cursor=word)) == ["ben", "cai", "ada"]
    asked = [
        (neighbour, NOW, {"cursor": word}),
        (client, PATH, {"cursor": word}),
        (client, NOW, {"cursor": word, "state": "at_risk"}),
        (client, NOW, {"cursor": word, "min_value": "0"}),
        (client, NOW, {"cursor": word, "known_as_of": await instant(client)}),
        (client, NOW, {"cursor": then}),
        (client, "/v1/events", {"cursor": word}),
        *((client, NOW, {"cursor": wrong}) for wrong in (word[:-1], word + "A", "Z" + word[1:])),
    ]
    for caller, path, query in asked:
        answer = await caller.get(path, params=query)
        assert answer.status_code == 422, (path, query)
        assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize("name", [b"", b"a\x00b", b"\xff", b"x" * 129])
def test_a_forged_cursor_is_as_bad_as_any(name: bytes) -> None:
    forged = cursors._LAYOUT.pack(7, cursors._digest(7, (name.decode(errors="replace"), "list"))) + name
    with pytest.raises(Invalid):
        cursors.place_of(base64.urlsafe_b64encode(forged).decode().rstrip("="), "list")
    for value in (-1, 0, 1 << 62):
        assert cursors.place_of(cursors.cursor_at(value, "ä", "list"), "list") == (value, "ä")


async def test_it_is_answered_as_it_was_known_then(client: httpx.AsyncClient, keeper: Keeper) -> None:
    """Under the same law the rows are those that were listed then, whatever has been recorded since."""
    await keeper.turn()
    then, listed = await instant(client), (await got(client, NOW))["rows"]
    work = call("ben-0", 18, str(TODAY), "ben")
    await posted(client, "/v1/facts", [retraction(work), *care("flo", 30)])
    await posted(client, "/v1/facts", correction(call("ada-0", 45, str(TODAY), "ada"), seconds=60))
    await posted(client, f"/v1/patients/dia/months/{THIS_MONTH}/close", {**SAID, "early": True})
    await keeper.turn()
    after = {row["patient"]: row for row in (await got(client, NOW))["rows"]}
    assert (after["dia"]["state"], after["ada"]["state"]) == ("closed", "at_risk")
    assert after["ben"]["next_code"]["needs_seconds"] == 1200
    pages = await all_pages(client, NOW, known_as_of=then, limit="2")
    assert [page["ordered_by"] for page in pages] == ["patient"] * 3
    month = (await client.get(f"/v1/patients/ada/months/{THIS_MONTH}/determination")).json()
    assert [page["rulebook"] for page in pages] == [month["rulebook"]] * 3
    assert all("patients_behind" not in page and page["known_as_of"] for page in pages)
    known = [row for page in pages for row in page["rows"]]
    assert [row["patient"] for row in known] == ["ada", "ben", "cai", "dia", "eve"]  # nobody knew flo
    assert {row["patient"]: row for row in listed} == {row["patient"]: row for row in known}


async def test_before_anything_was_recorded_there_is_nobody(client: httpx.AsyncClient, keeper: Keeper) -> None:
    told = await got(client, NOW, known_as_of="2026-01-01T00:00:00Z", limit="2")
    assert (told["rows"], told["computed_for"]) == ([], "2025-12-31")
    assert "next_cursor" not in told


async def test_a_month_closed_and_opened_again(client: httpx.AsyncClient, keeper: Keeper) -> None:
    closing = {**SAID, "early": True}
    await posted(client, f"/v1/patients/ada/months/{THIS_MONTH}/close", closing)
    await keeper.turn()
    assert patients(await got(client, NOW, state="closed")) == ["ada"]
    await posted(client, f"/v1/patients/ada/months/{THIS_MONTH}/reopen", SAID)
    await keeper.turn()
    assert patients(await got(client, NOW, state="closed")) == []
    assert patients(await got(client, NOW, state="extendable")) == ["ada"]


async def test_who_needs_a_decision_is_found(client: httpx.AsyncClient, keeper: Keeper) -> None:
    facts = [fact for fact in two_could_bill("ada") if fact["kind"] != "retraction"]
    await posted(client, "/v1/facts", facts)
    await keeper.turn()
    told = await got(client, NOW, state="needs_decision", practitioner="DR_OTHER")
    assert patients(told) == ["ada"]
    assert told["rows"][0]["practitioners"] == ["DR_LEE", "DR_OTHER"]


async def test_events_are_followed_by_their_cursor(
    app: FastAPI, client: httpx.AsyncClient, neighbour: httpx.AsyncClient, keeper: Keeper
) -> None:
    assert await got(client, "/v1/events") == {"events": []}
    await keeper.turn()
    first = await got(client, "/v1/events")
    schema = {"$ref": "#/components/schemas/EventPage", "components": app.openapi()["components"]}
    assert jsonschema_rs.validator_for(schema).is_valid(first)
    assert [(event["type"], event["data"]) for event in first["events"]] == [
        ("determination.changed", {"patient": "ada", "service_month": THIS_MONTH})
    ]
    assert await got(client, "/v1/events", cursor=first["next_cursor"]) == {
        "events": [], "next_cursor": first["next_cursor"],
    }  # fmt: skip
    for patient in ("ben", "cai"):
        await posted(client, "/v1/time-entries", [call(f"{patient}-more", 20, str(TODAY), patient)])
    await keeper.turn()
    pages = await all_events(client, first["next_cursor"])
    told = [event for page in pages for event in page["events"]]
    assert sorted(event["data"]["patient"] for event in told) == ["ben", "cai"]
    assert len({event["id"] for event in (*told, *first["events"])}) == 3
    assert await got(neighbour, "/v1/events") == {"events": []}


async def all_events(client: httpx.AsyncClient, cursor: str) -> list[Json]:
    pages = [await got(client, "/v1/events", cursor=cursor, limit="1")]
    while pages[-1]["events"]:
        pages.append(await got(client, "/v1/events", cursor=pages[-1]["next_cursor"], limit="1"))
    return pages


async def test_each_page_leaves_a_row_in_the_access_log(client: httpx.AsyncClient, keeper: Keeper) -> None:
    await keeper.turn()
    await all_pages(client, NOW, limit="2")
    await got(client, "/v1/events")
    found = [
        (each["call"], each.get("month"), each.get("patient"))
        for each in (await got(client, "/v1/access-log"))["entries"]
    ]
    assert found.count(("GET /v1/months/{month}/worklist", THIS_MONTH, None)) == 3
    assert found.count(("GET /v1/events", None, None)) == 1
