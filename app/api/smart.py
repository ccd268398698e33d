"""What SMART clients are told of this server: its address, its token endpoint and what a token is."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct
from starlette.requests import Request

from app.access.key_sets import ALGORITHMS
from app.access.scopes import SCOPES
from app.api.token_request import GRANT

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
CONFIGURATION_PATH: Final = "/.well-known/smart-configuration"


class SmartConfiguration(Struct, frozen=True):
    """What a SMART client must know of a server before it asks for a token."""

    issuer: Annotated[str, Meta(description="This service, as it is reached from outside.")]
    token_endpoint: Annotated[str, Meta(description="Where tokens are given; also the `aud` of an assertion.")]
    grant_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    scopes_supported: tuple[str, ...]
    capabilities: tuple[str, ...]


class TokenAnswer(Struct, frozen=True):
    """A token, as RFC 6749 tells it."""

    access_token: Annotated[str, Meta(description="Opaque. Send it as `Authorization: Bearer <token>`.")]
    token_type: Literal["bearer"]
    expires_in: Annotated[int, Meta(ge=1, description="Seconds; then ask again, with a new assertion.")]
    scope: Annotated[str, Meta(description="What it may be used for, with spaces between.")]


def token_endpoint(request: Request) -> str:
    """The address of the token endpoint: from the settings, never from the request, whose `Host` anybody may choose."""
    return _public_url(request) + TOKEN_PATH


def configuration(request: Request) -> SmartConfiguration:
    return SmartConfiguration(
        issuer=_public_url(request),
        token_endpoint=token_endpoint(request),
        grant_types_supported=(GRANT,),
        token_endpoint_auth_methods_supported=("private_key_jwt",),
        token_endpoint_auth_signing_alg_values_supported=tuple(ALGORITHMS.values()),
        scopes_supported=tuple(SCOPES),
        capabilities=("client-confidential-asymmetric", "permission-v2"),
    )


def _public_url(request: Request) -> str:
    url = request.app.state.public_url
    assert isinstance(url, str)
    return url
