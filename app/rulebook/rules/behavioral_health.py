"""Psychiatric collaborative care: its first month asks for more time than those that follow."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Enrollment, Service
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import Code


class FirstMonth(Struct, frozen=True, gc=False):
    """Met for the pathways of the first month where the practice billed none before, or the enrolment begins; else for those
    of a following month.
    """

    codes: frozenset[Code]
    first: tuple[str, ...]
    following: tuple[str, ...]

    reads: ClassVar = frozenset({Enrollment, Service})
    finds: ClassVar = {"BHI-01": {"first_month", "following_month", "only_first", "only_following"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        since = month.enrolled_since()
        begins = since is not None and month.month.holds(since)
        before = tuple(
            service
            for service in month.of(Service)
            if service.code in self.codes and service.on < month.month.first_day and service.same_practice is not False
        )
        if begins or not before:
            yield Finding("BHI-01", month.program, "met", "first_month", (), pathways=self.first)
            yield Finding("BHI-01", month.program, "not_met", "only_first", (), pathways=self.following)
        else:
            yield Finding("BHI-01", month.program, "met", "following_month", before, pathways=self.following)
            yield Finding("BHI-01", month.program, "not_met", "only_following", before, pathways=self.first)
