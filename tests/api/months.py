"""A patient whose month can be closed, and the few calls every test of closed months makes."""

from typing import Any, Final

import httpx

from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.determination.facts import KINDS

Json = dict[str, Any]

MONTH: Final = "/v1/patients/p1/months/2026-03"
SAID: Final[Json] = {"by": "C_REYES", "on_behalf_of": "DR_LEE", "words": "Furnished as documented."}


def call(name: str, minutes: int, on: str = "2026-03-30", patient: str = "p1") -> Json:
    return {
        "kind": "time_entry", "id": name, "patient": patient, "program": "ccm", "performer": "RN_KIM",
        "role": "clinical_staff", "on": on, "seconds": minutes * 60, "activity": "contact",
    }  # fmt: skip


def usual(patient: str = "p1", minutes: tuple[int, ...] = (20, 15, 10)) -> list[Json]:
    """Everything in order, and staff time on days of March: 45 minutes unless it says otherwise."""
    facts = [fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] != "time_entry"]
    facts += [call(f"call-{place}", each, f"2026-03-{place * 5:02}") for place, each in enumerate(minutes, start=1)]
    return [of(fact, patient) for fact in facts]


def of(fact: Json, patient: str) -> Json:
    """The fact as it is stored of a patient; each patient's facts have ids of their own."""
    if not KINDS[fact["kind"]].about_patient:
        return fact
    return fact | {"patient": patient, "id": f"{patient}-{fact['id']}"}


def correction(fact: Json, **changes: Any) -> Json:
    return fact | {"id": f"{fact['id']}-again", "corrects": fact["id"]} | changes


def retraction(fact: Json) -> Json:
    return {
        "kind": "retraction", "id": f"no-{fact['id']}", "patient": fact["patient"], "reason": "entered in error",
        "retracts": {"kind": fact["kind"], "id": fact["id"]},
    }  # fmt: skip


def two_could_bill(patient: str = "p1") -> list[Json]:
    """A second practitioner who might bill the month as well as the first: a person must decide."""
    about: Json = {"patient": patient, "practitioner": "DR_OTHER"}
    consent = next(fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "consent")
    return [
        {"kind": "practitioner", "id": "other", "practitioner": "DR_OTHER", "credential": "MD"},
        {"kind": "enrollment", "id": f"{patient}-other", "program": "ccm", "from": "2026-02-01", **about},
        {"kind": "visit", "id": f"{patient}-other", "code": "99214", "on": "2026-01-13", **about,
         "discussed_care_management": True},
        consent | {"id": f"{patient}-other", **about},
    ]  # fmt: skip


async def posted(client: httpx.AsyncClient, path: str, body: Any, status: int = 201, **headers: str) -> Json:
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


async def got(client: httpx.AsyncClient, path: str, **params: str) -> Json:
    answer = await client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def codes(lines: list[Json]) -> list[tuple[str, int]]:
    return [(line["code"], line["units"]) for line in lines]


async def own_facts(client: httpx.AsyncClient, patient: str = "p1") -> list[Json]:
    """What the service itself wrote into the ledger, in order."""
    ledger = (await got(client, f"/v1/patients/{patient}/facts", limit="1000"))["facts"]
    return [fact for fact in ledger if fact["source"] == "self"]
