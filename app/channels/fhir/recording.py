"""A Bundle read and recorded: all or nothing, and what became of each entry."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from app.channels.fhir.bundle import facts_of
from app.channels.fhir.issues import BundleError, Issue
from app.channels.fhir.reading import EntryRead, Mapped
from app.channels.fhir.versions import reconcile
from app.determination.facts import Fact, Retraction
from app.ledger.append import Refused, append
from app.ledger.latest import latest_named
from app.ledger.read import practice_time_zone
from app.ledger.statements import locked_heads
from app.ledger.tables import PRACTICE_STREAM
from app.months.computing import aside

KINDS_MADE: Final = ("care_plan", "condition", "death", "practitioner", "retraction", "stay", "visit")


class EntryRecorded(Struct, frozen=True):
    """What became of one entry: the facts it added, and what is said of it."""

    facts: tuple[Fact, ...]
    issues: tuple[Issue, ...]


class Recorded(Struct, frozen=True):
    """What became of a Bundle, entry by entry, and all the facts it states, recorded before or not."""

    bundle_type: str
    entries: tuple[EntryRecorded, ...]
    stated: tuple[Fact, ...]


async def record(connection: AsyncConnection, tenant: UUID, source: str, bundle: object) -> Recorded:
    """Append what the Bundle states that was not recorded before, in a READ COMMITTED transaction of the caller's.

    `BundleError` if it cannot be: then the caller's transaction must roll back.
    """
    mapped = await aside(facts_of, bundle, await practice_time_zone(connection, tenant))
    news = await _news(connection, tenant, source, mapped)
    if news:
        # Under the locks, so that two Bundles with two versions of one resource follow each other.
        streams = {getattr(fact, "patient", None) or PRACTICE_STREAM for facts in news.values() for fact in facts}
        await locked_heads(connection, tenant, sorted(streams))
        news = await _news(connection, tenant, source, mapped)
    facts = [(index, fact) for index, added in news.items() for fact in added]
    if facts:
        try:
            await append(connection, tenant, source, [fact for _, fact in facts])
        except Refused as refused:
            raise _conflict(mapped, [index for index, _ in facts], refused) from None
    entries = tuple(_entry(entry, news.get(index, ())) for index, entry in enumerate(mapped.entries))
    # What an entry no longer states is retracted, and then only the retraction tells of whom.
    stated = (*(entry.fact for entry in mapped.entries if entry.fact is not None), *(fact for _, fact in facts))
    return Recorded(mapped.bundle_type, entries, stated)


async def _news(
    connection: AsyncConnection, tenant: UUID, source: str, mapped: Mapped
) -> Mapping[int, tuple[Fact, ...]]:
    """By entry, the facts that are not recorded yet."""
    names = [entry.name for entry in mapped.entries if entry.name is not None]
    latest = await latest_named(connection, tenant, source, KINDS_MADE, names)
    news = {
        index: reconcile(entry.name, entry.fact, latest.get(entry.name))
        for index, entry in enumerate(mapped.entries)
        if entry.name is not None
    }
    return {index: facts for index, facts in news.items() if facts}


def _conflict(mapped: Mapped, indexes: Sequence[int], refused: Refused) -> BundleError:
    place = next(mapped.entries[indexes[one.index]].place for one in refused.results if one.errors)
    says = "Contradicts what is recorded of this resource, or another request is changing it: send the newest version."
    return BundleError(place, "conflict", says)


def _entry(entry: EntryRead, added: tuple[Fact, ...]) -> EntryRecorded:
    said = [Issue("information", "informational", f"{entry.place}.resource", _says(fact)) for fact in added]
    if entry.fact is not None and not added:
        says = f"Recorded before as a {entry.fact.kind} fact: nothing new."
        said.append(Issue("information", "informational", f"{entry.place}.resource", says))
    return EntryRecorded(added, (*said, *entry.issues))


def _says(fact: Fact) -> str:
    if isinstance(fact, Retraction):
        return f"The {fact.retracts.kind} fact recorded before is retracted by {fact.id}."
    corrects = " It corrects the one recorded before." if getattr(fact, "corrects", None) else ""
    return f"Recorded as the {fact.kind} fact {fact.id}.{corrects}"
