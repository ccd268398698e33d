"""A closed month beside what would be billed now: the amendment that is open, and a person's decision on it."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.credentials import Caller
from app.errors import Conflict, FieldError
from app.ledger.read import Snapshot
from app.months import amendments, revisions
from app.months.attesting import Attesting
from app.months.choosing import Lines, NamedLine, lines_to_close
from app.months.close import closed_revision, held_ledger, present_month
from app.months.delta import Given, amount_change, changes, findings_apart, lines_now
from app.months.freezing import Present, freeze, newly, next_revision, present
from app.months.revisions import Revision
from app.months.told import Amendment, AmendmentDecision, AmendmentId, Basis

_GIVEN: Final = msgspec.json.Decoder(Given)


class Deciding(Attesting, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person's decision on the amendment that they were shown."""

    amendment: AmendmentId
    decision: Annotated[
        Literal["accepted", "declined"],
        Meta(description="`accepted` makes a new revision; `declined` leaves the month as it was closed."),
    ]
    claim_lines: (
        Annotated[
            tuple[NamedLine, ...],
            Meta(
                max_length=20, description="The lines of the alternative that is accepted, where a decision is needed."
            ),
        ]
        | None
    ) = None


class Weighed(Struct, frozen=True):
    """A closed month beside what is decided of it now."""

    closed: Revision
    given: Given
    now: Present

    def proposal(self, patient: str, month: str, lines: Lines) -> Amendment:
        """The amendment that would have the month billed with these lines."""
        frozen, answer = self.closed.frozen, self.now.answer
        assert frozen is not None and answer.positions is not None, "both are decided months"
        changed = changes([each.line for each in frozen.lines], lines, self.given, answer)
        new, gone = findings_apart(self.given, answer)
        return Amendment(
            amendment=self._fingerprint(patient, month, lines),
            patient=patient,
            service_month=month,
            revision=self.closed.revision,
            state="open",
            status=answer.status,
            changes=changed,
            amount_change_cents=amount_change(changed),
            findings_new=new,
            findings_gone=gone,
            alternatives=answer.alternatives if answer.status == "needs_decision" else (),
            then=Basis(law_digest=frozen.law_digest, positions=frozen.positions),
            now=Basis(law_digest=answer.rulebook.law_digest, positions=answer.positions),
        )

    def lines(self) -> Lines:
        """What the closed lines are compared with."""
        assert self.closed.frozen is not None, "a closed month has lines"
        return lines_now([each.line for each in self.closed.frozen.lines], self.given, self.now.answer)

    def _fingerprint(self, patient: str, month: str, lines: Lines) -> str:
        # Neither the day it is asked on nor the law's digest: what was declined is not asked again for the same facts
        # and the same lines.
        billed = [
            (line.program, line.code, line.units, line.practitioner, str(line.service_date), line.diagnoses)
            for line in lines
        ]
        told = (patient, month, self.closed.revision, self.now.facts_digest, self.now.answer.status, billed)
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def open_amendment(weighed: Weighed, patient: str, month: str, decided: Sequence[Amendment]) -> Amendment | None:
    """The amendment that waits for a decision. None: nothing changes what was closed, or it was declined."""
    proposed = weighed.proposal(patient, month, weighed.lines())
    if all(one.change == "keep" for one in proposed.changes):
        return None
    if any(one.amendment == proposed.amendment for one in decided):
        return None
    return proposed


async def decide_amendment(
    connection: AsyncConnection, caller: Caller, patient: str, month: str, deciding: Deciding
) -> Amendment:
    """Accept or decline the amendment that is open, in a READ COMMITTED transaction of the caller's.

    `Conflict` where another one is open than the person was shown, or none.
    """
    held = await held_ledger(connection, caller, patient)
    closed = await closed_revision(connection, caller, patient, month)
    decided = await amendments.decided(connection, caller.tenant, patient, month)
    if any(one.amendment == deciding.amendment for one in decided):
        raise _not_open("This amendment was decided before.")
    if len(decided) >= amendments.MOST_DECISIONS:
        raise Conflict(f"A month has at most {amendments.MOST_DECISIONS} amendments.")
    now = await present_month(connection, caller, patient, month, held)
    weighed = Weighed(closed, await given(connection, caller.tenant, patient, month, closed), now)
    proposed = open_amendment(weighed, patient, month, decided)
    if proposed is None or proposed.amendment != deciding.amendment:
        raise _not_open("What is recorded has changed since, or there is no such amendment: read them again.")
    decision = AmendmentDecision(
        decision=deciding.decision,
        by=deciding.by,
        on_behalf_of=deciding.on_behalf_of,
        words=deciding.words,
        credential=str(caller.credential),
        decided_at=held.instant,
    )
    if deciding.decision == "accepted":
        lines = lines_to_close(now.answer, deciding.claim_lines)
        made = await _accept(connection, caller, patient, month, deciding, weighed, lines)
        decision = replace(decision, decided_at=made.recorded_at, revision=made.revision)
        # What was accepted, where a person chose the lines, under the name of what they were shown.
        proposed = replace(weighed.proposal(patient, month, lines), amendment=proposed.amendment)
    await amendments.keep(connection, caller, proposed, decision)
    return replace(proposed, state=deciding.decision, decision=decision)


async def _accept(
    connection: AsyncConnection,
    caller: Caller,
    patient: str,
    month: str,
    said: Deciding,
    weighed: Weighed,
    lines: Lines,
) -> Revision:
    assert weighed.closed.frozen is not None, "a closed month has lines"
    number = next_revision(weighed.closed)
    new = newly(patient, month, number, weighed.now.answer, lines, weighed.closed.frozen.lines)
    return (await freeze(connection, caller, month, "amended", said, {patient: new}))[patient]


async def given(connection: AsyncConnection, tenant: UUID, patient: str, month: str, closed: Revision) -> Given:
    """What was answered when the month was closed."""
    frozen = await revisions.given(connection, tenant, patient, month, closed.revision)
    assert frozen is not None, "a closed revision holds its answer"
    return _GIVEN.decode(frozen)


def open_now(
    stored: Snapshot,
    patient: str,
    month: str,
    now: dt.datetime,
    closed: Revision,
    then: Given,
    decided: Sequence[Amendment],
) -> Amendment | None:
    """The open amendment of what is recorded; nothing is held, so the instant is only that of the question."""
    return open_amendment(Weighed(closed, then, present(stored, patient, month, now)), patient, month, decided)


def _not_open(detail: str) -> Conflict:
    return Conflict("This amendment is not open.", errors=[FieldError(detail, pointer="/amendment")])
