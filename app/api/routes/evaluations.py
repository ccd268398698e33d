"""A patient's month decided from facts that are sent along and not kept."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ
from app.api.documents.determination_routes import EVALUATION
from app.api.evaluation_reading import evaluation_request
from app.api.json_body import json_body
from app.api.parameters import only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import needs
from app.months.computing import LIGHT_BODY, aside
from app.months.evaluate import evaluate

router = APIRouter(
    prefix="/v1",
    tags=["Determinations"],
    # What is sent along is not kept, nor who sent it: it was theirs, and nothing recorded is read.
    dependencies=[needs(DETERMINATIONS_READ, leaves_row=False), ANSWERED_AS_JSON, only_parameters()],
)


@router.post("/evaluations", **EVALUATION)
async def evaluate_facts(request: Request) -> Response:
    """Decide one patient's month from the facts in the request. Nothing is kept.

    The answer is the one a stored month would get: the same facts give the same bytes. Facts may leave out `patient`;
    where they name one, they name the same. Facts about the practice are sent along with those about the patient.

    With `rulebook_month` the month is decided as it would be under that month's rules: codes, thresholds, sentences and
    amounts are those of the other law, the facts, `known_on`, the policy in force and the calendar those of
    `service_month`. Such an answer says `hypothetical`, and `rulebook.service_month` names the month of the rules.
    Amounts are of the release of that law's year which the service date falls in, else of the year's earliest before it
    and of its latest after it; a year without published figures has none.

    With `compare_programs` the answer also holds a `comparison`: each of those programs as it would serve the patient from
    the month after the service month, billed by the practitioner who bills now, as on that month's first day. An option is
    one way to bill a program: its base code with the seconds of work it needs, what one unit is allowed and what the patient
    owes of it, and what is missing beside the work, each with its sentence, its source and what would remedy it. The
    programs that lack least stand first, then the higher amount; those that cannot be had come last.
    """
    body = await json_body(request)
    if len(body.sent) <= LIGHT_BODY and not _compares(body.value):
        answer = evaluate(evaluation_request(body.value))
    else:
        answer = await aside(lambda: evaluate(evaluation_request(body.value)))
    return Response(answer, media_type="application/json")


def _compares(value: object) -> bool:
    """Whether programs are to be compared: each costs a determination of its own."""
    return isinstance(value, dict) and "compare_programs" in value
