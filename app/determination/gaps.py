"""What is missing for a code, whether it can still be had before the month ends, and facts that would settle it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.determination import facts
from app.determination.candidates import CodeStanding
from app.determination.conditions import coded_conditions
from app.determination.determine import Determination
from app.determination.facts import CARE_PLAN_ELEMENTS, Fact, Program
from app.determination.law import Law, Pathway
from app.determination.program_month import ProgramMonth
from app.determination.questions import questions
from app.determination.timekeeping import Whose
from app.determination.trials import Trials
from app.determination.verdicts import Verdict
from app.determination.weighing import Assessment

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
    lacking: dict[Program, _Lacking] = {}
    for verdict in determination.verdicts:
        if verdict.verdict != "not_billable" or not law.codes[verdict.code].exists_in(law.month):
            continue
        if verdict.blockers == ("PROG-00",):
            continue
        if verdict.program not in lacking:
            assessment = next(a for a in determination.assessments if a.month.program == verdict.program)
            lacking[verdict.program] = _Lacking(determination, law, assessment)
        found.append(lacking[verdict.program].gap(verdict))
    return tuple(found)


class _Lacking:
    """What one program's codes lack in a month."""

    def __init__(self, determination: Determination, law: Law, assessment: Assessment) -> None:
        self.law = law
        self.assessment = assessment
        self.patient_month = determination.month
        self.month = assessment.month
        # A person decides first what contradicts: no fact beside the others settles it.
        self.undecided = determination.status == "needs_decision"
        self.trials = Trials(determination.month, law, assessment)
        self.probes: dict[tuple[Whose, bool], facts.TimeEntry] = {}
        self.closings = questions(assessment.month, law).closings(assessment.month)

    def gap(self, verdict: Verdict) -> Gap:
        pathway = next(c.pathway for c in self.assessment.candidates if verdict.code in c.pathway.codes)
        short = "TIME-02" in verdict.blockers
        needs = _short_seconds(verdict) if short else None
        dated = short or pathway.whose is None
        last = self._last_open_day(pathway, verdict.blockers)
        settles = None if self.undecided else self._settle(pathway, verdict, last)
        possible = (
            self.patient_month.provisional
            and (not dated or (last is not None and last.on >= self.patient_month.known_on))
            and (settles is not None or self._can_be_mended(verdict, pathway))
            and not any(self._is_past(fact) for fact in settles or ())
        )
        return Gap(verdict, needs, verdict.blockers, possible, settles)

    def _is_past(self, fact: Fact) -> bool:
        """Whether a fact would have to have happened already: it can no longer, unless it restates what was."""
        on: dt.date | None = getattr(fact, "on", None)
        restated = isinstance(fact, facts.Consent) and _restates(self.month)
        return on is not None and on < self.patient_month.known_on and not restated

    def _can_be_mended(self, verdict: Verdict, pathway: Pathway) -> bool:
        """Whether every blocking rule names a remedy for what it found."""
        of_candidates = (f for c in self.assessment.candidates for f in (*c.findings, *c.beside))
        found = [f for f in (*self.assessment.findings, *of_candidates) if f.concerns(pathway.name)]
        for rule in verdict.blockers:
            reasons = {f.reason for f in found if f.rule == rule and f.outcome in ("not_met", "missing")}
            if not reasons & self.law.texts[rule].remedies.keys():
                return False
        return True

    def _settle(self, pathway: Pathway, verdict: Verdict, last: "_OpenDay | None") -> tuple[Fact, ...] | None:
        """Complete facts on the last open day that remove the gap's rules; tried, not assumed."""
        after = self._lacking_after_services(pathway)
        if self.month.biller is None or not _all_settleable(set(verdict.blockers) - after.keys()):
            return None
        day = last.on if last is not None else self.month.month.last_day
        ids = (f"gap-{number}" for number in count(1))
        mending = list(_mending(self.month, self.law, pathway, verdict.blockers, day, ids))
        work: list[facts.TimeEntry] = []
        tried: CodeStanding | Verdict = verdict
        if mending:  # it may open time that did not count before, so what is short is asked again
            tried = self.trials.standing(mending, (), pathway, verdict.code)
        seconds = max([_short_seconds(tried) if "TIME-02" in tried.blockers else 0, *after.values()])
        if seconds:
            unrelated = last is not None and last.unrelated
            work = list(_work(self.month, pathway, day, seconds, ids, unrelated=unrelated))
            tried = self.trials.standing(mending, work, pathway, verdict.code)
        return None if set(tried.blockers) & set(verdict.blockers) else (*mending, *work)

    def _lacking_after_services(self, pathway: Pathway) -> dict[str, int]:
        """By rule, the seconds lacking after services that ended within the month and would then leave it free."""
        candidate = next(c for c in self.assessment.candidates if c.pathway is pathway)
        lacking: dict[str, int] = {}
        for finding in candidate.beside:
            seconds = finding.values.get("short_seconds")
            if finding.reason == "short_after" and isinstance(seconds, int):
                lacking[finding.rule] = seconds
        return lacking

    def _last_open_day(self, pathway: Pathway, mended: Iterable[str]) -> "_OpenDay | None":
        """The month's last day on which the pathway's work counts, once the blocking rules are mended as of that day.

        Where only care unrelated to a terminal illness still counts, the day for such care (ELIG-07).
        """
        if pathway.whose is None:
            return self._last_covered_day(mended)
        usual = self._last_day_open_to(pathway, mended, unrelated=False)
        if usual is not None and usual.on >= self.patient_month.known_on:
            return usual
        unrelated = self._last_day_open_to(pathway, mended, unrelated=True)
        if unrelated is None or (usual is not None and unrelated.on <= usual.on):
            return usual
        return unrelated if usual is None or self.patient_month.provisional else usual

    def _last_day_open_to(self, pathway: Pathway, mended: Iterable[str], *, unrelated: bool) -> "_OpenDay | None":
        opened = _opened_by(set(mended))
        month = self.month.month
        assert pathway.whose is not None, "only work with minutes is probed"
        probe = self.probes.get((pathway.whose, unrelated))
        if probe is None:
            probe = next(_work(self.month, pathway, month.first_day, 1, iter(("gap",)), unrelated=unrelated))
            self.probes[pathway.whose, unrelated] = probe
        shut = 0
        for closing in self.closings:
            closed = closing(probe)
            if closed is not None and closed.rule not in opened:
                shut |= closed.days
        still_open = ~shut & ((1 << month.days) - 1)
        return _OpenDay(month.day(still_open.bit_length() - 1), unrelated) if still_open else None

    def _last_covered_day(self, mended: Iterable[str]) -> "_OpenDay | None":
        """The month's last day alive and with cover, which is all that work without minutes asks of its day."""
        month = self.month.month
        last = min([month.last_day, *(death.on for death in self.month.of(facts.Death))])
        days = (month.day(index) for index in reversed(range(month.days)))
        fit = (day for day in days if day <= last and ("ELIG-04" in mended or self.month.is_covered(day)))
        return next((_OpenDay(day) for day in fit), None)


