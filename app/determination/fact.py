"""What every fact has, whatever it states, and the one spelling of its content."""

import datetime as dt
from functools import cache
from typing import Annotated, ClassVar, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from app.determination.vocabulary import Identifier, PatientReference

YEARS: Final = range(1900, 2200)
_FIRST_YEAR, _LAST_YEAR = YEARS.start, YEARS.stop - 1


class FactError(ValueError):
    """A statement that cannot be true as written. `field` is the field to mend, as the sender spells it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class Fact(
    Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What every fact has. `source` is who sent it: set by the ledger from the credential, never by the sender."""

    id: Identifier
    source: str | None = None

    about_patient: ClassVar[bool] = True
    until_is_inclusive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise `FactError` for what no single field's type can refuse."""
        fields, is_span = _dates(type(self))
        for field in fields:
            value = getattr(self, field)
            if value is None:
                continue
            if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
                raise FactError(_spelled(field), f"The year must lie between {YEARS.start} and {YEARS.stop - 1}.")
            if isinstance(value, dt.datetime):
                if value.microsecond:
                    raise FactError(_spelled(field), "Instants are in whole seconds.")
                if value.tzinfo is not dt.UTC:
                    # One moment, one spelling: equal facts are equal bytes, however the sender wrote the offset.
                    msgspec.structs.force_setattr(self, field, value.astimezone(dt.UTC))
        if is_span:
            check_ordered(self, "from_", "until", may_equal=self.until_is_inclusive)

    @property
    def kind(self) -> str:
        return type(self).__struct_config__.tag  # type: ignore[return-value]

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        """First day and the day after the last, as far as stated. Instants: wide enough for every time zone."""
        on: dt.date | None = getattr(self, "on", None)
        if on is not None:
            return on, on + dt.timedelta(days=1)
        return getattr(self, "from_", None), getattr(self, "until", None)

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        """Whether it may bear on what comes before a local day, whose first moment is `instant`."""
        on: dt.date | None = getattr(self, "on", None)
        first = self.occurred[0] if on is None else on
        return first is None or first < day


@cache
def _dates(kind: type[Fact]) -> tuple[tuple[str, ...], bool]:
    """A kind's fields that hold a day or an instant, and whether two of them are the days it begins and ends on."""
    hints = get_type_hints(kind)
    fields = tuple(
        field for field in kind.__struct_fields__ if {dt.date, dt.datetime} & {hints[field], *get_args(hints[field])}
    )
    return fields, {"from_", "until"} <= set(fields)


def _spelled(field: str) -> str:
    return field.rstrip("_")


def check_ordered(fact: Fact, earlier: str, later: str, *, may_equal: bool = False) -> None:
    first, last = getattr(fact, earlier, None), getattr(fact, later, None)
    if first is None or last is None or first < last or (may_equal and first == last):
        return
    raise FactError(_spelled(later), f"Must lie after `{_spelled(earlier)}`.")


def instant_days(first: dt.datetime, last: dt.datetime) -> tuple[dt.date, dt.date]:
    """A span of days that holds both instants in every time zone."""
    return (
        first.astimezone(dt.UTC).date() - dt.timedelta(days=1),
        last.astimezone(dt.UTC).date() + dt.timedelta(days=2),
    )


class PatientFact(Fact, frozen=True, gc=False, kw_only=True):
    """What every fact about a patient has."""

    patient: PatientReference | None = None
    corrects: Annotated[
        Identifier | None, Meta(description="The id of the fact of the same kind that this one replaces.")
    ] = None


class PracticeFact(Fact, frozen=True, gc=False, kw_only=True):
    """What every fact about the practice has."""

    corrects: Annotated[
        Identifier | None, Meta(description="The id of the fact of the same kind that this one replaces.")
    ] = None

    about_patient: ClassVar[bool] = False


_canonical = msgspec.json.Encoder(order="sorted")


def canonical(fact: Fact) -> bytes:
    """The fact as RFC 8785 JSON: equal content gives equal bytes. Instants stand in UTC, absent fields are left out."""
    return _canonical.encode(fact)
