"""What was frozen of a month each time a person closed, amended or reopened it. A later revision replaces no earlier one."""

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.answer import ClaimLine, Positions
from app.determination.attestation import Attestation
from app.determination.determine import Status
from app.ledger.read import decoded

MOST_REVISIONS: Final = 200
"""Of one month; whoever closes and reopens it more often has a program that goes round in circles."""

Action = Literal["closed", "amended", "reopened"]


class FrozenLine(Struct, frozen=True, gc=False):
    """A claim line as it was closed, and the `service` fact of source `self` that says so in the ledger."""

    line: ClaimLine
    service: str


class Frozen(Struct, frozen=True, gc=False):
    """What a month was closed or amended to, and what it followed from. `known_as_of`: what had been recorded by then."""

    status: Status
    provisional: bool
    known_as_of: dt.datetime
    law_digest: str
    wording_digest: str
    policy_digest: str
    inputs_digest: str
    positions: Positions
    lines: tuple[FrozenLine, ...]


class Revision(Struct, frozen=True, gc=False):
    """One revision of a month. `frozen` is `None` where it was reopened; `position` is that of the attestation."""

    revision: int
    action: Action
    position: int
    credential: UUID
    recorded_at: dt.datetime
    frozen: Frozen | None


class Fingerprints(Struct, frozen=True, gc=False):
    """Under which law and in which words a revision's answer was given."""

    revision: int
    law_digest: str
    wording_digest: str


_COLUMNS: Final = """
    kept.revision, kept.action, kept.position, kept.credential, kept.recorded_at, kept.known_as_of, kept.status,
    kept.provisional, kept.law_digest, kept.wording_digest, kept.policy_digest, kept.inputs_digest,
    kept.patient_position, kept.practice_position, kept.lines
"""
_OF_MONTH: Final = "kept.tenant = :tenant AND kept.patient = :patient AND kept.service_month = :month"
_LAST: Final = text(f"""
    SELECT asked.patient, {_COLUMNS}
    FROM unnest(CAST(:patients AS text[])) AS asked (patient)
    CROSS JOIN LATERAL (
        SELECT * FROM month_revision
        WHERE month_revision.tenant = :tenant AND month_revision.patient = asked.patient
            AND month_revision.service_month = :month
        ORDER BY month_revision.revision DESC LIMIT 1
    ) AS kept
""")  # noqa: S608 - put together from what stands above
_CLOSED: Final = """
    SELECT asked.patient
    FROM unnest(CAST(:patients AS text[])) AS asked (patient)
    CROSS JOIN LATERAL (
        SELECT * FROM month_revision
        WHERE month_revision.tenant = :tenant AND month_revision.patient = asked.patient
            AND month_revision.service_month = :month {until}
        ORDER BY month_revision.revision DESC LIMIT 1
    ) AS kept
    WHERE kept.action <> 'reopened'
"""
_CLOSED_NOW: Final = text(_CLOSED.format(until=""))
_CLOSED_BY: Final = text(_CLOSED.format(until="AND month_revision.recorded_at <= :instant")).bindparams(
    bindparam("instant", type_=TIMESTAMP(timezone=True))
)
_ALL: Final = text(f"""
    SELECT {_COLUMNS}, fact.payload
    FROM month_revision AS kept
    JOIN fact ON fact.tenant = kept.tenant AND fact.stream = kept.patient AND fact.position = kept.position
    WHERE {_OF_MONTH} ORDER BY kept.revision
""")  # noqa: S608 - as above
_CLOSED_AFTER: Final = text(f"""
    SELECT kept.patient, {_COLUMNS}
    FROM (
        SELECT DISTINCT ON (patient) * FROM month_revision
        WHERE tenant = :tenant AND service_month = :month AND patient > :after
        ORDER BY patient, revision DESC
    ) AS kept
    WHERE kept.action <> 'reopened' ORDER BY kept.patient LIMIT :limit
""")  # noqa: S608 - as above
_ANSWER: Final = text(f"SELECT kept.answer FROM month_revision AS kept WHERE {_OF_MONTH} AND kept.revision = :revision")  # noqa: S608
_FROZEN_BY: Final = text(f"""
    SELECT kept.revision, kept.law_digest, kept.wording_digest FROM month_revision AS kept
    WHERE {_OF_MONTH} AND kept.known_as_of <= :instant ORDER BY kept.revision DESC LIMIT 1
""").bindparams(bindparam("instant", type_=TIMESTAMP(timezone=True)))  # noqa: S608
_KEEP: Final = text("""
    INSERT INTO month_revision (
        tenant, service_month, action, credential, patient, revision, position, recorded_at, known_as_of, status,
        provisional, law_digest, wording_digest, policy_digest, inputs_digest, patient_position, practice_position,
        lines, answer
    )
    SELECT :tenant, :month, :action, :credential, kept.* FROM unnest(
        CAST(:patient AS text[]), CAST(:revision AS integer[]), CAST(:position AS bigint[]),
        CAST(:recorded_at AS timestamptz[]), CAST(:known_as_of AS timestamptz[]), CAST(:status AS text[]),
        CAST(:provisional AS boolean[]), CAST(:law_digest AS text[]), CAST(:wording_digest AS text[]),
        CAST(:policy_digest AS text[]), CAST(:inputs_digest AS text[]), CAST(:patient_position AS bigint[]),
        CAST(:practice_position AS bigint[]), CAST(:lines AS text[]), CAST(:answer AS bytea[])
    ) AS kept
""")
_LINES: Final = msgspec.json.Decoder(tuple[FrozenLine, ...])


