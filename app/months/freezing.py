"""A new revision of patients' months: the attestation and the lines into the ledger, the answer beside it, all or nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.credentials import OWN_SOURCE, Caller
from app.determination import succession
from app.determination.answer import Answer
from app.determination.explanation import encode
from app.determination.facts import Fact
from app.determination.service_month import DEFAULT_TIME_ZONE, local_day
from app.errors import Conflict
from app.ledger.append import append
from app.ledger.read import Snapshot
from app.months import revisions
from app.months.answering import covered_month, inputs_digest, month_of, time_zones
from app.months.attesting import Attesting, attestation, retractions, service, service_id
from app.months.choosing import Lines
from app.months.decide import answer_to
from app.months.delta import matched
from app.months.revisions import MOST_REVISIONS, Action, Frozen, FrozenLine, Revision


class Present(Struct, frozen=True):
    """The month as it is decided at an instant, which the answer names: asked for as of then, it is the same for ever.

    `facts_digest` is of what is recorded alone, on whatever day it is read; `begun` whether the month has, by then.
    """

    answer: Answer
    facts_digest: str
    begun: bool


class NewRevision(Struct, frozen=True):
    """What is to be frozen of a patient's month: the answer, the lines, and the services of earlier ones now void."""

    revision: int
    answer: Answer | None
    lines: tuple[FrozenLine, ...]
    added: Sequence[FrozenLine]
    void: Sequence[str]


def present(stored: Snapshot, patient: str, month: str, instant: dt.datetime) -> Present:
    """The month of what is recorded, as of an instant by which all of it was."""
    standing = succession.standing(stored.facts)
    covered = covered_month(month, next(iter(time_zones(standing)), DEFAULT_TIME_ZONE))
    return Present(
        answer_to(stored, patient, month, instant, instant),
        inputs_digest(month_of(covered, standing)),
        begun=local_day(instant, covered.time_zone) >= covered.first_day,
    )


def next_revision(last: Revision | None) -> int:
    """`Conflict` where the month has as many as it may have."""
    number = 1 if last is None else last.revision + 1
    if number > MOST_REVISIONS:
        raise Conflict(f"A month has at most {MOST_REVISIONS} revisions.")
    return number


def is_closed(last: Revision | None) -> bool:
    return last is not None and last.frozen is not None


def newly(
    patient: str, month: str, number: int, answer: Answer, lines: Lines, closed: Sequence[FrozenLine] = ()
) -> NewRevision:
    """The revision that closes a month with these lines; lines closed before that may stand stay as they are."""
    stay = {other: closed[place] for place, other in matched([each.line for each in closed], lines).items()}
    frozen = tuple(
        stay.get(place) or FrozenLine(line, service_id(patient, month, number, line.code, place))
        for place, line in enumerate(lines)
    )
    staying = {each.service for each in stay.values()}
    return NewRevision(
        number,
        answer,
        frozen,
        [each for each in frozen if each.service not in staying],
        [each.service for each in closed if each.service not in staying],
    )


async def freeze(
    connection: AsyncConnection,
    caller: Caller,
    month: str,
    action: Action,
    said: Attesting,
    made: Mapping[str, NewRevision],
) -> dict[str, Revision]:
    """Keep new revisions of patients' months, whose ledgers are held; by patient."""
    facts: list[Fact] = []
    attested: dict[str, int] = {}
    for patient, new in made.items():
        attested[patient] = len(facts)
        facts.append(attestation(said, caller, patient, month, new.revision, action))
        facts += retractions(new.void, patient, month, new.revision)
        facts += [service(line, patient) for line in new.added]
    appended = await append(connection, caller.tenant, OWN_SOURCE, facts)
    kept: dict[str, tuple[Revision, bytes | None]] = {}
    for patient, new in made.items():
        entry = appended[attested[patient]]
        assert entry.outcome == "stored", "what is written under a new revision is new"
        assert entry.position is not None and entry.recorded_at is not None, "it is stored"
        frozen = None if new.answer is None else _frozen(new.answer, new.lines)
        revision = Revision(new.revision, action, entry.position, caller.credential, entry.recorded_at, frozen)
        kept[patient] = (revision, None if new.answer is None else encode(new.answer))
    await revisions.keep(connection, caller.tenant, month, kept)
    return {patient: revision for patient, (revision, _) in kept.items()}


def _frozen(answer: Answer, lines: tuple[FrozenLine, ...]) -> Frozen:
    assert answer.known_as_of is not None and answer.positions is not None, (
        "what is frozen was decided as of an instant"
    )
    return Frozen(
        status=answer.status,
        provisional=answer.provisional,
        known_as_of=answer.known_as_of,
        law_digest=answer.rulebook.law_digest,
        wording_digest=answer.rulebook.wording_digest,
        policy_digest=answer.policy_digest,
        inputs_digest=answer.inputs_digest,
        positions=answer.positions,
        lines=lines,
    )
