"""What is missing for a code, whether it can still be had before the month ends, and facts that would settle it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.determination import facts
from app.determination.candidates import CodeStanding
from app.determination.conditions import coded_conditions
from app.determination.determine import Determination
from app.determination.facts import CARE_PLAN_ELEMENTS, Fact
from app.determination.law import Law, Pathway
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth
from app.determination.verdicts import Verdict
from app.determination.weighing import Assessment, weigh

STAFF = "STAFF"
_MOST_SECONDS = 86_400


class Gap(Struct, frozen=True, gc=False):
    """A code not reached: its rules, the seconds short, whether it is still possible and, if facts can settle it, which."""

    verdict: Verdict
    needs_seconds: int | None
    rules: tuple[str, ...]
    still_possible: bool
    settles: tuple[Fact, ...] | None


def gaps(determination: Determination, law: Law) -> tuple[Gap, ...]:
    """A gap for every code of an assessed program that is in its window and not reached."""
    found = []
    for verdict in determination.verdicts:
        if verdict.verdict != "not_billable" or verdict.pathway is None or verdict.counted_seconds is None:
            continue
        assessment = next(a for a in determination.assessments if a.month.program == verdict.program)
        pathway = next(c.pathway for c in assessment.candidates if verdict.code in c.pathway.codes)
        found.append(_gap(determination, law, assessment, pathway, verdict))
    return tuple(found)


def _gap(determination: Determination, law: Law, assessment: Assessment, pathway: Pathway, verdict: Verdict) -> Gap:
    assert verdict.needed_seconds is not None and verdict.counted_seconds is not None, "a pathway's code has minutes"
    needs = verdict.needed_seconds - verdict.counted_seconds if "TIME-02" in verdict.blockers else None
    month = determination.month
    days = _open_days(assessment.month, law, pathway, verdict.blockers)
    in_time = month.provisional and ("TIME-02" not in verdict.blockers or (bool(days) and days[-1] >= month.known_on))
    # A person decides first what contradicts: no fact beside the others settles it.
    undecided = determination.status == "needs_decision"
    settles = None if undecided else _settle(month, law, assessment.month, pathway, verdict, days)
    possible = in_time and _can_be_mended(assessment, law, verdict)
    return Gap(verdict, needs, verdict.blockers, possible, settles)


def _can_be_mended(assessment: Assessment, law: Law, verdict: Verdict) -> bool:
    """Whether every blocking rule names a remedy for what it found."""
    found = [*assessment.findings, *(f for c in assessment.candidates for f in c.findings)]
    for rule in verdict.blockers:
        reasons = {f.reason for f in found if f.rule == rule and f.outcome in ("not_met", "missing")}
        if not reasons & law.texts[rule].remedies.keys():
            return False
    return True


def _settle(
    patient_month: PatientMonth,
    law: Law,
    month: ProgramMonth,
    pathway: Pathway,
    verdict: Verdict,
    open_days: Sequence[dt.date],
) -> tuple[Fact, ...] | None:
    """Complete facts on the last day still open that remove the gap's rules; tried, not assumed."""
    if month.biller is None or not _all_settleable(verdict.blockers):
        return None
    day = open_days[-1] if open_days else month.month.last_day
    added = _numbered(_mending(month, law, verdict.blockers, day))
    tried: CodeStanding | Verdict = verdict
    if added:  # mending may open time that did not count before, so what is short is asked again
        tried = _standing(patient_month.beside(added), law, pathway, verdict.code)
    if "TIME-02" in tried.blockers:
        assert tried.needed_seconds is not None and tried.counted_seconds is not None, "a pathway's code has minutes"
        short = tried.needed_seconds - tried.counted_seconds
        added = _numbered([*added, *_work(month, pathway, day, short)])
        tried = _standing(patient_month.beside(added), law, pathway, verdict.code)
    return None if set(tried.blockers) & set(verdict.blockers) else tuple(added)


def _standing(month: PatientMonth, law: Law, pathway: Pathway, code: str) -> CodeStanding:
    """How the code would stand in another month of the same patient."""
    assessments = weigh(month, law).representatives
    assessment = next(one for one in assessments if one.month.program == pathway.program)
    candidate = next(one for one in assessment.candidates if one.pathway.name == pathway.name)
    return next(standing for standing in candidate.standings if standing.code == code)


def _open_days(month: ProgramMonth, law: Law, pathway: Pathway, mended: Iterable[str]) -> list[dt.date]:
    """The month's days on which the pathway's work counts, once the blocking rules are mended as of that day."""
    opened = _opened_by(set(mended))
    probe = next(_work(month, pathway, month.month.first_day, 1))
    shut = 0
    for rule in law.time_rules[month.program]:
        closing = rule.closing(month)
        closed = closing(probe) if closing is not None else None
        if closed is not None and closed.rule not in opened:
            shut |= closed.days
    return [month.month.day(index) for index in range(month.month.days) if not shut >> index & 1]


