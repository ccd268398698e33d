"""Query parameters, read strictly: one that is unknown or stands twice is refused, not ignored."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import msgspec
from fastapi import Depends, Path, Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import Request

from app.api.expectations import counted, instant_fault
from app.determination import facts
from app.determination.determine import Status
from app.determination.vocabulary import PRINTABLE
from app.errors import FieldError, Invalid, NotFound
from app.months.worklist_row import STATES, State

UNKNOWN_PATIENT: Final = "This practice has recorded nothing about such a patient."
PATIENT_PATTERN: Final[str] = get_args(facts.PatientReference)[1].pattern
MONTH_PATTERN: Final = r"(19|20|21)\d\d-(0[1-9]|1[0-2])"


def only_parameters(*known: str) -> Any:
    """A dependency that refuses every other query parameter."""
    listed = f"Known here: {', '.join(known)}." if known else "None is known here."

    async def check(request: Request) -> None:
        names = [name for name, _ in request.query_params.multi_items()]
        twice = [name for name in known if names.count(name) > 1]
        errors = [FieldError("This parameter stands twice.", parameter=name) for name in twice]
        unknown = [place for place, name in enumerate(names, start=1) if name not in known]
        if unknown:
            # Not by its name: that is the sender's own, and could be anything.
            errors.append(FieldError(f"Unknown {counted('parameter', unknown)} of the query. {listed}"))
        if errors:
            raise Invalid("A parameter is not what was asked for.", errors=errors)

    return Depends(check)


def matching(pattern: str, convert: Callable[[str], Any], expected: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            if not re.fullmatch(pattern, value, re.ASCII):
                raise ValueError(expected)
            return convert(value)
        return value

    return BeforeValidator(read)


def _instant(value: Any) -> Any:
    if isinstance(value, str):
        # Positions are recorded to the microsecond, so here, unlike in facts, a fraction is welcome.
        whole = re.sub(r"\.\d{1,6}(?=[Zz+-])", "", value)
        detail = instant_fault(whole)
        if detail is not None:
            raise ValueError(f"{detail} In an address `+` is written %2B.")
        return msgspec.convert(value.upper(), dt.datetime).astimezone(dt.UTC)
    return value


def is_reference(patient: str) -> bool:
    """Whether it can be a patient's reference."""
    return 1 <= len(patient) <= 128 and re.fullmatch(PATIENT_PATTERN, patient) is not None


def known_patient(patient: str) -> None:
    """Raise `NotFound` for what cannot be a patient's reference: nobody has such a patient."""
    if not is_reference(patient):
        raise NotFound(UNKNOWN_PATIENT)


@contextmanager
def month_in_address() -> Iterator[None]:
    """What is wrong with a month is told of the address, where it stands, not of a body."""
    try:
        yield
    except Invalid as problem:
        errors = [
            FieldError(error.detail, parameter="month") if error.pointer == "/service_month" else error
            for error in problem.errors
        ]
        raise Invalid(problem.detail, errors=errors) from None


def _known_kind(value: Any) -> Any:
    if isinstance(value, str) and value not in facts.RECORDED_KINDS:
        raise ValueError(f"One of {', '.join(facts.RECORDED_KINDS)}.")
    return value


def _reference(value: Any) -> Any:
    if isinstance(value, str) and not (1 <= len(value) <= 128 and re.fullmatch(PRINTABLE, value)):
        raise ValueError("A person as the facts name them: 1 to 128 printable characters.")
    return value


Kind = Annotated[
    str, BeforeValidator(_known_kind), WithJsonSchema({"type": "string", "enum": list(facts.RECORDED_KINDS)})
]
Month = Annotated[
    str,
    matching(MONTH_PATTERN, str, "A calendar month written YYYY-MM."),
    WithJsonSchema({"type": "string", "pattern": r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"}),
]
Patient = Annotated[
    str,
    Path(
        description="The patient's reference as it stands in the facts, percent-encoded.",
        openapi_examples={
            "ben": {"summary": "Two minutes short, until the example fact is recorded", "value": "demo-ben"},
            "ada": {"summary": "A code and an add-on", "value": "demo-ada"},
            "cai": {"summary": "Refused: the patient declined", "value": "demo-cai"},
            "dia": {"summary": "Complex", "value": "demo-dia"},
            "eli": {"summary": "Needs a decision: two practitioners could bill", "value": "demo-eli"},
            "fay": {"summary": "The practitioner's own time", "value": "demo-fay"},
        },
    ),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128, "pattern": PATIENT_PATTERN}),
]
MonthInPath = Annotated[
    Month,
    Path(
        description="A service month, `YYYY-MM`: a calendar month in the practice's time zone.",
        openapi_examples={"march": {"summary": "A month that is over", "value": "2026-03"}},
    ),
]
_INSTANT_PATTERN: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
Instant = Annotated[
    dt.datetime | None,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT_PATTERN}),
]
KnownAsOf = Annotated[
    Instant,
    Query(description="Answer with what was recorded up to this instant. Its offset is needed; not in the future."),
]
PageSize = Annotated[int, Field(ge=1, le=1_000), matching(r"\d{1,5}", int, "A whole number from 1 to 1,000.")]
Limit = Annotated[
    PageSize,
    Query(description="How many facts a page holds at most."),
]
Cursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"}),
    Query(max_length=64, description="`next_cursor` of the page before, with the other parameters unchanged."),
]
Performer = Annotated[
    str | None,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128, "pattern": PRINTABLE}),
    Query(description="Only this person, as the time entries name them."),
]
PerformerLimit = Annotated[
    PageSize,
    Query(description="Of how many performers a page tells at most; after 1,000 stretches it tells of no further one."),
]
PerformerCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{23,704}$"}),
    Query(max_length=704, description="`next_cursor` of the page before, with the other parameters unchanged."),
]
RevisionInPath = Annotated[
    Annotated[int, Field(ge=1, le=9_999), matching(r"\d{1,4}", int, "A whole number from 1 to 9,999.")],
    Path(
        description="A revision's number: 1 is the first close of the month.",
        openapi_examples={"first": {"summary": "The first close", "value": 1}},
    ),
]
PatientLimit = Annotated[
    Annotated[int, Field(ge=1, le=200), matching(r"\d{1,3}", int, "A whole number from 1 to 200.")],
    Query(description="How many patients' months a request looks at, at most."),
]
PatientCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{23,704}$"}),
    Query(max_length=704, description="`next_cursor` of the report before: go on with the patient after it."),
]


