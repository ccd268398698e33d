"""A page at the `type` of each problem: what it means, what to do."""

from typing import Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.content_policy import own_style
from app.api.problem_meanings import MEANINGS
from app.api.problems import leaves, type_of
from app.api.representations import HTML, JSON, chosen
from app.errors import NotFound, Problem

router = APIRouter(prefix="/problems", include_in_schema=False)

_KINDS: Final = {problem.slug: problem for problem in leaves()}
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - Care Month</title>
<style>body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
</head><body><main>{content}</main></body></html>
"""


@router.get("")
async def list_problems(request: Request) -> Response:
    """All problems there are."""
    if chosen(request, JSON, HTML) == JSON:
        return _json([_told(problem) for problem in _KINDS.values()])
    rows = "".join(
        f'<li>{problem.status} <a href="{type_of(problem)}">{problem.title}</a></li>' for problem in _KINDS.values()
    )
    return _page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


@router.get("/{slug}")
async def explain_problem(request: Request, slug: str) -> Response:
    """One problem explained, as a page for browsers and as JSON for programs."""
    problem = _KINDS.get(slug)
    if problem is None:
        raise NotFound("There is no such problem; /problems lists those there are.")
    told = _told(problem)
    if chosen(request, JSON, HTML) == JSON:
        return _json(told)
    content = f"<h1>{problem.status} {problem.title}</h1><p>{told['meaning']}</p><p>{told['remedy']}</p>"
    return _page(problem.title, content)


def _page(title: str, content: str) -> Response:
    html = _PAGE.format(title=title, content=content)
    return HTMLResponse(html, headers={"Content-Security-Policy": own_style(html)})


def _told(problem: type[Problem]) -> dict[str, str | int]:
    meaning, remedy = MEANINGS[problem.slug]
    return {
        "type": type_of(problem),
        "title": problem.title,
        "status": problem.status,
        "meaning": meaning,
        "remedy": remedy,
    }


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
