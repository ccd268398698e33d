"""A patient's month decided from what the ledger holds."""

import datetime as dt

from fastapi import APIRouter
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ
from app.api.documents.determination_routes import DETERMINATION
from app.api.parameters import KnownAsOf, MonthInPath, Patient, known_patient, month_in_address, only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.months.decide import decide
from app.postgres.transaction import retrying

router = APIRouter(
    prefix="/v1",
    tags=["Determinations"],
    dependencies=[needs(DETERMINATIONS_READ), ANSWERED_AS_JSON, only_parameters("known_as_of")],
)


@router.get("/patients/{patient}/months/{month}/determination", **DETERMINATION)
async def read_determination(
    patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine, known_as_of: KnownAsOf = None
) -> Response:
    """What may be billed for a patient's service month, and why: lines, refusals, every second, what is missing.

    Asked during the month, the answer is provisional and says what can still be had. `known_as_of` answers as it would
    have been answered then. A patient without facts in the month has an answer too; an unknown patient is 404.
    """
    known_patient(patient)
    now = dt.datetime.now(dt.UTC)
    with month_in_address():
        answer = await retrying(lambda: decide(engine, caller.tenant, patient, month, known_as_of, now))
    return Response(answer, media_type="application/json")
