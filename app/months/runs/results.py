"""What runs found, as it is stored: added range by range, read in the order of the patients' names."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination import answer
from app.determination.determine import Status
from app.months.runs.found import Found, billed_digest, codes, packed, practitioners
from app.months.runs.stored import Range

_NAMED: Final = text("""
    SELECT stream, position FROM stream
    WHERE tenant = :tenant AND stream > '' AND stream >= :first AND (CAST(:until AS text) IS NULL OR stream < :until)
        AND position > 0
    ORDER BY stream LIMIT :at_most
""")
_LISTED: Final = text("""
    SELECT head.stream, head.position
    FROM unnest(CAST(:listed AS text[])) AS asked (stream)
    CROSS JOIN LATERAL (
        SELECT * FROM stream WHERE stream.tenant = :tenant AND stream.stream = asked.stream LIMIT 1
    ) AS head
    WHERE head.position > 0
    ORDER BY head.stream
""")
_EARLIER: Final = text("""
    SELECT earlier.patient, patient_position, practice_position, known_on, book_digest, inputs_digest
    FROM unnest(CAST(:patients AS text[])) AS asked (patient)
    CROSS JOIN LATERAL (
        SELECT * FROM run_result
        WHERE run_result.tenant = :tenant AND run_result.service_month = :month AND run_result.run = :run
            AND run_result.patient = asked.patient
        LIMIT 1
    ) AS earlier
    WHERE problem IS NULL
""")
_KEEP: Final = text("""
    INSERT INTO run_result (
        tenant, service_month, run, known_on, book_digest, practice_position, made_in, patient, patient_position,
        inputs_digest, status, codes, practitioners, billed_digest, answer, problem
    )
    SELECT :tenant, :month, :run, :known_on, :book, :practice, :run, kept.patient, kept.position,
        kept.inputs, kept.status, string_to_array(kept.codes, ','),
        ARRAY(SELECT json_array_elements_text(CAST(kept.practitioners AS json))), kept.billed, kept.answer, kept.problem
    FROM unnest(
        CAST(:patients AS text[]), CAST(:positions AS bigint[]), CAST(:inputs AS bytea[]), CAST(:statuses AS text[]),
        CAST(:codes AS text[]), CAST(:practitioners AS text[]), CAST(:billed AS bytea[]), CAST(:answers AS bytea[]),
        CAST(:problems AS text[])
    ) AS kept (patient, position, inputs, status, codes, practitioners, billed, answer, problem)
""")
# As the earlier run has it, but for what was read now.
_SAME: Final = text("""
    INSERT INTO run_result (
        tenant, service_month, run, patient, patient_position, practice_position, known_on, book_digest, inputs_digest,
        status, codes, practitioners, billed_digest, made_in
    )
    SELECT tenant, service_month, :run, earlier.patient, same.position, :practice, :known_on, book_digest, inputs_digest,
        status, codes, practitioners, billed_digest, made_in
    FROM unnest(CAST(:patients AS text[]), CAST(:positions AS bigint[])) AS same (patient, position)
    CROSS JOIN LATERAL (
        SELECT * FROM run_result
        WHERE run_result.tenant = :tenant AND run_result.service_month = :month AND run_result.run = :earlier
            AND run_result.patient = same.patient
        LIMIT 1
    ) AS earlier
""")
_PAGE: Final = """
    SELECT chosen.patient, chosen.patient_position, chosen.practice_position, chosen.inputs_digest, chosen.problem,
        coalesce(chosen.answer, made.answer) AS answer
    FROM (
        SELECT * FROM run_result AS r
        WHERE r.tenant = :tenant AND r.service_month = :month AND r.run = :run AND r.patient > :after {conditions}
        ORDER BY r.patient LIMIT :limit
    ) AS chosen
    LEFT JOIN LATERAL (
        SELECT answer FROM run_result
        WHERE chosen.answer IS NULL AND run_result.tenant = :tenant AND run_result.service_month = :month
            AND run_result.run = chosen.made_in AND run_result.patient = chosen.patient
        LIMIT 1
    ) AS made ON true
    ORDER BY chosen.patient
