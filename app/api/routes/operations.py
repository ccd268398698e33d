"""For those who run the service: is it alive, can it serve."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import errors
from app.api import problems
from app.api.documents.described import answer
from app.api.documents.problem_answers import refusals
from app.api.parameters import only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.state import Engine
from app.postgres.readiness import is_ready

router = APIRouter(tags=["Operations"], dependencies=[ANSWERED_AS_JSON, only_parameters()])

_OK: Final = b'{"status":"ok"}'
_STATUS: Final = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"const": "ok", "type": "string"}},
    "additionalProperties": False,
}


def _described(name: str, summary: str, description: str, *refused: type[errors.Problem]) -> dict[str, Any]:
    return {
        "operation_id": name,
        "summary": summary,
        "response_class": Response,
        "responses": {
            200: answer(_STATUS, description, {"ok": ("In order", {"status": "ok"})}),
            **refusals(
                errors.NotAcceptable,
                errors.Invalid,
                *refused,
                problems.Internal,
                shown={errors.Invalid: _BAD_PARAMETER},
            ),
        },
    }


_BAD_PARAMETER: Final = {
    "detail": "A parameter is not what was asked for.",
    "errors": [{"detail": "Unknown parameter number 1 of the query. None is known here."}],
}


@router.get("/healthz", **_described("health", "Is the process alive?", "It is."))
async def health() -> Response:
    """Answers as long as the process runs, whatever the state of the database. For liveness checks."""
    return Response(_OK, media_type="application/json")


@router.get("/readyz", **_described("readiness", "Can it serve?", "It can.", errors.Unavailable))
async def readiness(engine: Engine) -> Response:
    """Answers once the database can be reached and its schema is the one this version expects. For load balancers."""
    if not await is_ready(engine):
        raise errors.Unavailable(
            "The database's schema is not this version's: migrate it.", headers={"Retry-After": "5"}
        )
    return Response(_OK, media_type="application/json")


@router.get("/", include_in_schema=False)
async def entrance(_request: Request) -> Response:
    """The way to the documentation."""
    return RedirectResponse("/docs")
