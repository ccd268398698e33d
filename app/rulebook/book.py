"""The rule book as read: every edition of every rule, and the tables."""

from collections.abc import Mapping

from msgspec import Struct

from app.determination import policy
from app.determination.amounts import Place, Release
from app.determination.facts import Program
from app.determination.law import CodeRow, Pathway
from app.rulebook import tables
from app.rulebook.editions import Edition, Window
from app.rulebook.sources import Source
from app.rulebook.statements import DatedEdit, Statement


class Book(Struct, frozen=True, gc=False):
    """The whole rule book as read: every edition of every rule, the tables and their fingerprints."""

    version: str
    first_month: str
    last_month: str
    editions: tuple[Edition, ...]
    statements: tuple[Statement, ...]
    edits: tuple[DatedEdit, ...]
    denials: Mapping[str, str]
    ways_out: Mapping[str, str]
    codes: tuple[CodeRow, ...]
    pathways: tuple[tuple[Window, Pathway], ...]
    requirements: Mapping[Program, tuple[tables.Requirement, ...]]
    releases: tuple[Release, ...]
    places: Mapping[str, Mapping[str, Place]]
    payment: tables.Payment
    default_policy: policy.Policy
    sources: Mapping[str, Source]
    code_digest: str

    def covers(self, month: str) -> bool:
        return self.first_month <= month <= self.last_month
