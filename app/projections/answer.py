"""What is answered: every assumption by its name, the patients step by step, a full month, a year, and the way there."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.determination.facts import Month, Program
from app.ledger.panel import RecordedPanel
from app.projections.arithmetic import Figures
from app.projections.assumptions import AssumptionStanding, Unit, Value
from app.projections.priced import PricedLine
from app.reference.entries import CitedSource, Fingerprint


class AssumptionUsed(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An assumption: the value used, where it is from, and what the default would be, on whose authority."""

    name: str
    label: str
    value: Value
    unit: Unit
    origin: Annotated[
        Literal["given", "default", "recorded"],
        Meta(description="`recorded`: counted in the practice's ledgers, and here as the share that comes to."),
    ]
    default: Value | None = None
    standing: Annotated[
        AssumptionStanding,
        Meta(
            description="How well the default is founded. `product`: nothing we read states it; replace it. `recorded`: the "
            "value is not the default, but counted."
        ),
    ]
    says: Annotated[str, Meta(description="What the default rests on; of what is `recorded`, what was counted.")]
    sources: tuple[CitedSource, ...]


class ProjectedPanel(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The patients, from those of the practice to those enrolled once all are."""

    medicare_patients: Annotated[int, Meta(ge=0)]
    qualifying_patients: Annotated[int, Meta(ge=0)]
    enrolled_patients: Annotated[int, Meta(ge=0)]
    recorded: Annotated[RecordedPanel | None, Meta(description="Present for a stored panel.")] = None


class ProjectedKind(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A kind of month: what a patient's month of it bills, and what all of them come to in a full month.

    `lines` is empty, and nothing billable, where the minutes do not reach the base code.
    """

    pathway: str
    share_basis_points: int
    counted_minutes: int
    enrolled_patients: int
    lines: tuple[PricedLine, ...]
    allowed_cents: Annotated[int, Meta(description="What one patient's month is allowed.")]
    patient_owes_cents: Annotated[int, Meta(description="Of it, the patient's share.")]
    medicare_cents: Annotated[int, Meta(description="Of it, what Medicare pays after sequestration.")]
    minute_cents: Annotated[int, Meta(description="What a minute of whose time it is costs.")]
    device_cents: Annotated[
        int, Meta(description="What a patient's device costs a month; 0 where the code pays for none.")
    ]
    full_month: Annotated[Figures, Meta(description="A month of all patients of this kind, without fixed cost.")]
    break_even_minutes: Annotated[
        int | None,
        Meta(
            description="Minutes of work a month of this kind pays for beside its device; absent where a minute costs nothing."
        ),
    ] = None


class ProjectedMonth(Struct, frozen=True, gc=False, kw_only=True):
    """One of the first twelve months. Together their figures are the first year's: each is what it adds to those before."""

    month: Annotated[int, Meta(ge=1, le=12)]
    enrolled_patients: Annotated[int, Meta(ge=0)]
    figures: Figures


class Projection(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a panel would bring and cost under named assumptions. No promise, and never part of a determination."""

    service_month: Month
    program: Program
    rulebook: Fingerprint
    panel: ProjectedPanel
    assumptions: tuple[AssumptionUsed, ...]
    kinds: tuple[ProjectedKind, ...]
    full_month: Annotated[Figures, Meta(description="A month once all are enrolled.")]
    full_year: Annotated[Figures, Meta(description="Twelve such months, rounded once.")]
    first_year: Annotated[Figures, Meta(description="The first twelve months, while patients enrol.")]
    break_even_patients: Annotated[
        int | None,
        Meta(
            description="The fewest enrolled patients whose full month makes no loss; absent where more of them only "
            "cost more."
        ),
    ] = None
    months: Annotated[tuple[ProjectedMonth, ...], Meta(min_length=12, max_length=12)]
