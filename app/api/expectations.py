"""What a field expects, in plain words, taken from its declared type. Only ever asked once something did not fit."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from msgspec import NODEFAULT, inspect

from app.api import pointers
from app.determination import facts
from app.errors import FieldError
from app.months.runs.asking import RunId
from app.months.told import AmendmentId
from app.projections.request import PATHWAY_NAME

INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.0+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII | re.IGNORECASE
)
_WITHOUT_OFFSET: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?", re.ASCII | re.IGNORECASE)
_WITH_FRACTION: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d*[1-9]", re.ASCII | re.IGNORECASE)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _pattern(annotated: Any) -> str:
    """The pattern of a text type of the facts."""
    pattern: str = get_args(annotated)[1].pattern
    return pattern


_PLACES: Final = 10
_TIME_ZONE: Final = r"^[A-Za-z0-9_+/-]+$"
_FORMS: Final = {
    _pattern(facts.Code): "A CPT or HCPCS code of five capitals and digits, such as 99490.",
    _pattern(facts.DiagnosisCode): "An ICD-10-CM code with its point, such as E11.9.",
    _pattern(facts.NationalProviderIdentifier): "An NPI: a text of ten digits.",
    _pattern(facts.Locality): "Either national, or contractor and locality such as 01112-05.",
    _pattern(AmendmentId): "An amendment's name as it was given: 32 hexadecimal digits.",
    _pattern(RunId): "A run's id as starting it gave it.",
    _pattern(facts.Month): "A calendar month written YYYY-MM, from 1900 to 2199.",
    PATHWAY_NAME: "A pathway's name as `/v1/rulebook/{month}` writes it, in lower case: clinical_staff, practitioner, complex.",
    _TIME_ZONE: "An IANA time zone, such as America/New_York.",
}


def faults(value: Any, expected: inspect.Type, pointer: str) -> Iterator[FieldError]:
    """Everything in a JSON value that its type refuses, each with its place. Values are never repeated."""
    expected = _bare(expected)
    if isinstance(expected, inspect.UnionType):
        if value is not None or not expected.includes_none:
            yield from faults(value, next(t for t in expected.types if not isinstance(t, inspect.NoneType)), pointer)
    elif isinstance(expected, inspect.StructType) and isinstance(value, dict):
        yield from member_faults(value, expected, pointer)
    elif isinstance(expected, inspect.CollectionType) and isinstance(value, list):
        if len(value) < (expected.min_length or 0) or len(value) > (expected.max_length or len(value)):
            yield FieldError(_words(expected), pointer)
            return
        for index, item in enumerate(value):
            yield from faults(item, expected.item_type, pointers.join(pointer, index))
    else:
        detail = _fault(value, expected)
        if detail is not None:
            yield FieldError(detail, pointer)


def member_faults(
    value: dict[str, Any], expected: inspect.StructType, pointer: str, *, judged: tuple[str, ...] = ()
) -> Iterator[FieldError]:
    """Members missing, unknown, or not of their type; those in `judged` are the caller's to judge, as is the tag."""
    fields = {field.encode_name: field for field in expected.fields if field.encode_name not in {*judged, "source"}}
    for name, field in fields.items():
        if name in value:
            yield from faults(value[name], field.type, pointers.join(pointer, name))
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            yield FieldError(f"This field is needed. {_words(_bare(field.type))}", pointers.join(pointer, name))
    known = ", ".join([*fields, *(name for name in judged if name != "source")])
    unnamed = []
    for place, name in enumerate(value, start=1):
        if name in fields or name in judged or name == expected.tag_field:
            continue
        if pointers.may_be_named(name):
            yield FieldError(f"Unknown field. Known here: {known}.", pointers.join(pointer, name))
        else:
            unnamed.append(place)
    if unnamed:
        yield FieldError(f"Unknown {counted('field', unnamed)} of this object. Known here: {known}.", pointer)


def counted(noun: str, places: Sequence[int]) -> str:
    """`field number 3`, `fields number 3, 4 and 9`: how something is pointed at whose name is not repeated."""
    shown = [str(place) for place in places[:_PLACES]]
    if len(places) > _PLACES:
        shown.append(f"{len(places) - _PLACES:,} more")
    listed = " and ".join([*([", ".join(shown[:-1])] if len(shown) > 1 else []), shown[-1]])
    return f"{noun}{'s' if len(places) > 1 else ''} number {listed}"


def _bare(expected: inspect.Type) -> inspect.Type:
    while isinstance(expected, inspect.Metadata):
        expected = expected.type
    return expected


def _fault(value: Any, expected: inspect.Type) -> str | None:
    match expected:
        case inspect.StrType():
            fits = isinstance(value, str) and _fits(value, expected)
        case inspect.IntType(ge=least, le=most):
            fits = type(value) is int and (least is None or value >= least) and (most is None or value <= most)
        case inspect.BoolType():
            fits = isinstance(value, bool)
        case inspect.LiteralType():
            fits = isinstance(value, str) and value in expected.values
        case inspect.DateType():
            fits = isinstance(value, str) and _is_day(value)
        case inspect.DateTimeType():
            return instant_fault(value)
        case _:
            fits = False
    return None if fits else _words(expected)


def _fits(value: str, expected: inspect.StrType) -> bool:
    return (
        (expected.min_length is None or len(value) >= expected.min_length)
        and (expected.max_length is None or len(value) <= expected.max_length)
        and (expected.pattern is None or re.search(expected.pattern, value) is not None)
    )


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        return dt.date.fromisoformat(value).year in facts.YEARS
    except ValueError:
        return False


def instant_fault(value: Any) -> str | None:
    """What is wrong with an instant as it is written; none if nothing is."""
    if isinstance(value, str):
        if _WITHOUT_OFFSET.fullmatch(value):
            return "An instant needs an offset such as Z or -05:00."
        if _WITH_FRACTION.match(value):
            return "Instants are in whole seconds."
        if INSTANT.fullmatch(value):
            try:
                if dt.datetime.fromisoformat(value.upper()).year in facts.YEARS:
                    return None
            except ValueError:
                return "This day or time of day does not exist."
    return _words(inspect.DateTimeType())


def _words(expected: inspect.Type) -> str:
    match expected:
        case inspect.UnionType():
            return _words(_bare(next(t for t in expected.types if not isinstance(t, inspect.NoneType))))
        case inspect.StrType(pattern=pattern) if pattern in _FORMS:
            return _FORMS[pattern]
        case inspect.StrType(max_length=longest, pattern=pattern):
            slash = ", without `/`" if pattern is not None and "/" in pattern else ""
            assert longest is not None, "a text without a form of its own has a length"
            return f"Text of 1 to {longest:,} printable characters{slash}."
        case inspect.IntType(ge=least, le=most):
            return f"A whole number from {least:,} to {most:,}." if most is not None else "A whole number."
        case inspect.BoolType():
            return "Either true or false."
        case inspect.LiteralType():
            return f"One of {', '.join(sorted(map(str, expected.values)))}."
        case inspect.DateType():
            return "A day that exists, written YYYY-MM-DD, from 1900 to 2199."
        case inspect.DateTimeType():
            return "An instant written as 2026-03-14T09:30:00-04:00, from 1900 to 2199."
        case inspect.CollectionType(min_length=least, max_length=most) if most is not None:
            return f"A list of {least or 0:,} to {most:,} items."
        case inspect.CollectionType():
            return "A list."
        case inspect.StructType():
            return f"An object with {', '.join(field.encode_name for field in expected.fields)}."
    return "Not of the form the documentation asks for."
