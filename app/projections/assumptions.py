"""The assumptions by name: what each means, what stands for it by default, and on whose authority."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.determination.facts import Program
from app.reference.words import PROGRAM_TITLES
from app.rulebook import loader

AssumptionStanding = Literal["read", "secondary", "trade", "derived", "product", "recorded"]
Unit = Literal["basis_points", "months", "minutes", "cents", "locality", "choice", "credential", "release"]
Value = int | bool | str

_FILE: Final = Path(__file__).with_suffix(".toml")


class Earlier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stood for an assumption in the months before `until`, where nothing earlier says."""

    until: str
    default: Value
    standing: AssumptionStanding
    sources: tuple[str, ...]
    says: str


class Unasked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The minutes of a pathway whose code asks for none."""

    default: int
    standing: AssumptionStanding
    says: str


class Assumption(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is assumed of something. `default` is absent where it follows from the law of the month.

    `earlier` is what stood for it before, earliest first; `unasked` stands for minutes where a code asks for none.
    `says` is what the default rests on, `help` what the assumption means; `sources` are entries of the rule book's.
    """

    label: str
    unit: Unit
    standing: AssumptionStanding
    sources: tuple[str, ...]
    says: str
    help: str
    default: Value | None = None
    read_for: Program | None = None
    earlier: tuple[Earlier, ...] = ()
    unasked: Unasked | None = None

    def in_month(self, month: str) -> "Assumption":
        """The assumption as it stands for a month."""
        then = next((one for one in self.earlier if month < one.until), None)
        if then is None:
            return self
        return replace(self, default=then.default, standing=then.standing, sources=then.sources, says=then.says)

    def where_unasked(self) -> "Assumption":
        """The assumption for a pathway whose code asks for no minutes."""
        if self.unasked is None:
            return self
        return replace(self, standing=self.unasked.standing, sources=(), says=self.unasked.says)

    def founding(self, program: Program) -> tuple[AssumptionStanding, str]:
        """How well the default is founded for a program, and what it rests on."""
        if self.read_for is None or self.read_for == program:
            return self.standing, self.says
        return (
            "product",
            f"Nothing we read states it for this program; what stands in is of {PROGRAM_TITLES[self.read_for]}. {self.says}",
        )


@cache
def assumptions() -> dict[str, Assumption]:
    """Every assumption by its name, in reading order."""
    read = msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), dict[str, Assumption])
    known = loader.book().sources
    for name, one in read.items():
        named = {*one.sources, *(source for then in one.earlier for source in then.sources)}
        assert known.keys() >= named, f"{name} rests on a source the rule book does not list"
    return read
