"""What a panel would bring and cost, for a person: a form that needs no script, a table, and a drawing of it."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response

from app.api.cached_answers import cached
from app.api.projection_reading import projection_request
from app.determination.facts import PROGRAMS
from app.determination.law import Law, Pathway
from app.errors import Invalid
from app.months.computing import aside
from app.projections.answer import Projection
from app.projections.assumptions import assumptions
from app.projections.priced import has_amount, offered, schedule_of
from app.projections.project import project
from app.reference.calendar import covered_on
from app.reference.words import PROGRAM_TITLES, label
from app.rulebook import loader
from app.web import projection_form
from app.web.amount_chart import HEIGHT, WIDTH, amount_chart
from app.web.listings import by_year
from app.web.pages import HERE, page, refusal

router = APIRouter(prefix="/projections", include_in_schema=False)

Held = Annotated[str | None, Header(alias="If-None-Match")]

_STYLE: Final = (HERE / "static" / "projections.css").read_bytes()
_EXAMPLE: Final = "1000"
"""Patients of the panel shown before somebody tells theirs."""
_PANEL: Final = {
    "/panel/medicare_patients": "patients",
    "/service_month": "month",
    "/program": "pathway",
    "/pathway": "pathway",
}
"""Fields beside the assumptions, by where the body of a request states them."""
_EXPECTED: Final = {
    "patients": "A whole number of patients from 0 to 1,000,000.",
    "month": "One of the months.",
    "pathway": "One of the choices.",
}
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no page may hold. A sign stands for it, which no field takes."""
_LABELS: Final = {"patients": "Medicare patients", "month": "Law and amounts of", "pathway": "Billed as"}
STANDINGS: Final = {
    "read": "read",
    "secondary": "at second hand",
    "trade": "the trade's",
    "derived": "derived",
    "product": "unfounded: replace it",
}
"""How well a default is founded, in a word or two."""


@router.get("")
async def show_projection(request: Request, held: Held = None) -> Response:
    """The form as it was filled in, and what comes of it."""
    asked = {name: _UNPRINTABLE.sub("\ufffd", said) for name, said in request.query_params.items()}
    return await aside(_projection, held, asked)


@router.get("/style.css")
async def show_style(held: Held = None) -> Response:
    return cached(held, _STYLE, "text/css; charset=utf-8")


def _projection(held: str | None, asked: Mapping[str, str]) -> Response:
    body, law, errors = _body(asked)
    found = None
    try:
        request = projection_request(body)
    except Invalid as problem:
        errors |= {name: _expected(name) for name in _refused(problem)}
    else:
        try:
            found = project(request)
        except Invalid as problem:
            errors |= _refused(problem)
    if errors:
        found = None
    chosen = body["program"] + "/" + body["pathway"]
    pathways, unpriced = _pathways(law)
    shown = {
        "patients": asked.get("patients", "").strip()[: projection_form.KEPT_LENGTH] or _EXAMPLE,
        "is_example": not asked.get("patients", "").strip(),
        "chosen": chosen,
        "is_offered": any(key == chosen for _, choices in pathways for key, _ in choices),
        "pathways": pathways,
        "unpriced": unpriced,
        "groups": projection_form.groups(asked, errors, law, _chosen(law, chosen)),
        "errors": {projection_form.parameter(name): error for name, error in errors.items()},
        "labels": _LABELS | {projection_form.parameter(name): one.label for name, one in assumptions().items()},
        "standings_of_assumptions": STANDINGS,
        "month": law.month,
        "years": by_year(),
        "version": loader.book().version,
    }
    if found is None:
        return refusal(422, "projections.html", found=None, **shown)
    return page(held, "projections.html", found=found, **_results(found, body), **shown)


def _body(asked: Mapping[str, str]) -> tuple[dict[str, Any], Law, dict[str, str]]:
    """The request that the fields add up to, the law of its month, and what is wrong with fields that say nothing usable."""
    errors: dict[str, str] = {}
    month = asked.get("month", "").strip() or _today()
    if not loader.book().covers(month):
        errors["month"] = _EXPECTED["month"]
        month = _today()
    law = loader.law(month)
    program, _, pathway = (asked.get("pathway", "").strip() or offered(law, "ccm")[0].key).partition("/")
    patients = projection_form.whole(asked.get("patients", "").strip() or _EXAMPLE)
    if patients is None:
        errors["patients"] = _EXPECTED["patients"]
        patients = 0
    values, wrong = projection_form.assumed(asked, law)
    body = {
        "service_month": month,
        "panel": {"medicare_patients": patients},
        "program": program,
        "pathway": pathway,
        **({"assumptions": values} if values else {}),
    }
    return body, law, {**errors, **wrong}


def _refused(problem: Invalid) -> dict[str, str]:
    """What a request was refused for, by the field that said it."""
    pointers = [(error.pointer or "", error.detail) for error in problem.errors]
    return {_PANEL.get(pointer, pointer.removeprefix("/assumptions/")): detail for pointer, detail in pointers}


def _expected(name: str) -> str:
    """What a field takes, in words for whoever filled it in."""
    return _EXPECTED.get(name) or projection_form.expected(name)


def _pathways(law: Law) -> tuple[list[tuple[str, list[tuple[str, str]]]], list[str]]:
    """What may be chosen, by program: the pathways of the month's law that have an amount. And the codes that have none."""
    schedule = schedule_of(law)
    assert schedule is not None, "the rule book has figures"
    listed, unpriced = [], set()
    for program in PROGRAMS:
        every = offered(law, program)
        priced = [pathway for pathway in every if has_amount(schedule, pathway)]
        unpriced |= {pathway.base_code for pathway in every if pathway not in priced}
        choices = [(pathway.key, f"{label(pathway.name)} ({', '.join(pathway.codes)})") for pathway in priced]
        if choices:
            listed.append((PROGRAM_TITLES[program], choices))
    return listed, sorted(unpriced)


def _chosen(law: Law, chosen: str) -> Pathway | None:
    """The pathway that was chosen, if the law of the month has it."""
    return next((one for program in PROGRAMS for one in offered(law, program) if one.key == chosen), None)


def _results(found: Projection, body: dict[str, Any]) -> dict[str, Any]:
    figures = found.assumptions[-1]
    return {
        "kind": found.kinds[0],
        "chart": amount_chart(found.months),
        "chart_width": WIDTH,
        "chart_height": HEIGHT,
        "columns": (("Full month", found.full_month), ("First year", found.first_year), ("Full year", found.full_year)),
        "figures_from": figures,
        "amounts_month": f"{str(figures.value)[:4]}-12" if figures.standing == "product" else found.service_month,
        "enrolling_months": next(one.value for one in found.assumptions if one.name == "months_until_enrolled"),
        "body": msgspec.json.format(msgspec.json.encode(body), indent=2).decode(),
    }


def _today() -> str:
    return covered_on(dt.datetime.now(dt.UTC).date())
