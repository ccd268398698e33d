"""Consents read as a timeline: which agreement serves a billing practitioner, from when, and what ended it."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import Literal

from msgspec import Struct

from app.determination.facts import Consent
from app.determination.findings import Outcome
from app.determination.service_month import ServiceMonth, local_day, second_of, start_of_day


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
    met; `serves` tells which of the two it is, `given_on` its local day. `opened_by` is the first that time may rely on: from the second `counts_from`
    of the day `counts_from_day`, `known_to_the_second` when that consent gave its instant.
    """

    relied_on: Consent | None = None
    given_on: dt.date | None = None
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
    usable = [given for given in timeline.given if given.consent.practitioner in (None, biller)]
    in_force = [given for given in usable if timeline.in_force(given, timeline.end(given, biller))]
    judged = [(given, _flaws(given.consent, terms)) for given in in_force]
    serving = [(given, flaws) for given, flaws in judged if not _bars(flaws)]
    if len(serving) == 1:
        first, flaws = serving[0]
        relied_on = first
    elif serving:
        relied_on, flaws = min(serving, key=lambda pair: (len(pair[1]), pair[0].order))
        first = min((given for given, _ in serving), key=_order)
    elif judged:
        relied_on, flaws = min(judged, key=lambda pair: (_bars(pair[1]), pair[0].order))
        first = relied_on
    else:
        return _nothing_in_force(timeline, usable, biller)
    # A consent given anew in the month of a withdrawal goes on after it.
    going_on = not timeline.endings or any(timeline.end(given, biller) is None for given, _ in serving)
    end = None if going_on else timeline.end(relied_on, biller)
    return ConsentReading(
        relied_on=relied_on.consent,
        given_on=relied_on.day,
        opened_by=first.consent,
        serves=bool(serving),
        flaws=flaws,
        counts_from=first.moment,
        known_to_the_second=first.consent.at is not None,
        counts_from_day=first.day,
        withdrawn_in_month=None if end is None else end.consent,
    )


def practitioners_consented_to(consents: Sequence[Consent], month: ServiceMonth) -> list[str]:
    """Practitioners named by consents in force in the month."""
    timeline = _Timeline(consents, month)
    named = [(given, given.consent.practitioner) for given in timeline.given]
    return sorted(
        {
            practitioner
            for given, practitioner in named
            if practitioner is not None and timeline.in_force(given, timeline.end(given, practitioner))
        }
    )


class _Said(Struct, frozen=True, gc=False):
    """A consent with its local day and the first second of the agreement: its instant, or the start of its day."""

    consent: Consent
    day: dt.date
    moment: int
    order: tuple[int, str, str]


_order = attrgetter("order")
_day = attrgetter("day")


def _said(consent: Consent, month: ServiceMonth) -> _Said:
    if consent.on is not None:
        day, moment = consent.on, start_of_day(consent.on, month.time_zone)
    else:
        assert consent.at is not None, "a consent has `on` or `at`"
        day, moment = local_day(consent.at, month.time_zone), second_of(consent.at)
    return _Said(consent, day, moment, (moment, consent.source or "", consent.id))


class _Timeline:
    """The consents of one program in order, with the moments the month's time zone gives them."""

    def __init__(self, consents: Sequence[Consent], month: ServiceMonth) -> None:
        self.month = month
        self.given = [_said(consent, month) for consent in consents if consent.action == "given"]
        self.declined = [consent for consent in consents if consent.action == "declined"]
        self.endings: dict[str | None, list[_Said]] = {}
        if len(self.given) < len(consents):
            ending = [_said(consent, month) for consent in consents if consent.action != "given"]
            for one in sorted(ending, key=_order):
                self.endings.setdefault(one.consent.practitioner, []).append(one)

    def end(self, given: _Said, biller: str | None) -> _Said | None:
        """The first withdrawal, or refusal, after a consent that ends it for the practitioner."""
        if not self.endings:
            return None
        ended_for = biller if given.consent.practitioner is None else given.consent.practitioner
        later = [self._first_after(given, ending) for ending in {None, ended_for}]
        return min((one for one in later if one is not None), key=_order, default=None)

    def _first_after(self, given: _Said, practitioner: str | None) -> _Said | None:
        endings = self.endings.get(practitioner, [])
        first = bisect_left(endings, given.day, key=_day)
        return next((ending for ending in endings[first:] if _follows(ending, given)), None)

    def in_force(self, given: _Said, end: _Said | None) -> bool:
        """Of a consent given by the end of the month: an end takes effect at the first instant of the month after it
        (CONS-08).
        """
        return end is None or end.day >= self.month.first_day


def _nothing_in_force(timeline: _Timeline, usable: Sequence[_Said], biller: str | None) -> ConsentReading:
    ended = [(given, end) for given in usable if (end := timeline.end(given, biller)) is not None]
    last = max(ended, key=lambda pair: pair[1].order, default=None)
    return ConsentReading(
        ended=None if last is None else (last[0].consent, last[1].consent),
        of_others=tuple(
            given.consent
            for given in timeline.given
            if given not in usable and timeline.in_force(given, timeline.end(given, given.consent.practitioner))
        ),
        declined=tuple(timeline.declined),
    )


def _follows(ending: _Said, given: _Said) -> bool:
    if ending.consent.at is not None and given.consent.at is not None:
        return ending.consent.at >= given.consent.at
    return ending.day >= given.day  # on one date without both instants, `given` came first


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
