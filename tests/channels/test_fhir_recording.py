"""Bundles against a real ledger: nothing twice, changes correct, and all or nothing."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.channels.fhir import BundleError, Recorded, record
from app.determination import facts
from app.determination.facts import Fact, Retracted, Retraction
from app.ledger.append import append
from app.ledger.read import page
from app.postgres.transaction import retrying, transaction
from tests.channels import fhir_examples as fhir
from tests.channels.fhir_examples import Json, concept

SOURCE = "ehr"
ENTERED_IN_ERROR = concept("condition-ver-status", "entered-in-error")


async def ledger(engine: AsyncEngine, tenant: UUID, stream: str = "ada") -> list[Fact]:
    async with transaction(engine, tenant) as connection:
        return [stored.fact for stored in await page(connection, tenant, stream)]


async def recorded(engine: AsyncEngine, tenant: UUID, bundle: Json, source: str = SOURCE) -> Recorded:
    async def once() -> Recorded:
        async with transaction(engine, tenant) as connection:
            return await record(connection, tenant, source, bundle)

    return await retrying(once)


async def send(engine: AsyncEngine, tenant: UUID, *resources: Json, source: str = SOURCE) -> int:
    """The number of facts that were new."""
    bundle = fhir.bundle(fhir.patient(), fhir.practitioner(), *resources)
    return sum(len(entry.facts) for entry in (await recorded(engine, tenant, bundle, source)).entries)


async def test_a_bundle_is_recorded_once(engine: AsyncEngine, practice: UUID) -> None:
    first = await recorded(engine, practice, fhir.whole_bundle())
    assert [fact.kind for fact in await ledger(engine, practice)] == ["condition", "visit", "care_plan"]
    assert [fact.kind for fact in await ledger(engine, practice, "")] == ["practitioner"]
    assert {fact.source for fact in await ledger(engine, practice)} == {SOURCE}
    second = await recorded(engine, practice, fhir.whole_bundle())
    assert [len(entry.facts) for entry in first.entries] == [0, 1, 1, 1, 1, 0]
    assert not any(entry.facts for entry in second.entries)
    assert "nothing new" in second.entries[2].issues[0].says
    assert len(await ledger(engine, practice)) == 3


async def test_another_source_speaks_for_itself(engine: AsyncEngine, practice: UUID) -> None:
    assert await send(engine, practice, fhir.condition()) == 2
    assert await send(engine, practice, fhir.condition(), source="other") == 2


async def test_there_and_back_again(engine: AsyncEngine, practice: UUID) -> None:
    there, back = fhir.condition(), fhir.condition(onsetDateTime="2020-01-01")
    assert [await send(engine, practice, each) for each in (there, back, there, there, back)] == [2, 1, 1, 0, 1]
    conditions = await ledger(engine, practice)
    assert len({fact.id for fact in conditions}) == 4
    assert [getattr(fact, "corrects", None) for fact in conditions] == [None, *(fact.id for fact in conditions[:-1])]


async def test_withdrawn_and_stated_again(engine: AsyncEngine, practice: UUID) -> None:
    stated, withdrawn = fhir.condition(), fhir.condition(verificationStatus=ENTERED_IN_ERROR)
    versions = (stated, withdrawn, withdrawn, stated, stated)
    assert [await send(engine, practice, each) for each in versions] == [2, 1, 0, 1, 0]
    assert [fact.kind for fact in await ledger(engine, practice)] == ["condition", "retraction", "condition"]


async def test_a_visit_becomes_a_stay(engine: AsyncEngine, practice: UUID) -> None:
    stay = fhir.encounter(**{"class": {"code": "IMP"}})
    assert [await send(engine, practice, each) for each in (fhir.encounter(), stay, stay)] == [2, 2, 0]
    assert [fact.kind for fact in await ledger(engine, practice)] == ["visit", "retraction", "stay"]


async def test_a_resource_that_moves_to_another_patient(engine: AsyncEngine, practice: UUID) -> None:
    moved = fhir.condition(subject={"reference": "Patient/eve"})
    assert [await send(engine, practice, each) for each in (fhir.condition(), moved, moved)] == [2, 2, 0]
    assert [fact.kind for fact in await ledger(engine, practice)] == ["condition", "retraction"]
    assert [fact.kind for fact in await ledger(engine, practice, "eve")] == ["condition"]
    assert [await send(engine, practice, each) for each in (fhir.condition(), fhir.condition())] == [2, 0]


async def test_a_native_correction_is_what_the_next_version_corrects(engine: AsyncEngine, practice: UUID) -> None:
    await send(engine, practice, fhir.condition())
    (condition,) = await ledger(engine, practice)
    by_hand = facts.Condition(id="by-hand", patient="ada", corrects=condition.id, code="E11.22")
    async with transaction(engine, practice) as connection:
        await append(connection, practice, SOURCE, [by_hand])
    assert await send(engine, practice, fhir.condition()) == 0
    assert await send(engine, practice, fhir.condition(onsetDateTime="2020-01-01")) == 1
    assert getattr((await ledger(engine, practice))[-1], "corrects", None) == "by-hand"


async def test_a_native_retraction_holds_until_there_is_news(engine: AsyncEngine, practice: UUID) -> None:
    await send(engine, practice, fhir.condition())
    (condition,) = await ledger(engine, practice)
    by_hand = Retraction(id="by-hand", patient="ada", retracts=Retracted("condition", condition.id), reason="Wrong")
    async with transaction(engine, practice) as connection:
        await append(connection, practice, SOURCE, [by_hand])
    assert await send(engine, practice, fhir.condition()) == 0
    assert await send(engine, practice, fhir.condition(onsetDateTime="2020-01-01")) == 1
    assert getattr((await ledger(engine, practice))[-1], "corrects", None) is None


async def test_all_or_nothing(engine: AsyncEngine, practice: UUID) -> None:
    with pytest.raises(BundleError):
        await send(engine, practice, fhir.condition(), fhir.encounter(status="done"))
    assert await ledger(engine, practice) == []
    assert await ledger(engine, practice, "") == []


async def test_more_than_a_thousand_facts(engine: AsyncEngine, practice: UUID) -> None:
    conditions = [fhir.condition(id=f"c-{number}") for number in range(1200)]
    assert await send(engine, practice, *conditions) == 1201
    assert await send(engine, practice, *conditions) == 0


async def test_versions_sent_at_once_follow_each_other(engine: AsyncEngine, practice: UUID) -> None:
    versions = [fhir.condition(onsetDateTime=f"2020-01-{day:02}") for day in range(1, 9)]
    await asyncio.gather(*(send(engine, practice, each) for each in versions))
    conditions = await ledger(engine, practice)
    corrected = [getattr(fact, "corrects", None) for fact in conditions]
    assert corrected == [None, *(fact.id for fact in conditions[:-1])]
    assert len(conditions) == 8
