"""Care management billed for the month by another practice: the first claim is paid."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Service
from app.determination.findings import Finding, Outcome
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import Code


class NotBilledElsewhere(Struct, frozen=True, gc=False):
    """Advises when another practice has billed one of `codes` in the month; by policy it blocks.

    What other practices bill is seen only where somebody records it.
    """

    codes: tuple[Code, ...]

    reads: ClassVar = frozenset({Service})
    finds: ClassVar = {"CLAIM-06": {"billed_elsewhere"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        billed = tuple(
            service
            for service in month.services(self.codes)
            if service.same_practice is False and not month.is_same_practitioner(service)
        )
        if not billed:
            return []
        values = {"codes": tuple(sorted({service.code for service in billed}))}
        outcome: Outcome = "not_met" if month.policy.elsewhere_conflict_blocks else "advisory"
        return [Finding("CLAIM-06", month.program, outcome, "billed_elsewhere", billed, values)]
