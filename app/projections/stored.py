"""A practice's own panel, as its ledgers know it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.determination.service_month import service_month
from app.ledger.panel import RecordedPanel, recorded_panel
from app.ledger.read import practice_time_zone
from app.postgres.transaction import transaction
from app.projections.project import refuse_uncovered
from app.projections.request import ProjectionRequest


async def stored_panel(engine: AsyncEngine, tenant: UUID, asked: ProjectionRequest) -> RecordedPanel:
    """What the practice's ledgers know of its patients in the month asked about. `Invalid` for a month without a law."""
    refuse_uncovered(asked.service_month)
    async with transaction(engine, tenant, snapshot=True) as connection:
        month = service_month(asked.service_month, await practice_time_zone(connection, tenant))
        return await recorded_panel(connection, tenant, month, asked.program)
