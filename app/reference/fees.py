"""What a month's codes are allowed: figures by release of the fee schedule, and conversion factors."""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from app.determination.amounts import FeeSchedule, RelativeValue, Release, unit_cents
from app.determination.law import Law
from app.reference.entries import Allowed, Amounts, CodeAmount, ConversionFactor, ReleaseInForce
from app.rulebook import loader

FIGURES_FROM: Final = "RVU"
"""The source of every release's figures."""


def amounts(law: Law) -> Amounts:
    """What a unit of each code is allowed in a month, by the releases that hold on its days."""
    source = loader.book().sources[FIGURES_FROM]
    return Amounts(
        source=source.id,
        title=source.title,
        publisher=source.publisher,
        url=source.url,
        standing=source.standing,
        note=source.note,
        reduced_for=tuple(sorted(law.fees.reduced_for)),
        reduced_percent=law.fees.reduced_percent,
        releases=tuple(_release(release, law) for release in _releases_in(law.month, law.fees)),
    )


def conversion_factors(releases: Iterable[Release]) -> Iterator[ConversionFactor]:
    """The factors of a year's releases; a release that leaves them as they were is not told."""
    known = None
    for release in releases:
        factors = release.conversion_factor, release.qualifying_apm_factor
        if factors != known:
            yield _factor(release)
        known = factors


def _releases_in(month: str, fees: FeeSchedule) -> tuple[Release, ...]:
    year, number = int(month[:4]), int(month[5:])
    days = (dt.date(year, number, day) for day in range(1, calendar.monthrange(year, number)[1] + 1))
    holding = {release.effective: release for day in days if (release := fees.release_on(day)) is not None}
    return tuple(holding[effective] for effective in sorted(holding))


def _release(release: Release, law: Law) -> ReleaseInForce:
    factor = _factor(release)
    return ReleaseInForce(
        release=release.name,
        figures=release.figures,
        effective=release.effective,
        dollars=factor.dollars,
        qualifying_apm=factor.qualifying_apm,
        codes=tuple(
            CodeAmount(
                code=row.code,
                nonfacility=_allowed(release, row.code, facility=False),
                facility=_allowed(release, row.code, facility=True),
            )
            for row in law.codes.values()
            if row.exists_in(law.month) and row.code in release.values
        ),
    )


def _allowed(release: Release, code: str, *, facility: bool) -> Allowed | None:
    hundredths = _hundredths(release.values[code], facility=facility)
    cents = unit_cents(release, code, facility=facility, qualifying_apm=False, percent=100)
    if hundredths is None or cents is None:
        return None
    qualifying = unit_cents(release, code, facility=facility, qualifying_apm=True, percent=100)
    return Allowed(
        relative_value_units=f"{hundredths // 100}.{hundredths % 100:02}",
        cents=cents,
        qualifying_apm_cents=qualifying if release.qualifying_apm_factor != release.conversion_factor else None,
    )


def _hundredths(value: RelativeValue, *, facility: bool) -> int | None:
    return value.facility if facility else value.nonfacility


def _factor(release: Release) -> ConversionFactor:
    general, qualifying = release.conversion_factor, release.qualifying_apm_factor
    return ConversionFactor(
        effective=release.effective,
        dollars=_dollars(general),
        qualifying_apm=None if qualifying == general else _dollars(qualifying),
    )


def _dollars(ten_thousandths: int) -> str:
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"
