"""What is not yours is not there: the neighbour asks for our things through every call.

Three times: as usual, with one connection for everybody, and through a pooler that gives each transaction the next one.
"""

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.security import Needs
from app.api.state import _engine
from app.months import outbox
from app.months.runs.working import work_on
from app.months.worklist_keeping import Keeper
from app.postgres.transaction import transaction
from tests.api import months
from tests.api.three_ways import WAYS, reaching
from tests.channels import fhir_examples as fhir

Json = dict[str, Any]

ENTRY: Json = {
    "kind": "time_entry", "id": "t1", "patient": "p1", "program": "ccm", "performer": "RN_1", "role": "clinical_staff",
    "on": "2026-03-12", "seconds": 1500,
}  # fmt: skip
CONSENT: Json = {
    "kind": "consent", "id": "c1", "patient": "p1", "action": "given", "program": "ccm", "on": "2026-03-02",
}  # fmt: skip
SETTING: Json = {"kind": "setting", "id": "s1", "type": "rhc"}
DOCTOR: Json = {"kind": "practitioner", "id": "d1", "practitioner": "DR_1", "credential": "MD"}
OURS = [ENTRY, ENTRY | {"id": "t0", "on": "2026-03-01"}, CONSENT, SETTING]
AT_ONCE = [
    {"kind": "time_entry", "id": f"{who}-{patient}", "patient": patient, "program": "ccm", "performer": who,
     "role": "clinical_staff", "started_at": "2026-03-12T09:00:00Z", "ended_at": "2026-03-12T09:10:00Z"}
    for who in ("RN_2", "RN_3") for patient in ("p3", "p4")
]  # fmt: skip
LEDGERS = ["/v1/patients/p1/facts", "/v1/patients/ada/facts", "/v1/practice/facts"]
MONTH = "/v1/patients/p1/months/2026-03/determination"


def again(fact: Json, **changes: Any) -> Json:
    return fact | {"id": f"{fact['id']}-again", "corrects": fact["id"]} | changes


def retraction(fact: Json) -> Json:
    named = {"kind": fact["kind"], "id": fact["id"]}
    about = {"patient": fact["patient"]} if "patient" in fact else {}
    return {"kind": "retraction", "id": f"{fact['id']}-gone", "reason": "x", "retracts": named} | about


def unkind(fact: Json) -> Json:
    return {name: value for name, value in fact.items() if name != "kind"}


def unknown(answer: httpx.Response) -> bool:
    return answer.status_code == 404 and answer.json()["type"] == "/problems/not-found"


