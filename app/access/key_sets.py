"""The public keys by which a SMART client is known: a JWK Set, read once when it is registered, and asked by key id.

Keys are RSA for RS384 and P-384 for ES384, as SMART asks. A key knows its algorithm, so nothing that comes with a
signature chooses it.
"""

import json
import re
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

from app.access.strict_json import strict_object

PublicKey = RSAKey | ECKey

MAXIMUM_LENGTH: Final = 64 * 1024
MAXIMUM_KEYS: Final = 10
SMALLEST_MODULUS: Final = 2048
LARGEST_MODULUS: Final = 8192
ALGORITHMS: Final = {"RSA": "RS384", "EC": "ES384"}
"""What a key of each type signs with."""
CURVE: Final = "P-384"

_KEY_ID: Final = re.compile(r"[ -~]{1,128}")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}


def read_key_set(text: str) -> str:
    """A client's JWK Set as it is kept: its public keys and nothing else. `ValueError` says what to mend."""
    if len(text) > MAXIMUM_LENGTH:
        raise ValueError(f"A JWK Set has at most {MAXIMUM_LENGTH:,} characters.")
    keys = strict_object(text).get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAXIMUM_KEYS:
        raise ValueError(f'A JWK Set is {{"keys": [ … ]}} with 1 to {MAXIMUM_KEYS} keys.')
    read = [_read(number, key) for number, key in enumerate(keys, start=1)]
    if len({key["kid"] for key in read}) < len(read):
        raise ValueError("Two keys have the same `kid`.")
    return json.dumps({"keys": read}, separators=(",", ":"))


def key_with_id(key_set: str, key_id: str) -> tuple[PublicKey, str] | None:
    """The key of that id and its algorithm; the set is one that was read above."""
    for key in json.loads(key_set)["keys"]:
        if key["kid"] == key_id:
            return _imported(key), ALGORITHMS[key["kty"]]
    return None


def _read(number: int, key: Any) -> dict[str, str]:
    where = f"Key number {number}"
    if not isinstance(key, dict):
        raise ValueError(f"{where} is no JSON object.")  # noqa: TRY004 - it is the document that is wrong
    if _PRIVATE & set(key):
        raise ValueError(f"{where} is private. Keep it to yourself, and register its public members only.")
    kind = key.get("kty")
    if kind not in ALGORITHMS:
        raise ValueError(f"{where} has another `kty` than RSA or EC.")
    if not (isinstance(key.get("kid"), str) and _KEY_ID.fullmatch(key["kid"])):
        raise ValueError(f"{where} needs a `kid` of 1 to 128 printable ASCII characters.")
    if key.get("alg", ALGORITHMS[kind]) != ALGORITHMS[kind]:
        raise ValueError(f"{where} has another `alg` than {ALGORITHMS[kind]}.")
    operations = key.get("key_ops", ["verify"])
    if key.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise ValueError(f"{where} is not for verifying signatures (`use`, `key_ops`).")
    kept = {name: key.get(name) for name in _PUBLIC[kind]}
    if not all(isinstance(value, str) for value in kept.values()):
        raise ValueError(f"{where} needs {', '.join(_PUBLIC[kind])}.")
    if kind == "EC" and kept["crv"] != CURVE:
        raise ValueError(f"{where} has another curve than {CURVE}.")
    public = {"kty": kind, "kid": key["kid"], **{name: str(value) for name, value in kept.items()}}
    try:
        # Before it is imported: the library would warn of a small one.
        bits = base64_to_int(public["n"]).bit_length() if kind == "RSA" else SMALLEST_MODULUS
        usable = SMALLEST_MODULUS <= bits <= LARGEST_MODULUS
        if usable:
            _imported(public)
    except (JoseError, ValueError, TypeError):
        raise ValueError(f"{where} is no key that can be used.") from None
    if not usable:
        raise ValueError(f"{where} has not {SMALLEST_MODULUS:,} to {LARGEST_MODULUS:,} bits.")
    return public


def _imported(key: dict[str, Any]) -> PublicKey:
    return RSAKey.import_key(key) if key["kty"] == "RSA" else ECKey.import_key(key)
