"""How many patients a practice's ledgers know in a month, and of how many they record what a program asks for."""

from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import Program
from app.determination.service_month import ServiceMonth

# Counted where the facts are: only these kinds, each once, whoever the patient is.
_COUNTED: Final = text("""
    WITH standing AS (
        SELECT fact.stream, fact.kind, fact.occurred_from, CAST(fact.payload AS json) AS said,
            fact.occurred_until IS NULL OR fact.occurred_until > :first_day AS in_force
        FROM fact
        WHERE fact.tenant = :tenant AND fact.stream <> ''
            AND fact.kind IN ('condition', 'consent', 'enrollment', 'coverage', 'death')
            AND (fact.occurred_from IS NULL OR fact.occurred_from < :day_after)
            AND (fact.kind IN ('consent', 'death', 'coverage') OR fact.occurred_until IS NULL OR fact.occurred_until > :first_day)
            AND NOT EXISTS (
                SELECT FROM fact AS later
                WHERE later.tenant = :tenant AND later.source = fact.source
                    AND later.corrected_kind = fact.kind AND later.corrected_id = fact.id
            )
    ), patient AS (
        SELECT
            stream,
            coalesce(bool_or(kind = 'death' AND occurred_from < :first_day), false) AS died,
            coalesce(bool_or(kind = 'coverage' AND in_force AND said ->> 'payer' = 'medicare_advantage'), false) AS in_advantage,
            coalesce(bool_or(kind = 'coverage' AND in_force AND said ->> 'payer' = 'medicare_part_b'), false) AS in_part_b,
            coalesce(bool_or(kind = 'coverage'), false) AS covered,
            count(DISTINCT said ->> 'code') FILTER (WHERE kind = 'condition')
                - count(DISTINCT said ->> 'code') FILTER (
                    WHERE kind = 'condition' AND said ->> 'expected_duration' = 'less_than_12_months'
                ) AS conditions,
            coalesce(bool_or(kind = 'enrollment' AND said ->> 'program' = :program), false) AS enrolled,
            max(occurred_from) FILTER (
                WHERE kind = 'consent' AND said ->> 'program' = :program AND said ->> 'action' = 'given'
            ) AS given_on,
            max(occurred_from) FILTER (
                WHERE kind = 'consent' AND said ->> 'program' = :program AND said ->> 'action' <> 'given'
                    AND occurred_from < :first_day
            ) AS ended_on
        FROM standing GROUP BY stream
    ), known AS (
        SELECT
            NOT coalesce(died OR in_advantage OR (covered AND NOT in_part_b), false) AS of_medicare,
            coalesce(conditions, 0) AS conditions,
            coalesce(enrolled OR (given_on IS NOT NULL AND (ended_on IS NULL OR given_on > ended_on)), false) AS taking_part
        FROM stream LEFT JOIN patient USING (stream)
        WHERE stream.tenant = :tenant AND stream.stream <> '' AND stream.position > 0
    )
    SELECT
        count(*) AS patients,
        count(*) FILTER (WHERE of_medicare) AS medicare_patients,
        count(*) FILTER (WHERE of_medicare AND conditions >= :least_conditions) AS qualifying_patients,
        count(*) FILTER (WHERE of_medicare AND taking_part) AS taking_part
    FROM known
""").bindparams(bindparam("least_conditions", 2))


class RecordedPanel(Struct, frozen=True, gc=False, kw_only=True):
    """A practice's patients as its ledgers know them in a month. A count of records, not a determination."""

    patients: Annotated[int, Meta(ge=0, description="Patients anything was ever recorded about.")]
    medicare_patients: Annotated[
        int,
        Meta(
            ge=0,
            description="Of them, those not recorded to have died before, and covered by Part B if a coverage is recorded: one "
            "that has ended is none, and Medicare Advantage pays by other amounts.",
        ),
    ]
    qualifying_patients: Annotated[
        int,
        Meta(
            ge=0,
            description="Of these, those with two or more condition codes in force, none of them said to pass within twelve months.",
        ),
    ]
    taking_part: Annotated[
        int, Meta(ge=0, description="Of these, those with an enrolment or a consent of the program in force.")
    ]


async def recorded_panel(
    connection: AsyncConnection, tenant: UUID, month: ServiceMonth, program: Program
) -> RecordedPanel:
    """What the practice's ledgers know of its patients in a month, in one pass over a few kinds of facts."""
    asked = {"tenant": tenant, "first_day": month.first_day, "day_after": month.day_after, "program": program}
    row = (await connection.execute(_COUNTED, asked)).one()
    return RecordedPanel(
        patients=row.patients,
        medicare_patients=row.medicare_patients,
        qualifying_patients=row.qualifying_patients,
        taking_part=row.taking_part,
    )
