"""Which program would serve a patient in a month to come: what each would pay, and what each still lacks.

Every program is tried with the patient enrolled in it. Work is not asked for, it is yet to be done: of a pathway's
requirements only those remain that no minutes meet.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from app.determination.candidates import Candidate
from app.determination.determine import Determination, determine
from app.determination.facts import Enrollment, Fact, Practitioner, Program
from app.determination.findings import Finding, blocks
from app.determination.gaps import Gap, gaps
from app.determination.law import Law
from app.determination.patient_month import PatientMonth
from app.determination.pricing import cents
from app.determination.program_month import ProgramMonth
from app.determination.weighing import Assessment

_BY_WORK: Final = frozenset({"short", "short_of_own", "contact_unstated", "no_contact"})
"""Reasons that work yet to be done answers."""


class Option(Struct, frozen=True, gc=False):
    """One way to bill a program: its base code, the seconds it needs, what it pays and what is still missing.

    `owed_cents` is the patient's share. It is `possible` unless something missing has no remedy, no work can count or facts
    contradict each other. `settles` are facts that would do, with the work.
    """

    candidate: Candidate
    amount_cents: int | None
    owed_cents: int | None
    missing: tuple[Finding, ...]
    possible: bool
    settles: tuple[Fact, ...] | None


class Offer(Struct, frozen=True, gc=False):
    """A program as it would serve the patient, billed by a practitioner; without options where it has no codes."""

    program: Program
    practitioner: str
    options: tuple[Option, ...]


class NobodyBillsError(Exception):
    """Nothing says which practitioner would bill a program."""


def compare(month: PatientMonth, law: Law, programs: Iterable[Program]) -> tuple[Offer, ...]:
    """The programs as offers: first those that can be had, of these those that lack least, then the higher amount.

    `NobodyBillsError` where neither the question nor an enrolment, nor a sole practitioner, names who would bill.
    """
    offers = [_offer(month, law, program) for program in dict.fromkeys(programs)]
    return tuple(sorted(offers, key=_rank))


def _rank(offer: Offer) -> tuple[bool, int, int]:
    return _order(offer.options[0]) if offer.options else (True, 0, 0)


def _offer(month: PatientMonth, law: Law, program: Program) -> Offer:
    practitioner = _practitioner(month, program)
    first = month.month.first_day
    enrolment = Enrollment(id="compared", program=program, practitioner=practitioner, from_=first)
    tried = month if _enrolled(month, program) else month.beside([enrolment])
    determination = determine(tried, law)
    assessment = next((a for a in determination.assessments if a.month.program == program), None)
    if assessment is None:
        return Offer(program, practitioner, ())
    options = sorted(_options(determination, law, assessment), key=_order)
    return Offer(program, assessment.month.biller or practitioner, tuple(options))


def _order(option: Option) -> tuple[bool, int, int]:
    return not option.possible, len(option.missing), -(option.amount_cents or 0)


def _options(determination: Determination, law: Law, assessment: Assessment) -> Iterator[Option]:
    lacking = {(gap.verdict.code, gap.verdict.pathway): gap for gap in gaps(determination, law)}
    # What contradicts needs a person first, whatever else is there.
    doubts = [
        finding
        for finding in determination.findings
        if finding.reason == "contradiction" and finding.program in (None, assessment.month.program)
    ]
    for candidate in assessment.candidates:
        if candidate.pathway.apart:  # what is billed beside a visit is no program
            continue
        gap = lacking.get((candidate.pathway.base_code, candidate.pathway.name))
        yield _option(candidate, assessment.month, determination.findings, law, gap, doubts)


def _option(
    candidate: Candidate,
    month: ProgramMonth,
    findings: Sequence[Finding],
    law: Law,
    gap: Gap | None,
    doubts: Sequence[Finding],
) -> Option:
    code, blockers = candidate.standings[0].code, candidate.standings[0].blockers
    stopping = [
        finding
        for finding in findings
        if finding.rule in blockers
        and finding.program == month.program
        and finding.concerns(candidate.pathway.name, code)
        and blocks(law.effect(finding.rule), finding.outcome)
    ]
    possible = not doubts and (gap is None or gap.still_possible)
    # Where it cannot be, as where no work can count any more, all that stops it is told.
    missing = [finding for finding in stopping if not possible or finding.reason not in _BY_WORK]
    day = month.month.first_day
    amount, _ = cents(month, law, code, day)
    return Option(
        candidate,
        amount,
        None if amount is None else _owed(month, law, day, amount),
        (*doubts, *missing),
        possible,
        None if gap is None else gap.settles,
    )


def _owed(month: ProgramMonth, law: Law, day: dt.date, amount: int) -> int:
    """The patient's share, half up to the cent (COST-01); a qualified beneficiary owes nothing (COST-02)."""
    coverage = month.payer_on(day)
    if coverage is not None and coverage.qualified_medicare_beneficiary:
        return 0
    return law.fees.owed_cents([amount])


def _practitioner(month: PatientMonth, program: Program) -> str:
    """Who would bill: as asked, else as enrolled, in this program or another, else the practice's only practitioner."""
    if month.billing_practitioner is not None:
        return month.billing_practitioner
    enrolled = sorted(month.in_force(Enrollment), key=lambda one: (one.program != program, one.from_, one.practitioner))
    known = {fact.practitioner for fact in month.in_force(Practitioner)}
    if enrolled:
        return enrolled[0].practitioner
    if len(known) == 1:
        return known.pop()
    raise NobodyBillsError


def _enrolled(month: PatientMonth, program: Program) -> bool:
    return any(enrolment.program == program for enrolment in month.in_force(Enrollment))