async def last(
    connection: AsyncConnection, tenant: UUID, patients: Sequence[str], month: str
) -> Mapping[str, Revision]:
    """The latest revision of each patient's month; those whose month was never closed have none."""
    asked = {"tenant": tenant, "patients": list(patients), "month": month}
    return {row.patient: _revision(row) for row in await connection.execute(_LAST, asked)}


async def of_month(
    connection: AsyncConnection, tenant: UUID, patient: str, month: str
) -> list[tuple[Revision, Attestation]]:
    """Every revision of a month in order, with what was attested."""
    found = []
    for row in await connection.execute(_ALL, {"tenant": tenant, "patient": patient, "month": month}):
        attested = decoded("attestation", "self", row.payload)
        assert isinstance(attested, Attestation), "a revision stands on an attestation"
        found.append((_revision(row), attested))
    return found


async def closed_after(
    connection: AsyncConnection, tenant: UUID, month: str, after: str, limit: int
) -> list[tuple[str, Revision]]:
    """The patients whose month is closed, by name from the one that follows `after`, each with the revision it has."""
    asked = {"tenant": tenant, "month": month, "after": after, "limit": limit}
    return [(row.patient, _revision(row)) for row in await connection.execute(_CLOSED_AFTER, asked)]


async def closed(
    connection: AsyncConnection, tenant: UUID, patients: Sequence[str], month: str, instant: dt.datetime | None = None
) -> frozenset[str]:
    """Those of them whose month is closed, or was at an instant."""
    asked: dict[str, object] = {"tenant": tenant, "patients": list(patients), "month": month}
    if instant is None:
        found = await connection.execute(_CLOSED_NOW, asked)
    else:
        found = await connection.execute(_CLOSED_BY, asked | {"instant": instant})
    return frozenset(found.scalars())


async def given(connection: AsyncConnection, tenant: UUID, patient: str, month: str, revision: int) -> bytes | None:
    """The answer that a revision froze, byte for byte. None: there is none, or it is a reopening, which froze none."""
    asked = {"tenant": tenant, "patient": patient, "month": month, "revision": revision}
    kept = (await connection.execute(_ANSWER, asked)).scalar_one_or_none()
    return None if kept is None else zlib.decompress(kept)


async def frozen_by(
    connection: AsyncConnection, tenant: UUID, patient: str, month: str, instant: dt.datetime
) -> Fingerprints | None:
    """The law and wording of the last answer that had been frozen of the month by an instant."""
    asked = {"tenant": tenant, "patient": patient, "month": month, "instant": instant}
    row = (await connection.execute(_FROZEN_BY, asked)).one_or_none()
    return None if row is None else Fingerprints(row.revision, row.law_digest, row.wording_digest)


async def keep(
    connection: AsyncConnection, tenant: UUID, month: str, kept: Mapping[str, tuple[Revision, bytes | None]]
) -> None:
    """Keep new revisions of patients' months, all of one action and credential, with the answers they freeze."""
    made = [revision for revision, _ in kept.values()]
    frozen = [revision.frozen for revision in made]
    await connection.execute(
        _KEEP,
        {
            "tenant": tenant,
            "month": month,
            "action": made[0].action,
            "credential": made[0].credential,
            "patient": list(kept),
            "revision": [each.revision for each in made],
            "position": [each.position for each in made],
            "recorded_at": [each.recorded_at for each in made],
            **{
                name: [each and getattr(each, name) for each in frozen]
                for name in (
                    "known_as_of", "status", "provisional", "law_digest", "wording_digest", "policy_digest",
                    "inputs_digest",
                )
            },
            "patient_position": [each and each.positions.patient for each in frozen],
            "practice_position": [each and each.positions.practice for each in frozen],
            "lines": [each and msgspec.json.encode(each.lines).decode() for each in frozen],
            "answer": [None if answer is None else zlib.compress(answer, 1) for _, answer in kept.values()],
        },
    )  # fmt: skip


def _revision(row: Row[Any]) -> Revision:
    frozen = None
    if row.action != "reopened":
        frozen = Frozen(
            status=row.status,
            provisional=row.provisional,
            known_as_of=row.known_as_of,
            law_digest=row.law_digest,
            wording_digest=row.wording_digest,
            policy_digest=row.policy_digest,
            inputs_digest=row.inputs_digest,
            positions=Positions(patient=row.patient_position, practice=row.practice_position),
            lines=_LINES.decode(row.lines),
        )
    return Revision(row.revision, row.action, row.position, row.credential, row.recorded_at, frozen)
