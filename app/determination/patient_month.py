"""One patient's service month: the standing facts by kind, and the question asked of them."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from app.determination import facts
from app.determination.coverage import payers, prevailing
from app.determination.facts import Fact, Program
from app.determination.past import left_out
from app.determination.policy import Policy
from app.determination.practice_month import ByKind, F, PracticeMonth, by_kind, in_force, together
from app.determination.service_month import ServiceMonth
from app.determination.work import Work, in_order, work_in

T = TypeVar("T")


class PatientMonth:
    """The facts that may bear on one patient's month, read once and never changed.

    Only standing facts are given (see `succession`), the patient's own beside the practice's month. Facts that begin after
    the month, our own earlier answer for the month, and work of long ago of which it asks nothing (`past`), are left out:
    they change nothing. Within a kind facts stand by source and id, so arrival decides nothing. `known_on` is the local day
    the question is asked; `billing_practitioner` overrides who bills every program.
    """

    __slots__ = (
        "_facts",
        "_follows",
        "_memo",
        "billing_practitioner",
        "known_on",
        "month",
        "own",
        "past",
        "policy",
        "practice",
        "recorded",
    )

    def __init__(
        self,
        practice: PracticeMonth,
        standing: Iterable[Fact],
        *,
        known_on: dt.date | None = None,
        billing_practitioner: str | None = None,
    ) -> None:
        self.practice = practice
        self.month = month = practice.month
        self.policy = practice.policy
        self.known_on = month.day_after if known_on is None else known_on
        self.billing_practitioner = billing_practitioner
        self._memo: dict[object, object] = {}
        self._follows: dict[object, type[Fact]] = {}
        own = by_kind(month, standing)
        if facts.Service in own:
            own[facts.Service] = [fact for fact in own[facts.Service] if not _our_own_answer(fact, month)]
        self.past = left_out(own, month, known_on=self.known_on, billing_practitioner=billing_practitioner)
        self._hold(own)

    def _hold(self, own: ByKind) -> None:
        self.own = own
        self.recorded = frozenset(own)
        self._facts = {**self.practice.by_kind, **own}

    @classmethod
    def stated(
        cls,
        month: ServiceMonth,
        standing: Sequence[Fact],
        *,
        policy: Policy,
        known_on: dt.date | None = None,
        billing_practitioner: str | None = None,
    ) -> "PatientMonth":
        """The month of a patient whose facts come in one list with those of the practice."""
        practice = PracticeMonth(month, (fact for fact in standing if not fact.about_patient), policy=policy)
        own = [fact for fact in standing if fact.about_patient]
        return cls(practice, own, known_on=known_on, billing_practitioner=billing_practitioner)

    def of(self, kind: type[F]) -> list[F]:
        """The facts of one kind, by source and id."""
        return self._facts.get(kind, [])  # type: ignore[return-value]

    def in_force(self, kind: type[F]) -> list[F]:
        """The facts of a dated kind whose span touches the month."""
        known = self._facts.get(kind)
        if not known:
            return []
        first, after = self.month.first_day, self.month.day_after
        return [fact for fact in known if in_force(fact, first, after)]  # type: ignore[misc]

    def everything(self) -> list[Fact]:
        return [fact for same_kind in self._facts.values() for fact in same_kind]

    def without(self, denied: Sequence[Fact]) -> "PatientMonth":
        """The month as it would be if those facts were not true.

        Of a condition only its duration is denied: what else it states of its code is not contradicted.
        """
        gone = {id(fact) for fact in denied}
        kept = [fact for fact in self.everything() if id(fact) not in gone]
        halved = [replace(fact, expected_duration=None) for fact in denied if isinstance(fact, facts.Condition)]
        return PatientMonth.stated(
            self.month,
            [*kept, *halved],
            policy=self.policy,
            known_on=self.known_on,
            billing_practitioner=self.billing_practitioner,
        )

    def beside(self, added: Sequence[Fact]) -> "PatientMonth":
        """The month as it would be with those facts appended; what follows from other kinds of facts stays known."""
        kinds = {type(fact) for fact in added}
        about_practice = [fact for fact in added if not fact.about_patient]
        again = PatientMonth(
            self.practice.beside(about_practice) if about_practice else self.practice,
            [fact for fact in added if fact.about_patient],
            known_on=self.known_on,
            billing_practitioner=self.billing_practitioner,
        )
        again._hold(together(self.own, again.own))
        again.past += self.past
        for key, kind in self._follows.items():
            if kind not in kinds:
                again._memo[key] = self._memo[key]
                again._follows[key] = kind
        if facts.TimeEntry in kinds and "work" in self._memo:
            entries = [fact for fact in added if isinstance(fact, facts.TimeEntry)]
            again.once("work", lambda: in_order([*self.work(), *work_in(self.month, entries)]), facts.TimeEntry)
        return again

    @property
    def provisional(self) -> bool:
        """Asked before the month was over (CLAIM-02)."""
        return self.known_on < self.month.day_after

    def once(self, key: object, answer: Callable[[], T], follows_from: type[Fact] | None = None) -> T:
        """What follows from the month's facts alone, or from those of one kind, worked out when it is first asked for."""
        if key not in self._memo:
            self._memo[key] = answer()
            if follows_from is not None:
                self._follows[key] = follows_from
        return self._memo[key]  # type: ignore[return-value]

    def work(self) -> list[Work]:
        """The time entries as they lie in the month, whatever the program."""
        return self.once("work", lambda: work_in(self.month, self.of(facts.TimeEntry)), facts.TimeEntry)

    def work_by_program(self) -> dict[Program, list[Work]]:
        return self.once("work by program", self._work_by_program, facts.TimeEntry)

    def _work_by_program(self) -> dict[Program, list[Work]]:
        found: dict[Program, list[Work]] = {}
        for work in self.work():
            found.setdefault(work.entry.program, []).append(work)
        return found

    def payers(self, precedence: Sequence[str]) -> tuple[facts.Coverage | None, ...]:
        """The prevailing coverage of every day of the month."""
        return self.once(
            "payers", lambda: payers(self.month, self.in_force(facts.Coverage), precedence), facts.Coverage
        )

    def prevailing(self, precedence: Sequence[str]) -> list[facts.Coverage | None]:
        """The coverages that prevail on some day of the month, in the order of the days; `None` where some day has none."""
        return self.once(
            "prevailing", lambda: prevailing(self.month, self.in_force(facts.Coverage), precedence), facts.Coverage
        )

    def setting(self) -> facts.Setting | None:
        """The kind of site in force on the month's last day; without any, a physician's office."""
        return self.practice.setting()

    def setting_type(self) -> str:
        """The kind of site in force on the month's last day, by name."""
        setting = self.practice.setting()
        return "physician_office" if setting is None else setting.type

    def named_programs(self) -> frozenset[Program]:
        """Programs that a time entry, consent, enrolment or device day up to the end of the month names (PROG-00)."""
        return self.once("named programs", self._named_programs)

    def _named_programs(self) -> frozenset[Program]:
        named: set[Program] = {entry.program for entry in self.of(facts.TimeEntry)}
        named.update([consent.program for consent in self.of(facts.Consent)])
        named.update([enrolment.program for enrolment in self.of(facts.Enrollment)])
        named.update([device_day.program or "rpm" for device_day in self.of(facts.DeviceDay)])
        return frozenset(named)


def _our_own_answer(service: Fact, month: ServiceMonth) -> bool:
    return service.source == "self" and month.holds(service.on)  # type: ignore[attr-defined]
