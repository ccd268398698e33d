"""One program of a patient-month under one billing practitioner: what every rule of the program reads."""

import datetime as dt
from collections.abc import Callable, Container
from typing import Protocol, TypeVar

from app.determination import facts
from app.determination.consents import ConsentReading
from app.determination.coverage import CoverTerms, prevailing_of
from app.determination.enrolments import enrolments_of, unbroken_since
from app.determination.facts import Fact, Program
from app.determination.patient_month import PatientMonth
from app.determination.policy import Policy
from app.determination.practice_month import F, in_force
from app.determination.service_month import ServiceMonth, local_day, start_of_day
from app.determination.work import Work

T = TypeVar("T")


class Dated(Protocol):
    """A fact that holds over a span of days."""

    @property
    def from_(self) -> dt.date | None: ...

    @property
    def until(self) -> dt.date | None: ...


class ProgramMonth:
    """A patient-month seen from one program billed by one practitioner (`None`: nobody is known to bill it)."""

    __slots__ = ("_memo", "biller", "consent", "cover", "month", "patient_month", "policy", "program")

    def __init__(
        self,
        patient_month: PatientMonth,
        program: Program,
        biller: str | None,
        consent: ConsentReading,
        cover: CoverTerms,
    ) -> None:
        self.patient_month = patient_month
        self.program = program
        self.biller = biller
        self.consent = consent
        self.cover = cover
        self.month: ServiceMonth = patient_month.month
        self.policy: Policy = patient_month.policy
        self._memo: dict[object, object] = {}

    def of(self, kind: type[F]) -> list[F]:
        """The patient's and the practice's facts of one kind, whatever the program."""
        return self.patient_month.of(kind)

    def in_force(self, kind: type[F]) -> list[F]:
        return self.patient_month.in_force(kind)

    def once(self, key: object, answer: Callable[[], T]) -> T:
        """What a rule worked out for this month, kept for the rule's other questions."""
        if key not in self._memo:
            self._memo[key] = answer()
        return self._memo[key]  # type: ignore[return-value]

    @property
    def entries(self) -> list[facts.TimeEntry]:
        """The program's time entries, in this month or before it."""
        return [entry for entry in self.of(facts.TimeEntry) if entry.program == self.program]

    def last_day_alive(self) -> dt.date:
        """The month's last day, or the day of death where that is sooner; the day before the month for who died before it."""
        deaths = [death.on for death in self.of(facts.Death)]
        return min([self.month.last_day, *deaths])

    def work(self) -> list[Work]:
        """The program's work in the month."""
        return self.patient_month.work_by_program().get(self.program, [])

    def payer_on(self, day: dt.date) -> facts.Coverage | None:
        """The prevailing coverage of a day of the month."""
        return self.patient_month.payers(self.cover.precedence)[self.month.index(day)]

    def is_covered(self, day: dt.date) -> bool:
        """Whether the prevailing payer of a day, in the month or before it, is one the law accepts (ELIG-04)."""
        payer = self.payer_on(day) if self.month.holds(day) else self._payer_before(day)
        return payer is not None and payer.payer in self.cover.accepted

    def covered_days(self) -> list[dt.date]:
        """The days of the month with a payer that the law accepts."""
        return self.once("covered days", self._covered_days)

    def _covered_days(self) -> list[dt.date]:
        payers, accepted = self.patient_month.payers(self.cover.precedence), self.cover.accepted
        paid = zip(self.month.dates, payers, strict=True)
        return [day for day, payer in paid if payer is not None and payer.payer in accepted]

    def _payer_before(self, day: dt.date) -> facts.Coverage | None:
        after = day + dt.timedelta(days=1)
        return prevailing_of([fact for fact in self.of(facts.Coverage) if in_force(fact, day, after)], self.cover)

    def practitioner_facts(self) -> list[facts.Practitioner]:
        """What is recorded of the billing practitioner, in force in the month, the latest last."""
        practice = self.patient_month.practice
        return practice.once(("practitioner", self.biller), self._practitioner_facts)

    def _practitioner_facts(self) -> list[facts.Practitioner]:
        known = [fact for fact in self.in_force(facts.Practitioner) if fact.practitioner == self.biller]
        return sorted(known, key=lambda fact: fact.from_ or dt.date.min)

    def credential_on(self, day: dt.date) -> str | None:
        """The billing practitioner's credential on a day, trimmed and in capitals; none then, the month's latest."""
        after = day + dt.timedelta(days=1)
        recorded = self.practitioner_facts()
        on_the_day = [fact for fact in recorded if in_force(fact, day, after)]
        known = (on_the_day or recorded)[-1:]
        return folded(known[0].credential) if known else None

    def is_own(self, entry: facts.TimeEntry) -> bool:
        """The billing practitioner's own, personal time."""
        return entry.role == "practitioner" and entry.performer == self.biller

    def is_same_practitioner(self, service: facts.Service) -> bool:
        """Billed by this billing practitioner, as far as the service says."""
        if service.practitioner is not None:
            return service.practitioner == self.biller
        return service.same_practice is not False

    def services(self, codes: Container[str]) -> list[facts.Service]:
        """The services of the month with one of the codes, whoever billed them."""
        return [each for each in self.of(facts.Service) if each.code in codes and self.month.holds(each.on)]

    def discharge_day(self, stay: facts.Stay) -> dt.date | None:
        """The local day of the discharge; the instant prevails over the date."""
        if stay.discharged_at is not None:
            return local_day(stay.discharged_at, self.month.time_zone)
        return stay.until

    def stated_day(self, fact: Fact) -> dt.date | None:
        """The local day a fact happened on; `None` for one that holds over a span."""
        if any(getattr(fact, field, None) is not None for field in ("on", "at", "started_at")):
            return self.day_of(fact)
        return None

    def day_of(self, fact: Fact) -> dt.date:
        """The local day of a fact that has `on`, an instant `at`, or a start."""
        on: dt.date | None = getattr(fact, "on", None)
        if on is not None:
            return on
        instant: dt.datetime = getattr(fact, "at", None) or fact.started_at  # type: ignore[attr-defined]
        return local_day(instant, self.month.time_zone)

    def last_day_of(self, entry: facts.TimeEntry) -> dt.date:
        """The local day on which an entry's last second lies."""
        if entry.ended_at is None:
            return self.day_of(entry)
        return local_day(entry.ended_at - dt.timedelta(seconds=1), self.month.time_zone)

    def care_start(self) -> dt.date:
        """S: the day care under this practitioner began, from which the look-back counts.

        The first day of the enrolments in force, contiguous ones being one. Without any: the day of the first time entry
        on or after the first serving consent; without an entry the later of that consent's day and the first of the
        month; without consent the first of the month.
        """
        first_consent_on = self.consent.counts_from_day if self.consent.serves else None
        enrolled = self.enrolled_since()
        if enrolled is not None:
            return enrolled
        if first_consent_on is None:
            return self.month.first_day
        worked = [self.day_of(entry) for entry in self.entries if self._follows_consent(entry, first_consent_on)]
        # An entry that runs over the consent counts from it, so care began no earlier than that day.
        return max(first_consent_on, min(worked, default=self.month.first_day))

    def _follows_consent(self, entry: facts.TimeEntry, given_on: dt.date) -> bool:
        """Whether an entry lies, in part at least, on or after the consent; to the second where both know it."""
        if entry.ended_at is None or self.consent.counts_from is None:
            return self.day_of(entry) >= given_on
        return int(entry.ended_at.timestamp()) > self.consent.counts_from

    def enrolled_since(self) -> dt.date | None:
        """First day of the biller's unbroken enrolment in force in the month."""
        return self.once("enrolled since", self._enrolled_since)

    def _enrolled_since(self) -> dt.date | None:
        return unbroken_since(enrolments_of(self.patient_month, self.program, self.biller), self.month)


def share_a_day(one: Dated, other: Dated) -> bool:
    """Whether two dated facts are in force on one day."""
    start = max((day for day in (one.from_, other.from_) if day is not None), default=None)
    until = min((day for day in (one.until, other.until) if day is not None), default=None)
    return start is None or until is None or start < until


def folded(credential: str) -> str:
    """A credential as it is compared: trimmed, whatever its case."""
    return credential.strip().upper()


def years_before(day: dt.date, years: int) -> dt.date:
    """The same date so many years earlier; of 29 February, 28 February where there is no other."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return dt.date(day.year - years, 2, 28)


def one_year_before(day: dt.date) -> dt.date:
    return years_before(day, 1)


def start_of(day: dt.date, month: ServiceMonth) -> int:
    """The first second of any local day, in the month or not."""
    index = month.index(day)
    if 0 <= index <= month.days:
        return month.day_starts[index]
    return start_of_day(day, month.time_zone)
