"""The worklist's rows as they are stored: which are behind the ledgers, and a page of them in the order of their value."""

import datetime as dt
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.determine import Status
from app.determination.facts import Program
from app.determination.service_month import ServiceMonth
from app.months import worklist_row
from app.months.answering import book_digest
from app.months.worklist_row import SoFar, State, WorklistRow
from app.rulebook import loader

NO_VALUE: Final = -1
"""How a row is sorted of which nobody can say what the effort is worth: after all others."""

UNCOMMITTED_FOR: Final = dt.timedelta(seconds=30)
"""How long after its instant a fact is committed at the latest. What takes longer still is found when all ledgers are looked at."""

# A row is of two positions, a day and a law; where one of them is another now, it is behind.
_IS_BEHIND: Final = """(
    worklist_row.patient_position IS DISTINCT FROM head.position OR worklist_row.practice_position <> :practice
    OR worklist_row.computed_for <> :day OR worklist_row.book_digest <> :book
)"""
# Every ledger of the practice beside its row, or only those that moved since an instant, each by its key.
_OF_ALL: Final = f"""
    FROM stream AS head
    LEFT JOIN worklist_row ON worklist_row.tenant = head.tenant AND worklist_row.service_month = :month
        AND worklist_row.patient = head.stream
    WHERE head.tenant = :tenant AND head.stream <> '' AND head.position > 0 AND {_IS_BEHIND}
"""
_OF_MOVED: Final = f"""
    FROM (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.recorded_at > :since AND stream.stream <> ''
    ) AS head
    LEFT JOIN LATERAL (
        SELECT * FROM worklist_row WHERE worklist_row.tenant = :tenant AND worklist_row.service_month = :month
            AND worklist_row.patient = head.stream
        LIMIT 1
    ) AS worklist_row ON true
    WHERE {_IS_BEHIND}
"""  # noqa: S608 - put together from what stands above
_BEHIND: Final = text(f"SELECT head.stream {_OF_ALL} LIMIT :limit")
_COUNT_BEHIND: Final = text(f"SELECT count(*) {_OF_ALL}")
_SINCE: Final = bindparam("since", type_=TIMESTAMP(timezone=True))
_BEHIND_SINCE: Final = text(f"SELECT head.stream {_OF_MOVED} LIMIT :limit").bindparams(_SINCE)
_COUNT_BEHIND_SINCE: Final = text(f"SELECT count(*) {_OF_MOVED}").bindparams(_SINCE)
_CURRENT: Final = text("""
    SELECT current_to FROM worklist_month
    WHERE tenant = :tenant AND service_month = :month AND current_basis = :basis
""")
_SET_CURRENT: Final = text("""
    UPDATE worklist_month SET current_to = :current_to, current_basis = :basis
    WHERE tenant = :tenant AND service_month = :month
        AND (current_to IS NULL OR current_to < :current_to OR current_basis <> :basis)
""").bindparams(bindparam("current_to", type_=TIMESTAMP(timezone=True)))
# By key, of a few patients.
_BEHIND_AMONG: Final = text(f"""
    SELECT head.stream, worklist_row.billed_digest
    FROM unnest(CAST(:patients AS text[])) AS asked (patient)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.patient LIMIT 1
    ) AS head
    LEFT JOIN LATERAL (
        SELECT * FROM worklist_row WHERE worklist_row.tenant = :tenant AND worklist_row.service_month = :month
            AND worklist_row.patient = asked.patient LIMIT 1
    ) AS worklist_row ON true
    WHERE head.position > 0 AND {_IS_BEHIND}
""")  # noqa: S608 - as above
_KEEP: Final = text("""
    INSERT INTO worklist_row (
        tenant, service_month, practice_position, computed_for, book_digest, patient, patient_position, value, state,
        status, programs, codes, practitioners, billed_digest, answer
    )
    SELECT :tenant, :month, :practice, :day, :book, kept.patient, kept.patient_position, kept.value, kept.state,
        kept.status, string_to_array(kept.programs, ','), string_to_array(kept.codes, ','),
        ARRAY(SELECT json_array_elements_text(CAST(kept.practitioners AS json))), kept.billed_digest, kept.answer
    FROM unnest(
        CAST(:patients AS text[]), CAST(:positions AS bigint[]), CAST(:values AS bigint[]), CAST(:states AS text[]),
        CAST(:statuses AS text[]), CAST(:programs AS text[]), CAST(:codes AS text[]), CAST(:practitioners AS text[]),
        CAST(:billed AS bytea[]), CAST(:answers AS bytea[])
    ) AS kept (
        patient, patient_position, value, state, status, programs, codes, practitioners, billed_digest, answer
    )
    ON CONFLICT (tenant, service_month, patient) DO UPDATE SET
        patient_position = excluded.patient_position, practice_position = excluded.practice_position,
        computed_for = excluded.computed_for, book_digest = excluded.book_digest, value = excluded.value,
        state = excluded.state, status = excluded.status, programs = excluded.programs, codes = excluded.codes,
        practitioners = excluded.practitioners, billed_digest = excluded.billed_digest, answer = excluded.answer
""")
_OF_LIST: Final = "listed.tenant = :tenant AND listed.service_month = :month"
# The order and the filter are read from narrow rows; only what the page holds is read whole, each beside its ledger's head.
_PAGE: Final = """
    SELECT chosen.patient, chosen.value, worklist_row.answer, {is_behind} AS is_behind
    FROM (
        SELECT listed.patient, listed.value FROM worklist_row AS listed
        WHERE {of_list} ORDER BY listed.value DESC, listed.patient LIMIT :limit
    ) AS chosen
    CROSS JOIN LATERAL (
        SELECT * FROM worklist_row
        WHERE worklist_row.tenant = :tenant AND worklist_row.service_month = :month
            AND worklist_row.patient = chosen.patient
        LIMIT 1
    ) AS worklist_row
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = chosen.patient LIMIT 1
    ) AS head
    ORDER BY chosen.value DESC, chosen.patient
"""