class _OpenDay(Struct, frozen=True, gc=False):
    """A day on which work still counts; `unrelated`: only if it is unrelated to the terminal illness."""

    on: dt.date
    unrelated: bool = False


def _short_seconds(standing: CodeStanding | Verdict) -> int:
    assert standing.needed_seconds is not None and standing.counted_seconds is not None, (
        "only codes with minutes are short"
    )
    return standing.needed_seconds - standing.counted_seconds


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


def _work(
    month: ProgramMonth, pathway: Pathway, day: dt.date, seconds: int, ids: Iterator[str], *, unrelated: bool
) -> Iterator[facts.TimeEntry]:
    own = pathway.whose == "biller"
    while seconds > 0:
        yield facts.TimeEntry(
            id=next(ids),
            program=month.program,
            performer=(month.biller or STAFF) if own else STAFF,
            role="practitioner" if own else "clinical_staff",
            on=day,
            seconds=min(seconds, _MOST_SECONDS),
            unrelated_to_terminal_illness=True if unrelated else None,
        )
        seconds -= _MOST_SECONDS


_TIME = frozenset({"TIME-02", "CPLX-04", "CPLX-05"})
_CONSENT = frozenset({"CONS-01", "CONS-02", "CONS-04", "CONS-05", "CONS-07", "CONS-08", "CONS-09"})
_FLAW = frozenset({"CONS-02", "CONS-04", "CONS-05"})
_VISIT = frozenset({"INIT-01", "INIT-02", "INIT-04", "INIT-05", "INIT-06"})
_PLANNING = frozenset({"G0506-02", "G0506-03", "G0506-06"})
_CONDITION = frozenset({"ELIG-02", "ELIG-03"})
_PLAN = frozenset({"PLAN-01", "PLAN-02", "CPLX-02"})
_CAPABILITY = frozenset({"PLAN-04", "PLAN-05", "PLAN-06", "PLAN-07", "PLAN-09", "PLAN-10", "PLAN-11"})
_OTHER = frozenset({"ELIG-04", "ELIG-07", "PRAC-01", "CPLX-01"})


def _all_settleable(rules: Iterable[str]) -> bool:
    return set(rules) <= _TIME | _CONSENT | _VISIT | _PLANNING | _CONDITION | _PLAN | _CAPABILITY | _OTHER


def _mending(
    month: ProgramMonth, law: Law, pathway: Pathway, rules: Iterable[str], day: dt.date, ids: Iterator[str]
) -> Iterator[Fact]:
    """Facts for everything but time. Skeletons: whoever records them states what is true."""
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
        yield facts.Visit(id=next(ids), code="99214", on=on, practitioner=biller, discussed_care_management=True)
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
    if flawed is None or not named & _CONSENT <= _FLAW or not _restates(month):
        return complete
    return replace(complete, on=flawed.on, at=flawed.at)


def _restates(month: ProgramMonth) -> bool:
    """Whether what a consent lacks may be told of it as it was: what was not stated, or not written down.

    What the record denies (another form, a topic the patient was not told of) takes a new consent, from its own day.
    """
    return bool(month.consent.flaws) and all(
        flaw.reason in ("unstated", "undocumented") for flaw in month.consent.flaws if flaw.bars
    )
