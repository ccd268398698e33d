"""What is asked of the token endpoint: a form as OAuth has it, and the refusals that OAuth has for it.

OAuth clients read the `error` of RFC 6749, so what is wrong with a request for a token is told by one, not by a problem.
Nothing that was sent is repeated.
"""

import re
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import known_scopes
from app.api.security import challenge
from app.api.sent_body import sent_body

FORM: Final = "application/x-www-form-urlencoded"
GRANT: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAXIMUM_FORM: Final = 16 * 1024

_MAXIMUM_PARAMETERS: Final = 50
_SCOPES: Final = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")

Error = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class TokenRefusal(Struct, frozen=True):
    """Why there is no token, as RFC 6749 tells it."""

    error: Error
    error_description: Annotated[str, Meta(description="What to mend, for people. Nothing that was sent is repeated.")]


class TokenRefused(Exception):
    """A request for a token that is refused."""

    def __init__(self, error: Error, description: str) -> None:
        super().__init__(description)
        self.refusal = TokenRefusal(error, description)


class TokenRequest(Struct, frozen=True):
    """A request in good form: the assertion, whose truth is still to be seen, and the scopes wanted."""

    assertion: str
    client: str | None
    scopes: frozenset[str]


def refusal_answer(refusal: TokenRefusal) -> Response:
    unknown = refusal.error == "invalid_client"
    return Response(
        msgspec.json.encode(refusal), 401 if unknown else 400, challenge() if unknown else None, "application/json"
    )


async def token_request(request: Request) -> TokenRequest:
    """What is asked. `TokenRefused` for what OAuth does not know or we do not offer."""
    if request.scope["query_string"]:
        raise TokenRefused("invalid_request", "Parameters stand in the body, none in the address.")
    given = await _form(request)
    grant = given.get("grant_type")
    if grant is None:
        raise TokenRefused("invalid_request", "grant_type is needed.")
    if grant != GRANT:
        raise TokenRefused("unsupported_grant_type", f"The grant_type is {GRANT}.")
    if "authorization" in request.headers or "client_secret" in given:
        raise TokenRefused("invalid_request", "A client proves itself by client_assertion and in no other way.")
    if given.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_client", f"client_assertion_type is {ASSERTION_TYPE}.")
    if "client_assertion" not in given:
        raise TokenRefused("invalid_client", "client_assertion is needed.")
    return TokenRequest(given["client_assertion"], given.get("client_id"), _scopes(given.get("scope")))


def _scopes(wanted: str | None) -> frozenset[str]:
    if wanted is None:
        raise TokenRefused("invalid_scope", "scope is needed: those wanted, with a space between.")
    try:
        return known_scopes(wanted.split(" ") if _SCOPES.fullmatch(wanted) else ())
    except ValueError as error:
        raise TokenRefused("invalid_scope", str(error)) from None


async def _form(request: Request) -> dict[str, str]:
    media_type, _, parameter = request.headers.get("content-type", "").lower().partition(";")
    plain = request.headers.get("content-encoding", "identity").lower() == "identity"
    if media_type.strip() != FORM or parameter.strip() not in ("", "charset=utf-8") or not plain:
        raise TokenRefused("invalid_request", f"Send the body as {FORM}, in UTF-8 and not compressed.")
    sent = await sent_body(request, MAXIMUM_FORM, f"The body has at most {MAXIMUM_FORM // 1024} KiB.")
    try:
        pairs = parse_qsl(
            sent.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAXIMUM_PARAMETERS
        )
    except ValueError:
        raise TokenRefused("invalid_request", f"The body is not {FORM} of few parameters.") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise TokenRefused("invalid_request", "A parameter stands twice.")
    # One without a value counts as left out, and one that is unknown is passed over: RFC 6749, section 3.2.
    return {name: value for name, value in pairs if value}