"""
_DIFFERENCES: Final = text("""
    SELECT apart.patient, apart.known_before, apart.before_problem, apart.after_problem,
        before_made.answer AS before, after_made.answer AS after
    FROM (
        SELECT later.patient, later.made_in AS after_made_in, later.problem AS after_problem,
            earlier.patient IS NOT NULL AS known_before, earlier.made_in AS before_made_in, earlier.problem AS before_problem
        FROM run_result AS later
        LEFT JOIN LATERAL (
            SELECT * FROM run_result AS r
            WHERE r.tenant = :tenant AND r.service_month = :month AND r.run = :since AND r.patient = later.patient
            LIMIT 1
        ) AS earlier ON true
        WHERE later.tenant = :tenant AND later.service_month = :month AND later.run = :run AND later.patient > :after
            AND (earlier.patient IS NULL OR later.billed_digest IS DISTINCT FROM earlier.billed_digest)
        ORDER BY later.patient LIMIT :limit
    ) AS apart
    LEFT JOIN run_result AS before_made ON before_made.tenant = :tenant AND before_made.service_month = :month
        AND before_made.run = apart.before_made_in AND before_made.patient = apart.patient
    LEFT JOIN run_result AS after_made ON after_made.tenant = :tenant AND after_made.service_month = :month
        AND after_made.run = apart.after_made_in AND after_made.patient = apart.patient
    ORDER BY apart.patient
""")
_PROBLEMS: Final = text("""
    SELECT patient, problem FROM run_result
    WHERE tenant = :tenant AND service_month = :month AND run = :run AND problem IS NOT NULL
    ORDER BY patient LIMIT :limit
""")


class Earlier(Struct, frozen=True):
    """What an earlier result was made of."""

    patient_position: int
    practice_position: int
    known_on: dt.date
    book_digest: bytes
    inputs_digest: bytes


class New(Struct, frozen=True):
    """A patient's month as it is stored: what was found of it, or the problem that kept anything from being found."""

    patient: str
    position: int
    inputs_digest: bytes | None = None
    status: Status | None = None
    codes: tuple[str, ...] = ()
    practitioners: tuple[str, ...] = ()
    billed_digest: bytes | None = None
    answer: bytes | None = None
    problem: str | None = None


class Filters(Struct, frozen=True):
    """Which results are asked for: those that fit all that is stated."""

    status: Status | None = None
    code: str | None = None
    practitioner: str | None = None


_CONDITIONS: Final = {
    "status": "r.status = :status",
    "code": "CAST(:code AS text) = ANY(r.codes)",
    "practitioner": "CAST(:practitioner AS text) = ANY(r.practitioners)",
}


class Result(Struct, frozen=True):
    """A stored result: what was found, packed, or the problem."""

    patient: str
    positions: answer.Positions
    inputs_digest: bytes | None
    answer: bytes | None
    problem: str | None


class Difference(Struct, frozen=True):
    """A patient of whom a run found something else billable than an earlier one, which may not have known of them."""

    patient: str
    known_before: bool
    before: bytes | None
    after: bytes | None
    before_problem: str | None
    after_problem: str | None


async def patients_of(connection: AsyncConnection, part: Range, at_most: int) -> dict[str, int]:
    """The patients of a range of whom anything is recorded, by name, each with the position of the ledger.

    So many of them at most; of a list, which is short, all.
    """
    if part.listed is None:
        named = {"tenant": part.tenant, "first": part.first, "until": part.until, "at_most": at_most}
        rows = await connection.execute(_NAMED, named)
    else:
        rows = await connection.execute(_LISTED, {"tenant": part.tenant, "listed": list(part.listed)})
    return {row.stream: row.position for row in rows}


