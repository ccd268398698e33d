"""The rule book's tables beside its editions, as written: every field is known, and every code has a row."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from app.determination.amounts import Place, RelativeValue, Release
from app.determination.facts import Program
from app.determination.law import AddOn, Ceiling, CodeRow, Pathway, Preferred
from app.determination.timekeeping import Whose
from app.determination.vocabulary import Code, Month
from app.rulebook.editions import Prose, RulebookError, Window, check_window, entries, refuse_unknown, typed

Positive = Annotated[int, Meta(ge=1)]


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """The book as a whole."""

    version: Prose
    first_month: Month
    last_month: Month


class Reduced(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is paid a share of the physician amount (AMT-01)."""

    credentials: frozenset[Prose]
    percent: Annotated[int, Meta(ge=1, le=100)]


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """How practitioners are paid, and what the patient owes of it (COST-01)."""

    reduced: Reduced
    coinsurance_percent: Annotated[int, Meta(ge=0, le=100)]


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that must not block a program, in some months or in all."""

    rule: str
    from_: Month = field(name="from", default="0000-00")
    until: Month | None = None

    def holds(self, month: str) -> bool:
        return self.from_ <= month and (self.until is None or month < self.until)


class Assessed(Struct, frozen=True, forbid_unknown_fields=True):
    """A program this version assesses: its pathways in the order that breaks ties, and what all of them require.

    A requirement without months of its own is written as its rule.
    """

    pathways: tuple[str, ...]
    requires: tuple[Requirement | str, ...]

    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(Requirement(rule=one) if isinstance(one, str) else one for one in self.requires)


class _Base(Struct, frozen=True, forbid_unknown_fields=True):
    code: Code
    seconds: Positive | None = None
    short: tuple[str, ...] = ()
    ceiling: Ceiling | None = None


class _Unit(Struct, frozen=True, forbid_unknown_fields=True):
    """What a program must reach to make one unit of a line that several make together."""

    seconds: Positive
    short: tuple[str, ...] = ()
    live_contact: str | None = None


class _Pathway(Window, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As written: with minutes it says whose time `counts`, without any the `occasion` it is earned on. A pathway `apart`
    has its own requirements only, not those of its program. `units_of` are the programs that make units of one line
    together, of which a claim carries at most `shared_units`.
    """

    base: _Base
    counts: Whose | None = None
    occasion: str | None = None
    date_is_fixed: bool = False
    apart: bool = False
    add_on: AddOn | None = None
    requires: frozenset[str] = frozenset()
    live_contact: str | None = None
    preferred: Preferred | None = None
    shared_units: Positive | None = None
    units_of: dict[Program, _Unit] = field(default_factory=dict)


class _Pathways(Struct, frozen=True, forbid_unknown_fields=True):
    edition: tuple[_Pathway, ...]


