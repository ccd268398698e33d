"""The months of many patients, from what is known of them at one moment; what is the practice's is read once."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from app.determination import answer, past, succession
from app.determination.facts import Fact
from app.determination.patient_month import PatientMonth
from app.determination.service_month import ServiceMonth
from app.ledger.read_many import Known, KnownPatients
from app.months.answering import practice_of


class Months:
    """One service month of all those patients, as asked on a day."""

    def __init__(self, known: KnownPatients, month: ServiceMonth, known_on: dt.date) -> None:
        self.patients = sorted(known.patients)
        self.month = month
        self.known_on = known_on
        self._practice_position = known.practice.position
        self._ledgers = known.patients
        self._practice = practice_of(month, succession.standing(known.practice.facts()))
        self._standing: dict[str, list[Fact]] = {}

    def asking_of_the_past(self) -> list[str]:
        """The patients whose months may ask of entries of long ago that were not read."""
        return [patient for patient in self.patients if self._asks(patient)]

    def _asks(self, patient: str) -> bool:
        unread = self._ledgers[patient].unread
        if not unread:
            return unread is None
        try:
            standing = self._standing[patient] = succession.standing(self._ledgers[patient].facts())
        except msgspec.MsgspecError:
            return False  # it is met again where the month is determined, and told there
        return past.is_asked(unread, standing, self.month)

    def tell(self, whole: Mapping[str, Known]) -> None:
        """Their ledgers as they are, read whole at the same moment."""
        self._ledgers = {**self._ledgers, **whole}
        for patient in whole:
            self._standing.pop(patient, None)

    def of(self, patient: str) -> PatientMonth:
        """The month of one of them."""
        standing = self._standing.pop(patient, None)
        if standing is None:
            standing = succession.standing(self._ledgers[patient].facts())
        return PatientMonth(self._practice, standing, known_on=self.known_on)

    def positions(self, patient: str) -> answer.Positions:
        """How far the ledgers were read for it."""
        return answer.Positions(patient=self._ledgers[patient].position, practice=self._practice_position)
