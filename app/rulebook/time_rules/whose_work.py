"""Whose work never counts: people who are no clinical staff, people excluded from Medicare, software, other supervisors'."""

from typing import ClassVar

from msgspec import Struct

from app.determination.facts import ExcludedPerformer, TimeEntry
from app.determination.program_month import ProgramMonth, start_of
from app.determination.spans import BEGINNING, END
from app.determination.timekeeping import Closed, Closing


class NonClinical(Struct, frozen=True, gc=False):
    """Only clinical staff and practitioners count."""

    finds: ClassVar = {"PRAC-05": {"non_clinical"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-05", "non_clinical")
        return lambda entry: closed if entry.role == "non_clinical" else None


class Excluded(Struct, frozen=True, gc=False):
    """A person excluded or revoked on the day of the work does not count."""

    finds: ClassVar = {"PRAC-09": {"excluded"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        excluded: dict[str, list[ExcludedPerformer]] = {}
        for fact in month.in_force(ExcludedPerformer):
            excluded.setdefault(fact.performer, []).append(fact)
        if not excluded:
            return None

        def close(entry: TimeEntry) -> Closed | None:
            facts = excluded.get(entry.performer)
            if facts is None:
                return None
            spans, days = [], 0
            for fact in facts:
                start = start_of(fact.from_, month.month) if month.month.index(fact.from_) > 0 else BEGINNING
                end = END if fact.until is None else start_of(fact.until, month.month)
                spans.append((start, end))
                for index in range(month.month.days):
                    if start <= month.month.day_starts[index] < end:
                        days |= 1 << index
            return Closed("PRAC-09", "excluded", sorted(spans), days)

        return close


class Automated(Struct, frozen=True, gc=False):
    """Work by software alone is nobody's time."""

    finds: ClassVar = {"TIME-12": {"automated"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("TIME-12", "automated")
        return lambda entry: closed if entry.automated else None


class Abroad(Struct, frozen=True, gc=False):
    """Work by people outside the United States, or for a patient outside it, is not paid."""

    finds: ClassVar = {"PRAC-10": {"abroad"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-10", "abroad")
        return lambda entry: closed if entry.outside_us or entry.patient_outside_us else None


class OtherSupervisor(Struct, frozen=True, gc=False):
    """Only the practitioner who supervised the work may bill it."""

    finds: ClassVar = {"PRAC-14": {"other_supervisor"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-14", "other_supervisor")
        return lambda entry: closed if entry.supervised_by not in (None, month.biller) else None
