"""One patient's service month: the standing facts by kind, and the question asked of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from app.determination import facts
from app.determination.coverage import payers
from app.determination.facts import Fact, Program
from app.determination.policy import Policy
from app.determination.service_month import ServiceMonth

F = TypeVar("F", bound=Fact)
T = TypeVar("T")


class PatientMonth:
    """The facts that may bear on one patient's month, read once and never changed.

    Only standing facts are given (see `succession`). Facts that begin after the month, and our own earlier answer for the
    month, are left out: they change nothing. Within a kind facts stand by source and id, so arrival decides nothing.
    `known_on` is the local day the question is asked; `billing_practitioner` overrides who bills every program.
    """

    __slots__ = ("_by_kind", "_memo", "billing_practitioner", "known_on", "month", "policy")

    def __init__(
        self,
        month: ServiceMonth,
        standing: Iterable[Fact],
        *,
        policy: Policy,
        known_on: dt.date | None = None,
        billing_practitioner: str | None = None,
    ) -> None:
        self.month = month
        self.policy = policy
        self.known_on = month.day_after if known_on is None else known_on
        self.billing_practitioner = billing_practitioner
        by_kind: dict[type[Fact], list[Fact]] = defaultdict(list)
        for fact in standing:
            if not _begins_after(fact, month) and not _our_own_answer(fact, month):
                by_kind[type(fact)].append(fact)
        for same_kind in by_kind.values():
            same_kind.sort(key=_source_and_id)
        self._by_kind = by_kind
        self._memo: dict[object, object] = {}

    def of(self, kind: type[F]) -> list[F]:
        """The facts of one kind, by source and id."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    def in_force(self, kind: type[F]) -> list[F]:
        """The facts of a dated kind whose span touches the month."""
        first, after = self.month.first_day, self.month.day_after
        return [fact for fact in self.of(kind) if in_force(fact, first, after)]

    def everything(self) -> list[Fact]:
        return [fact for same_kind in self._by_kind.values() for fact in same_kind]

    def without(self, denied: Sequence[Fact]) -> "PatientMonth":
        """The month as it would be if those facts were not true.

        Of a condition only its duration is denied: what else it states of its code is not contradicted.
        """
        gone = {id(fact) for fact in denied}
        kept = [fact for fact in self.everything() if id(fact) not in gone]
        halved = [replace(fact, expected_duration=None) for fact in denied if isinstance(fact, facts.Condition)]
        return self._again([*kept, *halved])

    def beside(self, added: Iterable[Fact]) -> "PatientMonth":
        """The month as it would be with those facts appended."""
        return self._again([*self.everything(), *added])

    def _again(self, standing: Iterable[Fact]) -> "PatientMonth":
        return PatientMonth(
            self.month,
            standing,
            policy=self.policy,
            known_on=self.known_on,
            billing_practitioner=self.billing_practitioner,
        )

    @property
    def provisional(self) -> bool:
        """Asked before the month was over (CLAIM-02)."""
        return self.known_on < self.month.day_after

    def once(self, key: object, answer: Callable[[], T]) -> T:
        """What follows from the month's facts alone, worked out when it is first asked for."""
        if key not in self._memo:
            self._memo[key] = answer()
        return self._memo[key]  # type: ignore[return-value]

    def payers(self, precedence: Sequence[str]) -> tuple[facts.Coverage | None, ...]:
        """The prevailing coverage of every day of the month."""
        return self.once("payers", lambda: payers(self.month, self.in_force(facts.Coverage), precedence))

    def setting(self) -> facts.Setting | None:
        """The kind of site in force on the month's last day; without any, a physician's office."""
        last, after = self.month.last_day, self.month.day_after
        return next((fact for fact in self.of(facts.Setting) if in_force(fact, last, after)), None)

    def named_programs(self) -> frozenset[Program]:
        """Programs that a time entry, consent, enrolment or device day up to the end of the month names (PROG-00)."""
        named: set[Program] = {entry.program for entry in self.of(facts.TimeEntry)}
        named.update(consent.program for consent in self.of(facts.Consent))
        named.update(enrolment.program for enrolment in self.of(facts.Enrollment))
        named.update(device_day.program or "rpm" for device_day in self.of(facts.DeviceDay))
        return frozenset(named)


def in_force(fact: Fact, first: dt.date, after: dt.date) -> bool:
    """Whether a dated fact's span touches the days from `first` to the day before `after`."""
    start: dt.date | None = fact.from_  # type: ignore[attr-defined]
    until: dt.date | None = fact.until  # type: ignore[attr-defined]
    return (start is None or start < after) and (until is None or until > first)


def _begins_after(fact: Fact, month: ServiceMonth) -> bool:
    if isinstance(fact, facts.Death):
        return False  # a second day of death contradicts the first, wherever it lies
    if isinstance(fact, facts.TimeEntry) and fact.started_at is not None:
        return fact.started_at.timestamp() >= month.end
    if isinstance(fact, facts.Consent) and fact.at is not None:
        return fact.at.timestamp() >= month.end
    if isinstance(fact, facts.Stay) and fact.admitted_at is not None:
        return fact.from_ >= month.day_after and fact.admitted_at.timestamp() >= month.end
    first = fact.occurred[0]
    return first is not None and first >= month.day_after


def _our_own_answer(fact: Fact, month: ServiceMonth) -> bool:
    return isinstance(fact, facts.Service) and fact.source == "self" and month.holds(fact.on)


def _source_and_id(fact: Fact) -> tuple[str, str]:
    return fact.source or "", fact.id
