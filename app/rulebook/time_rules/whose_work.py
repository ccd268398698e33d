"""Whose work never counts: people who are no clinical staff, people excluded from Medicare, software, other supervisors'."""

from typing import ClassVar

from msgspec import Struct

from app.determination.facts import ExcludedPerformer
from app.determination.findings import NOTHING
from app.determination.program_month import ProgramMonth, start_of
from app.determination.service_month import ServiceMonth
from app.determination.spans import END, union
from app.determination.timekeeping import Closed, Closing


class NonClinical(Struct, frozen=True, gc=False):
    """Only clinical staff and practitioners count."""

    reads: ClassVar = NOTHING
    finds: ClassVar = {"PRAC-05": {"non_clinical"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-05", "non_clinical")
        return lambda entry: closed if entry.role == "non_clinical" else None


class Excluded(Struct, frozen=True, gc=False):
    """A person excluded or revoked on the day of the work does not count."""

    reads: ClassVar = frozenset({ExcludedPerformer})
    finds: ClassVar = {"PRAC-09": {"excluded"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        excluded: dict[str, list[ExcludedPerformer]] = {}
        for fact in month.in_force(ExcludedPerformer):
            excluded.setdefault(fact.performer, []).append(fact)
        if not excluded:
            return None

        closed = {performer: self._closed(facts, month.month) for performer, facts in excluded.items()}
        return lambda entry: closed.get(entry.performer)

    def _closed(self, facts: list[ExcludedPerformer], month: ServiceMonth) -> Closed:
        spans = union(
            (start_of(fact.from_, month), END if fact.until is None else start_of(fact.until, month)) for fact in facts
        )
        starts = month.day_starts[:-1]
        days = sum(1 << index for index, start in enumerate(starts) if any(low <= start < high for low, high in spans))
        return Closed("PRAC-09", "excluded", spans, days)


class Automated(Struct, frozen=True, gc=False):
    """Work by software alone is nobody's time."""

    reads: ClassVar = NOTHING
    finds: ClassVar = {"TIME-12": {"automated"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("TIME-12", "automated")
        return lambda entry: closed if entry.automated else None


class Abroad(Struct, frozen=True, gc=False):
    """Work by people outside the United States, or for a patient outside it, is not paid."""

    reads: ClassVar = NOTHING
    finds: ClassVar = {"PRAC-10": {"abroad"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-10", "abroad")
        return lambda entry: closed if entry.outside_us or entry.patient_outside_us else None


class OtherSupervisor(Struct, frozen=True, gc=False):
    """Only the practitioner who supervised the work may bill it."""

    reads: ClassVar = NOTHING
    finds: ClassVar = {"PRAC-14": {"other_supervisor"}}

    def closing(self, month: ProgramMonth) -> Closing | None:
        closed = Closed("PRAC-14", "other_supervisor")
        return lambda entry: closed if entry.supervised_by not in (None, month.biller) else None