class Basis(Struct, frozen=True):
    """What a month's rows are of, besides each patient's ledger: the practice's position, the day and the law.

    `computed_for` is today in the practice's time zone, at most the day after the month: from then on no day changes anything.
    """

    month: ServiceMonth
    practice_position: int
    computed_for: dt.date
    book_digest: bytes

    @property
    def digest(self) -> bytes:
        """A fingerprint of it."""
        stated = f"{self.practice_position} {self.computed_for} ".encode() + self.book_digest
        return hashlib.sha256(stated).digest()


class Filters(Struct, frozen=True):
    """Which rows are asked for: those that fit all that is stated."""

    state: State | None = None
    status: Status | None = None
    program: Program | None = None
    code: str | None = None
    practitioner: str | None = None
    min_value: int | None = None

    def fit(self, row: WorklistRow) -> bool:
        """As the database finds them."""
        return (
            self.state in {None, row.state}
            and self.status in {None, row.status}
            and (self.program is None or self.program in row.programs)
            and (self.code is None or self.code in row.codes)
            and (self.practitioner is None or self.practitioner in row.practitioners)
            and (self.min_value is None or sort_value(row) >= self.min_value)
        )


_CONDITIONS: Final = {
    "state": "listed.state = :state",
    "status": "listed.status = :status",
    "program": "CAST(:program AS text) = ANY(listed.programs)",
    "code": "CAST(:code AS text) = ANY(listed.codes)",
    "practitioner": "CAST(:practitioner AS text) = ANY(listed.practitioners)",
    "min_value": "listed.value >= :min_value",
}


class Place(Struct, frozen=True):
    """A row's place in the order: by value, the highest first, then by patient."""

    value: int
    patient: str


class Listed(Struct, frozen=True):
    """A stored row as JSON, its place, and whether it is behind."""

    place: Place
    row: bytes
    is_behind: bool


def sort_value(row: WorklistRow) -> int:
    return NO_VALUE if row.value_cents_per_minute is None else row.value_cents_per_minute


def billed_digest(status: Status, lines: Sequence[SoFar]) -> bytes:
    """A fingerprint of what is billable: not of the seconds behind it."""
    stated = [msgspec.structs.replace(line, counted_seconds=None) for line in lines]
    return hashlib.sha256(msgspec.json.encode([status, stated])).digest()


NOTHING_BILLED: Final = billed_digest("not_billable", ())
"""What is billable of a month before anything of it is known."""


def basis(month: ServiceMonth, today: dt.date, practice_position: int) -> Basis:
    """What the month's rows would be of, were they worked out now."""
    book = book_digest(loader.law(month.written), Path(worklist_row.__file__))
    return Basis(month, practice_position, min(today, month.day_after), book)


