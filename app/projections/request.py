"""What is asked: whose patients, which month's law, how their months are billed, and what is assumed."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from app.determination.facts import Locality, Month, Program

MOST_KINDS: Final = 10

BasisPoints = Annotated[int, Meta(ge=0, le=10_000, description="A share in basis points: 10,000 are all.")]
Minutes = Annotated[int, Meta(ge=0, le=6_000, description="Counted minutes in a patient's month.")]
MinuteCents = Annotated[int, Meta(ge=0, le=10_000, description="What a minute costs the practice, in cents.")]
PATHWAY_NAME: Final = "^[a-z0-9_]+$"
PathwayName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PATHWAY_NAME,
        description="A pathway as `/v1/rulebook/{month}` names it: `clinical_staff`, `practitioner`, `complex`.",
    ),
]
Credential = Literal["MD", "DO", "NP", "PA", "CNS", "CNM"]


class Panel(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """Whose patients: so many, or those of the practice's own ledger. Exactly one of the two."""

    medicare_patients: (
        Annotated[int, Meta(ge=0, le=1_000_000, description="How many patients with Medicare Part B there are.")] | None
    ) = None
    stored: Annotated[bool, Meta(description="The patients this practice has recorded facts about.")] | None = None


class KindOfMonth(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """A kind of month that a share of the enrolled patients has."""

    pathway: PathwayName
    share_basis_points: Annotated[
        int, Meta(ge=0, le=10_000, description="Of the enrolled; all kinds add up to 10,000.")
    ]
    counted_minutes: Minutes | None = None


class Assumed(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """Assumptions to replace; what is absent has its default. The answer names every one, with its source."""

    qualifying_basis_points: BasisPoints | None = None
    enrolling_basis_points: BasisPoints | None = None
    months_until_enrolled: (
        Annotated[int, Meta(ge=1, le=60, description="Months until as many are enrolled as will be.")] | None
    ) = None
    counted_minutes: Minutes | None = None
    reaching_basis_points: BasisPoints | None = None
    denial_basis_points: BasisPoints | None = None
    sequestration_basis_points: BasisPoints | None = None
    collected_basis_points: BasisPoints | None = None
    staff_minute_cents: MinuteCents | None = None
    practitioner_minute_cents: MinuteCents | None = None
    device_month_cents: (
        Annotated[int, Meta(ge=0, le=100_000, description="What a patient's device costs a month, in cents.")] | None
    ) = None
    fixed_month_cents: (
        Annotated[
            int, Meta(ge=0, le=100_000_000_00, description="What the program costs a month in any case, in cents.")
        ]
        | None
    ) = None
    locality: Locality | None = None
    facility: bool | None = None
    qualifying_apm: bool | None = None
    credential: Annotated[Credential, Meta(description="Of who bills: some are paid a share.")] | None = None


class ProjectionRequest(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """A panel, a program, a month whose law and amounts hold throughout, and the assumptions to replace."""

    service_month: Month
    panel: Panel
    program: Program = "ccm"
    pathway: PathwayName | None = None
    mix: Annotated[tuple[KindOfMonth, ...], Meta(min_length=1, max_length=MOST_KINDS)] | None = None
    assumptions: Assumed = field(default_factory=Assumed)
