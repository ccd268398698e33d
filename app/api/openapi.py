"""The OpenAPI document: what the routes say of themselves, with the schemas of the structs that read and answer."""

import json
from inspect import cleandoc
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.access_log_pages import AccessLogPage
from app.api.documents.audit_event_schemas import AUDIT_COMPONENTS
from app.api.documents.choices import name_choices
from app.api.documents.fact_schemas import REFERENCE, Schema, fact_components, reference
from app.api.documents.fhir_schemas import FHIR_COMPONENTS
from app.api.documents.plain_shapes import plain_shapes, without_null
from app.api.documents.texts import DESCRIPTION, SUMMARY, TAGS, VERSION
from app.api.documents.webhooks import EVENTS, PARAMETERS, WEBHOOKS
from app.api.event_pages import EventPage
from app.api.idempotency import REPLAYED
from app.api.ledger_pages import Page
from app.api.problems import MEDIA_TYPE, ProblemBody
from app.api.security import lacking
from app.api.smart import SmartConfiguration, TokenAnswer
from app.api.storing import Receipt
from app.api.token_request import TokenRefusal
from app.months.amend import Deciding
from app.months.attesting import Attesting, Closing
from app.months.bulk import BulkClosing, BulkReport
from app.months.decide import StoredAnswer
from app.months.evaluate import EvaluationRequest
from app.months.runs.asking import Run, RunPage, RunRequest
from app.months.runs.found import MonthResult
from app.months.runs.telling import MonthChange
from app.months.simultaneous import SimultaneousWorkReport
from app.months.told import MonthAmendments, MonthHistory, MonthRevision
from app.months.waiting import OpenAmendments
from app.months.worklist import Worklist
from app.projections.answer import Projection
from app.projections.request import ProjectionRequest
from app.reference.comparison import RulebookDiff
from app.reference.entries import RulebookMonth

_RENAMED: Final = {
    "ProblemBody": "Problem",
    "EvaluationRequest": "Evaluation",
    "StoredAnswer": "Determination",
    "Item": "StoredOrRefused",
    "Verdict": "CodeVerdict",
    "Entry": "EntrySeconds",
    "Time": "LedgerOfSeconds",
    "Cite": "Citation",
    "Fingerprint": "LawFingerprint",
    "Change": "ChangeOfLaw",
    "Closing": "MonthClosing",
    "Attesting": "MonthReopening",
    "Deciding": "AmendmentDeciding",
    "Basis": "AmendmentBasis",
    "SoFar": "LineSoFar",
    "Lacking": "CodeLacking",
}
"""Names that say less in a document, where everything stands side by side, than in their own file."""
_HEADERS: Final[dict[str, Schema]] = {
    "X-Request-ID": {
        "description": "The request's id in our logs. Always ours: one you send is not used.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "ETag": {"description": "The digest of the answer, for `If-None-Match`.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long a copy serves without asking again.", "schema": {"type": "string"}},
    REPLAYED: {
        "description": "Present where this is the first answer to the request's `Idempotency-Key`, given again.",
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit-Policy": {
        "description": "How many requests a minute are taken with your key (draft-ietf-httpapi-ratelimit-headers): "
        "`q` in `w` seconds. Counted by each process of the service for itself; absent where nothing is limited.",
        "schema": {"type": "string"},
        "example": '"minute";q=300000;w=60',
    },
    "RateLimit": {
        "description": "What is left of them: `r` requests, for another `t` seconds.",
        "schema": {"type": "string"},
        "example": '"minute";r=299999;t=41',
    },
    "Accept-Encoding": {
        "description": "The content codings a body may have here: `identity`, which is none.",
        "schema": {"type": "string"},
    },
    "Accept-Post": {"description": "The media types a body may have here.", "schema": {"type": "string"}},
    "Location": {"description": "Where what was made is read.", "schema": {"type": "string"}},
    "Content-Disposition": {
        "description": "That it is a file, and a name for it.",
        "schema": {"type": "string"},
        "example": 'attachment; filename="run-2026-03-5d0f9b52-7c1e-4b0f-8d7e-1b8a2c5e2f41.ndjson"',
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=VERSION,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": "/", "description": "This service"}],
    )
    components = made.pop("components")
    made["webhooks"] = WEBHOOKS
    made["components"] = components
    components["schemas"] = dict(sorted({**components.get("schemas", {}), **_schemas()}.items()))
    components["parameters"] = PARAMETERS
    components["headers"] = _HEADERS
    for operations in made["paths"].values():
        for operation in operations.values():
            _complete(operation)
    _strip_newer_keywords(made)
    plain: dict[str, Any] = json.loads(json.dumps(made))
    return plain


def _schemas() -> dict[str, Schema]:
    _, answers = msgspec.json.schema_components(
        [
            Receipt, Page, ProblemBody, StoredAnswer, SimultaneousWorkReport, Projection, RulebookMonth, RulebookDiff,
            MonthRevision, MonthAmendments, OpenAmendments, MonthHistory, BulkReport, TokenAnswer, TokenRefusal,
            SmartConfiguration, AccessLogPage, Worklist, EventPage, Run, RunPage, MonthResult, MonthChange,
            *EVENTS,
        ],
        ref_template=REFERENCE,
    )  # fmt: skip
    for answered in answers.values():
        without_null(answered)
    _, sent = msgspec.json.schema_components(
        [EvaluationRequest, ProjectionRequest, Closing, Attesting, Deciding, BulkClosing, RunRequest],
        ref_template=REFERENCE,
    )
    schemas = {**answers, **sent, **fact_components(), **FHIR_COMPONENTS, **AUDIT_COMPONENTS}
    schemas["Page"]["properties"]["facts"]["items"] = reference("StoredFact")
    schemas["EvaluationRequest"]["properties"]["facts"]["items"] = reference("Fact")
    schemas["Gap"]["properties"]["settles"]["items"] = reference("Fact")
    for old, new in _RENAMED.items():
        schemas[new] = schemas.pop(old) | {"title": new}
    _rename_references(schemas)
    name_choices(schemas)
    plain_shapes(schemas)
    for schema in schemas.values():
        if "description" in schema:
            # Before Python 3.13 a docstring keeps its indent, which Markdown shows as code.
            schema["description"] = cleandoc(schema["description"])
    return schemas


def _rename_references(part: Any) -> None:
    if isinstance(part, dict):
        named = str(part.get("$ref", "")).rpartition("/")[2]
        if named in _RENAMED:
            part["$ref"] = REFERENCE.format(name=_RENAMED[named])
        for value in part.values():
            _rename_references(value)
    elif isinstance(part, list):
        for value in part:
            _rename_references(value)


def _complete(operation: dict[str, Any]) -> None:
    for scopes in operation.get("security", []):
        (scope,) = scopes["ApiKey"]
        operation["description"] += f"\n\nNeeds the scope `{scope}`."
        told = operation["responses"]["403"]["content"][MEDIA_TYPE]["examples"]["forbidden"]["value"]
        told["detail"] = lacking(scope)
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for status, response in operation["responses"].items():
        # Whoever is not known has no rate.
        rate = ("RateLimit-Policy", "RateLimit") if "security" in operation and status != "401" else ()
        headers = response.setdefault("headers", {})
        headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *rate)}


def _strip_newer_keywords(part: Any) -> None:
    # The framework writes a keyword of OpenAPI 3.2 into a 3.1 document; 3.1 tools refuse it.
    if isinstance(part, dict):
        part.pop("itemSchema", None)
        for value in part.values():
            _strip_newer_keywords(value)
    elif isinstance(part, list):
        for value in part:
            _strip_newer_keywords(value)
