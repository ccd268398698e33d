"""What a panel of patients would bring and cost, under assumptions that are all named."""

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ
from app.api.documents.projection_routes import PROJECTION
from app.api.json_body import json_body
from app.api.parameters import only_parameters
from app.api.projection_reading import projection_request
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.months.computing import aside
from app.postgres.transaction import retrying
from app.projections.project import project
from app.projections.stored import stored_panel

router = APIRouter(
    prefix="/v1", tags=["Projections"], dependencies=[needs(DETERMINATIONS_READ), ANSWERED_AS_JSON, only_parameters()]
)


@router.post("/projections", **PROJECTION)
async def project_panel(request: Request, caller: Authorized, engine: Engine) -> Response:
    """Project what a panel of Medicare patients would bring and cost in a program, a month and a year. Nothing is kept.

    From the patients to those who qualify, those who enrol and the claims their minutes make; from the amounts of the
    month's fee schedule to revenue, the patients' share told apart, cost of the minutes and profit. Every assumption is
    named with the value used, and may be replaced; its default comes with its source and how well that founds it.

    `panel` is a number of patients, or the practice's own as its ledgers know them (`stored`). `pathway` bills every
    month alike; `mix` tells shares of kinds of month apart, because only whole increments of minutes are billed and an
    average hides them. Thresholds, increments and unit limits are those of the law of `service_month`. The first twelve
    months are told one by one while patients enrol. It is no promise, and never part of a determination. The same is a
    page with a form at `/projections`.
    """
    body = await json_body(request)
    asked = projection_request(body.value)
    recorded = None
    if asked.panel.stored:
        recorded = await retrying(lambda: stored_panel(engine, caller.tenant, asked))
    return Response(msgspec.json.encode(await aside(project, asked, recorded)), media_type="application/json")
