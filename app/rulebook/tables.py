"""The rule book's tables beside its editions, as written: every field is known, and every code has a row."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from app.determination.amounts import Place, RelativeValue, Release
from app.determination.facts import Program
from app.determination.law import AddOn, CodeRow, Pathway
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
    """A program this version assesses: its pathways in the order that breaks ties, and what all of them require."""

    pathways: tuple[str, ...]
    requires: tuple[Requirement, ...]


class _Base(Struct, frozen=True, forbid_unknown_fields=True):
    code: Code
    seconds: Positive | None = None
    short: tuple[str, ...] = ()


class _Pathway(Window, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As written: with minutes it says whose time `counts`, without any the `occasion` it is earned on. A pathway `apart`
    has its own requirements only, not those of its program.
    """

    base: _Base
    counts: Whose | None = None
    occasion: str | None = None
    apart: bool = False
    add_on: AddOn | None = None
    requires: frozenset[str] = frozenset()


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
) -> Iterator[tuple[Window, Pathway]]:
    """The editions of one pathway. A code it bills is a code of its program."""
    where = f"pathways/{name}.toml"
    for raw in entries(where, table, "edition"):
        refuse_unknown(f"{where}, add_on", raw.get("add_on", {}), set(AddOn.__struct_fields__))
    billed = {row.code for row in codes if row.program == program}
    for edition in typed(where, table, _Pathways).edition:
        check_window(where, edition)
        base = edition.base
        if not (edition.counts is None) == (base.seconds is None) == (edition.occasion is not None):
            raise RulebookError(f"{where}: it counts somebody's seconds, or it names its occasion.")
        pathway = Pathway(
            name,
            program,
            edition.counts,
            base.code,
            base.seconds or 0,
            edition.add_on,
            edition.requires,
            base.short,
            edition.occasion,
            edition.apart,
        )
        if unknown := set(pathway.codes) - billed:
            raise RulebookError(f"{where}: {program} has no code {', '.join(sorted(unknown))} in codes.toml.")
        yield edition, pathway


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
