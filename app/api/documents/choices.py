"""The words a field allows, as schemas of their own: a client's program names them once, as the domain does."""

from collections.abc import Iterator
from typing import Any, Final

from app.api.documents.fact_schemas import Schema, reference

_DECLARED: Final[dict[str, tuple[str, str]]] = {
    "Program": ("ClaimLine", "program"),
    "Role": ("TimeEntry", "role"),
    "Activity": ("TimeEntry", "activity"),
    "Modality": ("TimeEntry", "modality"),
    "Worker": ("TimeEntry", "worker"),
    "ConsentAction": ("Consent", "action"),
    "ConsentForm": ("Consent", "form"),
    "ConsentTopic": ("Consent", "informed"),
    "Supervision": ("Consent", "supervision"),
    "ExpectedDuration": ("Condition", "expected_duration"),
    "CarePlanAction": ("CarePlan", "action"),
    "CarePlanElement": ("CarePlan", "elements"),
    "DecisionMakingLevel": ("DecisionMaking", "level"),
    "Payer": ("Coverage", "payer"),
    "StaySetting": ("Stay", "setting"),
    "DeviceProgram": ("DeviceDay", "program"),
    "BodySystem": ("DeviceDay", "body_system"),
    "CapabilityName": ("Capability", "name"),
    "SettingType": ("Setting", "type"),
    "Preference": ("Policy", "preference"),
    "RetractableKind": ("Retracted", "kind"),
    "StoringOutcome": ("StoredOrRefused", "outcome"),
    "DeterminationStatus": ("Determination", "status"),
    "Verdict": ("CodeVerdict", "verdict"),
    "MonthAction": ("MonthRevision", "action"),
    "DecisionOnAmendment": ("AmendmentDecision", "decision"),
    "WorklistState": ("WorklistRow", "state"),
    "FindingOutcome": ("Finding", "outcome"),
    "Standing": ("Citation", "standing"),
}
"""By its name, a schema and field that allows just these words; wherever else they are allowed, the name stands too."""


def name_choices(schemas: dict[str, Schema]) -> None:
    """Have each choice stand once among the schemas, and be referred to."""
    named = {
        name: {"title": name, "type": "string", "enum": _words(schemas[schema]["properties"][field])}
        for name, (schema, field) in _DECLARED.items()
    }
    _refer(schemas, {tuple(choice["enum"]): name for name, choice in named.items()})
    schemas |= named


def _words(field: Schema) -> list[str]:
    """The one choice in a field's schema."""
    found = list(_choices(field))
    assert len(found) == 1, "a field names one choice"
    return found[0]


def _choices(part: Any) -> Iterator[list[str]]:
    if isinstance(part, dict):
        if "enum" in part:
            yield part["enum"]
        for value in part.values():
            yield from _choices(value)
    elif isinstance(part, list):
        for value in part:
            yield from _choices(value)


def _refer(part: Any, names: dict[tuple[str, ...], str]) -> None:
    if isinstance(part, dict):
        name = names.get(tuple(part.get("enum", ())))
        if name is not None:
            del part["enum"]
            part.pop("type", None)
            part |= reference(name)
        for value in part.values():
            _refer(value, names)
    elif isinstance(part, list):
        for value in part:
            _refer(value, names)
