"""What is said of the calls by which SMART clients get their tokens."""

from typing import Any, Final

from starlette.responses import Response

from app import errors
from app.access.scopes import SCOPES
from app.api import problems
from app.api.documents.described import answer, shown
from app.api.documents.fact_schemas import reference
from app.api.documents.problem_answers import refusals
from app.api.token_request import ASSERTION_TYPE, FORM, GRANT

_ASSERTION: Final = "eyJhbGciOiJFUzM4NCIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiI1ZjBjMWE1MiJ9.c2lnbmF0dXJl"
_REQUEST: Final = {
    "title": "TokenRequest",
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion", "scope"],
    "properties": {
        "grant_type": {"type": "string", "const": GRANT},
        "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
        "client_assertion": {"type": "string", "description": "The signed JWT, compact."},
        "scope": {
            "type": "string",
            "description": f"The scopes wanted, with spaces between, of those the client was registered with: "
            f"{', '.join(f'`{scope}`' for scope in SCOPES)}.",
        },
        "client_id": {"type": "string", "description": "The client's id; may be left out, as the assertion says it."},
    },
}
_EXAMPLE: Final = {
    "grant_type": GRANT,
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": _ASSERTION,
    "scope": "system/*.cud determinations.read",
}
_TOKEN: Final = {
    "access_token": "cmt_" + "A" * 43,
    "token_type": "bearer",
    "expires_in": 300,
    "scope": "determinations.read system/*.cud",
}
_CONFIGURATION: Final = {
    "issuer": "https://care-month.example",
    "token_endpoint": "https://care-month.example/oauth/token",
    "grant_types_supported": [GRANT],
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
    "scopes_supported": list(SCOPES),
    "capabilities": ["client-confidential-asymmetric", "permission-v2"],
}
_RATE: Final = {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit-Policy", "RateLimit")}


def _refused(description: str, headers: dict[str, Any] | None = None, **examples: str) -> dict[str, Any]:
    told = {
        name: (name.replace("_", " "), {"error": name, "error_description": says}) for name, says in examples.items()
    }
    return answer(reference("TokenRefusal"), description, told, headers=headers)


TOKEN: Final[dict[str, Any]] = {
    "operation_id": "giveToken",
    "summary": "Get a token as a SMART client",
    "response_class": Response,
    "responses": {
        200: answer(reference("TokenAnswer"), "A token.", {"token": ("A token", _TOKEN)}, headers=_RATE),
        400: _refused(
            "The request is not one for a token that can be given",
            invalid_request="A parameter stands twice.",
            unsupported_grant_type=f"The grant_type is {GRANT}.",
            invalid_scope="The client was not given all of these scopes.",
        ),
        401: _refused(
            "The assertion proves nothing",
            {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}},
            invalid_client="exp of the assertion is missing or past.",
        ),
        **refusals(
            errors.NotAcceptable,
            errors.TooLarge,
            errors.TooManyRequests,
            errors.Unavailable,
            problems.Internal,
            shown={errors.TooLarge: {"detail": "The body has at most 16 KiB."}},
        ),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "A form. What the parameters mean is said in RFC 6749 and RFC 7523; how to make an assertion, "
            "with an example that runs, in `docs/access.md`.",
            "content": {
                FORM: {
                    "schema": _REQUEST,
                    "examples": shown({"token": ("To send Bundles and ask for months", _EXAMPLE)}),
                }
            },
        }
    },
}
CONFIGURATION: Final[dict[str, Any]] = {
    "operation_id": "readSmartConfiguration",
    "summary": "Where SMART clients get a token",
    "response_class": Response,
    "responses": {
        200: answer(
            reference("SmartConfiguration"), "What a SMART client must know.", {"here": ("A server", _CONFIGURATION)}
        ),
        **refusals(
            errors.NotAcceptable,
            errors.Invalid,
            problems.Internal,
            shown={
                errors.Invalid: {
                    "detail": "A parameter is not what was asked for.",
                    "errors": [{"detail": "Unknown parameter number 1 of the query. None is known here."}],
                }
            },
        ),
    },
}
