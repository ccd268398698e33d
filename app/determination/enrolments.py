"""Enrolments: who bills a program for the patient, and since when without a break."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Final

from app.determination.facts import Enrollment, Program
from app.determination.patient_month import PatientMonth
from app.determination.service_month import ServiceMonth

MOST_BILLERS: Final = 8
"""Practitioners weighed against each other for one patient's month; more are no month but a mistake."""


def enrolments_of(month: PatientMonth, program: Program, practitioner: str | None) -> list[Enrollment]:
    """A practitioner's enrolments of the patient in a program, earliest first."""
    if practitioner is None:
        return []
    return _by_practitioner(month, program).get(practitioner, [])


def _by_practitioner(month: PatientMonth, program: Program) -> dict[str, list[Enrollment]]:
    return month.once(("enrolments", program), lambda: _grouped(month.of(Enrollment), program), Enrollment)


def _grouped(enrolments: Iterable[Enrollment], program: Program) -> dict[str, list[Enrollment]]:
    found: dict[str, list[Enrollment]] = defaultdict(list)
    for enrolment in sorted(enrolments, key=_from):
        if enrolment.program == program:
            found[enrolment.practitioner].append(enrolment)
    return found


_from = attrgetter("from_")


def unbroken_stretches(enrolments: Iterable[Enrollment]) -> list[tuple[dt.date, dt.date | None]]:
    """Enrolments, earliest first, joined where they touch or overlap: first day and the day after the last."""
    stretches: list[tuple[dt.date, dt.date | None]] = []
    for enrolment in enrolments:
        since, until = stretches[-1] if stretches else (None, None)
        if since is None or (until is not None and enrolment.from_ > until):
            stretches.append((enrolment.from_, enrolment.until))
        elif until is not None:
            stretches[-1] = (since, None if enrolment.until is None else max(until, enrolment.until))
    return stretches


def unbroken_since(enrolments: Iterable[Enrollment], month: ServiceMonth) -> dt.date | None:
    """First day of the unbroken stretch in force in the month, the latest of several."""
    latest: dt.date | None = None
    for since, until in unbroken_stretches(enrolments):
        if since < month.day_after and (until is None or until > month.first_day):
            latest = since  # they stand in order
    return latest


def billers(month: PatientMonth, program: Program, consenting: Callable[[], list[str]]) -> tuple[str | None, ...]:
    """Who may bill the program: the request's practitioner, else those enrolled, else those consented to.

    Earlier enrolments first, then the smaller id, at most `MOST_BILLERS`; `(None,)` where nobody is named (PRAC-01).
    `consenting` gives the practitioners named by consents in force.
    """
    if month.billing_practitioner is not None:
        return (month.billing_practitioner,)
    since = []
    for practitioner, enrolments in _by_practitioner(month, program).items():
        first = unbroken_since(enrolments, month.month)
        if first is not None:
            since.append((first, practitioner))
    since.sort()
    enrolled = [practitioner for _, practitioner in since]
    return tuple((enrolled or sorted(consenting()))[:MOST_BILLERS]) or (None,)
