"""The facts as OpenAPI schemas, made from the structs that validate them: what is sent, and what is stored."""

import copy
from typing import Any, Final

import msgspec

from app.api.documents.fact_examples import ATTESTATION, example
from app.api.documents.plain_shapes import never_null, without_null
from app.determination.facts import KINDS, RECORDED_KINDS, Attestation, Fact, PatientFact, Retraction

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{name}"
IMPLIED: Final = {"time_entry": "TimeEntryOnly", "consent": "ConsentOnly"}
RECORD: Final[dict[str, Schema]] = {
    "source": {
        "type": "string",
        "description": "Who sent it: the source of the API key. `self` is the service.",
        "examples": ["ehr"],
    },
    "recorded_at": {
        "type": "string",
        "format": "date-time",
        "description": "When it was recorded; always later than the fact before it in the same ledger.",
    },
    "position": {"type": "integer", "minimum": 1, "description": "Its place in its ledger: 1, 2, 3 … without holes."},
}


def reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(name=name)}


def fact_components() -> dict[str, Schema]:
    """`Fact` and `StoredFact` as unions told apart by `kind`, and every schema they name."""
    _, components = msgspec.json.schema_components(list(RECORDED_KINDS.values()), ref_template=REFERENCE)
    components["StoredAttestation"] = _stored(
        components.pop(Attestation.__name__) | {"examples": [ATTESTATION]}, "self"
    )
    for kind, declared in KINDS.items():
        sent = components[declared.__name__]
        del sent["properties"]["source"]
        sent["examples"] = [example(kind, about_patient=_may_name_patient(declared))]
        components[f"Stored{declared.__name__}"] = _stored(sent)
        _take_repetitions(sent)
    for kind, name in IMPLIED.items():
        components[name] = _kind_implied(components[KINDS[kind].__name__]) | {"title": name}
    components["Fact"] = _union(
        KINDS, "", "One immutable statement about a patient or about the practice, by its `kind`."
    )
    components["StoredFact"] = _union(
        RECORDED_KINDS, "Stored", "A fact as it stands in a ledger: with its source, time and position."
    )
    return dict(sorted(components.items()))


def _may_name_patient(declared: type[Fact]) -> bool:
    return issubclass(declared, PatientFact | Retraction)


def _take_repetitions(sent: Schema) -> None:
    """A topic or an element named twice is named: what is kept is a set, what is sent a list."""
    for schema in sent["properties"].values():
        for option in (schema, *schema.get("anyOf", ())):
            option.pop("uniqueItems", None)


def _union(kinds: dict[str, type[Fact]], prefix: str, description: str) -> Schema:
    names = {kind: f"{prefix}{declared.__name__}" for kind, declared in kinds.items()}
    return {
        "description": description,
        "oneOf": [reference(name) for name in names.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: REFERENCE.format(name=name) for kind, name in names.items()},
        },
    }


def _stored(sent: Schema, source: str = "ehr") -> Schema:
    stored = copy.deepcopy(sent)
    stored["title"] = f"Stored{sent['title']}"
    without_null(stored)
    stored["properties"] |= RECORD
    stored["required"] = [*stored["required"], *RECORD]
    recorded = {"source": source, "recorded_at": "2026-03-26T14:07:12.345678Z", "position": 17}
    stored["examples"] = [{**stored["examples"][0], **recorded}]
    return stored


def _kind_implied(sent: Schema) -> Schema:
    implied = copy.deepcopy(sent)
    implied["required"].remove("kind")
    # These are only ever stored, and no fact about a patient is stored without one.
    implied["required"].append("patient")
    implied["properties"]["patient"] = never_null(implied["properties"]["patient"])
    for shown in implied["examples"]:
        del shown["kind"]
    return implied
