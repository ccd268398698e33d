"""Who may bill: a physician, nurse practitioner, physician assistant, clinical nurse specialist or nurse midwife."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.doubts import Doubt, at_odds
from app.determination.facts import Practitioner
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth, folded


class BillingPractitioner(Struct, frozen=True, gc=False):
    """Met when the billing practitioner is known and holds one of the credentials, compared trimmed and case folded."""

    credentials: tuple[str, ...]

    reads: ClassVar = frozenset({Practitioner})
    finds: ClassVar = {
        "PRAC-01": {"known", "nobody", "unrecorded", "contradiction"},
        "PRAC-02": {"may_bill", "may_not_bill"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        if month.biller is None:
            return [Finding("PRAC-01", month.program, "missing", "nobody")]
        values = {"practitioner": month.biller}
        recorded = month.practitioner_facts()
        if not recorded:
            return [Finding("PRAC-01", month.program, "missing", "unrecorded", (), values)]
        latest = recorded[-1]
        values["credential"] = latest.credential
        found = [Finding("PRAC-01", month.program, "met", "known", (latest,), values)]
        if folded(latest.credential) in self.credentials:
            return [*found, Finding("PRAC-02", month.program, "met", "may_bill", (latest,), values)]
        return [*found, Finding("PRAC-02", month.program, "not_met", "may_not_bill", (latest,), values)]

    def doubts(self, month: ProgramMonth) -> Iterable[Doubt]:
        """Two different credentials of the billing practitioner on one day."""
        possibilities = at_odds(month.practitioner_facts(), lambda fact: folded(fact.credential))
        return [Doubt("PRAC-01", month.program, possibilities)] if possibilities else []
