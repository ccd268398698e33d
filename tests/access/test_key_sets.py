"""A client's JWK Set: public keys that can verify what SMART asks for, each with an id of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.access.key_sets import key_with_id, read_key_set
from tests.access.signing import EC, RSA, key_set

Json = dict[str, Any]
RSA_JWK: Json = dict(RSA.as_dict(private=False))
EC_JWK: Json = dict(EC.as_dict(private=False))


def test_a_set_is_kept_with_its_public_members_alone() -> None:
    more = {"use": "sig", "key_ops": ["verify"], "alg": "RS384", "x5t": "abc", "note": "ours"}
    kept = json.loads(read_key_set(json.dumps({"keys": [RSA_JWK | more, EC_JWK], "note": "theirs"})))
    assert kept == {
        "keys": [
            {name: RSA_JWK[name] for name in ("kty", "kid", "n", "e")},
            {name: EC_JWK[name] for name in ("kty", "kid", "crv", "x", "y")},
        ]
    }


def test_a_key_is_found_by_its_id_and_knows_its_algorithm() -> None:
    kept = read_key_set(key_set(RSA, EC))
    for key, algorithm in ((RSA, "RS384"), (EC, "ES384")):
        found = key_with_id(kept, str(key.kid))
        assert found is not None
        assert (found[0].kid, found[1]) == (key.kid, algorithm)
    assert key_with_id(kept, "rsa-2") is None


def of(*keys: Any) -> str:
    return json.dumps({"keys": list(keys)})


def generated(key: Any) -> Json:
    return dict(key.as_dict(private=False)) | {"kid": "k"}


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "nothing": (lambda: "", "JSON object"),
    "no JSON": (lambda: "{", "JSON object"),
    "a list": (lambda: json.dumps([RSA_JWK]), "JSON object"),
    "a key alone": (lambda: json.dumps(RSA_JWK), "1 to 10 keys"),
    "no keys": (of, "1 to 10 keys"),
    "keys twice": (lambda: f'{{"keys": [], "keys": [{json.dumps(EC_JWK)}]}}', "each name once"),
    "eleven keys": (lambda: of(*(EC_JWK | {"kid": str(number)} for number in range(11))), "1 to 10 keys"),
    "too long": (lambda: of(EC_JWK | {"note": "x" * 70_000}), "at most"),
    "nested deeply": (lambda: "[" * 60_000, "JSON object"),
    "one id twice": (lambda: of(RSA_JWK, EC_JWK | {"kid": "rsa-1"}), "same `kid`"),
    "no id": (lambda: of({name: EC_JWK[name] for name in ("kty", "crv", "x", "y")}), "`kid`"),
    "an id that is a number": (lambda: of(EC_JWK | {"kid": 1}), "`kid`"),
    "an id of two lines": (lambda: of(EC_JWK | {"kid": "a\nb"}), "`kid`"),
    "a key that is text": (lambda: of("key"), "number 1 is no JSON object"),
    "a private RSA key": (lambda: of(EC_JWK, RSA.as_dict(private=True)), "number 2 is private"),
    "a private EC key": (lambda: of(EC.as_dict(private=True)), "is private"),
    "a shared secret": (lambda: of(OctKey.generate_key(256, {"kid": "k"}).as_dict(private=True)), "is private"),
    "a shared secret without one": (lambda: of({"kty": "oct", "kid": "k"}), "`kty`"),
    "an Ed25519 key": (lambda: of({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "k"}), "`kty`"),
    "P-256": (lambda: of(generated(ECKey.generate_key("P-256"))), "P-384"),
    "a point off the curve": (lambda: of(EC_JWK | {"y": EC_JWK["x"]}), "no key that can be used"),
    "RSA of 1024 bits": (lambda: of(RSA_JWK | {"n": "x" * 170 + "E"}), "bits"),
    "RSA of 16384 bits": (lambda: of(RSA_JWK | {"n": "x" * 2730 + "E"}), "bits"),
    "an exponent of one": (lambda: of(RSA_JWK | {"e": "AQ"}), "no key that can be used"),
    "padding": (lambda: of(RSA_JWK | {"e": "AQAB="}), "no key that can be used"),
    "no modulus": (lambda: of({"kty": "RSA", "kid": "k", "e": "AQAB"}), "needs n, e"),
    "a modulus that is a number": (lambda: of(RSA_JWK | {"n": 65537}), "needs n, e"),
    "RS256": (lambda: of(RSA_JWK | {"alg": "RS256"}), "RS384"),
    "HS256 for a public key": (lambda: of(RSA_JWK | {"alg": "HS256"}), "RS384"),
    "ES384 for RSA": (lambda: of(RSA_JWK | {"alg": "ES384"}), "RS384"),
    "for encryption": (lambda: of(EC_JWK | {"use": "enc"}), "verifying"),
    "for other operations": (lambda: of(EC_JWK | {"key_ops": ["deriveKey"]}), "verifying"),
    "operations that are none": (lambda: of(EC_JWK | {"key_ops": "verify"}), "verifying"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "words"), REFUSED.values(), ids=REFUSED)
def test_a_set_that_cannot_serve_is_refused_with_what_to_mend(made: Callable[[], str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_key_set(made())


def test_a_key_of_2048_bits_and_one_of_4096_are_taken() -> None:
    assert read_key_set(key_set(RSA))
    assert read_key_set(key_set(RSAKey.generate_key(4096, {"kid": "k"}, private=True)))
