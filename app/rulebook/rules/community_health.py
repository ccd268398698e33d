"""Community health integration and illness navigation: the visit they start from."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Coverage, Fact, Program, Stay, Visit
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.stays import touches
from app.determination.timekeeping import Closing, closed_before
from app.determination.vocabulary import Code


class NeedFound(Struct, frozen=True, gc=False):
    """Met when the biller saw the patient by the end of the month, on a covered day, at a visit with one of `codes`; where a
    need has to be found, at one that found a social need. Work on days before that visit does not count.

    Under a home-health plan of care the programs of `barred_at_home` are not billed.
    """

    codes: frozenset[Code]
    need_in: tuple[Program, ...]
    barred_at_home: tuple[Program, ...]

    reads: ClassVar = frozenset({Coverage, Stay, Visit})
    finds: ClassVar = {
        "CHI-01": {
            "found", "none", "unclear", "other_visit", "others_only", "uncovered", "need_unstated", "no_need",
            "at_home", "before",
        }
    }  # fmt: skip

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        yield self._visit(month)
        if month.program in self.barred_at_home:
            at_home = tuple(s for s in month.of(Stay) if s.setting == "home_health" and touches(s, month.month))
            if at_home:
                yield Finding("CHI-01", month.program, "not_met", "at_home", at_home)

    def mending(self, month: ProgramMonth, pathway: str, day: dt.date, ids: Iterator[str]) -> Iterable[Fact]:
        """A visit that begins it; a home-health plan no fact undoes."""
        if self._visit(month).outcome != "met" and month.biller is not None:
            need = True if month.program in self.need_in else None
            yield Visit(id=next(ids), code="99214", on=day, practitioner=month.biller, social_need_found=need)

    def closing(self, month: ProgramMonth) -> Closing | None:
        serving = self._serving(month, self._own(month))
        return closed_before(month.month, serving[0].on if serving else None, "CHI-01")

    def _visit(self, month: ProgramMonth) -> Finding:
        visits = month.of(Visit)
        own = self._own(month)
        serving = self._serving(month, own)
        covered = tuple(visit for visit in own if month.is_covered(visit.on))
        if serving:
            return Finding("CHI-01", month.program, "met", "found", tuple(serving), {"on": serving[0].on})
        if any(visit.social_need_found is None for visit in covered):
            return Finding("CHI-01", month.program, "missing", "need_unstated", covered)
        if covered:
            return Finding("CHI-01", month.program, "not_met", "no_need", covered)
        if own:
            return Finding("CHI-01", month.program, "not_met", "uncovered", tuple(own))
        if unclear := tuple(v for v in visits if v.code is None and not v.telephone_only and self._by(month, v)):
            return Finding("CHI-01", month.program, "missing", "unclear", unclear)
        if others := tuple(visit for visit in visits if self._is_listed(visit)):
            return Finding("CHI-01", month.program, "not_met", "others_only", others)
        if visits:
            return Finding("CHI-01", month.program, "not_met", "other_visit", tuple(visits))
        return Finding("CHI-01", month.program, "missing", "none")

    def _own(self, month: ProgramMonth) -> list[Visit]:
        own = [visit for visit in month.of(Visit) if self._is_listed(visit) and self._by(month, visit)]
        return sorted(own, key=lambda visit: (visit.on, visit.id))

    def _serving(self, month: ProgramMonth, own: Sequence[Visit]) -> list[Visit]:
        needed = month.program in self.need_in
        return [v for v in own if month.is_covered(v.on) and (v.social_need_found or not needed)]

    def _is_listed(self, visit: Visit) -> bool:
        return visit.code in self.codes and not visit.telephone_only

    def _by(self, month: ProgramMonth, visit: Visit) -> bool:
        return visit.practitioner == month.biller
