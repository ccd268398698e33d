"""The header `Idempotency-Key`: its syntax, and the request that it stands for."""

import re
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Header
from pydantic import WithJsonSchema
from starlette.requests import Request

from app.access.credentials import Caller
from app.access.idempotency import KeyedRequest
from app.errors import FieldError, Invalid

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

# A string of RFC 9651, or the same without quotes, as most clients write it.
_QUOTED: Final = r'"(?:[ !#-\[\]-~]|\\["\\]){1,255}"'
_BARE: Final = r"[!#-~](?:[ -~]{0,253}[!-~])?"
_SYNTAX: Final = re.compile(f"{_QUOTED}|{_BARE}")
_EXPECTED: Final = "One key of 1 to 255 printable ASCII characters, in quotation marks or without."


async def _key(
    request: Request,
    given: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description="A name of your own for this request, new for each. Sent again with the same key within 7 days, "
            "the request is not carried out again: you get the first answer, byte for byte, with "
            f"`{REPLAYED}: true`. Only what succeeded is kept: after a refusal the key may come with the mended request.",
        ),
        WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^(?:{_QUOTED}|{_BARE})$"}),
    ] = None,
) -> str | None:
    if given is None:
        return None
    written = given.strip(" \t")
    if len(request.headers.getlist(HEADER)) > 1 or not _SYNTAX.fullmatch(written):
        raise Invalid("A header is not what was asked for.", errors=[FieldError(_EXPECTED, parameter=HEADER)])
    return re.sub(r"\\(.)", r"\1", written[1:-1]) if written.startswith('"') else written


IdempotencyKey = Annotated[str | None, Depends(_key)]


def keyed_request(request: Request, caller: Caller, key: str | None, body: bytes) -> KeyedRequest | None:
    """What the key stands for. None: none was sent, and nothing is to be kept."""
    if key is None:
        return None
    target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
    digest = sha256(request.method.encode() + b" " + target + b"\n")
    digest.update(body)
    return KeyedRequest(caller, key, digest.digest())
