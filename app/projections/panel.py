"""The patients step by step, and which of the shares between them the practice's own records tell."""

from collections.abc import Iterator

from msgspec import Struct

from app.determination.amounts import half_up
from app.ledger.panel import RecordedPanel
from app.projections.answer import ProjectedPanel
from app.projections.arithmetic import WHOLE, part
from app.projections.request import Assumed, ProjectionRequest


class RecordedShare(Struct, frozen=True, gc=False):
    """A share as what is recorded comes to, and what was counted for it."""

    basis_points: int
    says: str


def panel_of(
    request: ProjectionRequest,
    qualifying_basis_points: int,
    enrolling_basis_points: int,
    recorded: RecordedPanel | None,
) -> ProjectedPanel:
    """The patients by the shares assumed; what is recorded of a stored panel goes before a share that was not given."""
    if recorded is None:
        patients = request.panel.medicare_patients
        assert patients is not None, "a panel is counted or recorded"
        qualifying = part(patients, qualifying_basis_points)
        return ProjectedPanel(
            medicare_patients=patients,
            qualifying_patients=qualifying,
            enrolled_patients=part(qualifying, enrolling_basis_points),
        )
    given: Assumed = request.assumptions
    qualifying = part(recorded.medicare_patients, qualifying_basis_points)
    if given.qualifying_basis_points is None:
        # Two condition codes are what chronic care management asks for, and no other. Whoever takes part was found to qualify.
        known = recorded.qualifying_patients if request.program == "ccm" else qualifying
        qualifying = max(known, recorded.taking_part)
    enrolled = part(qualifying, enrolling_basis_points)
    if given.enrolling_basis_points is None:
        enrolled = max(enrolled, min(recorded.taking_part, qualifying))
    return ProjectedPanel(
        medicare_patients=recorded.medicare_patients,
        qualifying_patients=qualifying,
        enrolled_patients=enrolled,
        recorded=recorded,
    )


def recorded_shares(request: ProjectionRequest, panel: ProjectedPanel) -> Iterator[tuple[str, RecordedShare]]:
    """The assumptions that what is recorded stands for, by name."""
    recorded, given = panel.recorded, request.assumptions
    if recorded is None:
        return
    patients, qualifying, taking_part = panel.medicare_patients, panel.qualifying_patients, recorded.taking_part
    if given.qualifying_basis_points is None and (request.program == "ccm" or qualifying == taking_part > 0):
        counted = "take part" if qualifying == taking_part else "have two or more condition codes in force"
        says = f"Counted in the practice's records: of {patients:,} Medicare patients {qualifying:,} {counted}."
        yield "qualifying_basis_points", RecordedShare(_share(qualifying, patients), says)
    if given.enrolling_basis_points is None and panel.enrolled_patients == taking_part > 0:
        says = f"Counted in the practice's records: of {qualifying:,} who qualify {taking_part:,} take part already."
        yield "enrolling_basis_points", RecordedShare(_share(taking_part, qualifying), says)


def already_enrolled(panel: ProjectedPanel) -> int:
    """How many of the enrolled are so from the first month on."""
    return 0 if panel.recorded is None else min(panel.recorded.taking_part, panel.enrolled_patients)


def _share(some: int, whole: int) -> int:
    return half_up(some * WHOLE, whole) if whole else 0
