"""Who is calling: the API key in `Authorization: Bearer …` belongs to one practice and one source."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.credentials import Caller, caller_of
from app.api.state import Engine
from app.errors import Unauthorized

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    description="The API key of one source of one practice. `make run` prints the demo practice's key and keeps it in "
    "`var/demo-key`.",
)


async def _caller(engine: Engine, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]) -> Caller:
    if given is None:
        raise Unauthorized(
            "Send your API key as `Authorization: Bearer <key>`.",
            headers={"WWW-Authenticate": 'Bearer realm="care-month"'},
        )
    caller = await caller_of(engine, given.credentials)
    if caller is None:
        raise Unauthorized(
            "This API key is not known.",
            headers={"WWW-Authenticate": 'Bearer realm="care-month", error="invalid_token"'},
        )
    return caller


Authorized = Annotated[Caller, Depends(_caller)]
REQUIRED = Depends(_caller)
"""For a router: the key is asked for before anything else about the request is judged."""
