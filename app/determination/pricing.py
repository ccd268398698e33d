"""What Medicare allows for the lines of a month, by whose figures, and what the patient owes of it."""

import datetime as dt
from collections.abc import Iterable, Iterator

from app.determination.amounts import Place, Release, unit_cents
from app.determination.findings import Finding
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.program_month import ProgramMonth

NATIONAL = "national"


def cents(month: ProgramMonth, law: Law, code: str, service_date: dt.date) -> tuple[int | None, int]:
    """The amount of one unit, and the figure that ranks it: the national non-facility amount where there is none."""
    coverage = month.payer_on(service_date)
    part_b = coverage is not None and coverage.payer == "medicare_part_b"
    key = ("cents", law.digests.law, month.biller, code, service_date, part_b)
    practice = month.patient_month.practice
    return practice.once(key, lambda: _priced(month, law, code, service_date, part_b=part_b))


def _priced(month: ProgramMonth, law: Law, code: str, service_date: dt.date, *, part_b: bool) -> tuple[int | None, int]:
    """The figures of a practitioner's code on a day, whoever the patient is."""
    release = law.fees.release_on(service_date)
    if release is not None and part_b and (place := _place(month, law)) is not UNKNOWN:
        amount = unit_cents(
            release,
            code,
            facility=_is_facility(month),
            qualifying_apm=month.policy.qualifying_apm,
            percent=law.fees.percent(month.credential_on(service_date)),
            place=place,
        )
        if amount is not None:
            return amount, amount
    ranking = release or law.fees.newest
    national = None if ranking is None else unit_cents(ranking, code, facility=False, qualifying_apm=False, percent=100)
    return None, national or 0


UNKNOWN = Place("", 0, 0, 0)
"""A locality the year's tables do not know: it has no amounts."""


def _place(month: ProgramMonth, law: Law) -> Place | None:
    """The practice's payment locality; `None` for the national figures."""
    if month.policy.locality == NATIONAL:
        return None
    return law.fees.places.get(month.policy.locality, UNKNOWN)


def _is_facility(month: ProgramMonth) -> bool:
    return month.patient_month.setting_type() == "hospital_outpatient"


def price_findings(month: ProgramMonth, law: Law, lines: Iterable[Line]) -> Iterator[Finding]:
    """By which figures a program's lines have their amounts (AMT-02), who is paid less (AMT-01), what the patient owes."""
    by_release: dict[tuple[dt.date | None, bool], list[Line]] = {}
    for line in lines:
        release = law.fees.release_on(line.service_date)
        effective = None if release is None else release.effective
        by_release.setdefault((effective, line.amount_cents is not None), []).append(line)
    for (_, has_amount), priced in by_release.items():
        release = law.fees.release_on(priced[0].service_date)
        yield _figures_finding(month, law, release if has_amount else None, tuple(line.code for line in priced))
    reduced = [line for line in lines if law.fees.percent(month.credential_on(line.service_date)) != 100]
    if reduced:
        values = {"credential": month.credential_on(reduced[0].service_date), "percent": law.fees.reduced_percent}
        yield Finding("AMT-01", month.program, "advisory", "reduced", tuple(month.practitioner_facts()), values)
    yield from _owed(month, law, lines)


def _owed(month: ProgramMonth, law: Law, lines: Iterable[Line]) -> Iterator[Finding]:
    """The patient's share of the lines, each half up to the cent (COST-01); of a qualified beneficiary nothing (COST-02)."""
    amounts = []
    for line in lines:
        coverage = month.payer_on(line.service_date)
        if line.amount_cents is not None and not (coverage and coverage.qualified_medicare_beneficiary):
            amounts.append(line.amount_cents)
    if amounts:
        values = {
            "amount_cents": sum(amounts),
            "owed_cents": law.fees.owed_cents(amounts),
            "percent": law.fees.coinsurance_percent,
        }
        yield Finding("COST-01", month.program, "advisory", "owed", (), values)


def _figures_finding(month: ProgramMonth, law: Law, release: Release | None, codes: tuple[str, ...]) -> Finding:
    if release is None:
        known_place = month.policy.locality == NATIONAL or month.policy.locality in law.fees.places
        reason = "unpriced" if known_place else "unknown_locality"
        values: dict[str, object] = {"codes": codes, "locality": month.policy.locality}
        return Finding("AMT-02", month.program, "advisory", reason, (), values)
    place = law.fees.places.get(month.policy.locality)
    values = {
        "codes": codes,
        "release": release.name,
        "since": release.effective,
        "figures": release.figures,
        "locality": month.policy.locality if place is None else f"{month.policy.locality}, {place.name}",
    }
    reason = "facility" if _is_facility(month) else "nonfacility"
    return Finding("AMT-02", month.program, "advisory", reason, (), values)
