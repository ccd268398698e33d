"""The patient's documented agreement to a program, before any of its work counts."""

import datetime as dt
from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.consents import ConsentReading, ConsentTerms
from app.determination.facts import Consent, Program, TimeEntry
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.spans import BEGINNING
from app.determination.timekeeping import Closed, Closing
from app.determination.vocabulary import ConsentTopic


class ConsentInForce(Struct, frozen=True, gc=False):
    """Met when a consent of this program serves the biller: given by the end of the month, not ended before it, documented,
    and with the patient told what the law asks.

    The age of a consent is never checked. A withdrawal ends it at the close of its month, so the month itself stands. Where
    there is none of the program, programs of `own_consent_in` name CONS-09, the others CONS-01.
    """

    told_of: frozenset[ConsentTopic]
    told_in: frozenset[Program]
    own_consent_in: frozenset[Program]
    programs_without: frozenset[Program]

    reads: ClassVar = frozenset({Consent})
    finds: ClassVar = {
        "CONS-01": {"given", "none", "declined", "before"},
        "CONS-04": {"documented", "unstated", "undocumented"},
        "CONS-05": {"told", "unstated", "not_told"},
        "CONS-07": {"other_practitioner", "uncounted"},
        "CONS-08": {"withdrawn", "withdrawn_in_month", "uncounted"},
        "CONS-09": {"given", "none", "declined", "other_program"},
    }

    def _first(self, program: Program) -> str:
        """The rule that asks for a consent at all."""
        return "CONS-09" if program in self.own_consent_in else "CONS-01"

    def terms(self, program: Program) -> ConsentTerms:
        """What the patient must have been told of for a program."""
        return ConsentTerms(self.told_of if program in self.told_in else frozenset())

    def _asked_of(self, program: Program) -> Iterable[tuple[str, str]]:
        """The rules a consent of the program can break, and what is said when it keeps them."""
        yield "CONS-04", "documented"
        if program in self.told_in:
            yield "CONS-05", "told"

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        if month.program in self.programs_without:
            return
        reading = month.consent
        if reading.relied_on is None or reading.opened_by is None:
            yield from self._nothing_in_force(month, reading)
            return
        opened = {"given": reading.counts_from_day}
        yield Finding(self._first(month.program), month.program, "met", "given", (reading.opened_by,), opened)
        evidence = (reading.relied_on,)
        values = {"given": reading.given_on}
        flaws = {flaw.rule: flaw for flaw in reading.flaws}
        for rule, fine in self._asked_of(month.program):
            flaw = flaws.get(rule)
            if flaw is not None:
                topics = {"topics": flaw.topics}
                yield Finding(rule, month.program, flaw.outcome, flaw.reason, evidence, topics)
            else:
                yield Finding(rule, month.program, "met", fine, evidence, values)
        if reading.withdrawn_in_month is not None:
            ended = (reading.withdrawn_in_month,)
            day = {"withdrawn": month.day_of(reading.withdrawn_in_month)}
            yield Finding("CONS-08", month.program, "advisory", "withdrawn_in_month", ended, day)

    def closing(self, month: ProgramMonth) -> Closing | None:
        if month.program in self.programs_without:
            return None
        reading = month.consent
        if reading.relied_on is None or reading.counts_from is None or reading.counts_from_day is None:
            return self._closes_everything(reading)
        index = month.month.index(reading.counts_from_day)
        if index < 0:
            return None
        same_day = month.policy.count_same_day_as_consent
        days = (1 << index) - 1 if same_day else (1 << (index + 1)) - 1
        opens = reading.counts_from
        if not reading.known_to_the_second and not same_day:
            opens = month.month.day_starts[index + 1]
        closed = Closed("CONS-01", "before", ((BEGINNING, opens),), days)
        return lambda _: closed

    def _closes_everything(self, reading: ConsentReading) -> Closing:
        closed = Closed("CONS-01", "before")
        if reading.of_others:
            closed = Closed("CONS-07", "uncounted")
        elif reading.ended is not None:
            closed = Closed("CONS-08", "uncounted")

        def close(_: TimeEntry) -> Closed:
            return closed

        return close

    def _nothing_in_force(self, month: ProgramMonth, reading: ConsentReading) -> Iterable[Finding]:
        if reading.ended is not None:
            given, ending = reading.ended
            values = {"given": month.day_of(given), "withdrawn": month.day_of(ending)}
            yield Finding("CONS-08", month.program, "not_met", "withdrawn", (given, ending), values)
        elif reading.declined:
            yield Finding(self._first(month.program), month.program, "not_met", "declined", reading.declined)
        elif not reading.of_others or self._first(month.program) == "CONS-01":
            yield Finding(self._first(month.program), month.program, "missing", "none")
        if reading.of_others:
            practitioners = tuple(sorted({consent.practitioner or "" for consent in reading.of_others}))
            named: dict[str, object] = {"practitioners": practitioners, "practitioner": month.biller}
            yield Finding("CONS-07", month.program, "not_met", "other_practitioner", reading.of_others, named)
        elsewhere = tuple(
            consent for consent in month.of(Consent) if consent.program != month.program and consent.action == "given"
        )
        if elsewhere and reading.ended is None and not reading.of_others:
            programs = tuple(sorted({consent.program for consent in elsewhere}))
            yield Finding("CONS-09", month.program, "not_met", "other_program", elsewhere, {"programs": programs})


class WrittenConsentInForce(ConsentInForce, frozen=True, gc=False):
    """As `ConsentInForce`, and met only by a written consent that gives leave to share the record electronically.

    Judged for the month asked about: a verbal consent given under this edition serves from the month after it ended.
    """

    in_writing: frozenset[Program]
    leave_to: frozenset[ConsentTopic]

    finds: ClassVar = {**ConsentInForce.finds, "CONS-02": {"written", "verbal", "no_leave", "unstated"}}

    def terms(self, program: Program) -> ConsentTerms:
        terms = super().terms(program)
        if program not in self.in_writing:
            return terms
        return ConsentTerms(terms.told_of, form="written", leave_to=self.leave_to)

    def _asked_of(self, program: Program) -> Iterable[tuple[str, str]]:
        if program in self.in_writing:
            yield "CONS-02", "written"
        yield from super()._asked_of(program)


class ConsentSupervision(Struct, frozen=True, gc=False):
    """Advises where staff took a consent between two days under general supervision, when direct supervision was asked."""

    given_from: dt.date
    given_until: dt.date

    reads: ClassVar = frozenset({Consent})
    finds: ClassVar = {"CONS-10": {"general_supervision"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        consent = month.consent.relied_on
        if consent is None or consent.supervision != "general" or consent.taken_by_role == "practitioner":
            return []
        given = month.day_of(consent)
        if not self.given_from <= given < self.given_until:
            return []
        return [Finding("CONS-10", month.program, "advisory", "general_supervision", (consent,), {"given": given})]
