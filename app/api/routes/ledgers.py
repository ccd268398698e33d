"""The ledgers read back: a patient's, and the practice's own."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.scopes import FACTS_READ
from app.api.documents.ledger_routes import PATIENT_LEDGER, PRACTICE_LEDGER
from app.api.ledger_pages import PageQuery, ledger_page
from app.api.parameters import Cursor, Kind, KnownAsOf, Limit, Month, Patient, known_patient, only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.ledger.tables import PRACTICE_STREAM

_PARAMETERS = only_parameters("kind", "month", "known_as_of", "cursor", "limit")

router = APIRouter(prefix="/v1", tags=["Ledgers"], dependencies=[needs(FACTS_READ), ANSWERED_AS_JSON, _PARAMETERS])

OfKind = Annotated[Kind | None, Query(description="Only facts of this kind.")]
OfMonth = Annotated[
    Month | None, Query(description="Only facts that touch this service month, in the practice's time zone.")
]


@router.get("/patients/{patient}/facts", **PATIENT_LEDGER)
async def read_patient_ledger(
    patient: Patient,
    caller: Authorized,
    engine: Engine,
    kind: OfKind = None,
    month: OfMonth = None,
    known_as_of: KnownAsOf = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Everything recorded about a patient, in the order it was recorded, with who sent it and when.

    Facts that were corrected or retracted stay where they are; the facts that replaced or cancelled them follow.
    """
    known_patient(patient)
    query = PageQuery(patient, kind, month, known_as_of, limit, cursor)
    return await ledger_page(engine, caller.tenant, query)


@router.get("/practice/facts", **PRACTICE_LEDGER)
async def read_practice_ledger(
    caller: Authorized,
    engine: Engine,
    kind: OfKind = None,
    month: OfMonth = None,
    known_as_of: KnownAsOf = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Everything recorded about the practice itself: its practitioners, capabilities, setting, time zone and policy."""
    query = PageQuery(PRACTICE_STREAM, kind, month, known_as_of, limit, cursor)
    return await ledger_page(engine, caller.tenant, query)
