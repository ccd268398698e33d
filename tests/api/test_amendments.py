"""What later facts change of a closed month: a delta for a person to accept or decline, and nothing silently."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.months import (
    MONTH,
    SAID,
    Json,
    call,
    codes,
    correction,
    got,
    own_facts,
    posted,
    retraction,
    two_could_bill,
    usual,
)

AMENDMENTS = MONTH + "/amendments"


@pytest.fixture
async def closed(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """25 minutes: closed with 99490 alone."""
    await posted(client, "/v1/facts", usual(minutes=(15, 10)))
    frozen = (await posted(client, MONTH + "/close", SAID))["frozen"]
    assert codes(frozen["claim_lines"]) == [("99490", 1)]
    return client


async def the_open_one(client: httpx.AsyncClient) -> Json:
    *_, last = (await got(client, AMENDMENTS))["amendments"]
    assert last["state"] == "open"
    assert isinstance(last, dict)
    return last


def deciding(amendment: Json, decision: str, **more: Any) -> Json:
    return {"amendment": amendment["amendment"], "decision": decision, "by": "C_REYES", "words": "Looked at.", **more}


def deltas(amendment: Json) -> list[tuple[str, str, int, int | None]]:
    return [
        (one["change"], one["claim_line"]["code"], one["claim_line"]["units"], one.get("amount_change_cents"))
        for one in amendment["changes"]
    ]


async def test_what_changes_nothing_of_the_lines_is_no_amendment(closed: httpx.AsyncClient) -> None:
    assert (await got(closed, AMENDMENTS))["amendments"] == []
    await posted(closed, "/v1/facts", [
        call("short", 5), call("earlier", 5, "2026-03-01"),
        {"kind": "condition", "id": "d3", "patient": "p1", "code": "J45.40", "significant_risk": True,
         "expected_duration": "until_death"},
    ])  # fmt: skip
    now = await got(closed, MONTH + "/determination")
    assert now["claim_lines"][0]["diagnoses"] == ["E11.9", "I10", "J45.40"]
    assert (await got(closed, AMENDMENTS))["amendments"] == []


async def test_a_late_entry_that_reaches_an_add_on_is_proposed_and_accepted(closed: httpx.AsyncClient) -> None:
    kept = [fact for fact in await own_facts(closed) if fact["kind"] == "service"]
    await posted(closed, "/v1/facts", call("late", 20))
    assert codes((await got(closed, MONTH + "/history"))["revisions"][-1]["frozen"]["claim_lines"]) == [("99490", 1)]
    amendment = await the_open_one(closed)
    assert deltas(amendment) == [("keep", "99490", 1, 0), ("add", "99439", 1, 5044)]
    assert amendment["amount_change_cents"] == 5044
    assert amendment["changes"][1]["rules"] == ["TIME-02"]
    assert amendment["changes"][1]["why"] == (
        "Stopped when the month was closed by TIME-02. 2,700 seconds count now and 1,500 did."
    )
    assert await the_open_one(closed) == amendment  # the same for as long as nothing is recorded

    decided = await posted(closed, AMENDMENTS, deciding(amendment, "accepted", on_behalf_of="DR_LEE"))
    assert decided["state"] == "accepted"
    assert decided["decision"]["revision"] == 2
    services = [fact for fact in await own_facts(closed) if fact["kind"] == "service"]
    assert services[: len(kept)] == kept
    assert [(fact["code"], fact["units"]) for fact in services[len(kept) :]] == [("99439", 1)]
    assert [fact["action"] for fact in await own_facts(closed) if fact["kind"] == "attestation"] == [
        "closed",
        "amended",
    ]
    story = await got(closed, MONTH + "/history")
    assert [each["action"] for each in story["revisions"]] == ["closed", "amended"]
    assert codes(story["revisions"][1]["frozen"]["claim_lines"]) == [("99490", 1), ("99439", 1)]
    assert codes(story["revisions"][0]["frozen"]["claim_lines"]) == [("99490", 1)]
    assert story["amendments"] == [decided]
    for revision in story["revisions"]:
        given = await closed.get(revision["frozen"]["answer"])
        assert (await closed.get(revision["frozen"]["determination"])).content == given.content
    assert (await posted(closed, AMENDMENTS, deciding(amendment, "declined"), 409))["type"] == "/problems/conflict"


async def test_a_line_nothing_supports_any_more_is_void_with_the_finding_that_says_why(
    closed: httpx.AsyncClient,
) -> None:
    consent = next(fact for fact in usual() if fact["kind"] == "consent")
    await posted(closed, "/v1/facts", retraction(consent))
    amendment = await the_open_one(closed)
    assert deltas(amendment) == [("void", "99490", 1, -6613)]
    assert "CONS-01" in amendment["changes"][0]["rules"]
    assert "CONS-01" in {finding["rule"] for finding in amendment["findings_new"]}
    assert "CONS-01" in {finding["rule"] for finding in amendment["findings_gone"]}
    (service,) = [fact["id"] for fact in await own_facts(closed) if fact["kind"] == "service"]
    await posted(closed, AMENDMENTS, deciding(amendment, "accepted"))
    gone = [fact["retracts"] for fact in await own_facts(closed) if fact["kind"] == "retraction"]
    assert gone == [{"kind": "service", "id": service}]
    last = (await got(closed, MONTH + "/history"))["revisions"][-1]
    assert last["frozen"]["claim_lines"] == []
    assert last["frozen"]["status"] == "not_billable"


async def test_other_units_are_the_line_void_and_added(client: httpx.AsyncClient) -> None:
    facts = usual(minutes=(20, 20, 20))
    await posted(client, "/v1/facts", facts)
    assert codes((await posted(client, MONTH + "/close", SAID))["frozen"]["claim_lines"]) == [
        ("99490", 1),
        ("99439", 2),
    ]
    await posted(client, "/v1/facts", correction(facts[-1], seconds=600))
    amendment = await the_open_one(client)
    assert deltas(amendment) == [
        ("keep", "99490", 1, 0), ("void", "99439", 2, -10088), ("add", "99439", 1, 5044),
    ]  # fmt: skip
    assert amendment["changes"][1]["why"] == ("Units are 1 now and were 2. 3,000 seconds count now and 3,600 did.")
    assert amendment["amount_change_cents"] == -5044


async def test_a_diagnosis_lost_and_a_date_too_early_void_a_line(closed: httpx.AsyncClient) -> None:
    more = {"kind": "condition", "id": "d3", "patient": "p1", "code": "J45.40", "significant_risk": True,
            "expected_duration": "until_death"}  # fmt: skip
    lost = next(fact for fact in usual() if fact.get("code") == "I10")
    first = next(fact for fact in usual(minutes=(15, 10)) if fact["id"] == "p1-call-1")
    await posted(closed, "/v1/facts", [more, retraction(lost), correction(first, on="2026-03-28")])
    amendment = await the_open_one(closed)
    assert [each[:2] for each in deltas(amendment)] == [("void", "99490"), ("add", "99490")]
    assert amendment["changes"][0]["why"] == (
        "Its earliest date of service is 2026-03-28 now. No longer supported by I10."
    )
    assert amendment["amount_change_cents"] == 0


async def test_what_was_declined_is_kept_and_the_same_facts_do_not_ask_again(closed: httpx.AsyncClient) -> None:
    await posted(closed, "/v1/facts", call("late", 20))
    amendment = await the_open_one(closed)
    decided = await posted(closed, AMENDMENTS, deciding(amendment, "declined", words="The claim is paid."))
    assert decided["state"] == "declined"
    assert "revision" not in decided["decision"]
    assert (await got(closed, AMENDMENTS))["amendments"] == [decided]
    await posted(closed, "/v1/facts", call("april", 20, "2026-04-02"))  # another month's
    assert (await got(closed, AMENDMENTS))["amendments"] == [decided]
    for decision in ("accepted", "declined"):
        await posted(closed, AMENDMENTS, deciding(amendment, decision), 409)
    assert (await got(closed, MONTH + "/history"))["state"] == "closed"

    await posted(closed, "/v1/facts", call("later", 20))
    other = await the_open_one(closed)
    assert other["amendment"] != amendment["amendment"]
    assert deltas(other) == [("keep", "99490", 1, 0), ("add", "99439", 2, 10088)]
    assert (await got(closed, AMENDMENTS))["amendments"] == [decided, other]


async def test_who_was_shown_something_else_decides_nothing(closed: httpx.AsyncClient) -> None:
    nothing = {"amendment": "0" * 32}
    await posted(closed, AMENDMENTS, deciding(nothing, "accepted"), 409)
    await posted(closed, "/v1/facts", call("late", 20))
    shown = await the_open_one(closed)
    await posted(closed, "/v1/facts", call("later", 20))
    problem = await posted(closed, AMENDMENTS, deciding(shown, "accepted"), 409)
    assert problem["errors"][0]["pointer"] == "/amendment"
    problem = await posted(closed, AMENDMENTS, deciding({"amendment": "x"}, "perhaps"), 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/amendment", "/decision"]
    await posted(closed, MONTH + "/reopen", SAID)
    assert (await got(closed, AMENDMENTS))["amendments"] == []
    await posted(closed, AMENDMENTS, deciding(shown, "accepted"), 409)


async def test_of_two_who_decide_at_once_one_does(closed: httpx.AsyncClient) -> None:
    await posted(closed, "/v1/facts", call("late", 20))
    amendment = await the_open_one(closed)
    answers = await asyncio.gather(
        *(closed.post(AMENDMENTS, json=deciding(amendment, each)) for each in ("accepted", "declined") * 2)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len((await got(closed, AMENDMENTS))["amendments"]) == 1


async def test_where_a_decision_is_needed_now_the_alternative_is_named(closed: httpx.AsyncClient) -> None:
    """The closed line is still one of the possibilities: nothing is proposed, until it is none."""
    await posted(closed, "/v1/facts", two_could_bill())
    assert (await got(closed, MONTH + "/determination"))["status"] == "needs_decision"
    assert (await got(closed, AMENDMENTS))["amendments"] == []
    await posted(closed, "/v1/facts", call("late", 20))
    amendment = await the_open_one(closed)
    assert amendment["status"] == "needs_decision"
    assert len(amendment["alternatives"]) == 2
    assert [each[:2] for each in deltas(amendment)] == [("void", "99490")]
    await posted(closed, AMENDMENTS, deciding(amendment, "accepted"), 409)
    lines = [{"code": code, "units": 1, "practitioner": "DR_LEE"} for code in ("99490", "99439")]
    decided = await posted(closed, AMENDMENTS, deciding(amendment, "accepted", claim_lines=lines))
    assert decided["amendment"] == amendment["amendment"]
    assert [each[:2] for each in deltas(decided)] == [("keep", "99490"), ("add", "99439")]
    assert (await got(closed, MONTH + "/history"))["amendments"] == [decided]


async def test_practice_facts_amend_too(closed: httpx.AsyncClient) -> None:
    practitioner = next(fact for fact in usual() if fact["kind"] == "practitioner")
    await posted(closed, "/v1/facts", correction(practitioner, credential="RN"))
    amendment = await the_open_one(closed)
    assert amendment["then"]["positions"]["practice"] + 1 == amendment["now"]["positions"]["practice"]
    assert [each[:2] for each in deltas(amendment)] == [("void", "99490")]


async def test_the_months_that_wait_are_found_across_patients(client: httpx.AsyncClient) -> None:
    waiting = "/v1/months/2026-03/amendments"
    for patient in ("a", "b", "c", "d"):
        await posted(client, "/v1/facts", usual(patient, (25,)))
    for patient in ("a", "b", "c"):
        await posted(client, f"/v1/patients/{patient}/months/2026-03/close", SAID)
    for patient in ("a", "c", "d"):
        await posted(client, "/v1/facts", call(f"late-{patient}", 20, patient=patient))
    found = await got(client, waiting)
    assert [each["patient"] for each in found["amendments"]] == ["a", "c"]
    assert found["closed_months"] == 3
    first = found["amendments"][0]
    assert (await got(client, "/v1/patients/a/months/2026-03/amendments"))["amendments"] == [first]
    pages = [await got(client, waiting, limit="2")]
    pages.append(await got(client, waiting, limit="2", cursor=pages[0]["next_cursor"]))
    assert [each for page in pages for each in page["amendments"]] == found["amendments"]
    assert "next_cursor" not in pages[1]
    await posted(client, "/v1/patients/a/months/2026-03/amendments", deciding(first, "declined"))
    await posted(client, "/v1/patients/c/months/2026-03/reopen", SAID)
    assert await got(client, waiting) == {"service_month": "2026-03", "closed_months": 2, "amendments": []}
