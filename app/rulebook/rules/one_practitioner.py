"""One practitioner is paid for a patient's month, whichever code of the program is billed."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import Service
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth
from app.determination.vocabulary import Code


class OnePractitioner(Struct, frozen=True, gc=False):
    """Met when no other practitioner of the practice has billed one of `codes` in the month.

    Two practitioners enrolled at once are weighed against each other by the determination itself.
    """

    codes: tuple[Code, ...]

    reads: ClassVar = frozenset({Service})
    finds: ClassVar = {
        "PRAC-03": {"alone", "billed", "both", "only_one"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        billed = tuple(
            service
            for service in month.services(self.codes)
            if service.same_practice is not False and not month.is_same_practitioner(service)
        )
        if billed:
            values = {"practitioners": tuple(sorted({service.practitioner or "" for service in billed}))}
            return [Finding("PRAC-03", month.program, "not_met", "billed", billed, values)]
        return [Finding("PRAC-03", month.program, "met", "alone")]
