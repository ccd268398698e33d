"""Problems as RFC 9457 answers: every way in which a request can fail, told in one shape."""

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import errors
from app.api.methods import methods_here
from app.errors import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
MAXIMUM_ERRORS = 100


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, told once for people (`title`, `detail`) and once for programs (`type`, `errors`)."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()


class Internal(Problem):
    """A broken promise of ours. Its answer says nothing of what happened; the log does."""

    slug, title, status = "internal", "Something went wrong on our side", 500


def leaves() -> tuple[type[Problem], ...]:
    """Every problem there is, by status."""
    return tuple(sorted(Problem.__subclasses__(), key=lambda problem: problem.status))


def type_of(problem: Problem | type[Problem]) -> str:
    """The stable `type`: a path on this server, where a page explains it."""
    return f"/problems/{problem.slug}"


def answer(problem: Problem) -> Response:
    found, detail = problem.errors, problem.detail
    if len(found) > MAXIMUM_ERRORS:
        detail = f"{detail} The first {MAXIMUM_ERRORS} of {len(found):,} errors follow."
    body = ProblemBody(type_of(problem), problem.title, problem.status, detail, found[:MAXIMUM_ERRORS])
    return Response(msgspec.json.encode(body), problem.status, problem.headers, MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Have every exception of a request answered as a problem."""

    async def of_problem(_request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return answer(problem)

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(_of_http(request, error))

    async def of_parameters(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(_of_parameters(error))

    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_parameters)


def _of_http(request: Request, error: HTTPException) -> Problem:
    """The framework's own refusals: no such path, no such method here."""
    if error.status_code == 405:
        allowed = ", ".join(methods_here(request.scope))
        return errors.MethodNotAllowed(f"This resource answers {allowed}.", headers={"Allow": allowed})
    if error.status_code == 404:
        return errors.NotFound("There is no such resource; /docs lists those there are.")
    for problem in leaves():
        if problem.status == error.status_code:
            return problem(problem.title + ".")
    return errors.BadRequest("The request cannot be read.") if error.status_code < 500 else Internal("Internal error.")


def _of_parameters(error: RequestValidationError) -> Problem:
    """Parameters that do not fit. The framework's messages may repeat the value, so ours are made from the rule."""
    return errors.Invalid(
        "A parameter is not what was asked for.",
        errors=[FieldError(_expected(fault), parameter=str(fault["loc"][-1])) for fault in error.errors()],
    )


def _expected(fault: dict[str, object]) -> str:
    context = fault.get("ctx")
    limits: dict[str, object] = context if isinstance(context, dict) else {}
    match fault.get("type"):
        case "missing":
            return "This parameter is needed."
        case "literal_error" | "enum":
            return f"Allowed: {limits.get('expected')}."
        case "greater_than_equal":
            return f"At least {limits.get('ge')}."
        case "less_than_equal":
            return f"At most {limits.get('le')}."
        case "value_error":
            return str(limits.get("error"))
        case "string_too_long":
            return f"At most {limits.get('max_length')} characters."
        case "string_too_short":
            return f"At least {limits.get('min_length')} character."
    return "Not of the form the documentation asks for."
