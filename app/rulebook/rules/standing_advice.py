"""Advice the law attaches to every month of a program."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.findings import NOTHING, Finding
from app.determination.program_month import ProgramMonth


class StandingAdvice(Struct, frozen=True, gc=False):
    """Always found, never blocks, checks nothing: medical necessity and the patient's share."""

    reads: ClassVar = NOTHING
    finds: ClassVar = {"ELIG-10": {"always"}, "COST-01": {"always"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        return [Finding(rule, month.program, "advisory", "always") for rule in self.finds]
