"""Who is calling: the API key in `Authorization: Bearer …` belongs to one practice and one source."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from app.access.credentials import Caller, caller_of, is_api_key
from app.api.rate_limit import RateLimits
from app.api.state import Engine
from app.errors import TooManyRequests, Unauthorized

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    description="The API key of one source of one practice. `make run` prints the demo practice's key and keeps it in "
    "`var/demo-key`.",
)


async def _caller(
    request: Request, engine: Engine, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]
) -> Caller:
    if given is None:
        raise Unauthorized("Send your API key as `Authorization: Bearer <key>`.", headers=_challenge())
    caller = await _known(request, engine, given.credentials)
    if caller is None:
        raise Unauthorized("This API key is not known.", headers=_challenge(', error="invalid_token"'))
    spent = _limits(request).request(caller.credential)
    if spent is not None:
        request.scope["told"].update(spent.headers)
        if spent.left is None:
            detail = f"More than {spent.limit:,} requests came with this key in a minute."
            raise TooManyRequests(detail, headers={"Retry-After": str(spent.seconds)})
    return caller


async def _known(request: Request, engine: Engine, key: str) -> Caller | None:
    """Whose key it is. Whoever tries many that nobody has is made to wait before the next is looked up."""
    if not is_api_key(key):
        return None
    limits = _limits(request)
    address = request.client.host if request.client is not None else ""
    limits.before_lookup(address, key)
    caller = await caller_of(engine, key)
    if caller is None:
        limits.unknown(address)
    else:
        limits.good(key)
    return caller


def _limits(request: Request) -> RateLimits:
    limits = request.app.state.rate_limits
    assert isinstance(limits, RateLimits)
    return limits


def _challenge(why: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer realm="care-month"{why}'}


Authorized = Annotated[Caller, Depends(_caller)]
REQUIRED = Depends(_caller)
"""For a router: the key is asked for before anything else about the request is judged."""
