"""Which facts stand: a correction replaces the fact it names, a retraction cancels it, and neither revives anything."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from app.determination.facts import Fact, Retraction


class Breach(Struct, frozen=True, gc=False):
    """A fact that cannot stand beside the others: its place in what was given, the field and what is wrong."""

    index: int
    field: str
    detail: str


def distinct(facts: Sequence[Fact]) -> tuple[list[Fact], list[Breach]]:
    """The facts without repetitions; one key with two contents is a breach."""
    kept: dict[tuple[str | None, str, str], Fact] = {}
    breaches = []
    for index, fact in enumerate(facts):
        first = kept.setdefault((fact.source, fact.kind, fact.id), fact)
        if first != fact:
            breaches.append(Breach(index, "id", "Another fact of this kind has the same id and other content."))
    return list(kept.values()), breaches


def breaches(facts: Sequence[Fact]) -> list[Breach]:
    """Corrections and retractions that name no fact of the same patient and source, or one already replaced."""
    known = {(fact.source, fact.kind, fact.id): fact for fact in facts}
    circular = _in_a_circle(known)
    taken: dict[tuple[str | None, str, str], Fact] = {}
    found = []
    for index, fact in enumerate(facts):
        target, field = _target(fact)
        if target is None:
            continue
        named = known.get(target)
        if named is None or named is fact or getattr(named, "patient", None) != getattr(fact, "patient", None):
            found.append(Breach(index, field, "Names no fact of the same patient, source and kind."))
        elif id(fact) in circular:
            found.append(Breach(index, field, "Corrects a fact that in turn corrects it."))
        elif taken.setdefault(target, fact) != fact:
            found.append(Breach(index, field, "Names a fact that was already corrected or retracted."))
    return found


def _in_a_circle(known: Mapping[tuple[str | None, str, str], Fact]) -> set[int]:
    """Facts of which each corrects the next, and the last the first: none of them came first."""
    circular: set[int] = set()
    settled: set[int] = set()
    for fact in known.values():
        walked: list[Fact] = []
        at: Fact | None = fact
        while at is not None and id(at) not in settled:
            settled.add(id(at))
            walked.append(at)
            target = _target(at)[0]
            at = None if target is None else known.get(target)
        if at is not None and any(one is at for one in walked):
            circular.update(id(one) for one in walked[walked.index(at) :])
    return circular


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that count: neither corrected nor retracted. Retractions themselves are left out."""
    facts = list(facts)
    gone = {target for fact in facts if (target := _target(fact)[0]) is not None}
    if not gone:
        return facts
    return [
        fact for fact in facts if not isinstance(fact, Retraction) and (fact.source, fact.kind, fact.id) not in gone
    ]


def _target(fact: Fact) -> tuple[tuple[str | None, str, str] | None, str]:
    if isinstance(fact, Retraction):
        return (fact.source, fact.retracts.kind, fact.retracts.id), "retracts"
    corrected: str | None = getattr(fact, "corrects", None)
    return (None if corrected is None else (fact.source, fact.kind, corrected)), "corrects"
