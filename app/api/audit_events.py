"""Rows of the access log as FHIR R4 AuditEvents in a Bundle, for whoever collects those."""

from collections.abc import Sequence
from typing import Any, Final

from app.access.access_log import Row

_DCM: Final = "http://terminology.hl7.org/CodeSystem"
_REST: Final = {"system": f"{_DCM}/audit-event-type", "code": "rest", "display": "RESTful Operation"}
_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
_OBSERVER: Final = {
    "observer": {"display": "Care Month"},
    "type": [{"system": f"{_DCM}/security-source-type", "code": "4", "display": "Application Server"}],
}
_PERSON: Final = {"system": f"{_DCM}/audit-entity-type", "code": "1", "display": "Person"}
_SYSTEM_OBJECT: Final = {"system": f"{_DCM}/audit-entity-type", "code": "2", "display": "System Object"}
_PATIENT: Final = {"system": f"{_DCM}/object-role", "code": "1", "display": "Patient"}
_URI: Final = "urn:ietf:rfc:3986"


def bundle(rows: Sequence[Row], here: str, follows: str | None) -> dict[str, Any]:
    """A page of AuditEvents, found at an address; `follows` is that of the next."""
    links = [{"relation": "self", "url": here}]
    if follows is not None:
        links.append({"relation": "next", "url": follows})
    found: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if rows:  # FHIR has no empty lists
        found["entry"] = [
            {"fullUrl": f"urn:uuid:{row.id}", "resource": audit_event(row), "search": {"mode": "match"}} for row in rows
        ]
    return found


def audit_event(row: Row) -> dict[str, Any]:
    """One row: its credential is the agent, its patient and its call are the entities."""
    reads = row.call.startswith("GET ")
    details = {"month": row.month, "kinds": " ".join(row.kinds) or None, "status": str(row.status)}
    called = {
        "type": _SYSTEM_OBJECT,
        "name": row.call,
        "detail": [
            {"type": name, "valueString": value}
            for name, value in ({**details, "X-Request-ID": row.place.request.hex}).items()
            if value is not None
        ],
    }
    patient = {"what": {"identifier": {"value": row.patient}}, "type": _PERSON, "role": _PATIENT}
    return {
        "resourceType": "AuditEvent",
        "id": str(row.id),
        "type": _REST,
        "subtype": [{"system": _INTERACTION, "code": "read" if reads else "create"}],
        "action": "R" if reads else "C",
        "recorded": row.place.at,
        "outcome": "0" if row.status < 400 else "4",
        "agent": [
            {
                "who": {"identifier": {"system": _URI, "value": f"urn:uuid:{row.credential}"}},
                "name": row.source,
                "requestor": True,
            }
        ],
        "source": _OBSERVER,
        "entity": [called] if row.patient is None else [patient, called],
    }
