"""A projection made of what was asked: assumptions filled in, the law and its amounts read, the arithmetic done."""

from msgspec import Struct

from app.determination.amounts import Place
from app.determination.law import Law, Pathway
from app.errors import FieldError, Invalid
from app.ledger.panel import RecordedPanel
from app.projections import arithmetic
from app.projections.answer import ProjectedKind, ProjectedMonth, ProjectedPanel, Projection
from app.projections.arithmetic import MONTHS, WHOLE, MonthTerms, Terms
from app.projections.naming import Filled, default_minutes, filled, named
from app.projections.panel import already_enrolled, panel_of
from app.projections.priced import (
    NATIONAL,
    PricedLine,
    Schedule,
    code_cents,
    needs_device,
    offered,
    paid_by_medicare_cents,
    schedule_of,
    units_of,
)
from app.projections.request import KindOfMonth, ProjectionRequest
from app.reference.entries import Fingerprint
from app.rulebook import loader


class _Asked(Struct, frozen=True):
    """A kind of month with the pathway of the law it names."""

    pathway: Pathway
    pointer: str
    share_basis_points: int
    counted_minutes: int


def project(request: ProjectionRequest, recorded: RecordedPanel | None = None) -> Projection:
    """The projection of a panel. `recorded`: what the practice's ledgers know, where its stored panel was asked for.

    `Invalid` for a month without law, a pathway or place its law and figures do not know.
    """
    refuse_uncovered(request.service_month)
    law = loader.law(request.service_month)
    kinds = _kinds(request, law)
    assumed = filled(request.assumptions, law)
    schedule = schedule_of(law)
    assert schedule is not None, "the rule book has figures"
    priced = _priced(kinds, law, schedule, assumed)
    terms = _terms(kinds, priced, schedule, assumed)
    panel = panel_of(request, assumed.qualifying_basis_points, assumed.enrolling_basis_points, recorded)
    months = _months(panel, terms, assumed)
    return Projection(
        service_month=law.month,
        program=request.program,
        rulebook=Fingerprint(
            service_month=law.month,
            version=law.digests.version,
            law_digest=law.digests.law,
            wording_digest=law.digests.wording,
        ),
        panel=panel,
        assumptions=named(
            request,
            assumed,
            schedule,
            law,
            panel=panel,
            pathways=[kind.pathway for kind in kinds],
        ),
        kinds=_projected(kinds, priced, panel, terms),
        full_month=arithmetic.month(panel.enrolled_patients, terms),
        full_year=arithmetic.reckoned(panel.enrolled_patients * MONTHS, MONTHS, terms),
        first_year=arithmetic.reckoned(sum(month.enrolled_patients for month in months), MONTHS, terms),
        break_even_patients=arithmetic.break_even_patients(terms),
        months=months,
    )


def refuse_uncovered(month: str) -> None:
    """`Invalid` for a month without a law."""
    book = loader.book()
    if not book.covers(month):
        detail = f"The rule book covers {book.first_month} to {book.last_month}."
        raise Invalid(detail, errors=[FieldError(detail, pointer="/service_month")])


def _kinds(request: ProjectionRequest, law: Law) -> tuple[_Asked, ...]:
    known = {pathway.name: pathway for pathway in offered(law, request.program)}
    if not known:
        detail = "The law of the month has no pathway that makes every month of a patient in this program."
        raise Invalid(detail, errors=[FieldError(detail, pointer="/program")])
    mix = request.mix or (KindOfMonth(pathway=request.pathway or next(iter(known)), share_basis_points=WHOLE),)
    pointers = [f"/mix/{index}/pathway" for index in range(len(mix))] if request.mix else ["/pathway"]
    detail = f"The law of the month has for this program: {', '.join(known)}."
    errors = [
        FieldError(detail, pointer=pointer)
        for pointer, one in zip(pointers, mix, strict=True)
        if one.pathway not in known
    ]
    if errors:
        raise Invalid("Nothing can be projected of this.", errors=errors)
    return tuple(
        _Asked(known[one.pathway], pointer, one.share_basis_points, _minutes(one, request, known[one.pathway]))
        for pointer, one in zip(pointers, mix, strict=True)
    )


def _minutes(asked: KindOfMonth, request: ProjectionRequest, pathway: Pathway) -> int:
    stated = (asked.counted_minutes, request.assumptions.counted_minutes)
    return next((minutes for minutes in stated if minutes is not None), default_minutes(pathway))