class _Units(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Relative value units as printed. Only the totals decide; their parts stand beside them to be compared."""

    work: Decimal | None = None
    pe: Decimal | None = None
    facility_pe: Decimal | None = None
    mp: Decimal | None = None
    total: Decimal | None = None
    facility_total: Decimal | None = None


class _Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Prose
    figures: Prose
    effective: dt.date
    conversion_factor: Decimal
    qualifying_apm_factor: Decimal | None = None
    rvu: dict[Code, _Units]


class _Releases(Struct, frozen=True, forbid_unknown_fields=True):
    release: tuple[_Release, ...]


def read_codes(table: Mapping[str, Any]) -> tuple[CodeRow, ...]:
    """Every code's row, in ascending order."""
    refuse_unknown("codes.toml", table, {"code"})
    rows: dict[str, CodeRow] = {}
    for raw in entries("codes.toml", table, "code"):
        where = f"codes.toml, {raw.get('code')}"
        refuse_unknown(where, raw, {*CodeRow.__struct_fields__, "from"} - {"from_"})
        row = typed(where, {**raw, "from_": raw.get("from")}, CodeRow)
        check_window(where, Window(from_=row.from_, until=row.until))
        if row.code in rows:
            raise RulebookError(f"{where}: the code stands twice.")
        rows[row.code] = row
    return tuple(rows[code] for code in sorted(rows))


def read_pathway(
    name: str, program: Program, table: Mapping[str, Any], codes: Collection[CodeRow]
) -> Iterator[tuple[Window, Pathway | None]]:
    """The editions of one pathway as a program has it, `None` where it has no part in it. It bills codes of the program, or
    such as the program shares.
    """
    where = f"pathways/{name}.toml"
    for raw in entries(where, table, "edition"):
        refuse_unknown(f"{where}, add_on", raw.get("add_on", {}), set(AddOn.__struct_fields__))
        refuse_unknown(f"{where}, ceiling", raw.get("base", {}).get("ceiling", {}), set(Ceiling.__struct_fields__))
    billed = {row.code for row in codes if program in (row.program, *row.shared_with)}
    for edition in typed(where, table, _Pathways).edition:
        check_window(where, edition)
        if bool(edition.units_of) != (edition.shared_units is not None):
            raise RulebookError(f"{where}: programs that make one line together say how many units it carries.")
        if edition.units_of and program not in edition.units_of:
            yield edition, None
            continue
        pathway = _pathway(where, name, program, edition)
        if unknown := set(pathway.codes) - billed:
            raise RulebookError(f"{where}: {program} has no code {', '.join(sorted(unknown))} in codes.toml.")
        yield edition, pathway


def _pathway(where: str, name: str, program: Program, edition: _Pathway) -> Pathway:
    base = edition.base
    unit = edition.units_of.get(program)
    seconds = base.seconds if unit is None else unit.seconds
    if not (edition.counts is None) == (seconds is None) == (edition.occasion is not None):
        raise RulebookError(f"{where}: it counts somebody's seconds, or it names its occasion.")
    return Pathway(
        name=name,
        program=program,
        base_code=base.code,
        base_seconds=seconds or 0,
        whose=edition.counts,
        add_on=edition.add_on,
        requires=edition.requires,
        short=base.short if unit is None else unit.short,
        live_contact=edition.live_contact if unit is None else unit.live_contact,
        ceiling=base.ceiling,
        occasion=edition.occasion,
        date_is_fixed=edition.date_is_fixed,
        apart=edition.apart,
        preferred=edition.preferred,
        shared_units=edition.shared_units,
    )


def read_releases(where: str, table: Mapping[str, Any], codes: Collection[CodeRow]) -> Iterator[Release]:
    """The releases of one file. A code with figures is a code with a row."""
    known = {row.code for row in codes}
    for release in typed(where, table, _Releases).release:
        if unknown := set(release.rvu) - known:
            raise RulebookError(f"{where}: no code {', '.join(sorted(unknown))} in codes.toml.")
        factor = _scaled(where, release.conversion_factor, 10_000)
        qualifying = release.qualifying_apm_factor
        yield Release(
            release.name,
            release.figures,
            release.effective,
            factor,
            factor if qualifying is None else _scaled(where, qualifying, 10_000),
            {
                code: RelativeValue(
                    nonfacility=_hundredths(where, units.total),
                    facility=_hundredths(where, units.facility_total),
                    work=_hundredths(where, units.work),
                    expense=_hundredths(where, units.pe),
                    facility_expense=_hundredths(where, units.facility_pe),
                    malpractice=_hundredths(where, units.mp),
                )
                for code, units in release.rvu.items()
            },
        )


def read_places(where: str, rows: Iterable[Mapping[str, str]]) -> dict[str, Place]:
    """A year's payment localities by contractor and locality."""
    places: dict[str, Place] = {}
    for row in rows:
        key = f"{row['mac']}-{row['locality']}"
        indices = [_scaled(where, Decimal(row[part]), 1_000) for part in ("work", "pe", "mp")]
        if key in places:
            raise RulebookError(f"{where}: {key} stands twice.")
        places[key] = Place(row["name"], *indices)
    return places


def _hundredths(where: str, value: Decimal | None) -> int | None:
    return None if value is None else _scaled(where, value, 100)


def _scaled(where: str, value: Decimal, by: int) -> int:
    if not value.is_finite() or value < 0:
        raise RulebookError(f"{where}: {value} is no figure.")
    scaled = value * by
    if scaled != int(scaled):
        raise RulebookError(f"{where}: {value} has more decimals than a figure of its kind.")
    return int(scaled)
