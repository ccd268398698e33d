"""An answer before the month is over is provisional, and facts dated after it was asked are counted all the same."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class AskedWithinTheMonth(Struct, frozen=True, gc=False):
    """Advises when the question was asked before the month was over, naming the facts dated after that day."""

    finds: ClassVar = {"CLAIM-02": {"provisional", "dated_later"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        asked = month.patient_month
        if not asked.provisional:
            return
        values = {"known_on": asked.known_on}
        yield Finding("CLAIM-02", month.program, "advisory", "provisional", (), values)
        later = tuple(
            fact for fact in asked.everything() if (day := month.stated_day(fact)) is not None and day > asked.known_on
        )
        if later:
            yield Finding("CLAIM-02", month.program, "advisory", "dated_later", later, values)