async def earlier_results(connection: AsyncConnection, part: Range, patients: Sequence[str]) -> dict[str, Earlier]:
    """What the run that this one is compared with had of those patients, where it could determine anything."""
    if part.compared_with is None:
        return {}
    asked = {"tenant": part.tenant, "month": part.month, "run": part.compared_with, "patients": list(patients)}
    return {
        row.patient: Earlier(
            row.patient_position, row.practice_position, row.known_on, row.book_digest, row.inputs_digest
        )
        for row in await connection.execute(_EARLIER, asked)
    }


def new(patient: str, position: int, inputs_digest: bytes, found: Found) -> New:
    """A patient's month that was determined."""
    return New(
        patient,
        position,
        inputs_digest,
        found.status,
        codes(found),
        practitioners(found),
        billed_digest(found),
        packed(found),
    )


async def keep(
    connection: AsyncConnection, part: Range, known_on: dt.date, book: bytes, practice: int, results: Sequence[New]
) -> None:
    """Store what was determined on a day, by a book, with the practice's ledger read up to a position."""
    columns: dict[str, list[Any]] = {
        "patients": [one.patient for one in results],
        "positions": [one.position for one in results],
        "inputs": [one.inputs_digest for one in results],
        "statuses": [one.status for one in results],
        # An array of arrays of several lengths is none.
        "codes": [",".join(one.codes) for one in results],
        "practitioners": [msgspec.json.encode(one.practitioners).decode() for one in results],
        "billed": [one.billed_digest for one in results],
        "answers": [one.answer for one in results],
        "problems": [one.problem for one in results],
    }
    asked = {"tenant": part.tenant, "month": part.month, "run": part.run, "known_on": known_on, "book": book}
    await connection.execute(_KEEP, {**asked, "practice": practice, **columns})


async def keep_same(
    connection: AsyncConnection, part: Range, known_on: dt.date, practice: int, positions: Mapping[str, int]
) -> None:
    """Have the earlier run's results stand for these patients, whose ledgers were read up to those positions."""
    asked = {
        "tenant": part.tenant, "month": part.month, "run": part.run, "earlier": part.compared_with, "known_on": known_on,
        "practice": practice, "patients": list(positions), "positions": list(positions.values()),
    }  # fmt: skip
    await connection.execute(_SAME, asked)


async def page(
    connection: AsyncConnection, tenant: UUID, month: str, run: UUID, filters: Filters, after: str, limit: int
) -> list[Result]:
    """The results that follow a patient, by patient."""
    asked: dict[str, Any] = {"tenant": tenant, "month": month, "run": run, "after": after, "limit": limit}
    conditions = ""
    for name, condition in _CONDITIONS.items():
        if (value := getattr(filters, name)) is not None:
            conditions += f" AND {condition}"
            asked[name] = value
    rows = await connection.execute(text(_PAGE.format(conditions=conditions)), asked)
    return [
        Result(
            row.patient,
            answer.Positions(patient=row.patient_position, practice=row.practice_position),
            row.inputs_digest,
            row.answer,
            row.problem,
        )
        for row in rows
    ]


async def differences(
    connection: AsyncConnection, tenant: UUID, month: str, run: UUID, since: UUID, after: str, limit: int
) -> list[Difference]:
    """What a run found billable otherwise than an earlier one, of the patients who follow one, by patient."""
    asked = {"tenant": tenant, "month": month, "run": run, "since": since, "after": after, "limit": limit}
    return [
        Difference(row.patient, row.known_before, row.before, row.after, row.before_problem, row.after_problem)
        for row in await connection.execute(_DIFFERENCES, asked)
    ]


async def problems(
    connection: AsyncConnection, tenant: UUID, month: str, run: UUID, limit: int
) -> list[tuple[str, str]]:
    """The first patients of whom nothing could be found, and why."""
    asked = {"tenant": tenant, "month": month, "run": run, "limit": limit}
    return [(row.patient, row.problem) for row in await connection.execute(_PROBLEMS, asked)]
