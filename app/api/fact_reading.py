"""Facts out of a parsed body: each judged alone, everything that is wrong with it told at once."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct, inspect

from app.api.expectations import instant_fault, member_faults
from app.api.ndjson_body import Unreadable
from app.determination.facts import KINDS, Fact, FactError, PatientFact, Practice, Retraction
from app.determination.service_month import is_time_zone
from app.errors import FieldError, Invalid

MAXIMUM_FACTS: Final = 1_000


class Read(Struct, frozen=True):
    """The facts of a body by their index, and for the others what is wrong, with pointers from the fact's own root."""

    facts: dict[int, Fact]
    faults: dict[int, tuple[FieldError, ...]]
    pointers: tuple[str, ...]

    def pointed(self, index: int, errors: tuple[FieldError, ...]) -> Iterator[FieldError]:
        """Errors of one fact with pointers from the root of the body."""
        for error in errors:
            yield msgspec.structs.replace(error, pointer=self.pointers[index] + (error.pointer or ""))

    def refuse_faults(self) -> None:
        """Raise `Invalid` if any fact has a fault."""
        errors = [error for index, found in self.faults.items() for error in self.pointed(index, found)]
        if errors:
            counted = f"{len(self.faults):,} of {len(self.pointers):,} facts cannot be taken; nothing was stored."
            raise Invalid(counted, errors=errors)


def facts_to_store(body: Any, *, kind: str | None = None) -> Read:
    """The facts of a writing request: `{"facts": […]}`, a bare list, or one fact. `kind`: what it is if unsaid."""
    items, parent = _items(body, kind)
    if not items:
        raise Invalid("Nothing was sent.", errors=[FieldError("At least one fact.", parent or "")])
    return read_facts(items, parent, kind=kind, stored=True, limit=MAXIMUM_FACTS)


def read_facts(items: Any, parent: str | None, *, kind: str | None = None, stored: bool, limit: int) -> Read:
    """Judge each item; `parent` is the pointer of their list, none for a single fact that is the whole body."""
    if not isinstance(items, list):
        raise Invalid("The facts are not a list.", errors=[FieldError("A list of facts.", parent or "")])
    if len(items) > limit:
        raise Invalid("Too many facts.", errors=[FieldError(f"At most {limit:,} facts in one request.", parent or "")])
    facts: dict[int, Fact] = {}
    faults: dict[int, tuple[FieldError, ...]] = {}
    for index, item in enumerate(items):
        read = read_fact(item, kind, stored=stored)
        if isinstance(read, Fact):
            facts[index] = read
        else:
            faults[index] = read
    return Read(facts, faults, tuple("" if parent is None else f"{parent}/{index}" for index in range(len(items))))


def _items(body: Any, kind: str | None) -> tuple[Any, str | None]:
    if isinstance(body, list):
        return body, ""
    if isinstance(body, dict) and "facts" in body:
        others = [name for name in body if name != "facts"]
        if others:
            raise Invalid("The envelope has more than facts.", errors=[FieldError("Unknown field beside `facts`.", "")])
        return body["facts"], "/facts"
    if isinstance(body, dict) and (kind is not None or "kind" in body):
        return [body], None
    shapes = 'Either {"facts": [ … ]}, a list of facts, or one fact with its `kind`.'
    raise Invalid("No facts were found.", errors=[FieldError(shapes, "")])


def read_fact(item: Any, kind: str | None, *, stored: bool) -> Fact | tuple[FieldError, ...]:
    """One fact, or what is wrong with it. `stored`: it is to be kept, so a patient's fact must name the patient."""
    if isinstance(item, Unreadable):
        return item.errors
    if not isinstance(item, dict):
        return (FieldError("A fact is an object.", ""),)
    named = item.get("kind", kind)
    if kind is not None and named != kind:
        return (FieldError(f"Only `{kind}` is taken here; leave it out or send the others to /v1/facts.", "/kind"),)
    if not isinstance(named, str) or named not in KINDS:
        return (FieldError(_kind_fault(named), "/kind"),)
    declared = KINDS[named]
    try:
        fact = msgspec.convert(item, declared)
    except msgspec.ValidationError as error:
        return _faults(item, declared, error, stored=stored)
    errors = (*_stated_source(item), *_instants(item, declared), *_meaning(fact, stored=stored))
    return errors or fact


def _kind_fault(named: Any) -> str:
    if named == "attestation":
        return "An attestation is written by the service itself, when a month is closed."
    return f"One of {', '.join(KINDS)}."


def _faults(
    item: dict[str, Any], declared: type[Fact], error: msgspec.ValidationError, *, stored: bool
) -> tuple[FieldError, ...]:
    errors = [*_stated_source(item), *member_faults(item, _described(declared), "", judged=("source",))]
    if not declared.about_patient and "patient" in item:
        errors = [e for e in errors if e.pointer != "/patient"]
        errors.append(FieldError("A fact about the practice has no patient.", "/patient"))
    if stored and issubclass(declared, PatientFact) and item.get("patient") is None:
        errors.append(_PATIENT_NEEDED)
    if not errors and isinstance(error.__cause__, FactError):
        errors.append(FieldError(error.__cause__.detail, f"/{error.__cause__.field}"))
    return tuple(errors) or (FieldError("Not of the form the documentation asks for.", ""),)


_PATIENT_NEEDED: Final = FieldError("This field is needed. The patient the fact is about.", "/patient")
_NO_PATIENT: Final = FieldError("A fact about the practice has no patient.", "/patient")


@cache
def _described(declared: type[Fact]) -> inspect.StructType:
    described = inspect.type_info(declared)
    assert isinstance(described, inspect.StructType)
    return described


@cache
def _instant_fields(declared: type[Fact]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in _described(declared).fields if "DateTimeType" in repr(field.type))


def _stated_source(item: dict[str, Any]) -> Iterator[FieldError]:
    if "source" in item:
        yield FieldError("Unknown field: the source of a fact is that of the credential it is sent with.", "/source")


def _instants(item: dict[str, Any], declared: type[Fact]) -> Iterator[FieldError]:
    # The parser takes more spellings than RFC 3339 and rounds what is finer than a microsecond.
    for name in _instant_fields(declared):
        value = item.get(name)
        detail = None if value is None else instant_fault(value)
        if detail is not None:
            yield FieldError(detail, f"/{name}")


def _meaning(fact: Fact, *, stored: bool) -> Iterator[FieldError]:
    if isinstance(fact, PatientFact):
        if stored and fact.patient is None:
            yield _PATIENT_NEEDED
    elif isinstance(fact, Retraction):
        about_patient = KINDS[fact.retracts.kind].about_patient
        if stored and about_patient and fact.patient is None:
            yield _PATIENT_NEEDED
        elif fact.patient is not None and not about_patient:
            yield _NO_PATIENT
    elif isinstance(fact, Practice) and not is_time_zone(fact.time_zone):
        yield FieldError("An IANA time zone, such as America/New_York.", "/time_zone")
