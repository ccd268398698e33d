"""Who is calling: the key or token in `Authorization: Bearer …` belongs to one practice and one source, and has scopes."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from msgspec.structs import replace
from starlette.requests import HTTPConnection, Request

from app.access.credentials import Caller, ended_caller, may_be_known
from app.access.scopes import SCOPES
from app.api.accessing import access_of
from app.api.rate_limit import RateLimits
from app.api.state import engine_of, lookups_of
from app.errors import Forbidden, TooManyRequests, Unauthorized

_DESCRIPTION: Final = (
    "The API key of one source of one practice, or a token that `POST /oauth/token` gave to a registered "
    "client. The scopes beside a call are what the key or token must have: "
    + "; ".join(f"`{scope}`: {does}" for scope, does in SCOPES.items())
    + ". `make run` prints the demo practice's key and keeps it in `var/demo-key`."
)


async def _known(request: HTTPConnection, secret: str) -> Caller | None:
    """Whose key or token it is. Whoever tries many that nobody has is made to wait before the next is looked up."""
    if not may_be_known(secret):
        return None
    limits = limits_of(request)
    limits.before_lookup(address_of(request), secret)
    caller = await lookups_of(request).caller_of(secret)
    if caller is None:
        limits.unknown(address_of(request))
    else:
        limits.good(secret)
    return caller


def spend(request: HTTPConnection, credential: UUID) -> None:
    """Count one more request of a known credential and have its answer tell what is left, or refuse it."""
    spent = limits_of(request).request(credential)
    if spent is not None:
        request.scope["told"].update(spent.headers)
        if spent.left is None:
            detail = f"More than {spent.limit:,} requests came with this key in a minute."
            raise TooManyRequests(detail, headers={"Retry-After": str(spent.seconds)})


def limits_of(request: HTTPConnection) -> RateLimits:
    limits = request.app.state.rate_limits
    assert isinstance(limits, RateLimits)
    return limits


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client is not None else ""


def challenge(why: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer realm="care-month"{why}'}


def lacking(scope: str) -> str:
    """What those are told who do not have it."""
    return f"This call needs the scope `{scope}`, which your credential does not have."


class Needs(HTTPBearer):
    """Who is calling, and the scope the call asks for: found out before anything else about the request is judged.

    `leaves_row`: whoever calls it stands in the access log, also with what was refused.
    """

    def __init__(self, scope: str, *, leaves_row: bool) -> None:
        assert scope in SCOPES
        super().__init__(auto_error=False, scheme_name="ApiKey", description=_DESCRIPTION)
        self.scope = scope
        self.leaves_row = leaves_row

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials:
        engine_of(request)  # without a database nobody is known, with a key or without
        given = await super().__call__(request)
        if given is None:
            raise Unauthorized("Send your API key as `Authorization: Bearer <key>`.", headers=challenge())
        # A proxy before us may have judged the other of two: who calls must not depend on the order they came in.
        if len(request.headers.getlist("authorization")) > 1:
            raise Unauthorized("Send one `Authorization` header; this request has more.", headers=challenge())
        caller = await self._caller(request, given.credentials)
        if self.scope not in caller.scopes:
            raise Forbidden(
                lacking(self.scope), headers=challenge(f', error="insufficient_scope", scope="{self.scope}"')
            )
        return given

    async def _caller(self, request: HTTPConnection, secret: str) -> Caller:
        """Whose the secret is; the access log and `Authorized` find them in the request's scope."""
        access = access_of(request) if self.leaves_row else None
        caller = await _known(request, secret)
        if caller is None and access is not None and may_be_known(secret):
            ended = await ended_caller(engine_of(request), secret)
            request.scope["caller"] = None if ended is None else replace(ended, access=access)
        if caller is None:
            detail = "This API key or token is not known, or no longer valid."
            raise Unauthorized(detail, headers=challenge(', error="invalid_token"'))
        caller = request.scope["caller"] = replace(caller, access=access)
        spend(request, caller.credential)
        return caller


async def _authorized(request: Request) -> Caller:
    caller = request.scope["caller"]
    assert isinstance(caller, Caller), "what a route `needs` comes before what it is given"
    return caller


Authorized = Annotated[Caller, Depends(_authorized)]
"""Who is calling, of a route that `needs` a scope."""


def needs(scope: str, *, leaves_row: bool = True) -> Any:
    """For a router or a route: who calls it has a credential with this scope. The OpenAPI document tells it.

    `leaves_row=False`: nothing recorded is read or written, so nothing is noted in the access log.
    """
    return Security(Needs(scope, leaves_row=leaves_row), scopes=[scope])
