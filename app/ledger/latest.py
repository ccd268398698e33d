"""The newest fact recorded under a name: for senders whose records have versions, and a fact for each version."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.determination.facts import KINDS, Fact

# "#" and "$" are neighbours in the collation of ids, so the range is all ids that begin with the name and "#".
_LATEST: Final = text("""
    WITH RECURSIVE latest AS (
        SELECT asked.name, newest.kind, newest.id, newest.payload
        FROM unnest(CAST(:names AS text[])) AS asked (name)
        CROSS JOIN LATERAL (
            SELECT fact.kind, fact.id, fact.payload FROM fact
            WHERE fact.tenant = :tenant AND fact.source = :source AND fact.kind = ANY(CAST(:kinds AS text[]))
                AND fact.id >= asked.name || '#' AND fact.id < asked.name || '$'
            ORDER BY
                fact.kind = 'retraction' OR EXISTS (
                    SELECT FROM fact AS later
                    WHERE later.tenant = :tenant AND later.source = :source
                        AND later.corrected_kind = fact.kind AND later.corrected_id = fact.id
                ),
                fact.recorded_at DESC, fact.position DESC
            LIMIT 1
        ) AS newest
    ), chain (name, kind, id, depth) AS (
        SELECT name, kind, id, 0 FROM latest
        UNION ALL
        SELECT chain.name, later.kind, later.id, chain.depth + 1
        FROM chain JOIN fact AS later ON later.tenant = :tenant AND later.source = :source
            AND later.corrected_kind = chain.kind AND later.corrected_id = chain.id
    ), last AS (
        SELECT DISTINCT ON (name) name, kind, id FROM chain ORDER BY name, depth DESC
    )
    SELECT latest.name, latest.kind, latest.payload, last.kind AS last_kind, last.id AS last_id
    FROM latest JOIN last USING (name)
""")


class Latest(Struct, frozen=True, gc=False):
    """The newest fact of a name, and the id of the live fact in its place: itself, or what it was corrected to.

    `live_id` is `None` where it is, or was in the end, retracted.
    """

    fact: Fact
    live_id: str | None


async def latest_named(
    connection: AsyncConnection, tenant: UUID, source: str, kinds: Sequence[str], names: Sequence[str]
) -> Mapping[str, Latest]:
    """By name, the newest of the source's facts whose id is the name, `#` and a version; of any patient.

    A live fact is newer than any other. `kinds` must hold `retraction` for retractions named so to be seen.
    """
    parameters = {"tenant": tenant, "source": source, "kinds": list(kinds), "names": list(names)}
    return {
        row.name: Latest(
            msgspec.json.decode(row.payload, type=KINDS[row.kind]),
            None if row.last_kind == "retraction" else row.last_id,
        )
        for row in await connection.execute(_LATEST, parameters)
    }