def _priced(
    kinds: tuple[_Asked, ...], law: Law, schedule: Schedule, assumed: Filled
) -> tuple[tuple[PricedLine, ...], ...]:
    """The lines of a patient's month of each kind. `Invalid` where the figures do not know the place or a code."""
    year = schedule.release.effective.year
    place: Place | None = None
    if assumed.locality != NATIONAL:
        place = schedule.fees.places.get(assumed.locality)
        if place is None:
            detail = f"The figures of {year} know no such locality."
            raise Invalid(detail, errors=[FieldError(detail, pointer="/assumptions/locality")])
    priced = []
    for kind in kinds:
        lines = []
        # A base code without an amount is told whether or not the minutes reach it.
        for code, units in list(units_of(law, kind.pathway, kind.counted_minutes * 60)) or [
            (kind.pathway.base_code, 0)
        ]:
            cents = code_cents(
                schedule,
                code,
                facility=assumed.facility,
                qualifying_apm=assumed.qualifying_apm,
                credential=assumed.credential,
                place=place,
            )
            if cents is None:
                detail = f"The figures of {year} print no amount for {code} there."
                raise Invalid(detail, errors=[FieldError(detail, pointer=kind.pointer)])
            lines.append(PricedLine(code=code, units=units, unit_cents=cents, amount_cents=cents * units))
        priced.append(tuple(line for line in lines if line.units))
    return tuple(priced)


def _terms(
    kinds: tuple[_Asked, ...], priced: tuple[tuple[PricedLine, ...], ...], schedule: Schedule, assumed: Filled
) -> Terms:
    found = []
    for kind, lines in zip(kinds, priced, strict=True):
        allowed, owed = (
            sum(line.amount_cents for line in lines),
            schedule.fees.owed_cents(line.amount_cents for line in lines),
        )
        own = kind.pathway.whose == "biller"
        found.append(
            MonthTerms(
                share_basis_points=kind.share_basis_points,
                is_billable=bool(lines),
                allowed_cents=allowed,
                owed_cents=owed,
                medicare_cents=paid_by_medicare_cents(allowed, owed, assumed.sequestration_basis_points),
                worked_minutes=kind.counted_minutes,
                minute_cents=assumed.practitioner_minute_cents if own else assumed.staff_minute_cents,
                device_cents=assumed.device_month_cents if needs_device(kind.pathway) else 0,
            )
        )
    return Terms(
        kinds=tuple(found),
        reaching_basis_points=assumed.reaching_basis_points,
        denial_basis_points=assumed.denial_basis_points,
        collected_basis_points=assumed.collected_basis_points,
        fixed_month_cents=assumed.fixed_month_cents,
    )


def _months(panel: ProjectedPanel, terms: Terms, assumed: Filled) -> tuple[ProjectedMonth, ...]:
    already = already_enrolled(panel)
    enrolled = [
        already + arithmetic.in_month(panel.enrolled_patients - already, number, assumed.months_until_enrolled)
        for number in range(1, MONTHS + 1)
    ]
    return tuple(
        ProjectedMonth(month=number, enrolled_patients=patients, figures=figures)
        for number, (patients, figures) in enumerate(
            zip(enrolled, arithmetic.one_by_one(enrolled, terms), strict=True), start=1
        )
    )


def _projected(
    kinds: tuple[_Asked, ...], priced: tuple[tuple[PricedLine, ...], ...], panel: ProjectedPanel, terms: Terms
) -> tuple[ProjectedKind, ...]:
    counts = arithmetic.by_kind(panel.enrolled_patients, terms)
    figures = arithmetic.kinds_of_month(panel.enrolled_patients, terms)
    return tuple(
        ProjectedKind(
            pathway=kind.pathway.name,
            share_basis_points=kind.share_basis_points,
            counted_minutes=kind.counted_minutes,
            enrolled_patients=count,
            lines=lines,
            allowed_cents=term.allowed_cents,
            patient_owes_cents=term.owed_cents,
            medicare_cents=term.medicare_cents,
            minute_cents=term.minute_cents,
            device_cents=term.device_cents,
            full_month=full,
            break_even_minutes=arithmetic.break_even_minutes(term, terms),
        )
        for kind, lines, count, full, term in zip(kinds, priced, counts, figures, terms.kinds, strict=True)
    )
