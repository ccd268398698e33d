"""JSON read strictly: what two readers could understand differently is refused, with the place where it stands.

The standard library's parser does the work; hooks mark what it would let pass (a name given twice, a number nobody
can hold) and one walk over the result finds the marks, together with what a schema cannot say of every string. What signs in or is registered is read by `app.access.strict_json`,
which says why they are two.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from typing import Any, Final

from msgspec import Struct

from app.api import pointers
from app.errors import BadRequest, FieldError, Invalid

MAXIMUM_DEPTH: Final = 40
MAXIMUM_STRING: Final = 100_000
MAXIMUM_MEMBERS: Final = 10_000
LARGEST_INTEGER: Final = 2**63 - 1
_LONGEST_INTEGER: Final = 20
_LONGEST_NUMBER: Final = 40
_LINE_BREAKS: Final = "\t\n\r"
_SURROGATES: Final = "\ud800-\udfff"
_CONTROL: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_SURROGATES}]")
_CONTROL_BUT_LINE_BREAKS: Final = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{_SURROGATES}]")
_SUSPECT: Final = re.compile(r"[\x7f-\x9f\u2028\u2029]|\\[ubfnrt]")


class _Repeated(dict[str, Any]):
    """An object in which a name stands twice: which, and the place of the second."""

    name: str = ""
    place: int = 0


class _OutOfRange:
    """A number no field can hold."""


_OUT_OF_RANGE: Final = _OutOfRange()
_LOOKED_AT: Final = (dict, list, _OutOfRange)
"""What may hold a fault, beside text. A number or a truth value that parsed is in order."""


def read_json(body: bytes, *, line_breaks: bool = False) -> Any:
    """The value of a JSON text in UTF-8. Raises `BadRequest` for what is not JSON, `Invalid` for what is ambiguous.

    Whole numbers are `int` however they are written (`65537.0` is 65537, as JSON Schema has it), others `Decimal`.
    `line_breaks` lets tabs and line breaks stand in strings.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: byte {error.start} starts no character.") from None
    if text.startswith("\ufeff"):
        raise BadRequest("The body starts with a byte order mark; JSON is sent without one.")
    try:
        value = _decode(text)
    except RecursionError:
        raise BadRequest(f"The body is nested deeper than {MAXIMUM_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {_reason(error)}, line {error.lineno} column {error.colno}.") from None
    faults = list(_faults(value, suspect=bool(_SUSPECT.search(text)), line_breaks=line_breaks))
    if faults:
        raise Invalid("The body is JSON that cannot be taken as it stands.", errors=faults)
    return value


def _reason(error: json.JSONDecodeError) -> str:
    # The parser's own words name what was expected, never what was found; one of them repeats a constant.
    return error.msg[0].lower() + error.msg[1:]


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) == len(members):
        return read
    repeated = _Repeated(read)
    seen: set[str] = set()
    for repeated.place, (repeated.name, _) in enumerate(members, start=1):
        if repeated.name in seen:
            break
        seen.add(repeated.name)
    return repeated


def _integer(digits: str) -> int | _OutOfRange:
    if len(digits) > _LONGEST_INTEGER:
        return _OUT_OF_RANGE
    number = int(digits)
    return number if -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER else _OUT_OF_RANGE


def _number(digits: str) -> int | Decimal | _OutOfRange:
    try:
        number = Decimal(digits) if len(digits) <= _LONGEST_NUMBER else None
    except InvalidOperation:  # an exponent that Decimal itself cannot hold
        number = None
    if number is None or abs(number.adjusted()) > _LONGEST_INTEGER:
        return 0 if number == 0 else _OUT_OF_RANGE
    if number == number.to_integral_value():
        whole = int(number)
        return whole if -LARGEST_INTEGER - 1 <= whole <= LARGEST_INTEGER else _OUT_OF_RANGE
    return number


def _constant(_name: str) -> Any:
    raise BadRequest("The body is not JSON: NaN and Infinity are no JSON numbers.")


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
).decode


class _At(Struct, frozen=True, gc=False):
    """Where a value stands. Nearly all bodies are in order, so its pointer is made only when it is asked for."""

    above: "_At | None" = None
    step: str | int = ""
    depth: int = 1

    @property
    def pointer(self) -> str:
        """The JSON Pointer, up to the first member whose name may not be told."""
        steps: list[str | int] = []
        at = self
        while at.above is not None:
            steps.append(at.step)
            at = at.above
        told = takewhile(lambda step: isinstance(step, int) or pointers.may_be_named(step), reversed(steps))
        return pointers.join("", *told)


def _faults(value: Any, *, suspect: bool, line_breaks: bool) -> Iterator[FieldError]:
    control = _CONTROL_BUT_LINE_BREAKS if line_breaks else _CONTROL
    waiting: list[tuple[Any, _At]] = [(value, _At())]
    while waiting:
        item, at = waiting.pop()
        if isinstance(item, str):
            if len(item) > MAXIMUM_STRING:
                yield FieldError(f"A string has at most {MAXIMUM_STRING:,} characters.", at.pointer)
            elif suspect and control.search(item):
                yield FieldError("Control characters and lone surrogates may not stand in a string.", at.pointer)
        elif item is _OUT_OF_RANGE:
            yield FieldError("A number lies between -2^63 and 2^63-1.", at.pointer)
        elif isinstance(item, dict | list):
            if at.depth > MAXIMUM_DEPTH:
                raise BadRequest(f"The body is nested deeper than {MAXIMUM_DEPTH} levels.")
            if len(item) > MAXIMUM_MEMBERS:
                yield FieldError(f"A list or an object has at most {MAXIMUM_MEMBERS:,} members.", at.pointer)
                continue
            if isinstance(item, dict):
                yield from _faults_of_names(item, at, suspect=suspect)
            below = at.depth + 1
            held = [
                (member, _At(at, step, below))
                for step, member in (item.items() if isinstance(item, dict) else enumerate(item))
                if (
                    suspect or len(member) > MAXIMUM_STRING
                    if isinstance(member, str)
                    else isinstance(member, _LOOKED_AT)
                )
            ]
            waiting.extend(reversed(held))


def _faults_of_names(item: dict[str, Any], at: _At, *, suspect: bool) -> Iterator[FieldError]:
    if isinstance(item, _Repeated):
        detail = f"A name stands twice in one object: member number {item.place} repeats an earlier one."
        yield FieldError(detail, _At(at, item.name).pointer)
    for place, name in enumerate(item, start=1):
        if len(name) > MAXIMUM_STRING or (suspect and _CONTROL.search(name)):
            yield FieldError(f"The name of member number {place} is too long or holds control characters.", at.pointer)
