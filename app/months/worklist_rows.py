"""Patients' rows of a worklist, worked out from what is known of many at one moment."""

import datetime as dt
from collections.abc import Collection

from app.determination import answer, succession
from app.determination.service_month import ServiceMonth
from app.ledger.read_many import KnownPatients
from app.months.answering import month_of
from app.months.worklist_row import WorklistRow, worklist_row
from app.rulebook import loader


class Rows:
    """A month's rows of all that are known; what is the practice's is read once. `closed`: whose month a person has closed."""

    def __init__(self, known: KnownPatients, month: ServiceMonth, known_on: dt.date, closed: Collection[str]) -> None:
        self.patients = sorted(known.patients)
        self._known = known
        self._practice = succession.standing(known.practice.facts())
        self._month = month
        self._known_on = known_on
        self._closed = closed
        self._law = loader.law(month.written)

    def row(self, patient: str) -> WorklistRow:
        ledger = self._known.patients[patient]
        standing = [*self._practice, *succession.standing(ledger.facts())]
        return worklist_row(
            month_of(self._month, standing, known_on=self._known_on),
            self._law,
            patient=patient,
            positions=answer.Positions(patient=ledger.position, practice=self._known.practice.position),
            closed=patient in self._closed,
        )
