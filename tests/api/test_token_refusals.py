"""Every assertion that proves nothing and every form that asks for nothing we give: told as OAuth does, and nothing changed."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.access.signing import (
    EC,
    RSA,
    STRANGER,
    Key,
    ahead,
    claims,
    encoded,
    form,
    header,
    signed,
    signed_bytes,
)
from tests.api.asking_for_tokens import AUDIENCE, FORM, TOKEN, good, refused, rows


class Clients(NamedTuple):
    ours: UUID
    theirs: UUID


def public_pem(key: RSAKey) -> bytes:
    return key.as_pem(private=False)


def with_hmac_of(secret: bytes, algorithm: str) -> Callable[[Clients], str]:
    """The public key, which everybody knows, taken for a shared secret."""
    return lambda clients: signed(secret, header(RSA, alg=algorithm), claims(clients.ours, AUDIENCE))


def unsigned(algorithm: str, signature: str = "") -> Callable[[Clients], str]:
    def made(clients: Clients) -> str:
        head, body = header(EC, alg=algorithm), claims(clients.ours, AUDIENCE)
        return f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(body).encode())}.{signature}"

    return made


def saying(key: Key = EC, **changes: Any) -> Callable[[Clients], str]:
    return lambda clients: good(clients.ours, key, **changes)


def headed(key: Key = EC, signer: Key | None = None, **changes: Any) -> Callable[[Clients], str]:
    return lambda clients: signed(signer or key, header(key, **changes), claims(clients.ours, AUDIENCE))


def written(head: str, payload: str | None = None) -> Callable[[Clients], str]:
    """Header and payload as they stand here."""

    def made(clients: Clients) -> str:
        said = json.dumps(claims(clients.ours, AUDIENCE)) if payload is None else payload
        said = said.replace("OURS", str(clients.ours)).replace("SOON", str(int(time.time()) + 60))
        return signed_bytes(EC, head.encode(), said.encode(), "ES384")

    return made


def altered(part: int, position: int) -> Callable[[Clients], str]:
    """One character of a good one changed."""

    def made(clients: Clients) -> str:
        parts = good(clients.ours).split(".")
        changed = "A" if parts[part][position] != "A" else "B"
        parts[part] = parts[part][:position] + changed + parts[part][position + 1 :]
        return ".".join(parts)

    return made


HEAD = '{"alg": "ES384", "kid": "ec-1", "typ": "JWT"}'
RSA_PUBLIC = RSA.as_dict(private=False)
OTHER_URL = "https://other.example/oauth/token"

NOT_PROVEN: dict[str, Callable[[Clients], str]] = {
    "no signature, alg none": unsigned("none"),
    "no signature, alg None": unsigned("None", encoded(b"x")),
    "alg none with a signature": unsigned("none", encoded(b"\0" * 96)),
    "alg ES384 without a signature": unsigned("ES384"),
    "a signature of zeros": unsigned("ES384", encoded(bytes(96))),
    "a short signature": unsigned("ES384", encoded(b"\1" * 95)),
    "HS256 with the public key as PEM": with_hmac_of(public_pem(RSA), "HS256"),
    "HS384 with the public key as PEM": with_hmac_of(public_pem(RSA), "HS384"),
    "HS256 with the public key's modulus": with_hmac_of(str(RSA_PUBLIC["n"]).encode(), "HS256"),
    "HS256 with the JWK": with_hmac_of(json.dumps(RSA_PUBLIC).encode(), "HS256"),
    "RS256": headed(RSA, alg="RS256"),
    "RS512": headed(RSA, alg="RS512"),
    "PS384": headed(RSA, alg="PS384"),
    "ES256 by a key of P-256": headed(
        EC, ECKey.generate_key("P-256", {"kid": "ec-1"}, private=True), alg="ES256"
    ),
    "RS384 told, signed by the EC key": headed(EC, alg="ES384", kid="rsa-1"),
    "ES384 told for the RSA key": lambda clients: signed_bytes(
        RSA, json.dumps(header(RSA, alg="ES384")).encode(), json.dumps(claims(clients.ours, AUDIENCE)).encode(), "RS384"
    ),
    "no alg": lambda clients: signed(EC, header(EC, alg=None), claims(clients.ours, AUDIENCE)),
    "alg is a list": written('{"alg": ["ES384"], "kid": "ec-1"}'),
    "alg stands twice": written('{"alg": "none", "alg": "ES384", "kid": "ec-1"}'),
    "no kid": headed(EC, kid=None),
    "kid is a number": headed(EC, kid=1),
    "an unknown kid": headed(EC, kid="ec-2"),
    "an empty kid": headed(EC, kid=""),
    "a kid like a path": headed(EC, kid="../../etc/passwd"),
    "a kid like SQL": headed(EC, kid="ec-1' OR '1'='1"),
    "a kid too long": headed(EC, kid="k" * 2_000),
    "kid stands twice": written('{"alg": "ES384", "kid": "rsa-1", "kid": "ec-1"}'),
    "the kid of another key of the client": headed(EC, RSA, alg="RS384"),
    "a key of the same kid that nobody registered": headed(EC, STRANGER),
    "the key of another client": lambda clients: signed(
        STRANGER, header(STRANGER), claims(clients.ours, AUDIENCE)
    ),
    "its own key in the header": headed(STRANGER, jwk=STRANGER.as_dict(private=False)),
    "the address of its keys in the header": headed(EC, jku="https://evil.example/jwks"),
    "a certificate in the header": headed(EC, x5c=["MIIB"]),
    "the address of a certificate": headed(EC, x5u="https://evil.example/x"),
    "something critical": headed(EC, crit=["exp"], exp=1),
    "a payload not encoded": headed(EC, crit=["b64"], b64=False),
    "another type": headed(EC, typ="at+jwt"),
    "another client's id": lambda clients: good(clients.theirs),
    "no iss": saying(iss=None),
    "no sub": saying(sub=None),
    "another iss": lambda clients: good(clients.ours, iss=str(clients.theirs)),
    "another sub": lambda clients: good(clients.ours, sub=str(clients.theirs)),
    "a client nobody is": lambda _clients: good(uuid4()),
    "the id in capitals": lambda clients: good(clients.ours, iss=str(clients.ours).upper(), sub=str(clients.ours).upper()),
    "the id without hyphens": lambda clients: good(clients.ours, iss=clients.ours.hex, sub=clients.ours.hex),
    "an id that is none": saying(iss="nobody", sub="nobody"),
    "an id that is a list": saying(iss=[1], sub=[1]),
    "no aud": saying(aud=None),
    "another server's aud": saying(aud=OTHER_URL),
    "the service's address as aud": saying(aud="http://127.0.0.1:8000"),
    "aud with a slash more": saying(aud=AUDIENCE + "/"),
    "several aud": saying(aud=[AUDIENCE, OTHER_URL]),
    "an empty aud": saying(aud=[]),
    "aud is an object": saying(aud={AUDIENCE: 1}),
    "no exp": saying(exp=None),
    "expired": saying(exp=ahead(-1)),
    "expired long ago": saying(exp=0),
    "exp too far ahead": saying(exp=ahead(1_000)),
    "exp in milliseconds": saying(exp=ahead(1_000 * 1_700_000_000)),
    "exp of a thousand digits": written(HEAD, f'{{"iss":"OURS","sub":"OURS","aud":"{AUDIENCE}","jti":"j","exp":{"9" * 1_000}}}'),
    "exp is infinite": written(HEAD, f'{{"iss":"OURS","sub":"OURS","aud":"{AUDIENCE}","jti":"j","exp":1e999}}'),
    "exp is no number": written(HEAD, f'{{"iss":"OURS","sub":"OURS","aud":"{AUDIENCE}","jti":"j","exp":NaN}}'),
    "exp is a string": saying(exp=lambda: str(int(time.time()) + 60)),
    "exp is true": saying(exp=True),
    "exp stands twice": written(HEAD, f'{{"iss":"OURS","sub":"OURS","aud":"{AUDIENCE}","jti":"j","exp":1,"exp":SOON}}'),
    "nbf has not come": saying(nbf=ahead(200)),
    "nbf is a string": saying(nbf="now"),
    "iat has not come": saying(iat=ahead(200)),
    "no jti": saying(jti=None),
    "an empty jti": saying(jti=""),
    "jti is a number": saying(jti=1),
    "a jti too long": saying(jti="j" * 256),
    "claims are a list": written(HEAD, '["OURS"]'),
    "claims are no JSON": written(HEAD, "OURS"),
    "claims are nested deeply": written(HEAD, "[" * 2_000),
    "the header is a list": written('["ES384"]'),
    "the header is no JSON": written("ES384"),
    "a header changed": altered(0, 12),
    "claims changed": altered(1, 20),
    "a signature changed": altered(2, 40),
    "two parts": lambda clients: good(clients.ours).rpartition(".")[0],
    "four parts": lambda clients: good(clients.ours) + ".x",
    "five parts": lambda clients: good(clients.ours) + "..x",
    "a line break at its end": lambda clients: good(clients.ours) + "\n",
    "padding": lambda clients: good(clients.ours) + "==",
    "spaces": lambda clients: " " + good(clients.ours),
    "other letters": lambda _clients: "é.é.é",
    "the JSON serialization": lambda clients: json.dumps(
        dict(zip(("protected", "payload", "signature"), good(clients.ours).split("."), strict=True))
    ),
    "an API key": lambda _clients: "cm_" + "A" * 43,
    "too long": saying(more="x" * 10_000),
}  # fmt: skip


@pytest.mark.parametrize("assertion", NOT_PROVEN.values(), ids=NOT_PROVEN)
async def test_what_proves_nothing_changes_nothing(
    nobody: httpx.AsyncClient,
    registered: UUID,
    other: UUID,
    owner_engine: AsyncEngine,
    caplog: pytest.LogCaptureFixture,
    assertion: Callable[[Clients], str],
) -> None:
    before = await rows(owner_engine)
    sent = assertion(Clients(registered, other))
    answer = await nobody.post(TOKEN, data=form(sent))
    refused(answer, "invalid_client")
    assert await rows(owner_engine) == before
    for secret in (sent, str(registered), str(other), *(part for part in sent.split(".") if len(part) > 20)):
        assert secret not in answer.text
        assert secret not in caplog.text


GOOD_FORM = form("x")
NOT_A_REQUEST: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"content": b"", "headers": FORM}, "invalid_request"),
    "no grant type": ({"data": form("x", grant_type=None)}, "invalid_request"),
    "an empty grant type": ({"data": form("x", grant_type="")}, "invalid_request"),
    "another grant": ({"data": form("x", grant_type="authorization_code")}, "unsupported_grant_type"),
    "a password": ({"data": {"grant_type": "password", "username": "a", "password": "b"}}, "unsupported_grant_type"),
    "no assertion type": ({"data": form("x", client_assertion_type=None)}, "invalid_client"),
    "another assertion type": (
        {"data": form("x", client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer")},
        "invalid_client",
    ),
    "no assertion": ({"data": form("x", client_assertion=None)}, "invalid_client"),
    "a secret": ({"data": form("x", client_secret="s")}, "invalid_request"),
    "a name and a password": ({"data": GOOD_FORM, "auth": ("a", "b")}, "invalid_request"),
    "JSON": ({"json": GOOD_FORM}, "invalid_request"),
    "no media type": ({"content": urlencode(GOOD_FORM).encode()}, "invalid_request"),
    "parts": ({"files": {"grant_type": (None, "client_credentials")}}, "invalid_request"),
    "another charset": (
        {"content": urlencode(GOOD_FORM).encode(), "headers": {"Content-Type": f"{FORM['Content-Type']}; charset=utf-16"}},
        "invalid_request",
    ),
    "compressed": (
        {"content": urlencode(GOOD_FORM).encode(), "headers": {**FORM, "Content-Encoding": "gzip"}},
        "invalid_request",
    ),
    "in the address": ({"params": GOOD_FORM, "content": b"", "headers": FORM}, "invalid_request"),
    "also in the address": ({"params": {"scope": "admin"}, "data": GOOD_FORM}, "invalid_request"),
    "the grant type twice": (
        {"content": f"{urlencode(GOOD_FORM)}&grant_type=client_credentials".encode(), "headers": FORM},
        "invalid_request",
    ),
    "the assertion twice": (
        {"content": f"{urlencode(GOOD_FORM)}&client_assertion=y".encode(), "headers": FORM}, "invalid_request",
    ),
    "something unknown twice": (
        {"content": f"{urlencode(GOOD_FORM)}&a=1&a=2".encode(), "headers": FORM}, "invalid_request",
    ),
    "too many": ({"data": {**GOOD_FORM, **{f"x{n}": "1" for n in range(60)}}}, "invalid_request"),
    "no text": ({"content": b"grant_type=\xff\xfe", "headers": FORM}, "invalid_request"),
    "no text, escaped": ({"content": b"grant_type=%FF%FE", "headers": FORM}, "invalid_request"),
    "no scope": ({"data": form("x", None)}, "invalid_scope"),
    "an unknown scope": ({"data": form("x", "patient/*.read")}, "invalid_scope"),
    "two spaces between scopes": ({"data": form("x", "facts.read  facts.write")}, "invalid_scope"),
    "commas between scopes": ({"data": form("x", "facts.read,facts.write")}, "invalid_scope"),
    "a NUL in the scope": ({"data": form("x", "facts.read\0")}, "invalid_scope"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "error"), NOT_A_REQUEST.values(), ids=NOT_A_REQUEST)
async def test_what_is_no_request_for_a_token_changes_nothing(
    nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine, sent: dict[str, Any], error: str
) -> None:
    before = await rows(owner_engine)
    # What else is wrong with it must not hide behind a bad assertion.
    assertion = good(registered)
    if "data" in sent and "client_assertion" in sent["data"]:
        sent = sent | {"data": sent["data"] | {"client_assertion": assertion}}
    elif "content" in sent:
        sent = sent | {
            "content": sent["content"].replace(b"client_assertion=x", f"client_assertion={assertion}".encode())
        }
    refused(await nobody.post(TOKEN, **sent), error)
    assert await rows(owner_engine) == before
    assert (await nobody.post(TOKEN, data=form(assertion))).status_code == 200, "the assertion was not spent"


@pytest.mark.parametrize("scope", ["admin", "facts.read admin", "months.close"])
async def test_a_scope_that_was_not_given_changes_nothing(
    nobody: httpx.AsyncClient, registered: UUID, owner_engine: AsyncEngine, scope: str
) -> None:
    before = await rows(owner_engine)
    assertion = good(registered)
    refused(await nobody.post(TOKEN, data=form(assertion, scope)), "invalid_scope")
    assert await rows(owner_engine) == before
    assert (await nobody.post(TOKEN, data=form(assertion))).status_code == 200


async def test_a_client_id_beside_the_assertion_is_the_same(
    nobody: httpx.AsyncClient, registered: UUID, other: UUID
) -> None:
    refused(await nobody.post(TOKEN, data=form(good(registered), client_id=str(other))), "invalid_client")
    assert (await nobody.post(TOKEN, data=form(good(registered), client_id=str(registered)))).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE]}, {"nbf": ahead(-5), "iat": ahead(-5)}, {"iat": ahead(10)}, {"exp": ahead(60.5)}, {"more": {"a": [1]}},
        {"jti": "ü" * 255},
    ],
)  # fmt: skip
async def test_what_is_in_order_is_taken(nobody: httpx.AsyncClient, registered: UUID, changes: dict[str, Any]) -> None:
    assert (await nobody.post(TOKEN, data=form(good(registered, **changes)))).status_code == 200


async def test_a_form_too_large_is_a_problem_as_everywhere(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post(TOKEN, data=form("x" * 20_000))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body has at most 16 KiB."


async def test_whoever_accepts_no_json_gets_no_token(nobody: httpx.AsyncClient, registered: UUID) -> None:
    answer = await nobody.post(TOKEN, data=form(good(registered)), headers={"Accept": "text/html"})
    assert answer.status_code == 406
