"""Who looked at what: the access log."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from app.access.access_log import Asked
from app.access.scopes import AUDIT_READ
from app.api.access_log_pages import access_log_page
from app.api.documents.access_log_routes import ACCESS_LOG
from app.api.parameters import PATIENT_PATTERN, Instant, PageSize, is_reference, matching, only_parameters
from app.api.representations import FHIR_JSON, JSON, answered_as
from app.api.security import Authorized, needs
from app.api.state import Engine

_PARAMETERS = only_parameters("patient", "credential", "from", "until", "cursor", "limit")

router = APIRouter(prefix="/v1", tags=["Audit"], dependencies=[needs(AUDIT_READ), _PARAMETERS])

_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _patient(value: object) -> object:
    if isinstance(value, str) and not is_reference(value):
        raise ValueError("A patient's reference as it stands in the facts.")
    return value


OfPatient = Annotated[
    str | None,
    BeforeValidator(_patient),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128, "pattern": PATIENT_PATTERN}),
    Query(description="Only of this patient. Lists across patients name none, and are not among them."),
]
OfCredential = Annotated[
    UUID | None,
    matching(_UUID, UUID, "The id of a key or client, in small letters."),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": f"^{_UUID}$"}),
    Query(description="Only of this key or client."),
]
From = Annotated[Instant, Query(alias="from", description="Only at this instant or later. Its offset is needed.")]
Until = Annotated[Instant, Query(description="Only before this instant. Its offset is needed.")]
LogCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{80,100}$"}),
    Query(max_length=100, description="`next_cursor` of the page before, with the other parameters unchanged."),
]
LogLimit = Annotated[PageSize, Query(description="How many entries a page holds at most.")]
MediaType = Annotated[str, answered_as(JSON, FHIR_JSON)]


@router.get("/access-log", **ACCESS_LOG)
async def read_access_log(
    request: Request,
    caller: Authorized,
    engine: Engine,
    media_type: MediaType,
    patient: OfPatient = None,
    credential: OfCredential = None,
    from_: From = None,
    until: Until = None,
    cursor: LogCursor = None,
    limit: LogLimit = 100,
) -> Response:
    """Who read or wrote what of the practice's records, and who was refused: newest first, an entry a patient and request.

    Noted are who asked (credential and source), when, the call, the patient or that it was a list, the month, the kinds
    of facts, and the status; never what a fact or an answer says. A list or report across patients leaves one entry a
    page. Refusals are there too, also of keys that have ended. An answer leaves only after its entry is written: where
    that fails, it is a 503. Not there: evaluations, which read nothing recorded, what was refused for its rate (429), and
    what failed on our side. Reading this log leaves an entry as well, in the pages to come.

    With `Accept: application/fhir+json` the same rows come as FHIR R4 AuditEvents in a Bundle, whose link `next` leads on.
    """
    asked = Asked(patient, credential, from_, until)
    return await access_log_page(request, engine, caller.tenant, asked, cursor, limit, media_type)
