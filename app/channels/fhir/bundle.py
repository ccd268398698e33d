"""A transaction or batch Bundle: its entries checked, named and read one by one."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from app.channels.fhir.care_plan import read_care_plan
from app.channels.fhir.condition import read_condition
from app.channels.fhir.elements import Element, Resource
from app.channels.fhir.encounter import read_encounter
from app.channels.fhir.issues import BundleError, Issue
from app.channels.fhir.patient import read_patient
from app.channels.fhir.practitioner import read_practitioner
from app.channels.fhir.reading import Context, EntryRead, Mapped, Statement, fact_of
from app.channels.fhir.references import ID, Directory, references_in
from app.channels.fhir.requests import Envelope, read_envelopes
from app.channels.fhir.versions import versioned_id

READERS: Final[Mapping[str, Callable[[Resource, Context], Statement]]] = {
    "Patient": read_patient,
    "Practitioner": read_practitioner,
    "Condition": read_condition,
    "Encounter": read_encounter,
    "CarePlan": read_care_plan,
}


def facts_of(bundle: object, time_zone: str) -> Mapped:
    """What each entry states. `BundleError` when the Bundle cannot be taken: nothing of it is then to be stored."""
    bundle_type, envelopes = read_envelopes(bundle)
    directory = Directory()
    for envelope in envelopes:
        if envelope.resource.type in READERS:
            _check_named(envelope.resource)
        directory.add(envelope.resource, envelope.full_url, envelope.place)
    context = Context(directory, time_zone)
    return Mapped(bundle_type, tuple(_read(envelope, context) for envelope in envelopes))


def _check_named(resource: Resource) -> None:
    if not resource.id:
        raise BundleError(resource.at("id"), "required", "Needs an id, or a urn:uuid as fullUrl.")
    if not ID.fullmatch(resource.id):
        raise BundleError(resource.at("id"), "value", "Not a FHIR id: 1 to 64 letters, digits, '-' or '.'.")


def _read(envelope: Envelope, context: Context) -> EntryRead:
    resource = envelope.resource
    context.directory.check_placeholders(resource)
    reader = READERS.get(resource.type)
    if reader is None:
        says = "Accepted and not used: no fact is made of this resource type."
        issue = Issue("information", "not-supported", resource.place, says)
        return EntryRead(envelope.place, resource.type, issues=(issue,))
    if any(resource.children("modifierExtension")):
        # FHIR: what may turn a resource's meaning round must not be passed over.
        says = "Not used: it has a modifierExtension, and none is known here."
        issue = Issue("warning", "not-supported", resource.at("modifierExtension"), says)
        return EntryRead(envelope.place, resource.type, issues=(issue,))
    statement = reader(resource, context)
    if statement.stream is None:
        return EntryRead(envelope.place, resource.type, issues=statement.issues)
    if statement.stream:
        _check_one_patient(resource, statement.stream, context)
    fact = None
    if statement.kind is not None:
        fact = fact_of(statement.kind, {"id": resource.name, **statement.fields}, resource)
        fact = msgspec.structs.replace(fact, id=versioned_id(resource.name, fact))
    return EntryRead(envelope.place, resource.type, resource.name, statement.stream, fact, statement.issues)


_OWNED: Final = frozenset({"Condition", "Encounter", "CarePlan"})
_OWN_RECORDS: Final = ("encounter", "addresses", "diagnosis", "evidence", "basedOn", "replaces")


def _check_one_patient(resource: Element, patient: str, context: Context) -> None:
    """`BundleError` when a resource about one patient rests on another patient's encounter, condition or plan."""
    directory = context.directory
    for written, path in references_in({name: resource.content.get(name) for name in _OWN_RECORDS}):
        target = directory.find(written)
        if target is None or target.resource is None or target.type not in _OWNED:
            continue
        other = directory.patient_of(target.resource, "subject")
        if other is not None and other != patient:
            place = resource.at(str(path[0]))
            raise BundleError(place, "invariant", "Refers to a resource about another patient.")
