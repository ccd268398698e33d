"""Facts that would remove what blocks a code: skeletons, for whoever records them to state what is true."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal, cast

from msgspec.structs import replace

from app.determination import facts
from app.determination.conditions import coded_conditions
from app.determination.facts import CARE_PLAN_ELEMENTS, Fact
from app.determination.findings import Mending, Rule
from app.determination.law import Law, Pathway
from app.determination.program_month import ProgramMonth

STAFF = "STAFF"
_MOST_SECONDS = 86_400
# What one fact of a kind settles, by the rules that find it lacking.
_TIME = frozenset({"TIME-02"})
_CONSENT = frozenset({"CONS-01", "CONS-02", "CONS-04", "CONS-05", "CONS-07", "CONS-08", "CONS-09"})
_FLAW = frozenset({"CONS-02", "CONS-04", "CONS-05"})
_VISIT = frozenset({"INIT-01", "INIT-02", "INIT-04", "INIT-05", "INIT-06"})
_PLANNING = frozenset({"G0506-02", "G0506-03", "G0506-06"})
_CONDITION = frozenset({"ELIG-02", "ELIG-03"})
_PLAN = frozenset({"PLAN-01", "PLAN-02", "CPLX-02"})
_CAPABILITY = frozenset({"PLAN-04", "PLAN-05", "PLAN-06", "PLAN-07", "PLAN-09", "PLAN-10", "PLAN-11"})
_OTHER = frozenset({"ELIG-04", "ELIG-07", "PRAC-01", "CPLX-01"})


def opened_by(mended: set[str]) -> set[str]:
    """Time rules that no longer close the day on which these gates are mended."""
    opened = set()
    if mended & _CONSENT:
        opened |= {"CONS-01", "CONS-07", "CONS-08"}
    if mended & _VISIT:
        opened.add("INIT-07")
    if "CHI-01" in mended:
        opened.add("CHI-01")
    if "ELIG-04" in mended:
        opened.add("ELIG-04")
    return opened


def work(
    month: ProgramMonth, pathway: Pathway, day: dt.date, seconds: int, ids: Iterator[str], *, unrelated: bool
) -> Iterator[facts.TimeEntry]:
    """So many seconds of the pathway's work on the day, in entries that name it only."""
    own = pathway.whose == "biller"
    while seconds > 0:
        yield facts.TimeEntry(
            id=next(ids),
            program=month.program,
            performer=(month.biller or STAFF) if own else STAFF,
            role="practitioner" if own else "clinical_staff",
            on=day,
            seconds=min(seconds, _MOST_SECONDS),
            live_contact=True if pathway.live_contact is not None else None,
            worker="peer_support" if pathway.whose == "peers" else None,
            unrelated_to_terminal_illness=True if unrelated else None,
        )
        seconds -= _MOST_SECONDS


def settleable(rules: Iterable[str], law: Law, pathway: Pathway) -> bool:
    """Whether there is a fact for each of the rules; a stay or a claim elsewhere, no fact undoes."""
    by_time = {*pathway.short, *(pathway.add_on.short if pathway.add_on else ())}
    if pathway.live_contact is not None:
        by_time.add(pathway.live_contact)
    known = _TIME | _CONSENT | _VISIT | _PLANNING | _CONDITION | _PLAN | _CAPABILITY | _OTHER
    by_rules = {rule for mender in _menders(law, pathway) for rule in mender.finds}
    return set(rules) <= known | by_time | by_rules


def _menders(law: Law, pathway: Pathway) -> list[Rule]:
    """The rules of the pathway's program that know what settles them."""
    return [rule for rule in law.gates[pathway.program] if hasattr(rule, "mending")]


def mending(
    month: ProgramMonth, law: Law, pathway: Pathway, rules: Iterable[str], day: dt.date, ids: Iterator[str]
) -> Iterator[Fact]:
    """Facts for everything but time."""
    named = set(rules)
    biller = month.biller
    assert biller is not None, "only asked where somebody bills"
    if "PRAC-01" in named:
        yield facts.Practitioner(id=next(ids), practitioner=biller, credential="MD")
    if "ELIG-04" in named:
        yield facts.Coverage(id=next(ids), payer="medicare_part_b", from_=month.month.first_day)
    if named & _CONDITION:
        for condition in coded_conditions(month.patient_month):
            if not condition.counts and not condition.passing:
                yield facts.Condition(
                    id=next(ids), code=condition.code, expected_duration="at_least_12_months", significant_risk=True
                )
    if named & _CONSENT:
        yield _consent(month, law, biller, named, day, next(ids))
    if named & (_VISIT | _PLANNING):
        # Where the policy drops staff time on a visit's day, the visit comes the day before the staff's work.
        same_day = month.policy.count_staff_time_on_visit_day or pathway.whose != "everyone"
        on = day if same_day else day - dt.timedelta(days=1)
        discussed = True if "INIT-05" in pathway.requires or named & _PLANNING else None
        yield facts.Visit(id=next(ids), code="99214", on=on, practitioner=biller, discussed_care_management=discussed)
        if named & _PLANNING:
            yield facts.PlanningAssessment(
                id=next(ids), on=on, practitioner=biller, personally_performed=True, documented=True
            )
    if named & _PLAN:
        elements = frozenset(CARE_PLAN_ELEMENTS) if "PLAN-02" in named else None
        action: Literal["substantially_revised", "revised"] = (
            "substantially_revised" if "CPLX-02" in named else "revised"
        )
        yield facts.CarePlan(id=next(ids), action=action, on=day, electronic=True, elements=elements)
    if named & _CAPABILITY:
        available = {capability.name for capability in month.in_force(facts.Capability)}
        for name in sorted({capability.name for capability in month.of(facts.Capability)} - available):
            yield facts.Capability(id=next(ids), name=name, from_=month.month.first_day)
    if "CPLX-01" in named:
        yield facts.DecisionMaking(id=next(ids), level="moderate", on=day, practitioner=biller)
    for rule in _menders(law, pathway):
        if not named.isdisjoint(rule.finds):
            yield from cast("Mending", rule).mending(month, pathway.name, day, ids)


def _consent(month: ProgramMonth, law: Law, biller: str, named: set[str], day: dt.date, id_: str) -> facts.Consent:
    """A complete consent: in place of a flawed one from its own moment, otherwise in time for work on the day."""
    terms = law.consent_terms[month.program]
    informed = terms.told_of | terms.leave_to
    complete = facts.Consent(
        id=id_,
        action="given",
        program=month.program,
        on=day if month.policy.count_same_day_as_consent else day - dt.timedelta(days=1),
        form=terms.form or "verbal",
        documented=True,
        practitioner=biller,
        informed=informed or None,  # type: ignore[arg-type]
    )
    flawed = month.consent.relied_on
    if flawed is None or not named & _CONSENT <= _FLAW or not restates(month):
        return complete
    return replace(complete, on=flawed.on, at=flawed.at)


def restates(month: ProgramMonth) -> bool:
    """Whether what a consent lacks may be told of it as it was: what was not stated, or not written down.

    What the record denies (another form, a topic the patient was not told of) takes a new consent, from its own day.
    """
    return bool(month.consent.flaws) and all(
        flaw.reason in ("unstated", "undocumented") for flaw in month.consent.flaws if flaw.bars
    )
