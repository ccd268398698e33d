"""A client's side of SMART: keys, their JWK Set, and assertions, good ones and every bad one there may be."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

Key = RSAKey | ECKey

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)
EC = ECKey.generate_key("P-384", {"kid": "ec-1"}, private=True)
STRANGER = ECKey.generate_key("P-384", {"kid": "ec-1"}, private=True)
"""A key of the same id that nobody registered."""
ALGORITHM = {"RSA": "RS384", "EC": "ES384"}


def key_set(*keys: Key) -> str:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


def claims(client: UUID | str, audience: str, **changes: Any) -> dict[str, Any]:
    """What a good assertion says, with changes; a change to None leaves it out, `ahead` tells one by the clock."""
    said = {
        "iss": str(client),
        "sub": str(client),
        "aud": audience,
        "exp": int(time.time()) + 240,
        "jti": uuid4().hex,
    } | changes
    return {name: value() if callable(value) else value for name, value in said.items() if value is not None}


def ahead(seconds: float) -> Callable[[], float]:
    """So many seconds from when it is said."""
    return lambda: int(time.time()) + seconds


def header(key: Key, **changes: Any) -> dict[str, Any]:
    said = {"alg": ALGORITHM[key.key_type], "kid": key.kid, "typ": "JWT"} | changes
    return {name: value for name, value in said.items() if value is not None}


def signed(key: Key | bytes, head: dict[str, Any], said: dict[str, Any] | bytes) -> str:
    """Signed as the header says, whatever it says; bytes are a shared secret."""
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return signed_bytes(key, json.dumps(head).encode(), payload, str(head.get("alg", "ES384")))


def signed_bytes(key: Key | bytes, head: bytes, payload: bytes, algorithm: str) -> str:
    """Over a header as it is written here, which no library would write."""
    signing_input = f"{encoded(head)}.{encoded(payload)}"
    if isinstance(key, bytes):
        signature = hmac.digest(key, signing_input.encode(), f"sha{algorithm[2:]}")
    else:
        signature = jws.JWSRegistry.algorithms[algorithm].sign(signing_input.encode(), key)
    return f"{signing_input}.{encoded(signature)}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def form(assertion: str, scope: str | None = "facts.read", **changes: str | None) -> dict[str, str]:
    said = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": scope,
    } | changes
    return {name: value for name, value in said.items() if value is not None}
