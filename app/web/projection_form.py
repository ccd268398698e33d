"""The form of a projection: what its fields are called and ask, and the body of a request they add up to."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct, inspect

from app.determination.facts import Program
from app.determination.law import Law, Pathway
from app.projections.assumptions import Assumption, Value, assumptions
from app.projections.naming import cited, default_minutes, default_of, stated
from app.projections.request import Assumed
from app.reference.entries import CitedSource

Writing = Literal["percent", "dollars", "number", "text", "choice"]

KEPT_LENGTH: Final = 40
"""How much of what was typed is shown again."""
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "facility": {"false": "No: office or home", "true": "Yes: hospital outpatient"},
    "qualifying_apm": {"false": "No: the general factor", "true": "Yes: the participants' factor"},
    "credential": {
        "MD": "Physician, MD", "DO": "Physician, DO", "NP": "Nurse practitioner", "PA": "Physician assistant",
        "CNS": "Clinical nurse specialist", "CNM": "Certified nurse-midwife",
    },
}  # fmt: skip
"""What may be chosen, by what the address says."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Who takes part": ("qualifying_basis_points", "enrolling_basis_points", "months_until_enrolled"),
    "Minutes, devices and what they cost": (
        "counted_minutes", "reaching_basis_points", "staff_minute_cents", "practitioner_minute_cents", "device_month_cents",
        "fixed_month_cents",
    ),
    "What is paid": (
        "denial_basis_points", "sequestration_basis_points", "collected_basis_points", "credential", "locality", "facility",
        "qualifying_apm",
    ),
}  # fmt: skip
_DESCRIBED: Final = inspect.type_info(Assumed)
assert isinstance(_DESCRIBED, inspect.StructType)
_ASSUMED: Final = _DESCRIBED
_UNITS: Final = re.compile(r"_(basis_points|cents)$")
_NUMBER: Final = re.compile(r"\d{1,3}(,\d{3})+|\d{1,9}", re.ASCII)
_DECIMAL: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d{1,2})?", re.ASCII)


class Field(Struct, frozen=True, kw_only=True):
    """A field as it is shown: what was typed, or the default; `error` where that cannot be used."""

    name: str
    label: str
    writing: Writing
    unit: str
    value: str
    shown: str
    default: str
    help: str
    says: str
    standing: str
    sources: tuple[CitedSource, ...]
    options: tuple[tuple[str, str], ...]
    error: str | None


def parameter(name: str) -> str:
    """An assumption's name in an address: without its unit, which is another for people."""
    return _UNITS.sub("", name)


def typed(asked: Mapping[str, str], name: str) -> str:
    """What stands in a field, cut where it is longer than any value."""
    return asked.get(parameter(name), "").strip()[:KEPT_LENGTH]


def read(name: str, written: str) -> Value | None:
    """An assumption's value as a body states it; `None` for what is none."""
    match writing_of(name):
        case "percent" | "dollars":
            bare = written.removeprefix("$").removesuffix("%").strip()
            return int(Decimal(bare.replace(",", "")) * 100) if _DECIMAL.fullmatch(bare) else None
        case "number":
            return whole(written)
        case "choice":
            if written not in CHOICES[name]:
                return None
            return written if name == "credential" else written == "true"
        case "text":
            return written


def whole(written: str) -> int | None:
    """A whole number as people write it; `None` for what is none."""
    return int(written.replace(",", "")) if _NUMBER.fullmatch(written) else None


def writing_of(name: str) -> Writing:
    """How an assumption is written by people."""
    if name in CHOICES:
        return "choice"
    unit = assumptions()[name].unit
    by_unit: dict[str, Writing] = {"basis_points": "percent", "cents": "dollars", "locality": "text"}
    return by_unit.get(unit, "number")


def groups(
    asked: Mapping[str, str], errors: Mapping[str, str], law: Law, pathway: Pathway | None
) -> list[tuple[str, list[Field]]]:
    """The fields of the assumptions, together by what they are about. Without a pathway nothing is said of its minutes."""
    defaults = {name: default_of(name, law) for name in assumptions()}
    if pathway is not None:
        defaults["counted_minutes"] = default_minutes(pathway)
    program: Program = "ccm" if pathway is None else pathway.program
    pathways = () if pathway is None else (pathway,)

    def field(name: str) -> Field:
        one = stated(name, law.month, pathways)
        return _field(name, one, asked, program, written(name, defaults[name]), errors.get(name))

    return [(title, [field(name) for name in names]) for title, names in GROUPS.items()]


def _field(
    name: str, one: Assumption, asked: Mapping[str, str], program: Program, default: str, error: str | None
) -> Field:
    standing, says = one.founding(program)
    # Whoever chooses another pathway wants its minutes: left open, they follow it.
    value = typed(asked, name) or ("" if name == "counted_minutes" else default)
    options = tuple(CHOICES.get(name, {}).items())
    writing = writing_of(name)
    return Field(
        name=parameter(name),
        label=one.label,
        writing=writing,
        unit={"percent": "%", "dollars": "$", "number": one.unit}.get(writing, ""),
        value=value,
        shown=_shown(name, value or default) if value or default else "",
        default=_shown(name, default) if default or name != "counted_minutes" else "what the pathway needs",
        help=one.help,
        says=says,
        standing=standing,
        sources=tuple(cited(one.sources)),
        options=options,
        error=error,
    )


def written(name: str, value: Value | None) -> str:
    """A value as people write it in its field."""
    if value is None:
        return ""
    match writing_of(name):
        case "percent":
            return f"{Decimal(value).scaleb(-2):f}".removesuffix(".00")
        case "dollars":
            return f"{Decimal(value).scaleb(-2):,.2f}"
        case "choice":
            return value if isinstance(value, str) else str(value).lower()
        case _:
            return str(value)


def _shown(name: str, text: str) -> str:
    """A field's value in words."""
    match writing_of(name):
        case "percent":
            return f"{text} %"
        case "dollars":
            return f"${text}"
        case "choice":
            return CHOICES[name].get(text, text)
        case "number":
            return f"{text} {assumptions()[name].unit}"
        case _:
            return text


def expected(name: str) -> str:
    """What a field takes, for whoever wrote something else."""
    least, most = _bounds(name)
    return {
        "percent": "A share from 0 to 100 %, with at most two decimals, such as 68 or 68.4.",
        "dollars": f"An amount from ${least / 100:,.0f} to ${most / 100:,.0f}, with at most two decimals, such as 12.50.",
        "number": f"A whole number from {least:,} to {most:,}, such as 12.",
        "text": "Either national, or contractor and locality such as 01112-05.",
        "choice": "One of the choices.",
    }[writing_of(name)]


def _bounds(name: str) -> tuple[int, int]:
    """The least and the most that a body may state of a number; of anything else nothing is meant by them."""
    (kind,) = [field.type for field in _ASSUMED.fields if field.name == name]
    for one in kind.types if isinstance(kind, inspect.UnionType) else (kind,):
        bare = one.type if isinstance(one, inspect.Metadata) else one
        if isinstance(bare, inspect.IntType) and bare.ge is not None and bare.le is not None:
            return bare.ge, bare.le
    return 0, 0


def assumed(asked: Mapping[str, str], law: Law) -> tuple[dict[str, Any], dict[str, str]]:
    """The assumptions somebody replaced, and what is wrong with fields that hold none. Defaults are left to stand."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in assumptions():
        text = typed(asked, name)
        if not text:
            continue
        value = read(name, text)
        if value is None:
            errors[name] = expected(name)
        elif value != default_of(name, law):
            values[name] = value
    return values, errors