async def current_to(connection: AsyncConnection, tenant: UUID, of: Basis) -> dt.datetime | None:
    """An instant up to which all that was committed is in the month's rows, which are all of that basis."""
    asked = {"tenant": tenant, "month": of.month.written, "basis": of.digest}
    found: dt.datetime | None = (await connection.execute(_CURRENT, asked)).scalar_one_or_none()
    return found


async def set_current(connection: AsyncConnection, tenant: UUID, of: Basis, instant: dt.datetime) -> None:
    """State that all rows that were behind at an instant have been worked out, of that basis."""
    asked = {"tenant": tenant, "month": of.month.written, "basis": of.digest, "current_to": instant}
    await connection.execute(_SET_CURRENT, asked)


async def behind(
    connection: AsyncConnection, tenant: UUID, of: Basis, limit: int, current: dt.datetime | None
) -> list[str]:
    """So many patients at most whose row is behind, or is still to be made; in no order.

    `current`: rows of ledgers that did not move since are not looked at.
    """
    asked = {**_stated(tenant, of), "limit": limit}
    if current is None:
        return list((await connection.execute(_BEHIND, asked)).scalars())
    return list((await connection.execute(_BEHIND_SINCE, asked | {"since": current - UNCOMMITTED_FOR})).scalars())


async def count_behind(connection: AsyncConnection, tenant: UUID, of: Basis) -> int:
    """How many they are."""
    asked, current = _stated(tenant, of), await current_to(connection, tenant, of)
    if current is None:
        counted = await connection.execute(_COUNT_BEHIND, asked)
    else:
        counted = await connection.execute(_COUNT_BEHIND_SINCE, asked | {"since": current - UNCOMMITTED_FOR})
    found: int = counted.scalar_one()
    return found


async def behind_among(
    connection: AsyncConnection, tenant: UUID, of: Basis, patients: Sequence[str]
) -> dict[str, bytes]:
    """Of those patients the ones whose row is behind, each with the digest of what was billable by it."""
    rows = await connection.execute(_BEHIND_AMONG, {**_stated(tenant, of), "patients": list(patients)})
    return {row.stream: row.billed_digest or NOTHING_BILLED for row in rows}


async def keep(connection: AsyncConnection, tenant: UUID, of: Basis, rows: Sequence[WorklistRow]) -> None:
    """Store rows of a month in place of those there were, all of one practice's position."""
    columns: dict[str, list[Any]] = {
        "patients": [row.patient for row in rows],
        "positions": [row.positions.patient for row in rows],
        "values": [sort_value(row) for row in rows],
        "states": [row.state for row in rows],
        "statuses": [row.status for row in rows],
        # An array of arrays of several lengths is none.
        "programs": [",".join(row.programs) for row in rows],
        "codes": [",".join(row.codes) for row in rows],
        "practitioners": [msgspec.json.encode(row.practitioners).decode() for row in rows],
        "billed": [billed_digest(row.status, row.claim_lines) for row in rows],
        "answers": [zlib.compress(msgspec.json.encode(row), 1) for row in rows],
    }
    await connection.execute(_KEEP, {**_stated(tenant, of), **columns})


async def page(
    connection: AsyncConnection, tenant: UUID, of: Basis, filters: Filters, after: Place | None, limit: int
) -> list[Listed]:
    """The rows that follow a place."""
    asked: dict[str, Any] = {**_stated(tenant, of), "limit": limit}
    conditions = [_OF_LIST]
    for name, condition in _CONDITIONS.items():
        if (value := getattr(filters, name)) is not None:
            conditions.append(condition)
            asked[name] = value
    if after is not None:
        # The first part is a range of the index, which the second alone would not be.
        conditions.append("listed.value <= :value AND (listed.value < :value OR listed.patient > :patient)")
        asked |= {"value": after.value, "patient": after.patient}
    found = await connection.execute(text(_PAGE.format(is_behind=_IS_BEHIND, of_list=" AND ".join(conditions))), asked)
    return [Listed(Place(row.value, row.patient), zlib.decompress(row.answer), row.is_behind) for row in found]


def _stated(tenant: UUID, of: Basis) -> dict[str, Any]:
    return {
        "tenant": tenant, "month": of.month.written, "practice": of.practice_position, "day": of.computed_for,
        "book": of.book_digest,
    }  # fmt: skip