def _opened_by(mended: set[str]) -> set[str]:
    """Time rules that no longer close the day on which these gates are mended."""
    opened = set()
    if mended & _CONSENT:
        opened |= {"CONS-01", "CONS-07", "CONS-08"}
    if mended & _VISIT:
        opened.add("INIT-07")
    if "ELIG-04" in mended:
        opened.add("ELIG-04")
    return opened


def _work(month: ProgramMonth, pathway: Pathway, day: dt.date, seconds: int) -> Iterator[facts.TimeEntry]:
    own = pathway.whose == "biller"
    while seconds > 0:
        yield facts.TimeEntry(
            id="gap",
            program=month.program,
            performer=(month.biller or STAFF) if own else STAFF,
            role="practitioner" if own else "clinical_staff",
            on=day,
            seconds=min(seconds, _MOST_SECONDS),
        )
        seconds -= _MOST_SECONDS


_TIME = frozenset({"TIME-02", "CPLX-04", "CPLX-05"})
_CONSENT = frozenset({"CONS-01", "CONS-04", "CONS-05", "CONS-07", "CONS-08", "CONS-09"})
_FLAW = frozenset({"CONS-04", "CONS-05"})
_VISIT = frozenset({"INIT-01", "INIT-04", "INIT-05", "INIT-06"})
_CONDITION = frozenset({"ELIG-02", "ELIG-03"})
_PLAN = frozenset({"PLAN-01", "PLAN-02"})
_CAPABILITY = frozenset({"PLAN-04", "PLAN-05", "PLAN-06", "PLAN-07", "PLAN-09", "PLAN-10", "PLAN-11"})
_OTHER = frozenset({"ELIG-04", "PRAC-01", "CPLX-01"})


def _all_settleable(rules: Iterable[str]) -> bool:
    return set(rules) <= _TIME | _CONSENT | _VISIT | _CONDITION | _PLAN | _CAPABILITY | _OTHER


def _mending(month: ProgramMonth, law: Law, rules: Iterable[str], day: dt.date) -> Iterator[Fact]:
    """Facts for everything but time. Skeletons: whoever records them states what is true."""
    named = set(rules)
    biller = month.biller
    assert biller is not None, "only asked where somebody bills"
    if "PRAC-01" in named:
        yield facts.Practitioner(id="gap", practitioner=biller, credential="MD")
    if "ELIG-04" in named:
        yield facts.Coverage(id="gap", payer="medicare_part_b", from_=month.month.first_day)
    if named & _CONDITION:
        for condition in coded_conditions(month.patient_month):
            if not condition.counts and not condition.passing:
                yield facts.Condition(
                    id="gap", code=condition.code, expected_duration="at_least_12_months", significant_risk=True
                )
    if named & _CONSENT:
        yield _consent(month, law, biller, named, day)
    if named & _VISIT:
        # Where the policy drops staff time on a visit's day, the visit comes the day before.
        on = day if month.policy.count_staff_time_on_visit_day else day - dt.timedelta(days=1)
        yield facts.Visit(id="gap", code="99214", on=on, practitioner=biller, discussed_care_management=True)
    if named & _PLAN:
        elements = frozenset(CARE_PLAN_ELEMENTS) if "PLAN-02" in named else None
        yield facts.CarePlan(id="gap", action="revised", on=day, electronic=True, elements=elements)
    if named & _CAPABILITY:
        available = {capability.name for capability in month.in_force(facts.Capability)}
        for name in sorted({capability.name for capability in month.of(facts.Capability)} - available):
            yield facts.Capability(id="gap", name=name, from_=month.month.first_day)
    if "CPLX-01" in named:
        yield facts.DecisionMaking(id="gap", level="moderate", on=day, practitioner=biller)


def _consent(month: ProgramMonth, law: Law, biller: str, named: set[str], day: dt.date) -> facts.Consent:
    """A complete consent: in place of a flawed one from its own moment, otherwise in time for work on the day."""
    told_of = law.consent_terms[month.program].told_of
    complete = facts.Consent(
        id="gap",
        action="given",
        program=month.program,
        on=day if month.policy.count_same_day_as_consent else day - dt.timedelta(days=1),
        form="verbal",
        documented=True,
        practitioner=biller,
        informed=frozenset(told_of) if told_of else None,  # type: ignore[arg-type]
    )
    flawed = month.consent.relied_on
    if flawed is None or not named & _CONSENT <= _FLAW:
        return complete
    return replace(complete, on=flawed.on, at=flawed.at)


def _numbered(added: Iterable[Fact]) -> list[Fact]:
    return [replace(fact, id=f"gap-{number}") for number, fact in enumerate(added, 1)]
