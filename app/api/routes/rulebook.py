"""The law read by programs: what is in force in a month, and what differs between two. Public, as the law is."""

from functools import lru_cache
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from app.api.cached_answers import cached
from app.api.documents.rulebook_routes import DIFFERENCE, MONTH
from app.api.parameters import Month, MonthInPath, only_parameters
from app.api.representations import ANSWERED_AS_JSON
from app.errors import FieldError, Invalid, NotFound
from app.months.computing import aside
from app.reference.comparison import compare
from app.reference.in_force import rulebook_of
from app.rulebook import loader

router = APIRouter(prefix="/v1/rulebook", tags=["Rule book"], dependencies=[ANSWERED_AS_JSON])

IfNoneMatch = Annotated[
    str | None, Header(description="`ETag` of an answer already held; 304 when it is still the answer.")
]
Earlier = Annotated[
    Month,
    Query(alias="from", description="The month compared with.", openapi_examples={"december": {"value": "2021-12"}}),
]
Later = Annotated[
    Month,
    Query(description="The month compared; usually the later one.", openapi_examples={"january": {"value": "2022-01"}}),
]


@router.get("/diff", dependencies=[only_parameters("from", "to")], **DIFFERENCE)
async def read_differences(from_: Earlier, to: Later, if_none_match: IfNoneMatch = None) -> Response:
    """What changed in the law between two service months: rules begun, ended and changed, codes, pathways and factors.

    Each change names its part and what it said before and after. Needs no key.
    """
    errors = [
        FieldError(_covered(), parameter=name)
        for name, month in (("from", from_), ("to", to))
        if not loader.book().covers(month)
    ]
    if errors:
        raise Invalid(_covered(), errors=errors)
    return cached(if_none_match, await aside(_difference, from_, to), "application/json")


@router.get("/{month}", dependencies=[only_parameters()], **MONTH)
async def read_rulebook(month: MonthInPath, if_none_match: IfNoneMatch = None) -> Response:
    """The law in force in a service month, whole: every rule with its sentences, standing and sources; codes; pathways.

    `rulebook` names the law by its digests, as determinations do. Needs no key. The same is to be read at
    `/rulebook/{month}`.
    """
    if not loader.book().covers(month):
        raise NotFound(_covered())
    return cached(if_none_match, await aside(_month, month), "application/json")


@lru_cache(maxsize=64)
def _month(month: str) -> bytes:
    return msgspec.json.encode(rulebook_of(month))


@lru_cache(maxsize=64)
def _difference(from_: str, to: str) -> bytes:
    return msgspec.json.encode(compare(from_, to))


def _covered() -> str:
    book = loader.book()
    return f"The rule book covers {book.first_month} to {book.last_month}."
