"""What is missing for a code, whether it can still be had before the month ends, and facts that would settle it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import count

from msgspec import Struct

from app.determination import facts, skeletons
from app.determination.candidates import CodeStanding
from app.determination.determine import Determination
from app.determination.facts import Fact, Program
from app.determination.findings import blocks
from app.determination.law import Law, Pathway
from app.determination.questions import questions
from app.determination.timekeeping import Whose
from app.determination.trials import Trials
from app.determination.verdicts import Verdict
from app.determination.weighing import Assessment


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
        program = verdict.judged_in
        if program is None:  # of no program a fact names, or nothing named makes it
            if verdict.blockers != ("PROG-00",):
                found.append(Gap(verdict, None, verdict.blockers, still_possible=False, settles=None))
            continue
        if program not in lacking:
            assessment = next(a for a in determination.assessments if a.month.program == program)
            lacking[program] = _Lacking(determination, law, assessment)
        found.append(lacking[program].gap(verdict))
    return tuple(found)


def further_units(determination: Determination, law: Law) -> tuple[Gap, ...]:
    """A gap for every code to be billed of which the time could carry another unit: what its next unit lacks.

    The contract's gaps are of codes not reached at all. Whether a claim may carry the unit is not judged here: appended,
    the facts tell.
    """
    found = []
    for verdict in determination.verdicts:
        if verdict.verdict == "chosen" and verdict.needed_seconds is not None and _short_seconds(verdict) > 0:
            assessment = next(a for a in determination.assessments if a.month.program == verdict.judged_in)
            found.append(_Lacking(determination, law, assessment).further_unit(verdict))
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
        month = determination.month
        self.taken = {fact.id for fact in (*month.everything(), *month.past)}
        self.trials = Trials(determination.month, law, assessment)
        self.probes: dict[tuple[Whose, bool], facts.TimeEntry] = {}
        self.closings = questions(assessment.month, law).closings(assessment.month)

    def gap(self, verdict: Verdict) -> Gap:
        pathway = next(c.pathway for c in self.assessment.candidates if c.pathway.name == verdict.pathway)
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

    def further_unit(self, verdict: Verdict) -> Gap:
        """What the next unit of a code that is billed lacks: seconds, and nothing else."""
        candidate = next(c for c in self.assessment.candidates if c.pathway.name == verdict.pathway)
        needs = _short_seconds(verdict)
        last = self._last_open_day(candidate.pathway, ())
        settles: tuple[Fact, ...] | None = None
        if last is not None and not self.undecided:
            ids = self._ids()
            work = tuple(skeletons.work(self.month, candidate.pathway, last.on, needs, ids, unrelated=last.unrelated))
            tried = self.trials.standing((), work, candidate.pathway, verdict.code)
            units = next(standing.units for standing in candidate.standings if standing.code == verdict.code)
            settles = work if tried is not None and not tried.blockers and tried.units > units else None
        possible = (
            self.patient_month.provisional and settles is not None and not any(self._is_past(fact) for fact in settles)
        )
        return Gap(verdict, needs, ("TIME-02",), possible, settles)

    def _ids(self) -> Iterator[str]:
        """What the facts that would settle a gap are named until somebody records them: nothing that the month's facts are."""
        return (name for number in count(1) if (name := f"gap-{number}") not in self.taken)

    def _is_past(self, fact: Fact) -> bool:
        """Whether a fact would have to have happened already: it can no longer, unless it restates what was."""
        on: dt.date | None = getattr(fact, "on", None)
        restated = isinstance(fact, facts.Consent) and skeletons.restates(self.month)
        return on is not None and on < self.patient_month.known_on and not restated

    def _can_be_mended(self, verdict: Verdict, pathway: Pathway) -> bool:
        """Whether every blocking rule names a remedy for all it found."""
        of_candidates = (f for c in self.assessment.candidates for f in (*c.findings, *c.beside))
        found = [f for f in (*self.assessment.findings, *of_candidates) if f.concerns(pathway.name, verdict.code)]
        for rule in verdict.blockers:
            reasons = {f.reason for f in found if f.rule == rule and blocks(self.law.effect(rule), f.outcome)}
            if not reasons or not reasons <= self.law.texts[rule].remedies.keys():
                return False
        return True

    def _settle(self, pathway: Pathway, verdict: Verdict, last: "_OpenDay | None") -> tuple[Fact, ...] | None:
        """Complete facts on the last open day that remove the gap's rules; tried, not assumed."""
        after = self._lacking_after_services(pathway)
        if self.month.biller is None or not skeletons.settleable(
            set(verdict.blockers) - after.keys(), self.law, pathway
        ):
            return None
        day = last.on if last is not None else self.month.month.last_day
        ids = self._ids()
        mending = list(skeletons.mending(self.month, self.law, pathway, verdict.blockers, day, ids))
        work: list[facts.TimeEntry] = []
        tried: CodeStanding | Verdict | None = verdict
        if mending:  # it may open time that did not count before, so what is short is asked again
            tried = self.trials.standing(mending, (), pathway, verdict.code)
        if tried is None:
            return None
        lacking = _short_seconds(tried) if "TIME-02" in tried.blockers else int(pathway.live_contact in tried.blockers)
        seconds = max([lacking, *after.values()])
        if seconds:
            unrelated = last is not None and last.unrelated
            work = list(skeletons.work(self.month, pathway, day, seconds, ids, unrelated=unrelated))
            tried = self.trials.standing(mending, work, pathway, verdict.code)
        settled = tried is not None and not set(tried.blockers) & set(verdict.blockers)
        return (*mending, *work) if settled else None

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
        opened = skeletons.opened_by(set(mended))
        month = self.month.month
        assert pathway.whose is not None, "only work with minutes is probed"
        probe = self.probes.get((pathway.whose, unrelated))
        if probe is None:
            probe = next(skeletons.work(self.month, pathway, month.first_day, 1, iter(("gap",)), unrelated=unrelated))
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
        month, last = self.month.month, self.month.last_day_alive()
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
