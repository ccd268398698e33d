"""Patients' rows of a worklist, worked out from what is known of many at one moment."""

import datetime as dt
from collections.abc import Collection

from app.determination.service_month import ServiceMonth
from app.ledger.read_many import KnownPatients
from app.months.many import Months
from app.months.worklist_row import WorklistRow, worklist_row
from app.rulebook import loader


class Rows:
    """A month's rows of all that are known. `closed`: whose month a person has closed."""

    def __init__(self, known: KnownPatients, month: ServiceMonth, known_on: dt.date, closed: Collection[str]) -> None:
        self._months = Months(known, month, known_on)
        self.patients = self._months.patients
        self._closed = closed
        self._law = loader.law(month.written)

    def row(self, patient: str) -> WorklistRow:
        return worklist_row(
            self._months.of(patient),
            self._law,
            patient=patient,
            positions=self._months.positions(patient),
            closed=patient in self._closed,
        )
