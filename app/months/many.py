"""The months of many patients, from what is known of them at one moment; what is the practice's is read once."""

import datetime as dt

from app.determination import answer, succession
from app.determination.patient_month import PatientMonth
from app.determination.service_month import ServiceMonth
from app.ledger.read_many import KnownPatients
from app.months.answering import practice_of


class Months:
    """One service month of all those patients, as asked on a day."""

    def __init__(self, known: KnownPatients, month: ServiceMonth, known_on: dt.date) -> None:
        self.patients = sorted(known.patients)
        self.month = month
        self.known_on = known_on
        self._known = known
        self._practice = practice_of(month, succession.standing(known.practice.facts()))

    def of(self, patient: str) -> PatientMonth:
        """The month of one of them."""
        standing = succession.standing(self._known.patients[patient].facts())
        return PatientMonth(self._practice, standing, known_on=self.known_on)

    def positions(self, patient: str) -> answer.Positions:
        """How far the ledgers were read for it."""
        return answer.Positions(patient=self._known.patients[patient].position, practice=self._known.practice.position)
