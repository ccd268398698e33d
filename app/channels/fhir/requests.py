"""The envelope of each entry: its resource, its name, and what the sender asks to be done with it."""

import re
from typing import Final

from msgspec import Struct

from app.channels.fhir.elements import Element, Resource, as_element
from app.channels.fhir.issues import BundleError

RESOURCE_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,39}", re.ASCII)
LARGEST: Final = 10_000
_UUID: Final = "urn:uuid:"


class Envelope(Struct, frozen=True):
    """One entry."""

    place: str
    full_url: str | None
    resource: Resource


def read_envelopes(bundle: object) -> tuple[str, list[Envelope]]:
    """The Bundle's type and its entries. `BundleError` when it is no transaction or batch."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise BundleError("Bundle.resourceType", "structure", "Must be a FHIR Bundle: resourceType is Bundle.")
    whole = Element(bundle, "Bundle")
    bundle_type = whole.required_text("type")
    if bundle_type not in ("transaction", "batch"):
        raise BundleError("Bundle.type", "value", "Must be transaction or batch.")
    entries = list(whole.children("entry"))
    if len(entries) > LARGEST:
        raise BundleError("Bundle.entry", "value", f"At most {LARGEST} entries.")
    return bundle_type, [_envelope(entry) for entry in entries]


def _envelope(entry: Element) -> Envelope:
    request = entry.child("request")
    if request is None:
        raise BundleError(entry.at("request"), "required", "This element is required.")
    method, url = request.required_text("method"), request.required_text("url")
    if method not in ("POST", "PUT"):
        said = "Only POST and PUT are taken; what was recorded in error is sent with that status."
        raise BundleError(request.at("method"), "not-supported", said)
    if entry.content.get("resource") is None:
        raise BundleError(entry.at("resource"), "required", "This element is required.")
    resource = as_element(entry.content["resource"], entry.at("resource"))
    resource_type = resource.required_text("resourceType")
    if not RESOURCE_TYPE.fullmatch(resource_type):
        raise BundleError(resource.at("resourceType"), "value", "Not a resource type.")
    named_type, _, named_id = url.partition("?")[0].partition("/")
    if named_type != resource_type:
        raise BundleError(request.at("url"), "invariant", "Names another resource type than the resource.")
    resource_id, full_url = resource.text("id"), entry.text("fullUrl")
    if method == "PUT" and named_id and resource_id is not None and named_id != resource_id:
        raise BundleError(request.at("url"), "invariant", "Names another id than the resource.")
    if resource_id is None and method == "PUT" and named_id:
        resource_id = named_id
    if resource_id is None and full_url is not None and full_url.startswith(_UUID):
        resource_id = full_url.removeprefix(_UUID)
    named = Resource(resource.content, resource.place, resource_id or "", resource_type)
    return Envelope(entry.place, full_url, named)
