"""Consents read as a timeline: which agreement serves a billing practitioner, from when, and what ended it."""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from app.determination.facts import Consent
from app.determination.findings import Outcome
from app.determination.service_month import ServiceMonth, local_day, start_of_day


class ConsentTerms(Struct, frozen=True, gc=False):
    """What a program's law asks of a consent beyond being given: the topics the patient must have been told of and, where
    a form is asked, what the patient must have given leave to in it (CONS-02).
    """

    told_of: frozenset[str] = frozenset()
    form: Literal["written"] | None = None
    leave_to: frozenset[str] = frozenset()


class Flaw(Struct, frozen=True, gc=False):
    """Something a consent lacks: the rule, the outcome and the topics missing. `bars` the consent from serving."""

    rule: str
    reason: str
    outcome: Outcome
    bars: bool
    topics: tuple[str, ...] = ()


class ConsentReading(Struct, frozen=True, gc=False, kw_only=True):
    """The consents of a program as one practitioner may rely on them in one month.

    `relied_on` is the most complete consent that serves or, where none serves, the one in force with the fewest rules not
    met; `serves` tells which of the two it is. `opened_by` is the first that time may rely on: from the second `counts_from`
    of the day `counts_from_day`, `known_to_the_second` when that consent gave its instant.
    """

    relied_on: Consent | None = None
    opened_by: Consent | None = None
    serves: bool = False
    flaws: tuple[Flaw, ...] = ()
    counts_from: int | None = None
    known_to_the_second: bool = False
    counts_from_day: dt.date | None = None
    withdrawn_in_month: Consent | None = None
    ended: tuple[Consent, Consent] | None = None
    of_others: tuple[Consent, ...] = ()
    declined: tuple[Consent, ...] = ()


def read_consents(
    consents: Sequence[Consent], biller: str | None, month: ServiceMonth, terms: ConsentTerms
) -> ConsentReading:
    """Reads one program's consents for a billing practitioner; each practitioner's consent stands on its own."""
    timeline = _Timeline(consents, month)
    usable = [given for given in timeline.given if given.practitioner in (None, biller)]
    in_force = [given for given in usable if timeline.in_force(given, timeline.end(given, biller))]
    judged = [(given, _flaws(given, terms)) for given in in_force]
    serving = [(given, flaws) for given, flaws in judged if not _bars(flaws)]
    if serving:
        relied_on, flaws = min(serving, key=lambda pair: (len(pair[1]), timeline.order(pair[0])))
        first = min((given for given, _ in serving), key=timeline.order)
    elif judged:
        relied_on, flaws = min(judged, key=lambda pair: (_bars(pair[1]), timeline.order(pair[0])))
        first = relied_on
    else:
        ended = [(given, end) for given in usable if (end := timeline.end(given, biller)) is not None]
        return ConsentReading(
            ended=max(ended, key=lambda pair: timeline.order(pair[1]), default=None),
            of_others=tuple(
                given
                for given in timeline.given
                if given not in usable and timeline.in_force(given, timeline.end(given, given.practitioner))
            ),
            declined=tuple(timeline.declined),
        )
    # A consent given anew in the month of a withdrawal goes on after it.
    going_on = any(timeline.end(given, biller) is None for given, _ in serving)
    return ConsentReading(
        relied_on=relied_on,
        opened_by=first,
        serves=bool(serving),
        flaws=flaws,
        counts_from=timeline.moment(first),
        known_to_the_second=first.at is not None,
        counts_from_day=timeline.day(first),
        withdrawn_in_month=None if going_on else timeline.end(relied_on, biller),
    )


def practitioners_consented_to(consents: Sequence[Consent], month: ServiceMonth) -> list[str]:
    """Practitioners named by consents in force in the month."""
    timeline = _Timeline(consents, month)
    return sorted(
        {
            given.practitioner
            for given in timeline.given
            if given.practitioner is not None and timeline.in_force(given, timeline.end(given, given.practitioner))
        }
    )


class _Timeline:
    """The consents of one program in order, with the moments the month's time zone gives them."""

    def __init__(self, consents: Sequence[Consent], month: ServiceMonth) -> None:
        self.month = month
        self.given = [c for c in consents if c.action == "given"]
        self.declined = [c for c in consents if c.action == "declined"]
        self.endings: dict[str | None, list[Consent]] = defaultdict(list)
        for ending in sorted((c for c in consents if c.action != "given"), key=self.order):
            self.endings[ending.practitioner].append(ending)

    def day(self, consent: Consent) -> dt.date:
        if consent.on is not None:
            return consent.on
        assert consent.at is not None, "a consent has `on` or `at`"
        return local_day(consent.at, self.month.time_zone)

    def moment(self, consent: Consent) -> int:
        """The first second of the agreement: its instant, or the start of its day."""
        if consent.at is not None:
            return int(consent.at.timestamp())
        assert consent.on is not None, "a consent has `on` or `at`"
        return start_of_day(consent.on, self.month.time_zone)

    def order(self, consent: Consent) -> tuple[int, str, str]:
        return self.moment(consent), consent.source or "", consent.id

    def end(self, given: Consent, biller: str | None) -> Consent | None:
        """The first withdrawal, or refusal, after a consent that ends it for the practitioner."""
        ended_for = biller if given.practitioner is None else given.practitioner
        later = [self._first_after(given, ending) for ending in {None, ended_for}]
        return min((c for c in later if c is not None), key=self.order, default=None)

    def _first_after(self, given: Consent, practitioner: str | None) -> Consent | None:
        endings = self.endings.get(practitioner, [])
        first = bisect_left(endings, self.day(given), key=self.day)
        return next((ending for ending in endings[first:] if self._follows(ending, given)), None)

    def in_force(self, given: Consent, end: Consent | None) -> bool:
        """An end takes effect at the first instant of the month after it (CONS-08)."""
        if self.day(given) >= self.month.day_after:
            return False
        return end is None or self.day(end) >= self.month.first_day

    def _follows(self, ending: Consent, given: Consent) -> bool:
        if ending.at is not None and given.at is not None:
            return ending.at >= given.at
        return self.day(ending) >= self.day(given)  # on one date without both instants, `given` came first


def _flaws(consent: Consent, terms: ConsentTerms) -> tuple[Flaw, ...]:
    flaws = []
    if terms.form is not None and (flaw := _flaw_of_form(consent, terms)) is not None:
        flaws.append(flaw)
    if consent.documented is None:
        flaws.append(Flaw("CONS-04", "unstated", "missing", bars=False))
    elif not consent.documented:
        flaws.append(Flaw("CONS-04", "undocumented", "not_met", bars=True))
    if terms.told_of:
        if consent.informed is None:
            flaws.append(Flaw("CONS-05", "unstated", "missing", bars=False))
        elif lacking := terms.told_of - consent.informed:
            flaws.append(Flaw("CONS-05", "not_told", "not_met", bars=True, topics=tuple(sorted(lacking))))
    return tuple(flaws)


def _flaw_of_form(consent: Consent, terms: ConsentTerms) -> Flaw | None:
    """Another form or no leave is a no; what is not said bars the consent as well (CONS-02)."""
    if consent.form not in (None, terms.form):
        return Flaw("CONS-02", "verbal", "not_met", bars=True)
    if consent.informed is not None and not terms.leave_to <= consent.informed:
        return Flaw("CONS-02", "no_leave", "not_met", bars=True)
    if consent.form is None or consent.informed is None:
        return Flaw("CONS-02", "unstated", "missing", bars=True)
    return None


def _bars(flaws: tuple[Flaw, ...]) -> int:
    return sum(flaw.bars for flaw in flaws)
