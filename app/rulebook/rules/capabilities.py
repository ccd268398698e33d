"""What the practice must be able to offer every month, used or not."""

from collections.abc import Iterable
from typing import ClassVar, Literal, get_args

from msgspec import Struct

from app.determination.facts import Capability
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import CapabilityName

CapabilityRule = Literal["PLAN-04", "PLAN-05", "PLAN-06", "PLAN-07", "PLAN-09", "PLAN-10", "PLAN-11"]


class PracticeCapabilities(Struct, frozen=True, gc=False):
    """Each is met when a capability of its name is in force in the month.

    None ever recorded is silence; only an ended one is an explicit no. `capabilities` names the one each id asks for.
    """

    capabilities: dict[CapabilityRule, CapabilityName]

    reads: ClassVar = frozenset({Capability})
    finds: ClassVar = {rule: {"available", "unstated", "ended"} for rule in get_args(CapabilityRule)}

    def __post_init__(self) -> None:
        if lacking := set(get_args(CapabilityRule)) - self.capabilities.keys():
            raise ValueError(f"no capability for {sorted(lacking)}")

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        in_force = {fact.name: fact for fact in month.in_force(Capability)}
        for rule, name in self.capabilities.items():
            if name in in_force:
                yield Finding(rule, month.program, "met", "available", (in_force[name],))
                continue
            ended = tuple(
                fact
                for fact in month.of(Capability)
                if fact.name == name and fact.until is not None and fact.until <= month.month.first_day
            )
            if ended:
                yield Finding(rule, month.program, "not_met", "ended", ended)
            else:
                yield Finding(rule, month.program, "missing", "unstated")
