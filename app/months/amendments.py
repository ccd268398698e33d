"""What persons decided of amendments, each kept with the amendment as it was proposed; decided once and for all."""

import zlib
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.credentials import Caller
from app.months.told import Amendment, AmendmentDecision

MOST_DECISIONS: Final = 200
"""Of one month."""

_ALL: Final = text("""
    SELECT decision, decided_by, on_behalf_of, words, credential, decided_at, made_revision, proposal
    FROM month_amendment
    WHERE tenant = :tenant AND patient = :patient AND service_month = :month
    ORDER BY decided_at, amendment
""")
_KEEP: Final = text("""
    INSERT INTO month_amendment (
        tenant, patient, service_month, amendment, revision, decision, decided_by, on_behalf_of, words, credential,
        decided_at, made_revision, proposal
    )
    VALUES (
        :tenant, :patient, :month, :amendment, :revision, :decision, :by, :on_behalf_of, :words, :credential,
        :decided_at, :made_revision, :proposal
    )
""")
_PROPOSAL: Final = msgspec.json.Decoder(Amendment)
# Sets of a fact are written in order, as in an answer.
_encoder: Final = msgspec.json.Encoder(order="deterministic")


async def decided(connection: AsyncConnection, tenant: UUID, patient: str, month: str) -> list[Amendment]:
    """The amendments of a month that were accepted or declined, in that order, with the decisions."""
    found = []
    for row in await connection.execute(_ALL, {"tenant": tenant, "patient": patient, "month": month}):
        proposed = _PROPOSAL.decode(zlib.decompress(row.proposal))
        decision = AmendmentDecision(
            decision=row.decision,
            by=row.decided_by,
            on_behalf_of=row.on_behalf_of,
            words=row.words,
            credential=str(row.credential),
            decided_at=row.decided_at,
            revision=row.made_revision,
        )
        found.append(replace(proposed, state=row.decision, decision=decision))
    return found


async def keep(connection: AsyncConnection, caller: Caller, proposed: Amendment, decision: AmendmentDecision) -> None:
    """Keep a decision and what it was about."""
    await connection.execute(
        _KEEP,
        {
            "tenant": caller.tenant,
            "patient": proposed.patient,
            "month": proposed.service_month,
            "amendment": proposed.amendment,
            "revision": proposed.revision,
            "decision": decision.decision,
            "by": decision.by,
            "on_behalf_of": decision.on_behalf_of,
            "words": decision.words,
            "credential": caller.credential,
            "decided_at": decision.decided_at,
            "made_revision": decision.revision,
            "proposal": zlib.compress(_encoder.encode(proposed), 1),
        },
    )