def empty(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {"facts": []}


def nobody_looked(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {"entries": []}


def nothing_to_report(answer: httpx.Response) -> bool:
    """Two of ours are at once, and one names its day only."""
    told = answer.json()
    return answer.status_code == 200 and told == {
        "service_month": "2026-03", "time_zone": "America/New_York", "untested_entries": 0, "simultaneous_work": [],
        "impossible_days": [],
    }  # fmt: skip


def nobody_to_close(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {"service_month": "2026-03", "closed": [], "left_out": []}


def nobody_waits(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {
        "service_month": "2026-02", "closed_months": 0, "amendments": [],
    }  # fmt: skip


def nobody_to_call(answer: httpx.Response) -> bool:
    told = answer.json()
    return answer.status_code == 200 and not told["rows"] and told.get("patients_behind", 0) == 0


def nothing_happened(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {"events": []}


def no_runs(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {"runs": []}


def of_nobody(answer: httpx.Response) -> bool:
    """A run of theirs, which has nobody to look at and nothing of ours to be compared with."""
    run = answer.json()
    return answer.status_code == 202 and run["total"] == 0 and "compared_with" not in run


def of_one_unknown(answer: httpx.Response) -> bool:
    run = answer.json()
    return answer.status_code == 202 and run["total"] == 1 and "compared_with" not in run


def all_unknown(answer: httpx.Response) -> bool:
    told = answer.json()
    return answer.status_code == 200 and not told["closed"] and {one["detail"] for one in told["left_out"]} == {
        "No such patient."
    }  # fmt: skip


def stored(answer: httpx.Response) -> bool:
    """As the first facts there are: neither duplicates of ours nor at odds with them."""
    receipt = answer.json()
    return answer.status_code == 201 and (receipt["duplicates"], receipt["results"][0]["position"]) == (0, 1)


def conflict(answer: httpx.Response) -> bool:
    return answer.status_code == 409


def rejected(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and (answer.json()["stored"], answer.json()["rejected"]) == (0, 1)


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 422


def nothing_known(answer: httpx.Response) -> bool:
    """With all of ours at hand there would be seconds, a consent and another setting to tell of."""
    determination = answer.json()
    told = answer.text
    return answer.status_code == 200 and not determination["claim_lines"] and not any(
        f'"id":"{fact["id"]}"' in told for fact in OURS
    )  # fmt: skip


def no_patients(answer: httpx.Response) -> bool:
    nobody = {"patients": 0, "medicare_patients": 0, "qualifying_patients": 0, "taking_part": 0}
    return answer.status_code == 200 and answer.json()["panel"]["recorded"] == nobody


def recorded_anew(answer: httpx.Response) -> bool:
    statuses = [entry["response"]["status"][:3] for entry in answer.json()["entry"]]
    return answer.status_code == 200 and statuses == ["200", "201", "201", "201", "201", "200"]


def taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200


@pytest.fixture(scope="module", params=WAYS)
async def app(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[FastAPI]:
    async with reaching(database_url, request.param) as app:
        yield app


class Asked(NamedTuple):
    """An operation, how the neighbour asks it for our things, what must come, and how many facts they have then."""

    operation: str
    path: str
    body: Any
    comes: Callable[[httpx.Response], bool]
    kept: int = 0


KEY: Final = "ours"
SAID: Json = {"by": "C_1", "words": "Furnished as documented."}
DECIDED: Json = {"amendment": "{amendment}", "decision": "accepted", **SAID}
OF_MONTH = "/v1/patients/{patient}/months/{month}"
CLOSED = "/v1/patients/p1/months/2026-02"
AMENDED = "/v1/patients/p5/months/2026-03"
READ_PATIENT = "GET /v1/patients/{patient}/facts"
READ_PRACTICE = "GET /v1/practice/facts"
READ_MONTH = "GET /v1/patients/{patient}/months/{month}/determination"
CLOSE, REOPEN = f"POST {OF_MONTH}/close", f"POST {OF_MONTH}/reopen"
READ_AMENDMENTS, DECIDE = f"GET {OF_MONTH}/amendments", f"POST {OF_MONTH}/amendments"
READ_HISTORY, READ_FROZEN = f"GET {OF_MONTH}/history", f"GET {OF_MONTH}/history/{{revision}}"
READ_OPEN = "GET /v1/months/{month}/amendments"
CLOSE_MANY = "POST /v1/months/{month}/close"
READ_WORKLIST, READ_EVENTS = "GET /v1/months/{month}/worklist", "GET /v1/events"
WORKLIST = "/v1/months/2026-03/worklist"
# Only in the month under way is anything still to be had.
WORKLIST_NOW = f"/v1/months/{dt.datetime.now(ZoneInfo('America/New_York')):%Y-%m}/worklist"
START_RUN, READ_RUNS = "POST /v1/months/{month}/runs", "GET /v1/months/{month}/runs"
READ_RUN, CANCEL_RUN, FOLLOW_RUN = "GET /v1/runs/{run}", "POST /v1/runs/{run}/cancel", "GET /v1/runs/{run}/events"
READ_RESULTS, READ_CHANGES = "GET /v1/runs/{run}/results", "GET /v1/runs/{run}/changes"
OF_RUNS: Final = {START_RUN, READ_RUNS, READ_RUN, CANCEL_RUN, FOLLOW_RUN, READ_RESULTS, READ_CHANGES}
READ_WORK = "GET /v1/months/{month}/simultaneous-work"
READ_LOG = "GET /v1/access-log"
FACTS, ENTRIES, CONSENTS = "POST /v1/facts", "POST /v1/time-entries", "POST /v1/consents"
EVALUATE, BUNDLE = "POST /v1/evaluations", "POST /fhir"
PROJECT = "POST /v1/projections"
HEAVIER = fhir.bundle(fhir.patient(), fhir.condition(code=fhir.concept(fhir.ICD, "E11.65")))

TABLE = [
    Asked(READ_PATIENT, "/v1/patients/p1/facts", None, unknown),
    Asked(READ_PATIENT, "/v1/patients/ada/facts", None, unknown),
    Asked(READ_PATIENT, "/v1/patients/p1/facts?kind=time_entry&month=2026-03", None, unknown),
    Asked(READ_PATIENT, "/v1/patients/p1/facts?known_as_of={recorded_at}", None, unknown),
    Asked(READ_PATIENT, "/v1/patients/p1/facts?cursor={cursor}", None, refused),
    Asked(READ_MONTH, MONTH, None, unknown),
    Asked(READ_MONTH, MONTH + "?known_as_of={recorded_at}", None, unknown),
    Asked(CLOSE, "/v1/patients/p1/months/2026-03/close", SAID, unknown),
    Asked(CLOSE, f"{CLOSED}/close", SAID, unknown),
    Asked(REOPEN, f"{CLOSED}/reopen", SAID, unknown),
    Asked(READ_AMENDMENTS, f"{CLOSED}/amendments", None, unknown),
    Asked(DECIDE, f"{AMENDED}/amendments", DECIDED, unknown),
    Asked(READ_HISTORY, f"{CLOSED}/history", None, unknown),
    Asked(READ_FROZEN, f"{CLOSED}/history/1", None, unknown),
    Asked(CLOSE_MANY, "/v1/months/2026-03/close", SAID, nobody_to_close),
    Asked(CLOSE_MANY, "/v1/months/2026-03/close", SAID | {"patients": ["p1"]}, all_unknown),
    Asked(CLOSE_MANY, "/v1/months/2026-03/close?cursor={close_cursor}", SAID, refused),
    Asked(READ_OPEN, "/v1/months/2026-02/amendments", None, nobody_waits),
    Asked(READ_PRACTICE, "/v1/practice/facts", None, empty),
    Asked(READ_PRACTICE, "/v1/practice/facts?kind=setting&known_as_of={recorded_at}", None, empty),
    Asked(READ_OPEN, "/v1/months/2026-02/amendments?cursor={open_cursor}", None, refused),
    Asked(READ_PRACTICE, "/v1/practice/facts?cursor={practice_cursor}", None, refused),
    Asked(READ_PRACTICE, "/v1/practice/facts?month=2026-03", None, empty),
    Asked(READ_WORK, "/v1/months/2026-03/simultaneous-work", None, nothing_to_report),
    Asked(READ_WORK, "/v1/months/2026-03/simultaneous-work?performer=RN_2", None, nothing_to_report),
    Asked(READ_WORK, "/v1/months/2026-03/simultaneous-work?cursor={work_cursor}", None, refused),
    Asked(READ_WORKLIST, WORKLIST, None, nobody_to_call),
    Asked(READ_WORKLIST, f"{WORKLIST}?state=complete&status=billable&program=ccm", None, nobody_to_call),
    Asked(READ_WORKLIST, f"{WORKLIST}?code=99490&practitioner=DR_LEE", None, nobody_to_call),
    Asked(READ_WORKLIST, f"{WORKLIST_NOW}?state=at_risk&min_value=1", None, nobody_to_call),
    Asked(READ_WORKLIST, WORKLIST + "?known_as_of={recorded_at}", None, nobody_to_call),
    Asked(READ_WORKLIST, WORKLIST + "?cursor={worklist_cursor}", None, refused),
    Asked(READ_EVENTS, "/v1/events", None, nothing_happened),
    Asked(READ_EVENTS, "/v1/events?cursor={events_cursor}", None, refused),
    Asked(START_RUN, "/v1/months/2026-03/runs", {}, of_nobody),
    Asked(START_RUN, "/v1/months/2026-03/runs", {"patients": ["p6"]}, of_one_unknown),
    Asked(START_RUN, "/v1/months/2026-03/runs", {"changed_since": "{run}"}, refused),
    Asked(READ_RUNS, "/v1/months/2026-03/runs", None, no_runs),
    Asked(READ_RUNS, "/v1/months/2026-03/runs?cursor={runs_cursor}", None, refused),
    Asked(READ_RUN, "/v1/runs/{run}", None, unknown),
    Asked(CANCEL_RUN, "/v1/runs/{waiting_run}/cancel", None, unknown),
    Asked(FOLLOW_RUN, "/v1/runs/{run}/events", None, unknown),
    Asked(READ_RESULTS, "/v1/runs/{run}/results", None, unknown),
    Asked(READ_RESULTS, "/v1/runs/{run}/results?status=billable&code=99490&practitioner=DR_LEE&met=true", None, unknown),
    Asked(READ_CHANGES, "/v1/runs/{run}/changes?since={run}", None, unknown),
    Asked(READ_LOG, "/v1/access-log?patient=p1", None, nobody_looked),
    Asked(READ_LOG, "/v1/access-log?patient=p1&from={recorded_at}", None, nobody_looked),
    Asked(READ_LOG, "/v1/access-log?until={looked_at}", None, nobody_looked),
    Asked(READ_LOG, "/v1/access-log?credential={credential}", None, nobody_looked),
    Asked(READ_LOG, "/v1/access-log?cursor={log_cursor}", None, refused),
    Asked(FACTS, "/v1/facts", ENTRY, stored, 1),
    Asked(FACTS, "/v1/facts", ENTRY | {"seconds": 60}, stored, 1),
    Asked(FACTS, "/v1/facts", SETTING, stored, 1),
    Asked(FACTS, "/v1/facts", SETTING | {"type": "physician_office"}, stored, 1),
    Asked(FACTS, "/v1/facts", OURS, stored, len(OURS)),
    Asked(FACTS, "/v1/facts", again(ENTRY), conflict),
    Asked(FACTS, "/v1/facts", again(SETTING), conflict),
    Asked(FACTS, "/v1/facts", retraction(ENTRY), conflict),
    Asked(FACTS, "/v1/facts", retraction(CONSENT), conflict),
    Asked(FACTS, "/v1/facts", retraction(SETTING), conflict),
    Asked(FACTS, "/v1/facts?partial=true", again(ENTRY), rejected),
    Asked(FACTS, "/v1/facts?partial=true", retraction(ENTRY), rejected),
    Asked(ENTRIES, "/v1/time-entries", unkind(ENTRY), stored, 1),
    Asked(ENTRIES, "/v1/time-entries", unkind(ENTRY) | {"seconds": 60}, stored, 1),
    Asked(ENTRIES, "/v1/time-entries", unkind(again(ENTRY)), conflict),
    Asked(ENTRIES, "/v1/time-entries?partial=true", unkind(again(ENTRY)), rejected),
    Asked(CONSENTS, "/v1/consents", unkind(CONSENT), stored, 1),
    Asked(CONSENTS, "/v1/consents", unkind(CONSENT) | {"action": "withdrawn"}, stored, 1),
    Asked(CONSENTS, "/v1/consents", unkind(again(CONSENT, action="withdrawn")), conflict),
    Asked(CONSENTS, "/v1/consents?partial=true", unkind(again(CONSENT)), rejected),
    Asked(EVALUATE, "/v1/evaluations", {"service_month": "2026-03", "facts": []}, nothing_known),
    Asked(EVALUATE, "/v1/evaluations",
          {"service_month": "2026-03", "facts": [ENTRY | {"id": "theirs"}]}, nothing_known),
    Asked(EVALUATE, "/v1/evaluations", {"service_month": "2026-03", "facts": [again(ENTRY)]}, refused),
    Asked(EVALUATE, "/v1/evaluations", {"service_month": "2026-03", "facts": [retraction(ENTRY)]}, refused),
    Asked(PROJECT, "/v1/projections", {"service_month": "2026-03", "panel": {"stored": True}}, no_patients),
    Asked(BUNDLE, "/fhir", fhir.whole_bundle(), recorded_anew, 4),
    Asked(BUNDLE, "/fhir", HEAVIER, taken, 1),
]  # fmt: skip


async def ledgers(caller: httpx.AsyncClient) -> list[Json]:
    """Everything a practice has, as far as it concerns us."""
    answers = [(await caller.get(path)).json() for path in LEDGERS]
    return [fact for answer in answers for fact in answer.get("facts", [])]


async def kept(client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID) -> dict[str, str]:
    """The cursors of our worklist, kept current, and of what happened to our months."""
    assert (await client.post("/v1/facts", json=[retraction(SETTING), *months.usual("p6")])).status_code == 201
    await client.get(WORKLIST)
    await Keeper(engine, [practice]).turn()
    async with transaction(engine, practice) as connection:
        await outbox.add(connection, practice, outbox.DETERMINATION_CHANGED, "2026-03", ["p1"])
    listed = (await client.get(f"{WORKLIST}?limit=1")).json()
    assert (len(listed["rows"]), listed["patients_behind"]) == (1, 0)
    happened = (await client.get("/v1/events")).json()
    assert happened["events"]
    return {"worklist_cursor": listed["next_cursor"], "events_cursor": happened["next_cursor"]}


async def runs(client: httpx.AsyncClient, engine: AsyncEngine, practice: UUID) -> dict[str, str]:
    """A run of ours that is done, one that waits, and the cursor of their list."""
    assert (await client.post("/v1/facts", json=[retraction(SETTING), *months.usual("p6")])).status_code == 201
    done, waiting = [(await client.post("/v1/months/2026-03/runs")).json()["id"] for _ in range(2)]
    assert await work_on(engine, f"{practice} {done} 0".encode()) is None
    assert (await client.get(f"/v1/runs/{done}")).json()["state"] == "done"
    listed = (await client.get("/v1/months/2026-03/runs?limit=1")).json()
    return {"run": done, "waiting_run": waiting, "runs_cursor": listed["next_cursor"]}


@pytest.mark.parametrize("asked", TABLE, ids=lambda asked: f"{asked.operation}-{asked.comes.__name__}")
async def test_the_neighbour_gets_nothing_of_ours_and_changes_nothing(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, engine: AsyncEngine, practice: UUID, asked: Asked
) -> None:
    receipt = await client.post("/v1/facts", json=OURS, headers={"Idempotency-Key": KEY})
    assert receipt.status_code == 201
    assert (await client.post("/fhir", json=fhir.whole_bundle())).status_code == 200
    assert (await client.post(f"{CLOSED}/close", json=SAID)).status_code == 201
    assert len(await ledgers(client)) == len(OURS) + 4 + 1
    cursor = (await client.get("/v1/patients/p1/facts?limit=1")).json()["next_cursor"]
    assert (await client.post("/v1/facts", json=[*AT_ONCE, DOCTOR])).status_code == 201
    stated = (await client.get("/v1/practice/facts?limit=1")).json()
    work = (await client.get("/v1/months/2026-03/simultaneous-work?limit=1")).json()
    bulk = (await client.post("/v1/months/2026-03/close?limit=1", json=SAID)).json()
    assert (await client.post("/v1/patients/p3/months/2026-02/close", json=SAID)).status_code == 201
    waiting = (await client.get("/v1/months/2026-02/amendments?limit=1")).json()
    looked = (await client.get("/v1/access-log?limit=1")).json()
    if asked.operation == DECIDE:
        amendment = await open_amendment(client)
        asked = asked._replace(body=asked.body | {"amendment": amendment})
    words = await kept(client, engine, practice) if asked.operation in {READ_WORKLIST, READ_EVENTS} else {}
    if asked.operation in OF_RUNS:
        words = await runs(client, engine, practice)
    if asked.operation == START_RUN and "changed_since" in asked.body:
        asked = asked._replace(body={"changed_since": words["run"]})
    ours = await ledgers(client)
    path = asked.path.format(
        **words,
        cursor=cursor,
        practice_cursor=stated["next_cursor"],
        work_cursor=work["next_cursor"],
        close_cursor=bulk["next_cursor"],
        open_cursor=waiting["next_cursor"],
        recorded_at=receipt.json()["results"][0]["recorded_at"],
        log_cursor=looked["next_cursor"],
        looked_at=looked["entries"][0]["at"],
        credential=looked["entries"][0]["credential"],
    )

    method = asked.operation.split()[0]
    # A key of ours is nobody else's, nor is what anybody holds of an answer of ours.
    headers = {"Idempotency-Key": KEY}
    told = held = None
    if method == "GET":
        mine = await client.get(path)
        assert mine.status_code == 200, mine.text
        told = mine.json() if mine.headers["content-type"] == "application/json" else mine.text
        held = mine.headers.get("etag", "*")
        headers = {"If-None-Match": held, "If-Match": held}
    answer = await neighbour.request(method, path, json=asked.body, headers=headers)

    assert asked.comes(answer), answer.text
    assert answer.json() != told
    assert held is None or answer.headers.get("etag") != held
    assert "idempotency-replayed" not in answer.headers
    assert await ledgers(client) == ours
    theirs = await ledgers(neighbour)
    assert len(theirs) == asked.kept
    ids = {fact["id"] for fact in theirs}
    assert all(fact.get("corrects") in {None, *ids} for fact in theirs)
    if method == "GET" or answer.status_code >= 400:
        body = None if asked.body is None else json.loads(never_used(json.dumps(asked.body)))
        never_heard_of = await neighbour.request(method, never_used(path), json=body)
        assert (never_heard_of.status_code, never_heard_of.json()) == (answer.status_code, answer.json())


async def open_amendment(caller: httpx.AsyncClient) -> str:
    """The one that waits for a decision on a closed month of p5."""
    assert (await caller.post("/v1/facts", json=[retraction(SETTING), *months.usual("p5")])).status_code == 201
    assert (await caller.post(f"{AMENDED}/close", json=SAID)).status_code == 201
    assert (await caller.post("/v1/facts", json=months.call("late", 30, patient="p5"))).status_code == 201
    (waiting,) = (await caller.get(f"{AMENDED}/amendments")).json()["amendments"]
    return str(waiting["amendment"])


def never_used(sent: str) -> str:
    """The same of patients and facts that neither practice has."""
    other = re.sub(r"\b(p1|p5|p6|ada|t1|t0|c1|s1)\b", r"\1x", sent)
    # A run's id, which nobody has either.
    return re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4", "0c6a1d8e-2f43-4", other)


@pytest.mark.parametrize("facts", [[], [ENTRY], OURS])
async def test_an_evaluation_reads_nobodys_ledger(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, facts: list[Json]
) -> None:
    question = {"service_month": "2026-03", "facts": facts}
    before = await client.post("/v1/evaluations", json=question)
    assert before.status_code == 200
    assert (await client.post("/v1/facts", json=OURS)).status_code == 201
    for caller in (client, neighbour):
        assert (await caller.post("/v1/evaluations", json=question)).content == before.content


async def test_the_same_bundle_is_two_practices_own(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    """The same resources have the same ids in both; a newer version of one corrects it where it was sent."""
    first = await client.post("/fhir", json=fhir.whole_bundle())
    second = await neighbour.post("/fhir", json=fhir.whole_bundle())
    assert first.json() == second.json()
    ours, theirs = await ledgers(client), await ledgers(neighbour)
    assert [(fact["kind"], fact["id"]) for fact in ours] == [(fact["kind"], fact["id"]) for fact in theirs]
    assert (await neighbour.post("/fhir", json=HEAVIER)).status_code == 200
    assert await ledgers(client) == ours
    (newer,) = [fact for fact in await ledgers(neighbour) if fact not in theirs]
    (older,) = [fact for fact in theirs if fact["kind"] == "condition"]
    assert (newer["code"], newer["corrects"]) == ("E11.65", older["id"])
    sent_again = (await client.post("/fhir", json=fhir.whole_bundle())).json()
    assert {entry["response"]["status"] for entry in sent_again["entry"]} == {"200 OK"}
    assert await ledgers(client) == ours


async def test_the_same_references_are_two_patients(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/facts", json=ENTRY)).status_code == 201
    assert (await neighbour.post("/v1/facts", json=ENTRY | {"seconds": 60})).status_code == 201
    (mine,) = (await client.get("/v1/patients/p1/facts")).json()["facts"]
    (theirs,) = (await neighbour.get("/v1/patients/p1/facts")).json()["facts"]
    assert (mine["seconds"], theirs["seconds"]) == (1500, 60)
    assert mine["position"] == theirs["position"] == 1
    assert (await neighbour.post("/v1/facts", json=again(ENTRY, seconds=90))).status_code == 201
    assert (await client.get("/v1/patients/p1/facts")).json()["facts"] == [mine]


async def test_a_cursor_of_the_neighbours_does_not_fit(client: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> None:
    for caller in (client, neighbour):
        await caller.post("/v1/facts", json=[ENTRY, ENTRY | {"id": "t2"}])
    cursor = (await client.get("/v1/patients/p1/facts?limit=1")).json()["next_cursor"]
    assert (await neighbour.get("/v1/patients/p1/facts", params={"cursor": cursor})).status_code == 422


async def test_what_two_practices_do_at_once_stays_apart(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    """Writes of both, and reads of the same patient's ledger and month, as they come."""

    async def work(caller: httpx.AsyncClient, who: str, number: int) -> None:
        entry = ENTRY | {"id": f"{who}-{number}", "performer": who, "on": f"2026-03-{number + 1:02}", "seconds": 60}
        assert (await caller.post("/v1/facts", json=entry)).status_code == 201
        facts, month = await asyncio.gather(caller.get("/v1/patients/p1/facts"), caller.get(MONTH))
        assert {fact["performer"] for fact in facts.json()["facts"]} == {who}
        assert {entry["id"].partition("-")[0] for entry in month.json()["time"]["entries"]} == {who}

    callers = ((client, "OURS"), (neighbour, "THEIRS"))
    await asyncio.gather(*[work(caller, who, number) for number in range(12) for caller, who in callers])
    for caller, _ in callers:
        assert len((await caller.get("/v1/patients/p1/facts")).json()["facts"]) == 12


async def test_nothing_of_a_caller_stays_on_a_connection(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Neither after what was done nor after what was refused: whoever comes next begins as nobody."""
    who = text("SELECT current_user = session_user, coalesce(current_setting('app.tenant', true), '')")
    for sent, status in ((ENTRY, 201), (ENTRY | {"seconds": 60}, 409)):
        assert (await client.post("/v1/facts", json=sent)).status_code == status
        assert (await client.get(MONTH)).status_code == 200
        async with AsyncExitStack() as connections:
            for _ in range(app.state.engine.pool.checkedin()):
                connection = await connections.enter_async_context(app.state.engine.connect())
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                assert tuple((await connection.execute(who)).one()) == (True, "")


SENT: Final = {"Idempotency-Key", "if-none-match", "if-match"}
"""Headers that every question above comes with, where they mean anything."""
OTHERWISE: Final = {"POST /oauth/token", "GET /readyz"}
"""They reach the database and know no practice yet; tokens are tried with what is another client's beside this file."""
NAMES: Final = {"amendment", "changed_since", "corrects", "id", "patient", "patients", "retracts", "stored"}
"""Members of a body that name something a practice has, or ask for all of it."""
NAMES_NOTHING: Final = {
    "assertion", "attending", "billing_practitioner", "by", "client_id", "code", "credential", "device", "fullUrl",
    "locality", "model", "name", "note_ref", "npi", "on_behalf_of", "pathway", "performer", "practitioner", "reason",
    "resourceType", "specialty", "supervised_by", "system", "time_zone", "url", "words",
}  # fmt: skip
"""Other texts a sender chooses: they are recorded, or reckoned with, and looked up nowhere."""


def test_every_call_is_in_the_table(app: FastAPI) -> None:
    """A new call of a practice must be added there."""
    named = {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if "security" in operation
    }
    assert named == {asked.operation for asked in TABLE}


def test_nothing_else_reaches_the_database(app: FastAPI) -> None:
    """Neither a page nor a call that the document leaves out, nor one that asks for no key."""

    def reaches(dependant: Dependant) -> bool:
        reaches_it = dependant.call is _engine or isinstance(dependant.call, Needs)
        return reaches_it or any(map(reaches, dependant.dependencies))

    routes = [route for route in iter_route_contexts(app.routes) if hasattr(route, "dependant")]
    assert len(routes) > 30
    reaching_it = {
        f"{method} {route.path}" for route in routes if reaches(route.dependant) for method in route.methods or ()
    }
    assert reaching_it == {asked.operation for asked in TABLE} | OTHERWISE


def test_every_parameter_of_a_call_is_asked_with_what_is_ours(app: FastAPI) -> None:
    document = app.openapi()
    for operation in {asked.operation for asked in TABLE}:
        method, path = operation.split()
        given = [
            each if "$ref" not in each else document["components"]["parameters"][each["$ref"].rpartition("/")[2]]
            for each in document["paths"][path][method.lower()].get("parameters", [])
        ]
        query = {each["name"] for each in given if each["in"] == "query"} - {"limit", "partial"}
        asked = "".join(one.path for one in TABLE if one.operation == operation)
        assert {name for name in query if f"{name}=" not in asked} == set(), operation
        assert {each["name"] for each in given if each["in"] == "header"} <= SENT, operation


def test_every_member_that_names_something_is_asked_with_what_is_ours(app: FastAPI) -> None:
    document = app.openapi()
    for operation in {asked.operation for asked in TABLE}:
        method, path = operation.split()
        content = document["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
        # As lines the same is said: of a text no schema tells the members.
        forms = [media for kind, media in content.items() if kind != "application/x-ndjson"]
        taken = {name for media in forms for name in chosen(media["schema"], document, set())}
        assert taken <= NAMES | NAMES_NOTHING, (operation, taken - NAMES - NAMES_NOTHING)
        asked = {name for one in TABLE if one.operation == operation for name in members(one.body)}
        assert taken & NAMES <= asked, (operation, taken & NAMES - asked)


def chosen(schema: Json, document: Json, seen: set[str], name: str = "") -> Iterator[str]:
    """The members, however deep, whose text a sender chooses: neither one of a list, nor a date or another form."""
    if "$ref" in schema:
        referred = schema["$ref"].rpartition("/")[2]
        if referred not in seen:
            seen.add(referred)
            yield from chosen(document["components"]["schemas"][referred], document, seen, name)
        return
    if (
        schema.get("type") == "string"
        and not {"enum", "const", "format"} & schema.keys()
        and "-(0[1-9]|1[0-2])" not in schema.get("pattern", "")
    ):
        yield name
    for member, of in schema.get("properties", {}).items():
        yield from chosen(of, document, seen, member)
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from chosen(part, document, seen, name)
    if "items" in schema:
        yield from chosen(schema["items"], document, seen, name)


def members(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from members(inner)
