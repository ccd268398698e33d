"""FHIR in: a Bundle of an EHR, and the answer a FHIR client expects."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import FHIR_WRITE
from app.api.accessing import about
from app.api.documents.fhir_routes import BUNDLE
from app.api.idempotency import IdempotencyKey, keyed_request
from app.api.json_body import bundle_body
from app.api.parameters import only_parameters
from app.api.representations import FHIR_JSON, JSON, answered_as
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.api.writing import write
from app.channels.fhir import BundleError, Recorded, operation_outcome, record

router = APIRouter(tags=["FHIR"], dependencies=[needs(FHIR_WRITE), only_parameters()])

MediaType = Annotated[str, answered_as(FHIR_JSON, JSON)]
_CONFLICT: Final = "conflict"


@router.post("/fhir", **BUNDLE)
async def take_bundle(
    request: Request, caller: Authorized, engine: Engine, key: IdempotencyKey, media_type: MediaType
) -> Response:
    """Record what a FHIR R4 transaction or batch Bundle states. All or nothing, for either type.

    Patient, Practitioner, Condition, Encounter and CarePlan become facts; other types are accepted and named as not
    used. Each entry's OperationOutcome says what became of it: which fact was recorded, what was left out, and why.
    Sending a Bundle again stores nothing; a changed resource corrects what was recorded of it before; what its newest
    version no longer states is retracted.
    """
    body = await bundle_body(request)

    async def act(connection: AsyncConnection) -> Response:
        recorded = await record(connection, caller.tenant, caller.source, body.value)
        about(caller, recorded.stated)
        return _answer(_response_bundle(recorded), 200, media_type)

    try:
        return await write(engine, caller, keyed_request(request, caller, key, body.sent), act)
    except BundleError as error:
        status = 409 if error.issue.code == _CONFLICT else 422
        return _answer(operation_outcome([error.issue]), status, media_type)


def _response_bundle(recorded: Recorded) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": f"{recorded.bundle_type}-response",
        "entry": [
            {
                "response": {
                    "status": "201 Created" if entry.facts else "200 OK",
                    "outcome": operation_outcome(entry.issues),
                }
            }
            for entry in recorded.entries
        ],
    }


def _answer(resource: dict[str, Any], status: int, media_type: str) -> Response:
    return Response(msgspec.json.encode(resource), status, media_type=media_type)
