"""One element of a resource together with its place, read strictly: a wrong type is refused where it stands."""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from app.channels.fhir.issues import BundleError

_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST: Final = 1000


class Element(Struct, frozen=True):
    """A JSON object at a FHIRPath such as `Bundle.entry[3].resource`. Absent elements read as `None` or as nothing."""

    content: dict[str, Any]
    place: str

    def at(self, name: str) -> str:
        """The place of a child."""
        return f"{self.place}.{name}"

    def child(self, name: str) -> "Element | None":
        value = self.content.get(name)
        return None if value is None else as_element(value, self.at(name))

    def children(self, name: str) -> "Iterator[Element]":
        values = self.content.get(name)
        if values is None:
            return
        if not isinstance(values, list):
            raise BundleError(self.at(name), "structure", "Must be an array.")
        for index, value in enumerate(values):
            yield as_element(value, f"{self.at(name)}[{index}]")

    def text(self, name: str) -> str | None:
        value = self.content.get(name)
        return None if value is None else as_text(value, self.at(name))

    def texts(self, name: str) -> list[str]:
        values = self.content.get(name)
        if values is None:
            return []
        if not isinstance(values, list):
            raise BundleError(self.at(name), "structure", "Must be an array.")
        return [as_text(value, f"{self.at(name)}[{index}]") for index, value in enumerate(values) if value is not None]

    def boolean(self, name: str) -> bool | None:
        value = self.content.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise BundleError(self.at(name), "structure", "Must be true or false.")

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise BundleError(self.at(name), "required", "This element is required.")
        return value

    def required_code(self, name: str, codes: frozenset[str]) -> str:
        """A code of a required binding."""
        code = self.required_text(name)
        if code not in codes:
            raise BundleError(self.at(name), "value", "Not a code of the required value set.")
        return code


class Resource(Element, frozen=True):
    """A resource of the Bundle; `id` is empty where nothing names it."""

    id: str
    type: str

    @property
    def name(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"


def as_element(value: object, place: str) -> Element:
    if not isinstance(value, dict):
        raise BundleError(place, "structure", "Must be an object.")
    return Element(value, place)


def as_text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise BundleError(place, "structure", "Must be a string.")
    if not value or len(value) > _LONGEST:
        raise BundleError(place, "value", f"Must have 1 to {_LONGEST} characters.")
    if _UNPRINTABLE.search(value):
        raise BundleError(place, "value", "Must not hold control characters.")
    return value
