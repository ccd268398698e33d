"""What is told of a month's revisions and amendments."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.determination.answer import Alternative, ClaimLine, Finding, Positions
from app.determination.attestation import Attestation
from app.determination.determine import Status
from app.determination.facts import Month
from app.months.delta import LineChange
from app.months.paths import as_it_was_known, frozen_answer
from app.months.revisions import Action, Frozen, Revision

Moment = Annotated[dt.datetime, Meta(tz=True)]
AmendmentId = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{32}$",
        description="Its fingerprint: of the revision, what is recorded and the lines that would be billed.",
    ),
]


class FrozenMonth(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a month was closed or amended to. Nothing in it changes any more."""

    status: Status
    provisional: bool
    claim_lines: tuple[ClaimLine, ...]
    known_as_of: Annotated[dt.datetime, Meta(tz=True, description="Everything recorded up to this instant was read.")]
    law_digest: str
    wording_digest: str
    policy_digest: str
    inputs_digest: str
    positions: Positions
    answer: Annotated[str, Meta(description="The whole determination as it was given, byte for byte.")]
    determination: Annotated[
        str, Meta(description="The same question asked under the law as it is now; it says so where that is another.")
    ]


class MonthRevision(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A month closed, amended or reopened, and who attested it in which words."""

    patient: str
    service_month: Month
    revision: Annotated[int, Meta(ge=1)]
    action: Action
    recorded_at: Moment
    by: str
    on_behalf_of: str | None = None
    words: str
    credential: Annotated[str, Meta(description="The id of the key or client by which it was said.")]
    attestation: Annotated[str, Meta(description="The id of the attestation in the patient's ledger.")]
    position: Annotated[int, Meta(ge=1, description="Its place there.")]
    frozen: Annotated[FrozenMonth | None, Meta(description="Absent where the month was reopened.")] = None


class AmendmentDecision(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a person decided of an amendment. It is never changed."""

    decision: Literal["accepted", "declined"]
    by: str
    on_behalf_of: str | None = None
    words: str
    credential: Annotated[str, Meta(description="The id of the key or client by which it was said.")]
    decided_at: Moment
    revision: Annotated[int, Meta(ge=1, description="The one it made; absent where it was declined.")] | None = None


class Basis(Struct, frozen=True, gc=False, kw_only=True):
    """From what a month's lines follow: the law and the ledgers as far as they were read."""

    law_digest: str
    positions: Positions


class Amendment(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What facts recorded since, or another law, change of a closed month: for a person to accept or decline."""

    amendment: AmendmentId
    patient: str
    service_month: Month
    revision: Annotated[int, Meta(ge=1, description="The revision it would replace.")]
    state: Literal["open", "accepted", "declined"]
    status: Annotated[
        Status, Meta(description="`needs_decision`: whoever accepts names the lines of one of the `alternatives`.")
    ]
    changes: tuple[LineChange, ...]
    amount_change_cents: Annotated[
        int | None, Meta(description="All changes together; absent where an amount is unknown.")
    ] = None
    findings_new: tuple[Finding, ...]
    findings_gone: tuple[Finding, ...]
    alternatives: tuple[Alternative, ...] = ()
    then: Annotated[Basis, Meta(description="What the closed lines followed from.")]
    now: Annotated[Basis, Meta(description="What the changes follow from.")]
    decision: AmendmentDecision | None = None


class MonthAmendments(Struct, frozen=True, gc=False, kw_only=True):
    """The amendments of a month: those decided in the order of the decisions, then the one that is open, if one is."""

    patient: str
    service_month: Month
    amendments: tuple[Amendment, ...]


class MonthHistory(Struct, frozen=True, gc=False, kw_only=True):
    """A patient's month from its first close on. `open` is a month never closed."""

    patient: str
    service_month: Month
    state: Literal["open", "closed", "reopened"]
    revisions: tuple[MonthRevision, ...]
    amendments: tuple[Amendment, ...]


def told(patient: str, month: str, revision: Revision, attested: Attestation) -> MonthRevision:
    frozen = revision.frozen
    return MonthRevision(
        patient=patient,
        service_month=month,
        revision=revision.revision,
        action=revision.action,
        recorded_at=revision.recorded_at,
        by=attested.by,
        on_behalf_of=attested.on_behalf_of,
        words=attested.words,
        credential=str(revision.credential),
        attestation=attested.id,
        position=revision.position,
        frozen=None if frozen is None else _frozen(patient, month, revision.revision, frozen),
    )


def _frozen(patient: str, month: str, number: int, frozen: Frozen) -> FrozenMonth:
    instant = frozen.known_as_of.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return FrozenMonth(
        status=frozen.status,
        provisional=frozen.provisional,
        claim_lines=tuple(each.line for each in frozen.lines),
        known_as_of=frozen.known_as_of,
        law_digest=frozen.law_digest,
        wording_digest=frozen.wording_digest,
        policy_digest=frozen.policy_digest,
        inputs_digest=frozen.inputs_digest,
        positions=frozen.positions,
        answer=frozen_answer(patient, month, number),
        determination=as_it_was_known(patient, month, instant),
    )
