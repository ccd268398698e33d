"""Two or more chronic conditions, each expected to last and putting the patient at significant risk."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.conditions import CodedCondition, coded_conditions, uncoded_conditions
from app.determination.doubts import Doubt
from app.determination.facts import Condition, Program
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class ChronicConditions(Struct, frozen=True, gc=False):
    """Met when at least `minimum` distinct codes in force are stated to last and to carry significant risk.

    The three ids follow each other: the second is named only when the first holds, the third when the second does.
    Conditions without an ICD-10-CM code are evidence that something is missing, never a count. Programs of `lasting_alone_in`
    count the conditions that last, whatever their risk.
    """

    minimum: int
    lasting_alone_in: tuple[Program, ...]

    reads: ClassVar = frozenset({Condition})
    finds: ClassVar = {
        "ELIG-01": {"enough", "none", "uncoded", "too_few", "one_category"},
        "ELIG-02": {"enough", "unstated", "too_few", "contradiction"},
        "ELIG-03": {"enough", "unstated", "too_few"},
    }

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        coded = coded_conditions(month.patient_month)
        if len(coded) < self.minimum:
            return [self._too_few_codes(month, coded)]
        enough = _told(coded)
        found = [Finding("ELIG-01", month.program, "met", "enough", *enough)]
        if len({condition.code[:3] for condition in coded}) == 1:
            found.append(Finding("ELIG-01", month.program, "advisory", "one_category", *enough))
        lasting = [condition for condition in coded if condition.lasts]
        if len(lasting) < self.minimum:
            silent = [condition for condition in coded if condition.duration_unstated]
            return [*found, self._short("ELIG-02", month, coded, lasting, silent)]
        if len(lasting) < len(coded):
            enough = _told(lasting)
        found.append(Finding("ELIG-02", month.program, "met", "enough", *enough))
        risky = [condition for condition in lasting if condition.counts]
        if len(risky) < self.minimum:
            silent = [condition for condition in lasting if condition.risk_unstated]
            return [*found, self._short("ELIG-03", month, lasting, risky, silent)]
        if len(risky) < len(lasting):
            enough = _told(risky)
        found.append(Finding("ELIG-03", month.program, "met", "enough", *enough))
        return found

    def doubts(self, month: ProgramMonth) -> Iterable[Doubt]:
        """Codes stated both to last and not to, unless enough conditions are beyond doubt."""
        lasting_alone = month.program in self.lasting_alone_in
        if month.program != "ccm" and not lasting_alone:
            return []
        coded = coded_conditions(month.patient_month)
        contradicted = [both for c in coded if (both := c.contradiction()) is not None]
        # What counts is beyond doubt.
        if not contradicted or len([c for c in coded if (c.lasts if lasting_alone else c.counts)]) >= self.minimum:
            return []
        return [Doubt("ELIG-02", month.program, both) for both in contradicted]

    def _too_few_codes(self, month: ProgramMonth, coded: list[CodedCondition]) -> Finding:
        uncoded = uncoded_conditions(month.patient_month)
        evidence = (*(fact for condition in coded for fact in condition.facts), *uncoded)
        values = {"count": len(coded), "minimum": self.minimum, "uncoded": len(uncoded)}
        if not evidence:
            return Finding("ELIG-01", month.program, "missing", "none", (), values)
        if len(coded) + len(uncoded) >= self.minimum:
            return Finding("ELIG-01", month.program, "missing", "uncoded", evidence, values)
        return Finding("ELIG-01", month.program, "not_met", "too_few", evidence, values)

    def _short(
        self,
        rule: str,
        month: ProgramMonth,
        considered: list[CodedCondition],
        counting: list[CodedCondition],
        silent: list[CodedCondition],
    ) -> Finding:
        """Missing when the silent conditions could still make up the number; otherwise not met."""
        values = {
            "count": len(counting),
            "minimum": self.minimum,
            "codes": tuple(c.code for c in considered if c not in counting),
        }
        evidence = tuple(fact for condition in considered for fact in condition.facts)
        if len(counting) + len(silent) >= self.minimum:
            return Finding(rule, month.program, "missing", "unstated", evidence, values)
        return Finding(rule, month.program, "not_met", "too_few", evidence, values)


def _told(conditions: list[CodedCondition]) -> tuple[tuple[Condition, ...], dict[str, object]]:
    """The facts about some conditions, and what a sentence says of them."""
    evidence = tuple([fact for condition in conditions for fact in condition.facts])
    return evidence, {"codes": tuple([condition.code for condition in conditions]), "count": len(conditions)}
