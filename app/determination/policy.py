"""What the law leaves to the practice: one resolved set of choices for a service month, with its own digest."""

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from app.determination import facts
from app.determination.vocabulary import Locality


class PolicyChoices(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Choices stated for one question. What is absent stays as the practice's policy has it."""

    preference: Literal["most_accurate", "highest_amount"] | None = None
    count_staff_time_on_visit_day: bool | None = None
    count_same_day_as_consent: bool | None = None
    count_prior_authorization: bool | None = None
    same_group_initiating_visit: bool | None = None
    care_plan_elements_block: bool | None = None
    elsewhere_conflict_blocks: bool | None = None
    locality: Locality | None = None
    qualifying_apm: bool | None = None


class Policy(Struct, frozen=True, gc=False, kw_only=True):
    """Every choice, made. The defaults are those of `rulebook/policy.toml`."""

    preference: Literal["most_accurate", "highest_amount"]
    count_staff_time_on_visit_day: bool
    count_same_day_as_consent: bool
    count_prior_authorization: bool
    same_group_initiating_visit: bool
    care_plan_elements_block: bool
    elsewhere_conflict_blocks: bool
    locality: Locality
    qualifying_apm: bool

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def resolve(
    defaults: Policy, stated: Iterable[facts.Policy], written_month: str, asked: PolicyChoices | None = None
) -> Policy:
    """The policy in force in a month: defaults, then the practice's facts by their `from` month, then what was asked.

    Two facts from the same month that disagree are read in the order of source and id, so that arrival decides nothing.
    """
    in_force = [fact for fact in stated if fact.from_ <= written_month]
    if not in_force and asked is None:
        return defaults
    in_force.sort(key=lambda fact: (fact.from_, fact.source or "", fact.id))
    chosen = {}
    for choices in [*in_force, *([asked] if asked else [])]:
        for name in Policy.__struct_fields__:
            value = getattr(choices, name)
            if value is not None:
                chosen[name] = value
    return msgspec.structs.replace(defaults, **chosen)
