"""Assumptions filled in, and named in the answer: what was used, whether it was given, and on whose authority else."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from app.determination.law import Law, Pathway
from app.projections.answer import AssumptionUsed, ProjectedPanel
from app.projections.assumptions import Assumption, Value, assumptions
from app.projections.panel import recorded_shares
from app.projections.priced import Schedule, base_minutes, needs_device
from app.projections.request import Assumed, ProjectionRequest
from app.reference.entries import CitedSource
from app.reference.fees import FIGURES_FROM
from app.rulebook import loader

_BEARS: Final[Mapping[str, Callable[[Pathway], bool]]] = {
    "staff_minute_cents": lambda pathway: pathway.whose != "biller",
    "practitioner_minute_cents": lambda pathway: pathway.whose == "biller",
    "device_month_cents": needs_device,
}
"""What bears on some pathways only. Whatever time is not the practitioner's own is priced as the staff's."""


class Filled(Struct, frozen=True, kw_only=True):
    """Every assumption with the value used. Minutes are each kind of month's own."""

    qualifying_basis_points: int
    enrolling_basis_points: int
    months_until_enrolled: int
    reaching_basis_points: int
    denial_basis_points: int
    sequestration_basis_points: int
    collected_basis_points: int
    staff_minute_cents: int
    practitioner_minute_cents: int
    device_month_cents: int
    fixed_month_cents: int
    locality: str
    facility: bool
    qualifying_apm: bool
    credential: str


def filled(given: Assumed, law: Law) -> Filled:
    """What was given, and the defaults for the rest."""
    values = {name: default_of(name, law) for name in Filled.__struct_fields__}
    stated = {name: value for name in values if (value := getattr(given, name)) is not None}
    return msgspec.convert({**values, **stated}, Filled)


def default_of(name: str, law: Law) -> Value | None:
    """What stands for an assumption in a month whose law has it; of minutes, which are a pathway's, nothing."""
    if name in {"locality", "qualifying_apm"}:
        # What holds for a practice whose policy is silent.
        value: Value = getattr(law.default_policy, name)
        return value
    return assumptions()[name].in_month(law.month).default


def default_minutes(pathway: Pathway) -> int:
    """The minutes of a patient's month unless somebody says: what reaches the base code, or ours where it asks for none."""
    unasked = assumptions()["counted_minutes"].unasked
    assert unasked is not None, "the minutes of pathways that need none are stated"
    return unasked.default if pathway.whose is None else base_minutes(pathway)


def stated(name: str, month: str, pathways: Collection[Pathway]) -> Assumption:
    """An assumption as it is in a month, for pathways whose months are projected."""
    one = assumptions()[name].in_month(month)
    return one.where_unasked() if any(pathway.whose is None for pathway in pathways) else one


def named(
    request: ProjectionRequest,
    used: Filled,
    schedule: Schedule,
    law: Law,
    *,
    panel: ProjectedPanel,
    pathways: Sequence[Pathway],
) -> tuple[AssumptionUsed, ...]:
    """Every assumption that bears on the answer or was given, and the figures it rests on.

    `pathways` are those of the kinds of month. Kinds of a mix tell their minutes themselves.
    """
    found = []
    shares = dict(recorded_shares(request, panel))
    for name in assumptions():
        one = stated(name, law.month, pathways)
        given = getattr(request.assumptions, name)
        default = default_of(name, law)
        if name == "counted_minutes" and not request.mix:
            default = default_minutes(pathways[0])
        value = given if name == "counted_minutes" and given is not None else getattr(used, name, default)
        if value is None or (given is None and not _bears(name, pathways)):
            continue
        standing, says = one.founding(request.program)
        sources, recorded = one.sources, shares.get(name)
        if recorded is not None:
            value, standing, says, sources = recorded.basis_points, "recorded", recorded.says, ()
        found.append(
            AssumptionUsed(
                name=name,
                label=one.label,
                value=value,
                unit=one.unit,
                origin="given" if given is not None else "default" if recorded is None else "recorded",
                default=default,
                standing=standing,
                says=says,
                sources=tuple(cited(sources)),
            )
        )
    return (*found, _figures(schedule, law))


def cited(sources: Collection[str]) -> Iterator[CitedSource]:
    """Entries of the rule book's list of sources."""
    for name in sources:
        source = loader.book().sources[name]
        yield CitedSource(source=source.id, title=source.title, publisher=source.publisher, url=source.url)


def _bears(name: str, pathways: Collection[Pathway]) -> bool:
    return name not in _BEARS or any(_BEARS[name](pathway) for pathway in pathways)


def _figures(schedule: Schedule, law: Law) -> AssumptionUsed:
    """Which release of the fee schedule the amounts are reckoned by: the month's own, or a substitute for it."""
    release = schedule.release
    year = release.effective.year
    says = f"Every month of the projection is reckoned by it, as dates of service in {law.month} are."
    if schedule.is_substitute:
        says = f"No figures are published for {law.month[:4]}: those of {year}, the newest year that has them, stand in for every month."
    return AssumptionUsed(
        name="fee_schedule",
        label="Fee schedule",
        value=f"{year} {release.name}",
        unit="release",
        origin="default",
        standing="product" if schedule.is_substitute else "read",
        says=says,
        sources=tuple(cited([FIGURES_FROM])),
    )
