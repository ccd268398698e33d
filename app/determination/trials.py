"""A program's month tried with facts beside it: what would block its codes, and how far its time would reach.

Only what the added facts may change is asked again: a rule that reads none of their kinds answers as before.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

from app.determination.candidates import CodeStanding, gates, services_beside, standings
from app.determination.facts import PROGRAMS, Consent, Enrollment, Fact, Program, Service
from app.determination.findings import Rule
from app.determination.law import Law, Pathway
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth
from app.determination.questions import Blocking, Questions, blocking, reads
from app.determination.timekeeping import Tally, Whose, allot, sift, tally
from app.determination.weighing import Assessment, doubts, program_months, weigh
from app.determination.work import Work


class Trial:
    """A program-month with some facts beside it, and the rules that block it, by the gate that found them."""

    __slots__ = ("_claimed", "_tallies", "_work", "asked", "blocked", "month")

    def __init__(
        self,
        month: ProgramMonth,
        asked: Questions,
        blocked: Mapping[int, Blocking],
        claimed: tuple[Sequence[Work], ...],
    ) -> None:
        self.month = month
        self.asked = asked
        self.blocked = blocked
        self._claimed = claimed
        self._work: Sequence[Work] | None = None
        self._tallies: dict[Whose, Tally] = {}

    def blocking(self) -> Blocking:
        return reduce(Blocking.beside, self.blocked.values(), self.asked.blocking)

    def tally(self, whose: Whose) -> Tally:
        if self._work is None:
            self._work = allot(self._claimed, sift(self.month, self.asked.closings(self.month)), self.month.month)
        if whose not in self._tallies:
            self._tallies[whose] = tally(self.month, self._work, whose)
        return self._tallies[whose]


class Trials:
    """One assessed program of a month with this and that beside it; the same facts are tried once for all codes."""

    def __init__(self, month: PatientMonth, law: Law, assessment: Assessment) -> None:
        self.month = month
        self.law = law
        self.program = assessment.month.program
        self._claimed = assessment.claimed
        named = month.named_programs()
        before = [program for program in PROGRAMS[: PROGRAMS.index(self.program)] if program in named]
        self._before = [rule for program in before for rule in law.time_rules[program]]
        self._may_block = law.once(("may block", self.program), lambda: _may_block(law, self.program))
        self._tried: dict[tuple[Fact, ...], Trial | None] = {}

    def standing(
        self, mending: Sequence[Fact], work: Sequence[Fact], pathway: Pathway, code: str
    ) -> CodeStanding | None:
        """How a code would stand with those facts beside the month's, `work` beside the rest; `None` where two practitioners
        could then bill it, so that a person decides.
        """
        trial = self._with(tuple(mending))
        if work and trial is not None:
            trial = self._beside(trial, work)
        if trial is None:
            found = self._weighed([*mending, *work], pathway)
            if found is None:
                return None
        else:
            tallies = {whose: trial.tally(whose) for whose in _asked_of(pathway, trial.month)}
            beside = services_beside(trial.month, self.law, pathway, tallies)
            found = standings(pathway, tallies, gates(pathway, trial.blocking().of(pathway), beside))
        return next(standing for standing in found if standing.code == code)

    def _with(self, added: tuple[Fact, ...]) -> Trial | None:
        if added not in self._tried:
            untried = self._with(()) if added else self._untried()
            self._tried[added] = self._beside(untried, added) if added and untried is not None else untried
        return self._tried[added]

    def _untried(self) -> Trial | None:
        group = program_months(self.month, self.law, self.program)
        return self._asked(*group[0], frozenset(), {}) if len(group) == 1 else None

    def _beside(self, trial: Trial, added: Sequence[Fact]) -> Trial | None:
        kinds = frozenset([type(fact) for fact in added])
        # Whose minutes come first, and who bills, is weighed elsewhere: there the whole month is determined again.
        if self._before and self._bears_on_programs_before(added):
            return None
        month = trial.month.patient_month.beside(added)
        known = trial.month if kinds.isdisjoint(_WHO_BILLS) else None
        group = program_months(month, self.law, self.program, known=known)
        # What contradicted before needs a person: nothing is tried there (see `gaps`).
        doubting = any(reads(rule, kinds) for rule in group[0][1].doubting)
        if len(group) > 1 or (doubting and doubts({self.program: group}, self.law)):
            return None
        again = group[0][0].biller == trial.month.biller
        return self._asked(*group[0], kinds, trial.blocked if again else {})

    def _asked(
        self, month: ProgramMonth, asked: Questions, changed: frozenset[type[Fact]], known: Mapping[int, Blocking]
    ) -> Trial:
        def blocked(rule: Rule) -> Blocking:
            if id(rule) in known and not reads(rule, changed):
                return known[id(rule)]
            return blocking(rule.check(month), self.law)

        found = {id(rule): blocked(rule) for rule in asked.gates if id(rule) in self._may_block}
        return Trial(month, asked, found, self._claimed)

    def _bears_on_programs_before(self, added: Sequence[Fact]) -> bool:
        """Whether a fact that does not name this program may change what counts for those before it."""
        kinds = frozenset([type(fact) for fact in added if getattr(fact, "program", None) != self.program])
        return any(reads(rule, kinds) for rule in self._before)

    def _weighed(self, added: Sequence[Fact], pathway: Pathway) -> Sequence[CodeStanding] | None:
        weighed = weigh(self.month.beside(added), self.law)
        if self.program in weighed.in_doubt():
            return None
        assessment = next(one for one in weighed.representatives if one.month.program == self.program)
        return next(one for one in assessment.candidates if one.pathway.name == pathway.name).standings


_WHO_BILLS = frozenset({Consent, Enrollment})


def _asked_of(pathway: Pathway, month: ProgramMonth) -> set[Whose]:
    """Whose time a trial of the pathway counts: its own and, where services stand in the month, everyone's."""
    everyone: set[Whose] = {"everyone"} if month.of(Service) else set()
    return everyone if pathway.whose is None else {pathway.whose, *everyone}


def _may_block(law: Law, program: Program) -> frozenset[int]:
    """The program's gates that answer a rule some pathway requires; the others only advise."""
    required = frozenset[str]().union(*(pathway.requires for pathway in law.pathways[program]))
    return frozenset(id(rule) for rule in law.gates[program] if not required.isdisjoint(rule.finds))
