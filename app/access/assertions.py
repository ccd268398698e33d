"""A SMART client's proof of who it is: a JWT it signs with its own key, for this server, for once and for minutes.

It is read twice. First for whom it claims to speak, so that the client can be looked up; what it says is believed only
after the client's registered key has verified it.
"""

import re
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode
from msgspec import Struct

from app.access.key_sets import ALGORITHMS, key_with_id
from app.access.strict_json import strict_object

MAXIMUM_LENGTH: Final = 8 * 1024
MOST_SECONDS_AHEAD: Final = 300
"""How far ahead an assertion may expire at most."""
CLOCKS_APART_SECONDS: Final = 30
"""How far a client's clock may be ahead of ours where it says since when an assertion holds."""
MAXIMUM_JTI: Final = 255

# Whatever else a header may hold names or brings a key, or changes what is signed: `jwk`, `jku`, `x5c`, `x5u`, `crit`.
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_JWS: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_FAR: Final = 10**12
_UNPROVEN: Final = "The client is not known, or no registered key of it made this signature."


class NotProven(Exception):
    """An assertion proves nothing; the message says why in plain ASCII and repeats nothing of it."""


class Claimed(Struct, frozen=True):
    """What an assertion says before anybody has verified it."""

    text: str
    client: UUID
    key_id: str
    algorithm: str
    claims: dict[str, Any]


class Proven(Struct, frozen=True):
    """What makes a verified assertion one that was not seen before: the hash of its `jti`, and when it expires."""

    jti_sha256: bytes
    expires: float


def claimed(text: str, client: str | None = None) -> Claimed:
    """Who an assertion says it is of. `NotProven` for what cannot be a client's assertion at all.

    `client`: the id that was sent beside it, if one was.
    """
    parts = _JWS.fullmatch(text) if len(text) <= MAXIMUM_LENGTH else None
    if parts is None:
        raise NotProven("client_assertion is no signed JWT.")
    header, claims = _object(parts[1], "header"), _object(parts[2], "payload")
    if not set(header) <= _HEADER:
        raise NotProven("The header of the assertion holds more than alg, kid and typ.")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS.values():
        raise NotProven(f"The assertion is signed with {' or '.join(ALGORITHMS.values())}.")
    if not isinstance(key_id, str):
        raise NotProven("The header of the assertion needs a kid.")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise NotProven("The assertion is of another type than JWT.")
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer != claims.get("sub"):
        raise NotProven("iss and sub of the assertion are both the client's id.")
    if client not in {None, issuer}:
        raise NotProven("client_id is another client than the assertion is of.")
    return Claimed(text, _client_id(issuer), key_id, str(algorithm), claims)


def verified(assertion: Claimed, key_set: str | None, audience: str, now: float) -> Proven:
    """What an assertion proves, if a key of the set made it and it is for us and for now. `NotProven` otherwise.

    `key_set`: the client's; None where there is no such client. `now` in seconds since 1970.
    """
    _verify_signature(assertion, key_set)
    claims = assertion.claims
    # A list of several would let one assertion serve at other servers too.
    if claims.get("aud") not in (audience, [audience]):
        raise NotProven("aud of the assertion is the address of this token endpoint and nothing else.")
    expires = _seconds(claims, "exp")
    if expires is None or expires <= now:
        raise NotProven("exp of the assertion is missing or past.")
    if expires > now + MOST_SECONDS_AHEAD:
        raise NotProven(f"exp of the assertion is at most {MOST_SECONDS_AHEAD} seconds ahead.")
    for name in ("nbf", "iat"):
        since = _seconds(claims, name)
        if since is not None and since > now + CLOCKS_APART_SECONDS:
            raise NotProven(f"{name} of the assertion has not come yet.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAXIMUM_JTI:
        raise NotProven(f"The assertion needs a jti of 1 to {MAXIMUM_JTI} characters, new for each.")
    return Proven(sha256(jti.encode("utf-8", "surrogatepass")).digest(), expires)


def _verify_signature(assertion: Claimed, key_set: str | None) -> None:
    found = None if key_set is None else key_with_id(key_set, assertion.key_id)
    if found is None:
        raise NotProven(_UNPROVEN)
    key, algorithm = found
    if algorithm != assertion.algorithm:
        raise NotProven(_UNPROVEN)
    try:
        jws.deserialize_compact(assertion.text, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        raise NotProven(_UNPROVEN) from None


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        return strict_object(urlsafe_b64decode(part.encode("ascii")))
    except ValueError:
        raise NotProven(f"The {name} of the assertion is not one JSON object with each name once.") from None


def _client_id(issuer: str) -> UUID:
    try:
        client = UUID(issuer)
    except ValueError:
        client = None
    # One client has one name: a UUID can be written in many ways.
    if client is None or str(client) != issuer:
        raise NotProven(_UNPROVEN)
    return client


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    """An instant in seconds since 1970; none where the assertion does not say."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotProven(f"{name} of the assertion is no number of seconds since 1970.")
    # Whole numbers may be longer than any float, and others infinite: both are far from now.
    return float(max(-_FAR, min(value, _FAR)))