def _one_of(words: Sequence[str]) -> BeforeValidator:
    expected = f"One of {', '.join(words)}."

    def read(value: Any) -> Any:
        if isinstance(value, str) and value not in words:
            raise ValueError(expected)
        return value

    return BeforeValidator(read)


def _choice(words: Sequence[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(words)})


WorklistState = Annotated[
    State | None,
    _one_of(STATES),
    _choice(STATES),
    Query(
        description="Only months in this state: `at_risk` and `extendable` are those in which more can still be had."
    ),
]
StatusWanted = Annotated[
    Status | None,
    _one_of(get_args(Status)),
    _choice(get_args(Status)),
    Query(description="Only determinations of this status."),
]
ProgramWanted = Annotated[
    facts.Program | None,
    _one_of(facts.PROGRAMS),
    _choice(facts.PROGRAMS),
    Query(description="Only patients of this program."),
]
_Code = Annotated[
    str | None,
    matching("[A-Z0-9]{5}", str, "A CPT or HCPCS code: five capitals and digits."),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z0-9]{5}$"}),
]
_Person = Annotated[
    str | None,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128, "pattern": PRINTABLE}),
]
CodeWanted = Annotated[
    _Code,
    Query(description="Only where this code may be billed, or is the next."),
]
PractitionerWanted = Annotated[
    _Person,
    Query(description="Only where this practitioner bills, or could."),
]
CodeBilled = Annotated[
    _Code,
    Query(
        description="Only where a claim line has this code. A month that needs a decision has lines only of programs that are in no doubt."
    ),
]
PractitionerBilling = Annotated[
    _Person,
    Query(
        description="Only where this practitioner bills a claim line. A month that needs a decision has lines only of programs that are in no doubt."
    ),
]
LeastValue = Annotated[
    Annotated[int, Field(ge=0, le=10_000_000), matching(r"\d{1,8}", int, "A whole number from 0 to 10,000,000.")]
    | None,
    Query(
        description="Only where the next code adds so many cents for each minute of its effort; 0: where one is known."
    ),
]
WorklistCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{23,715}$"}),
    Query(max_length=715, description="`next_cursor` of the page before, with the other parameters unchanged."),
]
RowLimit = Annotated[
    Annotated[int, Field(ge=1, le=200), matching(r"\d{1,3}", int, "A whole number from 1 to 200.")],
    Query(description="How many patients a page holds at most; of what was known at an instant, how many it looks at."),
]
EventCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"}),
    Query(max_length=64, description="`next_cursor` of the page before: what has happened since."),
]
EventLimit = Annotated[PageSize, Query(description="How many events a page holds at most.")]
_RUN_PATTERN: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _run_id(value: Any) -> Any:
    if isinstance(value, str):
        # What cannot be a run's id nobody has: that is answered as any other that is not yours.
        return UUID(value) if re.fullmatch(_RUN_PATTERN, value, re.ASCII) else UUID(int=0)
    return value


_RunId = Annotated[UUID, BeforeValidator(_run_id), WithJsonSchema({"type": "string", "pattern": f"^{_RUN_PATTERN}$"})]
RunInPath = Annotated[_RunId, Path(description="A run's id, as starting it gave it.")]
Since = Annotated[
    _RunId, Query(description="The earlier run to compare with: of the same month and of all patients, and done.")
]
RunLimit = Annotated[
    Annotated[int, Field(ge=1, le=100), matching(r"\d{1,3}", int, "A whole number from 1 to 100.")],
    Query(description="How many runs a page holds at most."),
]
RunsCursor = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{23,715}$"}),
    Query(max_length=715, description="`next_cursor` of the page before, with the other parameters unchanged."),
]
WithMet = Annotated[
    bool,
    matching("true|false", lambda value: value == "true", "Either true or false."),
    Query(description="Tell all findings of a month, also those that are met."),
]
Partial = Annotated[
    bool,
    matching("true|false", lambda value: value == "true", "Either true or false."),
    Query(description="Store what is in order and report the rest by index, instead of all or nothing."),
]
