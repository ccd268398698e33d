"""The months of many patients, from what is known of them at one moment; what is the practice's is read once."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from app.determination import answer, past, succession
from app.determination.facts import Fact
from app.determination.patient_month import PatientMonth
from app.determination.service_month import ServiceMonth
from app.ledger.read_many import KnownPatients, Stated, facts_stated
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
        self._read: dict[str, list[Fact]] = {}
        self._long_ago: dict[str, Stated] = {}

    def asking_of_the_past(self) -> list[str]:
        """The patients whose months may ask of entries of long ago that were not read."""
        return [patient for patient in self.patients if self._asks(patient)]

    def _asks(self, patient: str) -> bool:
        ledger = self._ledgers[patient]
        try:
            read = self._read[patient] = ledger.facts()
        except msgspec.MsgspecError:
            return False  # it is met again where the month is determined, and told there
        return past.is_asked(ledger.unread, succession.standing(read), self.month, known_on=self.known_on)

    def tell(self, long_ago: Mapping[str, Stated]) -> None:
        """What had not been read of some ledgers."""
        self._long_ago.update(long_ago)

    def of(self, patient: str) -> PatientMonth:
        """The month of one of them."""
        read = self._read.pop(patient, None)
        if read is None:
            read = self._ledgers[patient].facts()
        standing = succession.standing([*read, *facts_stated(self._long_ago.get(patient, ()))])
        return PatientMonth(self._practice, standing, known_on=self.known_on)

    def positions(self, patient: str) -> answer.Positions:
        """How far the ledgers were read for it."""
        return answer.Positions(patient=self._ledgers[patient].position, practice=self._practice_position)
