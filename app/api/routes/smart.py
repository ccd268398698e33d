"""SMART Backend Services: how a client finds the token endpoint, and how it is given a token."""

import time

import msgspec
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.access.assertions import NotProven, claimed, verified
from app.access.clients import client_of
from app.access.scopes import in_order
from app.access.tokens import VALID_SECONDS, Token, issue_token
from app.api.documents.smart_routes import CONFIGURATION, TOKEN
from app.api.parameters import only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import address_of, limits_of, spend
from app.api.smart import CONFIGURATION_PATH, TOKEN_PATH, TokenAnswer, configuration, token_endpoint
from app.api.state import Engine
from app.api.token_request import TokenRefused, TokenRequest, refusal_answer, token_request

router = APIRouter(tags=["Access"], dependencies=[ANSWERED_AS_JSON])


@router.post(TOKEN_PATH, **TOKEN)
async def give_token(request: Request, engine: Engine) -> Response:
    """A token of 300 seconds for a registered client that signs an assertion (SMART Backend Services).

    The assertion is a JWT signed with RS384 or ES384 by a registered key that its `kid` names. `iss` and `sub` are the
    client's id, `aud` is the address of this endpoint as `/.well-known/smart-configuration` tells it, `exp` lies at most
    300 seconds ahead, and `jti` is new for each: an assertion serves once. What is wrong is told as OAuth does (RFC 6749);
    what concerns any request (its length, its rate, our database) is a problem as everywhere.
    """
    try:
        asked = await token_request(request)
        token = await _token(request, engine, asked)
    except TokenRefused as refused:
        return refusal_answer(refused.refusal)
    told = TokenAnswer(token.secret, "bearer", VALID_SECONDS, " ".join(in_order(token.scopes)))
    return Response(msgspec.json.encode(told), headers={"Pragma": "no-cache"}, media_type="application/json")


async def _token(request: Request, engine: AsyncEngine, asked: TokenRequest) -> Token:
    """Nothing is done before everything is found in order: what is refused has not spent its assertion."""
    limits_of(request).before_lookup(address_of(request))
    try:
        assertion = claimed(asked.assertion, asked.client)
        client = await client_of(engine, assertion.client)
        key_set = None if client is None else client.key_set
        proven = verified(assertion, key_set, token_endpoint(request), time.time())
        assert client is not None
        if not asked.scopes <= client.scopes:
            raise TokenRefused("invalid_scope", "The client was not given all of these scopes.")
        spend(request, client.id)
        return await issue_token(engine, client, proven, asked.scopes)
    except NotProven as fault:
        limits_of(request).unknown(address_of(request))
        raise TokenRefused("invalid_client", str(fault)) from None


@router.get(CONFIGURATION_PATH, dependencies=[only_parameters()], **CONFIGURATION)
@router.get(f"/fhir{CONFIGURATION_PATH}", dependencies=[only_parameters()], include_in_schema=False)
async def read_smart_configuration(request: Request) -> Response:
    """Where a SMART client gets its token, how it proves itself, and which scopes there are. Needs no key.

    The same is at `/fhir/.well-known/smart-configuration`, where a client looks that knows the FHIR endpoint only.
    """
    return Response(msgspec.json.encode(configuration(request)), media_type="application/json")
