"""What the mapping makes of a Bundle: for each entry, the fact its resource states, or why it states none."""

from typing import Any

import msgspec
from msgspec import Struct

from app.channels.fhir.elements import Element
from app.channels.fhir.issues import BundleError, Issue
from app.channels.fhir.references import Directory
from app.determination.facts import KINDS, Fact, FactError


class Context(Struct, frozen=True):
    """What a resource is read against: the Bundle's other resources and the practice's time zone."""

    directory: Directory
    time_zone: str


class Statement(Struct, frozen=True):
    """What one resource states: the fields of a fact of a kind, or nothing (`kind` is `None`), and why."""

    kind: str | None = None
    fields: dict[str, Any] = {}
    stream: str | None = None
    issues: tuple[Issue, ...] = ()


class EntryRead(Struct, frozen=True):
    """One entry of the Bundle. `name` is `Type/id`; `None` for a type we do not use.

    `stream` is the patient's reference, or `""` for the practice; `None` where the resource belongs to neither.
    `fact` carries the id it has when nothing was recorded of this resource before.
    """

    place: str
    resource_type: str
    name: str | None = None
    stream: str | None = None
    fact: Fact | None = None
    issues: tuple[Issue, ...] = ()


class Mapped(Struct, frozen=True):
    """A Bundle read."""

    bundle_type: str
    entries: tuple[EntryRead, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(entry.fact for entry in self.entries if entry.fact is not None)

    @property
    def issues(self) -> tuple[Issue, ...]:
        return tuple(issue for entry in self.entries for issue in entry.issues)


def fact_of(kind: str, fields: dict[str, Any], resource: Element) -> Fact:
    """The fact with these fields, checked as one that arrives as JSON is."""
    try:
        return msgspec.convert({"kind": kind, **fields}, KINDS[kind])
    except msgspec.ValidationError as error:
        field = error.__cause__.field if isinstance(error.__cause__, FactError) else None
        detail = error.__cause__.detail if isinstance(error.__cause__, FactError) else "Cannot be a fact as written."
        says = f"As a {kind} fact, `{field}`: {detail}" if field else detail
        raise BundleError(resource.place, "invariant", says) from None
