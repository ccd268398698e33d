"""What is asked once for a practice is what every patient of it would be answered, and what trials keep stays true."""

from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.determination import succession
from app.determination.consents import ConsentReading, read_consents
from app.determination.determine import determine
from app.determination.facts import Consent, Fact, Practitioner, TimeEntry
from app.determination.patient_month import PatientMonth
from app.determination.policy import Policy
from app.determination.practice_month import MOST_ANSWERS, PracticeMonth, practice_month
from app.determination.program_month import ProgramMonth
from app.determination.service_month import service_month
from app.months.evaluate import EvaluationRequest, requested_month
from app.rulebook import loader
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import contested_months, doubtful_months, orderly_months
from tests.determination.strategies import LAWS, extras, months

ANY_MONTH = (
    months(disturbances=2, most_extras=3) | orderly_months() | contested_months() | doubtful_months() | crowded_months()
)


def decided(month: PatientMonth) -> Any:
    """Everything decided of a month. Evidence has no order of its own: the explanation gives it one."""
    found = determine(month, loader.law(month.month.written))
    findings = [(f.rule, f.program, f.outcome, f.reason, frozenset(f.evidence), f.values) for f in found.findings]
    return found.status, found.lines, found.alternatives, found.verdicts, findings, found.entries


@LAWS
@given(first=ANY_MONTH, second=ANY_MONTH)
def test_a_patient_beside_others_of_the_practice_is_answered_as_alone(
    first: EvaluationRequest, second: EvaluationRequest
) -> None:
    alone = requested_month(second)
    others = [fact for fact in succession.standing(succession.distinct(first.facts)[0]) if fact.about_patient]
    shared = alone.practice
    practice = PracticeMonth(
        shared.month, (fact for kind in shared.by_kind.values() for fact in kind), policy=shared.policy
    )
    for biller in (None, alone.billing_practitioner):
        decided(PatientMonth(practice, others, billing_practitioner=biller))
    own = [fact for kind in alone.own.values() for fact in kind]
    beside = PatientMonth(practice, own, known_on=alone.known_on, billing_practitioner=alone.billing_practitioner)
    assert decided(beside) == decided(alone)


@LAWS
@given(request=ANY_MONTH, data=st.data())
def test_facts_appended_to_a_month_are_read_as_if_they_had_always_stood_there(
    request: EvaluationRequest, data: st.DataObject
) -> None:
    month = requested_month(request)
    decided(month)
    added = [data.draw(extras(month.month))]
    again = PatientMonth.stated(
        month.month,
        [*month.everything(), *added],
        policy=month.policy,
        known_on=month.known_on,
        billing_practitioner=month.billing_practitioner,
    )
    assert decided(month.beside(added)) == decided(again)


@LAWS
@given(request=ANY_MONTH)
def test_a_rule_reads_no_kind_of_fact_but_those_it_says(request: EvaluationRequest) -> None:
    month = requested_month(request)
    law = loader.law(month.month.written)
    for program, gates in law.gates.items():
        for rule in (rule for rule in gates if hasattr(rule, "reads")):
            less = reduced(month, rule.reads)
            assert answers(rule, less, program) == answers(rule, month, program), rule
    for program, time_rules in law.time_rules.items():
        for time_rule in (rule for rule in time_rules if hasattr(rule, "reads")):
            less = reduced(month, time_rule.reads)
            assert closes(time_rule, less, program, month) == closes(time_rule, month, program, month), time_rule


def reduced(month: PatientMonth, kinds: frozenset[type[Fact]]) -> PatientMonth:
    """The month with facts of those kinds alone."""
    read = [fact for fact in month.everything() if type(fact) in kinds]
    return PatientMonth.stated(month.month, read, policy=month.policy, billing_practitioner=month.billing_practitioner)


def test_a_practices_month_is_kept_by_what_was_stated_alone() -> None:
    policy = loader.law("2026-03").default_policy
    month = service_month("2026-03")

    def stated(credential: str, policy: Policy = policy) -> PracticeMonth:
        fact = Practitioner(id="p", practitioner="DR_A", credential=credential)
        return practice_month(month, (fact,), policy)

    assert stated("MD") is stated("MD")
    assert stated("MD") is not stated("DO")
    assert stated("MD") is not stated("MD", replace(policy, locality="01112-05"))


def test_what_is_kept_of_a_practices_month_is_bounded() -> None:
    month = PracticeMonth(service_month("2026-03"), (), policy=loader.law("2026-03").default_policy)
    worked_out: list[int] = []

    def answer(number: int) -> int:
        worked_out.append(number)
        return -number

    for _ in range(2):
        asked = [month.once(number, partial(answer, number)) for number in range(3 * MOST_ANSWERS)]
        assert asked == [-number for number in range(3 * MOST_ANSWERS)]
    assert len(worked_out) >= 5 * MOST_ANSWERS


def answers(rule: Any, month: PatientMonth, program: Any) -> list[Any]:
    """What a rule finds where DR_A bills. Who consented is read from the month by the rules that read consents."""
    cover = loader.law(month.month.written).cover
    return list(rule.check(ProgramMonth(month, program, "DR_A", _reading(rule, month, program), cover)))


def closes(rule: Any, month: PatientMonth, program: Any, whole: PatientMonth) -> list[Any]:
    """What a time rule takes out of the month's entries of the program."""
    cover = loader.law(month.month.written).cover
    closing = rule.closing(ProgramMonth(month, program, "DR_A", _reading(rule, month, program), cover))
    return [closing and closing(entry) for entry in whole.of(TimeEntry) if entry.program == program]


def _reading(rule: Any, month: PatientMonth, program: Any) -> ConsentReading:
    if Consent not in rule.reads:
        return ConsentReading()
    law = loader.law(month.month.written)
    consents = [consent for consent in month.of(Consent) if consent.program == program]
    return read_consents(consents, "DR_A", month.month, law.consent_terms[program])
