"""The Ed25519 key that signs checkpoints, kept in files outside the database."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.audit.checkpoints import Verify


class UnusableKey(Exception):
    """A file that holds no key of the kind needed; the message says which."""


def public_file(path: Path) -> Path:
    """Where the public key stands beside the private one."""
    return path.with_name(path.name + ".pub")


def make_key(path: Path) -> Path:
    """A new key at a path where nothing is, its public half beside it; where that is. `OSError` where it cannot be."""
    key = Ed25519PrivateKey.generate()
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    public = public_file(path)
    _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return public


def signing_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey(f"{path} holds no private key that can be read.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(f"{path} holds a key of another kind; `audit key` makes one.")
    return key


def verifier(paths: Sequence[Path]) -> Verify:
    """Whether a signature is by one of these public keys."""
    keys = [_public_key(path) for path in paths]

    def verify(content: bytes, signature: bytes) -> bool:
        return any(_signed(key, content, signature) for key in keys)

    return verify


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise UnusableKey(f"{path} holds no public key that can be read.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey(f"{path} holds a key of another kind; `audit key` makes one.")
    return key


def _signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
