"""Who is calling: the key or token in `Authorization: Bearer …` belongs to one practice and one source, and has scopes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from msgspec.structs import replace
from starlette.requests import Request

from app.access.credentials import Caller, caller_of, ended_caller, may_be_known
from app.access.scopes import SCOPES
from app.api.accessing import access_of
from app.api.rate_limit import RateLimits
from app.api.state import Engine
from app.errors import Forbidden, TooManyRequests, Unauthorized

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    description="The API key of one source of one practice, or a token that `POST /oauth/token` gave to a registered "
    "client. The scopes beside a call are what the key or token must have: "
    + "; ".join(f"`{scope}`: {does}" for scope, does in SCOPES.items())
    + ". `make run` prints the demo practice's key and keeps it in `var/demo-key`.",
)


async def _caller(request: Request, engine: Engine) -> Caller:
    # Not as a dependency of its own: with it the framework would ask who is calling anew for each scope.
    given = await _scheme(request)
    if given is None:
        raise Unauthorized("Send your API key as `Authorization: Bearer <key>`.", headers=challenge())
    # A proxy before us may have judged the other of two: who calls must not depend on the order they came in.
    if len(request.headers.getlist("authorization")) > 1:
        raise Unauthorized("Send one `Authorization` header; this request has more.", headers=challenge())
    access = access_of(request) if needed(request.scope["route"]).leaves_row else None
    caller = await _known(request, engine, given.credentials)
    if caller is None and access is not None and may_be_known(given.credentials):
        ended = await ended_caller(engine, given.credentials)
        request.scope["caller"] = None if ended is None else replace(ended, access=access)
    if caller is None:
        detail = "This API key or token is not known, or no longer valid."
        raise Unauthorized(detail, headers=challenge(', error="invalid_token"'))
    caller = request.scope["caller"] = replace(caller, access=access)
    spend(request, caller.credential)
    return caller


async def _known(request: Request, engine: Engine, secret: str) -> Caller | None:
    """Whose key or token it is. Whoever tries many that nobody has is made to wait before the next is looked up."""
    if not may_be_known(secret):
        return None
    limits = limits_of(request)
    limits.before_lookup(address_of(request), secret)
    caller = await caller_of(engine, secret)
    if caller is None:
        limits.unknown(address_of(request))
    else:
        limits.good(secret)
    return caller


def spend(request: Request, credential: UUID) -> None:
    """Count one more request of a known credential and have its answer tell what is left, or refuse it."""
    spent = limits_of(request).request(credential)
    if spent is not None:
        request.scope["told"].update(spent.headers)
        if spent.left is None:
            detail = f"More than {spent.limit:,} requests came with this key in a minute."
            raise TooManyRequests(detail, headers={"Retry-After": str(spent.seconds)})


def limits_of(request: Request) -> RateLimits:
    limits = request.app.state.rate_limits
    assert isinstance(limits, RateLimits)
    return limits


def address_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def challenge(why: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer realm="care-month"{why}'}


Authorized = Annotated[Caller, Depends(_caller)]


def lacking(scope: str) -> str:
    """What those are told who do not have it."""
    return f"This call needs the scope `{scope}`, which your credential does not have."


class Needs:
    """The scope a call asks for, checked before anything else about the request is judged.

    `leaves_row`: whoever calls it stands in the access log, also with what was refused.
    """

    def __init__(self, scope: str, *, leaves_row: bool) -> None:
        assert scope in SCOPES
        self.scope = scope
        self.leaves_row = leaves_row

    async def __call__(
        self, caller: Authorized, _told: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]
    ) -> None:
        if self.scope not in caller.scopes:
            raise Forbidden(
                lacking(self.scope), headers=challenge(f', error="insufficient_scope", scope="{self.scope}"')
            )


def needs(scope: str, *, leaves_row: bool = True) -> Any:
    """For a router or a route: who calls it has a credential with this scope. The OpenAPI document tells it.

    `leaves_row=False`: nothing recorded is read or written, so nothing is noted in the access log.
    """
    return Security(Needs(scope, leaves_row=leaves_row), scopes=[scope])


def needed(route: APIRoute) -> Needs:
    """What a route asks of its callers."""
    (needs,) = [each.call for each in route.dependant.dependencies if isinstance(each.call, Needs)]
    return needs
