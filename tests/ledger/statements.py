"""Facts as senders write them, and the few calls every ledger test makes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.facts import KINDS, Fact
from app.ledger.append import Appended, append
from app.ledger.as_of import reading
from app.ledger.read import Snapshot, StoredFact, page, snapshot
from app.postgres.transaction import retrying, transaction

SOURCE = "ehr"


def fact(kind: str, fact_id: str, patient: str | None = "P1", **fields: Any) -> Fact:
    """A well-formed fact of a kind, for this patient; keyword `from_` is `from`."""
    needed: dict[str, dict[str, Any]] = {
        "time_entry": {
            "program": "ccm",
            "performer": "RN_1",
            "role": "clinical_staff",
            "on": "2024-03-05",
            "seconds": 1200,
        },
        "consent": {"action": "given", "program": "ccm", "on": "2024-03-01"},
        "condition": {"code": "E11.9"},
        "enrollment": {"program": "ccm", "practitioner": "DR_A"},
        "practice": {"time_zone": "America/Chicago"},
        "setting": {"type": "physician_office"},
        "death": {"on": "2024-03-09"},
    }
    stated: dict[str, Any] = {"kind": kind, "id": fact_id, **needed.get(kind, {}), **fields}
    if patient is not None:
        stated["patient"] = patient
    return msgspec.convert({name.rstrip("_"): value for name, value in stated.items()}, KINDS[kind])


def practice_fact(kind: str, fact_id: str, **fields: Any) -> Fact:
    return fact(kind, fact_id, None, **fields)


def retraction(fact_id: str, kind: str, of: str, patient: str | None = "P1") -> Fact:
    return fact("retraction", fact_id, patient, retracts={"kind": kind, "id": of}, reason="entered in error")


async def record(
    engine: AsyncEngine, tenant: UUID, *facts: Fact, source: str = SOURCE, partial: bool = False
) -> tuple[Appended, ...]:
    async def once() -> tuple[Appended, ...]:
        async with transaction(engine, tenant) as connection:
            return await append(connection, tenant, source, facts, partial=partial)

    return await retrying(once)


async def ledger(engine: AsyncEngine, tenant: UUID, stream: str = "P1", **asked: Any) -> list[StoredFact]:
    async with reading(engine, tenant, ("", stream), asked.get("known_as_of")) as connection:
        return await page(connection, tenant, stream, **asked)


async def known(
    engine: AsyncEngine, tenant: UUID, patient: str = "P1", as_of: dt.datetime | None = None
) -> Snapshot | None:
    async def once() -> Snapshot | None:
        async with reading(engine, tenant, ("", patient), as_of) as connection:
            return await snapshot(connection, tenant, patient, known_as_of=as_of)

    return await retrying(once)


def outcomes(results: Sequence[Appended]) -> list[str]:
    return [result.outcome for result in results]


def pointers(results: Sequence[Appended]) -> dict[int, str | None]:
    return {result.index: error.pointer for result in results for error in result.errors}
