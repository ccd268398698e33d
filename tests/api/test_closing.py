"""Months closed, amended and reopened: what is frozen, what later months read, and that no decision is lost."""

import asyncio
import datetime as dt
from typing import Any

import httpx
import pytest

from tests.api.months import MONTH, SAID, Json, codes, got, own_facts, posted, two_could_bill, usual
from tests.api.months import call as called


@pytest.fixture
async def stored(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await posted(client, "/v1/facts", usual())
    return client


async def test_what_is_decided_is_frozen_and_the_attestation_is_an_entry_of_the_ledger(
    stored: httpx.AsyncClient,
) -> None:
    before = await got(stored, MONTH + "/determination")
    answer = await stored.post(MONTH + "/close", json=SAID)
    assert answer.status_code == 201, answer.text
    closed = answer.json()
    assert answer.headers["location"] == MONTH + "/history/1"
    assert (closed["revision"], closed["action"], closed["by"]) == (1, "closed", "C_REYES")
    assert closed["frozen"]["claim_lines"] == before["claim_lines"]
    assert codes(closed["frozen"]["claim_lines"]) == [("99490", 1), ("99439", 1)]
    attested, *services = await own_facts(stored)
    assert attested == {
        "kind": "attestation", "id": closed["attestation"], "source": "self", "patient": "p1", "month": "2026-03",
        "action": "closed", **SAID, "credential": closed["credential"], "recorded_at": closed["recorded_at"],
        "position": closed["position"],
    }  # fmt: skip
    assert [(each["code"], each["on"], each["practitioner"], each["units"]) for each in services] == [
        (line["code"], line["service_date"], line["practitioner"], line["units"])
        for line in closed["frozen"]["claim_lines"]
    ]
    after = await got(stored, MONTH + "/determination")
    assert after.pop("positions")["patient"] == before.pop("positions")["patient"] + 3
    assert after == before  # our own earlier answer is not read
    only = await got(stored, "/v1/patients/p1/facts", kind="attestation")
    assert [fact["id"] for fact in only["facts"]] == [closed["attestation"]]


async def test_what_was_given_is_served_byte_for_byte_and_asked_as_of_then_it_is_the_same(
    stored: httpx.AsyncClient,
) -> None:
    frozen = (await posted(stored, MONTH + "/close", SAID))["frozen"]
    given = await stored.get(frozen["answer"])
    assert given.status_code == 200
    assert given.headers["content-type"] == "application/json"
    assert given.json()["known_as_of"] == frozen["known_as_of"]
    assert (await stored.get(frozen["determination"])).content == given.content
    await posted(stored, "/v1/facts", called("late", 20))
    assert (await stored.get(frozen["answer"])).content == given.content
    assert (await stored.get(frozen["determination"])).content == given.content


def planned(on: str) -> list[Json]:
    """The work of planning beside a visit of the day."""
    work = {"kind": "planning_assessment", "personally_performed": True, "documented": True}
    beside = {"kind": "visit", "code": "99214", "discussed_care_management": True}
    return [
        {"id": f"{each['kind']}-{on}", "patient": "p1", "on": on, "practitioner": "DR_LEE", **each}
        for each in (work, beside)
    ]


def verdict_of(determination: Json, code: str) -> Json:
    (found,) = [row for row in determination["verdicts"] if row["code"] == code]
    assert isinstance(found, dict)
    return found


async def test_later_months_read_the_lines_and_taken_back_they_do_not(stored: httpx.AsyncClient) -> None:
    """Planning (G0506) is paid once. What is closed in March is not paid in April; March itself reads its facts anew."""
    april = "/v1/patients/p1/months/2026-04/determination"
    await posted(stored, "/v1/facts", [*planned("2026-03-04"), *planned("2026-04-06")])
    assert verdict_of(await got(stored, april), "G0506")["verdict"] == "chosen"
    closed = await posted(stored, MONTH + "/close", SAID)
    assert [code for code, _ in codes(closed["frozen"]["claim_lines"])] == ["99490", "99439", "G0506"]
    services = {fact["code"]: fact["id"] for fact in await own_facts(stored) if fact["kind"] == "service"}
    determination = await got(stored, april)
    assert verdict_of(determination, "G0506")["blockers"] == ["G0506-01"]
    (once,) = [each for each in determination["findings"] if each["rule"] == "G0506-01"]
    assert once["evidence"] == [{"kind": "service", "id": services["G0506"], "source": "self"}]
    march = await got(stored, MONTH + "/determination")
    assert march["claim_lines"] == closed["frozen"]["claim_lines"]

    await posted(stored, MONTH + "/reopen", SAID | {"words": "Entered for the wrong patient."})
    *_, reopened = [fact for fact in await own_facts(stored) if fact["kind"] == "attestation"]
    assert (reopened["action"], reopened["words"]) == ("reopened", "Entered for the wrong patient.")
    gone = {fact["retracts"]["id"] for fact in await own_facts(stored) if fact["kind"] == "retraction"}
    assert gone == set(services.values())
    assert verdict_of(await got(stored, april), "G0506")["verdict"] == "chosen"


async def test_a_closed_month_is_not_closed_again_and_one_that_is_open_not_reopened(stored: httpx.AsyncClient) -> None:
    problem = await posted(stored, MONTH + "/reopen", SAID, 409)
    assert problem["type"] == "/problems/conflict"
    await posted(stored, MONTH + "/close", SAID)
    kept = await own_facts(stored)
    await posted(stored, MONTH + "/close", SAID, 409)
    assert await own_facts(stored) == kept
    await posted(stored, MONTH + "/reopen", SAID)
    await posted(stored, MONTH + "/reopen", SAID, 409)
    closed = await posted(stored, MONTH + "/close", SAID)
    assert closed["revision"] == 3
    story = await got(stored, MONTH + "/history")
    assert [(each["revision"], each["action"]) for each in story["revisions"]] == [
        (1, "closed"), (2, "reopened"), (3, "closed"),
    ]  # fmt: skip
    assert (await stored.get(MONTH + "/history/2")).status_code == 404
    assert (await stored.get(MONTH + "/history/3")).status_code == 200
    assert (await stored.get(MONTH + "/history/4")).status_code == 404


async def test_of_many_who_close_at_once_one_does(stored: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(stored.post(MONTH + "/close", json=SAID | {"by": f"C_{n}"}) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
    (attested,) = [fact for fact in await own_facts(stored) if fact["kind"] == "attestation"]
    assert attested["by"] == winner["by"]


async def test_closing_is_done_once_under_its_key(stored: httpx.AsyncClient) -> None:
    first = await stored.post(MONTH + "/close", json=SAID, headers={"Idempotency-Key": "c1"})
    again = await stored.post(MONTH + "/close", json=SAID, headers={"Idempotency-Key": "c1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert len((await got(stored, MONTH + "/history"))["revisions"]) == 1


async def test_a_month_that_needs_a_decision_is_closed_with_the_lines_a_person_named(client: httpx.AsyncClient) -> None:
    await posted(client, "/v1/facts", [*usual(), *two_could_bill()])
    determination = await got(client, MONTH + "/determination")
    assert determination["status"] == "needs_decision"
    assert {line["practitioner"] for one in determination["alternatives"] for line in one["claim_lines"]} == {
        "DR_LEE", "DR_OTHER",
    }  # fmt: skip
    for named in (
        None,
        [],
        [{"code": "99490", "units": 1}],
        [{"code": "99490", "units": 1}, {"code": "99439", "units": 1}],
    ):
        body = SAID if named is None else SAID | {"claim_lines": named}
        problem = await posted(client, MONTH + "/close", body, 409)
        assert problem["errors"][0]["pointer"] == "/claim_lines"
    assert not await own_facts(client)
    chosen = [{"code": code, "units": 1, "practitioner": "DR_OTHER"} for code in ("99439", "99490")]
    closed = await posted(client, MONTH + "/close", SAID | {"claim_lines": chosen})
    assert {line["practitioner"] for line in closed["frozen"]["claim_lines"]} == {"DR_OTHER"}
    assert closed["frozen"]["status"] == "needs_decision"
    assert (await got(client, MONTH + "/amendments"))[
        "amendments"
    ] == []  # a person decided, and it may still be billed
    report = await posted(client, "/v1/months/2026-03/close", SAID, 200)
    assert [each["reason"] for each in report["left_out"]] == ["already_closed"]


async def test_what_was_seen_is_closed_or_nothing(stored: httpx.AsyncClient) -> None:
    problem = await posted(stored, MONTH + "/close", SAID | {"claim_lines": [{"code": "99490", "units": 1}]}, 409)
    assert problem["errors"][0]["pointer"] == "/claim_lines"
    seen = [{"code": "99490", "units": 1}, {"code": "99439", "units": 1}]
    await posted(stored, MONTH + "/close", SAID | {"claim_lines": seen})


async def test_a_month_with_nothing_to_bill_may_be_closed(client: httpx.AsyncClient) -> None:
    await posted(client, "/v1/facts", usual(minutes=(10,)))
    closed = await posted(client, MONTH + "/close", SAID)
    assert closed["frozen"]["claim_lines"] == []
    assert closed["frozen"]["status"] == "not_billable"
    assert [fact["kind"] for fact in await own_facts(client)] == ["attestation"]


async def test_a_month_that_is_not_over_is_closed_early_or_not_at_all(client: httpx.AsyncClient) -> None:
    await posted(client, "/v1/facts", usual())
    today = dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
    path = f"/v1/patients/p1/months/{today:%Y-%m}/close"
    problem = await posted(client, path, SAID, 409)
    assert problem["errors"][0]["pointer"] == "/early"
    closed = await posted(client, path, SAID | {"early": True})
    assert closed["frozen"]["provisional"] is True
    assert (await posted(client, "/v1/patients/p1/months/2027-12/close", SAID | {"early": True}, 409))["errors"]


async def test_who_is_not_known_has_nothing_to_close(client: httpx.AsyncClient) -> None:
    for method, path in [
        ("POST", "/close"), ("POST", "/reopen"), ("GET", "/history"), ("GET", "/history/1"), ("GET", "/amendments"),
    ]:  # fmt: skip
        answer = await client.request(method, MONTH + path, json=SAID if method == "POST" else None)
        assert answer.status_code == 404, (path, answer.text)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({}, ["/by", "/words"]),
        (SAID | {"words": ""}, ["/words"]),
        (SAID | {"by": 7, "words": "x" * 1001}, ["/by", "/words"]),
        (SAID | {"early": "yes"}, ["/early"]),
        (SAID | {"claim_lines": [{"code": "99490"}]}, ["/claim_lines/0/units"]),
        (SAID | {"claim_lines": [{"code": "x", "units": 0, "more": 1}]}, [
            "/claim_lines/0/code", "/claim_lines/0/units", "/claim_lines/0/more"
        ]),
        (SAID | {"claim_lines": [{"code": "99490", "units": 1}] * 21}, ["/claim_lines"]),
        (SAID | {"source": "self"}, ["/source"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_attested_is_told(stored: httpx.AsyncClient, body: Any, pointers: list[str]) -> None:
    problem = await posted(stored, MONTH + "/close", body, 422)
    assert [error["pointer"] for error in problem["errors"]] == pointers


@pytest.mark.parametrize("month", ["2026-13", "2014-12", "2028-01"])
async def test_months_without_a_law_are_not_closed(stored: httpx.AsyncClient, month: str) -> None:
    for path in (f"/v1/patients/p1/months/{month}/close", f"/v1/months/{month}/close"):
        problem = await posted(stored, path, SAID, 422)
        assert problem["errors"][0]["parameter"] == "month"


async def test_no_client_attests_or_speaks_for_the_service(stored: httpx.AsyncClient) -> None:
    closed = await posted(stored, MONTH + "/close", SAID)
    ours = await own_facts(stored)
    attested = {"kind": "attestation", "id": "x", "patient": "p1", "month": "2026-03", "action": "closed", **SAID}
    assert (await posted(stored, "/v1/facts", attested, 422))["errors"][0]["pointer"] == "/kind"
    for kind, named in (("service", ours[1]["id"]), ("attestation", closed["attestation"])):
        taken_back = {"kind": "retraction", "id": "r", "patient": "p1", "retracts": {"kind": kind, "id": named},
                      "reason": "x"}  # fmt: skip
        status = 409 if kind == "service" else 422
        await posted(stored, "/v1/facts", taken_back, status)
    evaluated = {"service_month": "2026-03", "facts": [attested]}
    assert (await stored.post("/v1/evaluations", json=evaluated)).status_code == 422
    assert await own_facts(stored) == ours


async def test_whatever_is_recorded_meanwhile_is_before_the_close_or_after_it(client: httpx.AsyncClient) -> None:
    """As of the instant it was closed at, the answer is the one that was given, to the byte."""
    patients = [f"m{number}" for number in range(4)]
    for patient in patients:
        await posted(client, "/v1/facts", usual(patient))
    practice = [
        {"kind": "excluded_performer", "id": f"x{number}", "performer": "RN_OLD", "from": "2025-01-01"}
        for number in range(6)
    ]
    entries = [called(f"{patient}-{number}", 7, patient=patient) for patient in patients for number in range(5)]
    closes = [client.post(f"/v1/patients/{patient}/months/2026-03/close", json=SAID) for patient in patients[:2]]
    writes = [client.post("/v1/facts", json=fact) for fact in (*entries, *practice)]
    bulk = client.post("/v1/months/2026-03/close", json=SAID | {"patients": patients[2:]})
    answers = await asyncio.gather(*writes[:13], *closes, bulk, *writes[13:])
    assert {answer.status_code for answer in answers} <= {200, 201}
    closed = 0
    for patient in patients:
        for revision in (await got(client, f"/v1/patients/{patient}/months/2026-03/history"))["revisions"]:
            given = await client.get(revision["frozen"]["answer"])
            assert (await client.get(revision["frozen"]["determination"])).content == given.content
            closed += 1
    assert closed >= 2
