"""The patient's chronic conditions in a month, one code at a time: facts on one code supplement each other."""

from collections import defaultdict

from msgspec import Struct

from app.determination.facts import Condition
from app.determination.patient_month import PatientMonth
from app.determination.program_month import share_a_day


class CodedCondition(Struct, frozen=True, gc=False):
    """Everything stated about one ICD-10-CM code in force in the month."""

    code: str
    facts: tuple[Condition, ...]

    @property
    def lasting(self) -> tuple[Condition, ...]:
        return tuple(f for f in self.facts if f.expected_duration in ("at_least_12_months", "until_death"))

    @property
    def passing(self) -> tuple[Condition, ...]:
        return tuple(f for f in self.facts if f.expected_duration == "less_than_12_months")

    @property
    def risky(self) -> tuple[Condition, ...]:
        return tuple(f for f in self.facts if f.significant_risk)

    @property
    def lasts(self) -> bool:
        """Stated to last, and not doubted: an earlier or later statement to the contrary ends nothing."""
        return bool(self.lasting) and self.contradiction() is None

    @property
    def duration_unstated(self) -> bool:
        return not self.lasting and not self.passing

    @property
    def risk_unstated(self) -> bool:
        return all(f.significant_risk is None for f in self.facts)

    @property
    def counts(self) -> bool:
        """Expected to last and putting the patient at significant risk."""
        return self.lasts and bool(self.risky)

    def contradiction(self) -> tuple[tuple[Condition, ...], tuple[Condition, ...]] | None:
        """The facts that say it lasts and those that say it does not, where both hold on one day."""
        if not self.passing:
            return None
        both = self.lasting, self.passing
        overlap = any(share_a_day(one, other) for one in both[0] for other in both[1])
        return both if overlap else None


def coded_conditions(month: PatientMonth) -> list[CodedCondition]:
    """The coded conditions in force in the month, by code."""
    return month.once("coded conditions", lambda: _by_code(month))


def _by_code(month: PatientMonth) -> list[CodedCondition]:
    by_code: dict[str, list[Condition]] = defaultdict(list)
    for fact in month.in_force(Condition):
        if fact.code is not None:
            by_code[fact.code].append(fact)
    return [CodedCondition(code, tuple(by_code[code])) for code in sorted(by_code)]


def uncoded_conditions(month: PatientMonth) -> list[Condition]:
    """Conditions in force that carry no ICD-10-CM code: evidence without a code to bill under."""
    return [fact for fact in month.in_force(Condition) if fact.code is None]


def diagnoses(month: PatientMonth) -> tuple[str, ...]:
    """The codes of the conditions that count, for the claim (CLAIM-04)."""
    return tuple(condition.code for condition in coded_conditions(month) if condition.counts)
