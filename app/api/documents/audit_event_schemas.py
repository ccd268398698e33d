"""The FHIR resources that the access log is told in, as far as we write them."""

from typing import Any, Final

from app.api.documents.fact_schemas import Schema, reference

_TEXT: Final[Schema] = {"type": "string"}


def _object(title: str, needed: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "title": title,
        "type": "object",
        "required": list(needed),
        "properties": {**needed, **optional},
        "additionalProperties": False,
    }


def _listed(name: str, **bounds: Any) -> Schema:
    return {"type": "array", "items": reference(name), **bounds}


_CODING: Final = _object("FhirCoding", {"system": _TEXT, "code": _TEXT}, display=_TEXT)
_IDENTIFIER: Final = _object("FhirIdentifier", {"value": _TEXT}, system=_TEXT)
_WHO: Final = _object("FhirIdentified", {"identifier": reference("FhirIdentifier")})
_AGENT: Final = _object(
    "FhirAuditAgent",
    {"who": reference("FhirIdentified"), "name": _TEXT, "requestor": {"type": "boolean", "const": True}},
)
_DETAIL: Final = _object("FhirAuditDetail", {"type": _TEXT, "valueString": _TEXT})
_ENTITY: Final = _object(
    "FhirAuditEntity",
    {"type": reference("FhirCoding")},
    what=reference("FhirIdentified"),
    role=reference("FhirCoding"),
    name=_TEXT,
    detail=_listed("FhirAuditDetail"),
)
_OBSERVER: Final = _object("FhirAuditObserver", {"display": _TEXT})
_SOURCE: Final = _object(
    "FhirAuditSource", {"observer": reference("FhirAuditObserver"), "type": _listed("FhirCoding", minItems=1)}
)
_EVENT: Final = _object(
    "FhirAuditEvent",
    {
        "resourceType": {"type": "string", "const": "AuditEvent"},
        "id": {"type": "string", "format": "uuid"},
        "type": reference("FhirCoding"),
        "subtype": _listed("FhirCoding", minItems=1),
        "action": {"type": "string", "enum": ["R", "C"]},
        "recorded": {"type": "string", "format": "date-time"},
        "outcome": {"type": "string", "enum": ["0", "4"], "description": "0: answered; 4: refused."},
        "agent": _listed("FhirAuditAgent", minItems=1),
        "source": reference("FhirAuditSource"),
        "entity": _listed("FhirAuditEntity", minItems=1),
    },
)
_SEARCH: Final = _object("FhirAuditSearch", {"mode": {"type": "string", "const": "match"}})
_ENTRY: Final = _object(
    "FhirAuditEntry",
    {"fullUrl": _TEXT, "resource": reference("FhirAuditEvent"), "search": reference("FhirAuditSearch")},
)
_LINK: Final = _object(
    "FhirAuditLink", {"relation": {"type": "string", "enum": ["self", "next"]}, "url": {"type": "string"}}
)
_BUNDLE: Final = _object(
    "FhirAuditBundle",
    {
        "resourceType": {"type": "string", "const": "Bundle"},
        "type": {"type": "string", "const": "searchset"},
        "link": _listed("FhirAuditLink", minItems=1),
    },
    entry=_listed("FhirAuditEntry", minItems=1),
)

AUDIT_COMPONENTS: Final[dict[str, Schema]] = {
    schema["title"]: schema
    for schema in (
        _BUNDLE, _LINK, _ENTRY, _SEARCH, _EVENT, _AGENT, _WHO, _IDENTIFIER, _SOURCE, _OBSERVER, _ENTITY, _DETAIL,
        _CODING,
    )
}  # fmt: skip
