"""The practice's choices in words: which rule each belongs to and what it decides."""

from typing import Final, Literal, get_args, get_origin, get_type_hints

from app.determination.policy import Policy
from app.determination.pricing import NATIONAL
from app.reference.entries import PolicyDefault

DECIDES: Final[dict[str, tuple[str, str]]] = {
    "preference": ("UNIT-06", "Which of several lawful pathways is billed."),
    "count_staff_time_on_visit_day": ("TIME-07", "Whether staff time on the day of a visit counts."),
    "count_same_day_as_consent": ("CONS-01", "Whether work of the day of consent counts when only its date is known."),
    "count_prior_authorization": ("TIME-12", "Whether prior authorization is care management."),
    "same_group_initiating_visit": ("INIT-06", "Whether a visit with another practitioner of the group initiates."),
    "care_plan_elements_block": ("PLAN-02", "Whether a missing element of the care plan blocks, or is advice."),
    "elsewhere_conflict_blocks": ("CLAIM-06", "Whether a conflict with another practice's claim blocks, or is advice."),
    "locality": ("AMT-02", "For which place amounts are reckoned."),
    "qualifying_apm": ("AMT-02", "Whether the factor for qualifying participants of an alternative payment model applies."),
}  # fmt: skip


def policies(defaults: Policy) -> tuple[PolicyDefault, ...]:
    """Every choice with its default, in the order of the contract."""
    return tuple(
        PolicyDefault(name=name, default=getattr(defaults, name), choices=_choices(kind), rule=rule, says=says)
        for name, kind in get_type_hints(Policy).items()
        for rule, says in [DECIDES[name]]
    )


def _choices(kind: object) -> tuple[bool | str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (True, False) if kind is bool else (NATIONAL, "contractor-locality, such as 01112-05")
