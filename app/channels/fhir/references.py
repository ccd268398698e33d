"""Who is meant: references between the entries of a Bundle, and to resources outside it.

Within the Bundle a reference may be the target's `fullUrl`, a relative or absolute `Type/id`, or a search by
identifier (`Practitioner?identifier=system|value`). Outside it, only `Type/id` says who is meant.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from app.channels.fhir.elements import Element, Resource
from app.channels.fhir.issues import BundleError

ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_TYPE_AND_ID: Final = re.compile(
    r"(?:https?://\S+/)?([A-Z][A-Za-z]{1,39})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?", re.ASCII
)
_ELEMENT: Final = re.compile(r"[a-z][A-Za-z]{0,39}", re.ASCII)
_PLACEHOLDERS: Final = ("urn:uuid:", "urn:oid:")


class Target(Struct, frozen=True):
    """A resource that is referred to; `resource` when it stands in the Bundle."""

    type: str
    id: str
    resource: Element | None = None


class Directory:
    """The Bundle's resources by every name they can be referred to."""

    def __init__(self) -> None:
        self._by_full_url: dict[str, Target] = {}
        self._by_name: dict[str, Target] = {}
        self._by_identifier: dict[tuple[str, str, str], Target | None] = {}

    def add(self, resource: Resource, full_url: str | None, place: str) -> None:
        """`BundleError` when another entry has the same name."""
        target = Target(resource.type, resource.id, resource)
        if target.id and resource.name in self._by_name:
            raise BundleError(place, "duplicate", "An earlier entry holds the same resource.")
        if full_url is not None and full_url in self._by_full_url:
            raise BundleError(place, "duplicate", "An earlier entry has the same fullUrl.")
        if target.id:
            self._by_name[resource.name] = target
        if full_url is not None:
            self._by_full_url[full_url] = target
        if target.type in ("Patient", "Practitioner"):
            for identifier in resource.children("identifier"):
                key = (target.type, identifier.text("system") or "", identifier.text("value") or "")
                # Two resources with one identifier: a search by it finds neither.
                self._by_identifier[key] = None if key in self._by_identifier else target

    def resolve(self, reference: Element, expected: str) -> Target | None:
        """The target of a Reference. `None`: it does not say who is meant. `BundleError`: it cannot be resolved."""
        written = reference.text("reference")
        if written is None:
            identifier = reference.child("identifier")
            if identifier is None:
                return None
            key = (expected, identifier.text("system") or "", identifier.text("value") or "")
            return self._by_identifier.get(key)
        place = reference.at("reference")
        if written.startswith("#"):
            return None
        if (found := self._by_full_url.get(written)) is not None:
            return found
        if written.startswith(_PLACEHOLDERS):
            raise BundleError(place, "not-found", "No entry of the Bundle has this fullUrl.")
        if "?" in written:
            kind, _, query = written.partition("?")
            system, _, value = query.removeprefix("identifier=").partition("|")
            return self._by_identifier.get((kind, system, value))
        matched = _TYPE_AND_ID.fullmatch(written)
        if matched is None:
            raise BundleError(place, "value", "Not a reference: neither Type/id nor the fullUrl of an entry.")
        kind, named = matched.groups()
        return self._by_name.get(f"{kind}/{named}") or Target(kind, named)

    def find(self, written: str) -> Target | None:
        """The entry that a written reference names."""
        return self._by_full_url.get(written) or self._by_name.get(written)

    def patient_of(self, resource: Element, *names: str) -> str | None:
        """The id of the patient a resource is about; `None` when it says none. `BundleError`: no patient can be meant."""
        for name in names:
            reference = resource.child(name)
            if reference is None:
                continue
            target = self.resolve(reference, "Patient")
            if target is None:
                return None
            if target.type == "Group":
                return None
            if target.type != "Patient" or not target.id:
                raise BundleError(reference.at("reference"), "value", "Must refer to a Patient.")
            return target.id
        return None

    def check_placeholders(self, resource: Element) -> None:
        """`BundleError` at the first reference, anywhere in the resource, to an entry that the Bundle does not have."""
        for value, path in references_in(resource.content):
            if value.startswith(_PLACEHOLDERS) and value not in self._by_full_url:
                raise BundleError(
                    _written(resource.place, path), "not-found", "No entry of the Bundle has this fullUrl."
                )


def references_in(content: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every `reference` of a resource, with the steps that lead to it."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(content, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            written = value.get("reference")
            if isinstance(written, str):
                yield written, (*path, "reference")
            waiting.extend((child, (*path, name)) for name, child in value.items() if isinstance(child, dict | list))
        elif isinstance(value, list):
            waiting.extend((child, (*path, at)) for at, child in enumerate(value) if isinstance(child, dict | list))


def _written(place: str, path: tuple[str | int, ...]) -> str:
    """The steps as a FHIRPath, as far as they are elements' names: a key is the sender's own text."""
    for step in path:
        if isinstance(step, str) and not _ELEMENT.fullmatch(step):
            break
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    return place
