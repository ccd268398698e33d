"""The practice's time zone, which cannot change under the months of its patients.

Every statement of it that is in force names one zone, and once a patient's fact is stored the zone stays what it was,
also where nobody had stated it and the default held.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from app.determination.facts import Practice, Retraction
from app.determination.service_month import DEFAULT_TIME_ZONE
from app.errors import FieldError
from app.ledger.candidates import Candidate, Fault


class ZoneInForce(Struct, frozen=True):
    """`stated`: the zone of each `practice` fact in force, by source and id. `settled`: a patient's fact is stored."""

    stated: Mapping[tuple[str, str], str]
    settled: bool


def speaks_of_zone(candidate: Candidate) -> bool:
    fact = candidate.fact
    return isinstance(fact, Practice) or (isinstance(fact, Retraction) and fact.retracts.kind == "practice")


def zone_faults(before: ZoneInForce, source: str, statements: Sequence[Candidate]) -> dict[int, Fault]:
    """The statements, by index, that cannot stand beside the others and what is recorded.

    What counts is what holds after all of them, so their order decides only who is to blame.
    """
    faults: dict[int, Fault] = {}
    if _may_stand(before, source, statements, statements):
        return faults
    considered: list[Candidate] = []
    for statement in statements:
        remaining = [each for each in statements if each.index not in faults]
        if _may_stand(before, source, [*considered, statement], remaining):
            considered.append(statement)
        else:
            faults[statement.index] = _fault(before, statement)
    return faults


def zone_of(stated: Collection[str]) -> str:
    return next(iter(stated), DEFAULT_TIME_ZONE)


def _may_stand(
    before: ZoneInForce, source: str, statements: Sequence[Candidate], remaining: Sequence[Candidate]
) -> bool:
    """Whether the statements agree with the record, once all that remain have replaced and cancelled what they name."""
    superseded = {(source, each.target[1]) for each in remaining if each.target is not None}
    after = {key: zone for key, zone in before.stated.items() if key not in superseded}
    for statement in statements:
        if isinstance(statement.fact, Practice) and (source, statement.fact.id) not in superseded:
            after[source, statement.fact.id] = statement.fact.time_zone
    zones = set(after.values())
    return len(zones) <= 1 and (not before.settled or zone_of(zones) == zone_of(before.stated.values()))


def _fault(before: ZoneInForce, statement: Candidate) -> Fault:
    pointer = "/time_zone" if isinstance(statement.fact, Practice) else "/retracts"
    detail = (
        "The practice's time zone cannot change once a patient's fact is stored."
        if before.settled
        else "Another time zone of the practice is in force."
    )
    return Fault("conflict", FieldError(detail, pointer=pointer))
