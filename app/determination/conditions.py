"""The patient's chronic conditions in a month, one code at a time: facts on one code supplement each other."""

from collections import defaultdict

from msgspec import Struct

from app.determination.facts import Condition
from app.determination.patient_month import PatientMonth
from app.determination.program_month import share_a_day


class CodedCondition(Struct, frozen=True, gc=False):
    """Everything stated about one ICD-10-CM code in force in the month.

    `lasts`: stated to last, and not doubted; an earlier or later statement to the contrary ends nothing. `counts`: expected
    to last and putting the patient at significant risk.
    """

    code: str
    facts: tuple[Condition, ...]
    lasting: tuple[Condition, ...]
    passing: tuple[Condition, ...]
    lasts: bool
    risky: bool
    counts: bool

    @property
    def duration_unstated(self) -> bool:
        return not self.lasting and not self.passing

    @property
    def risk_unstated(self) -> bool:
        return all(f.significant_risk is None for f in self.facts)

    def contradiction(self) -> tuple[tuple[Condition, ...], tuple[Condition, ...]] | None:
        """The facts that say it lasts and those that say it does not, where both hold on one day."""
        return (self.lasting, self.passing) if self.passing and _contradict(self.lasting, self.passing) else None


def coded_conditions(month: PatientMonth) -> list[CodedCondition]:
    """The coded conditions in force in the month, by code."""
    return month.once("coded conditions", lambda: _by_code(month), Condition)


def _by_code(month: PatientMonth) -> list[CodedCondition]:
    by_code: dict[str, list[Condition]] = defaultdict(list)
    for fact in month.in_force(Condition):
        if fact.code is not None:
            by_code[fact.code].append(fact)
    return [_coded(code, tuple(by_code[code])) for code in sorted(by_code)]


def _coded(code: str, stated: tuple[Condition, ...]) -> CodedCondition:
    lasting: tuple[Condition, ...] = ()
    passing: tuple[Condition, ...] = ()
    risky = False
    for fact in stated:
        if fact.expected_duration == "less_than_12_months":
            passing = (*passing, fact)
        elif fact.expected_duration is not None:
            lasting = (*lasting, fact)
        risky = risky or bool(fact.significant_risk)
    lasts = bool(lasting) and not (passing and _contradict(lasting, passing))
    return CodedCondition(code, stated, lasting, passing, lasts, risky, lasts and risky)


def _contradict(lasting: tuple[Condition, ...], passing: tuple[Condition, ...]) -> bool:
    return any(share_a_day(one, other) for one in lasting for other in passing)


def uncoded_conditions(month: PatientMonth) -> list[Condition]:
    """Conditions in force that carry no ICD-10-CM code: evidence without a code to bill under."""
    return [fact for fact in month.in_force(Condition) if fact.code is None]


def diagnoses(month: PatientMonth) -> tuple[str, ...]:
    """The codes of the conditions that count, for the claim (CLAIM-04); where none does, of those at significant risk."""
    return month.once("diagnoses", lambda: _diagnoses(month), Condition)


def _diagnoses(month: PatientMonth) -> tuple[str, ...]:
    coded = coded_conditions(month)
    counting = [condition.code for condition in coded if condition.counts]
    return tuple(counting or [condition.code for condition in coded if condition.risky])
