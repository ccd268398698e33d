"""Projections asked for as a body asks for them."""

from collections.abc import Sequence
from typing import Any

from app.api.projection_reading import projection_request
from app.ledger.panel import RecordedPanel
from app.projections.answer import AssumptionUsed, Projection
from app.projections.arithmetic import Figures
from app.projections.project import project


def projected(patients: int = 1_000, recorded: RecordedPanel | None = None, **asked: Any) -> Projection:
    panel: dict[str, Any] = {"medicare_patients": patients} if recorded is None else {"stored": True}
    return project(projection_request({"service_month": "2026-03", "panel": panel} | asked), recorded)


def assumption(found: Projection, name: str) -> AssumptionUsed:
    (one,) = (one for one in found.assumptions if one.name == name)
    return one


def added(figures: Sequence[Figures]) -> Figures:
    """Figures together, each with each."""
    return Figures(**{name: sum(getattr(one, name) for one in figures) for name in Figures.__struct_fields__})


def units(found: Projection, kind: int = 0) -> dict[str, int]:
    return {line.code: line.units for line in found.kinds[kind].lines}
