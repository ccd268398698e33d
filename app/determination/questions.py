"""Which rules a month must be asked, and what the others answer whoever the patient is.

A rule may say which kinds of facts it `reads`: then its answer follows from those, the practice's facts and policy, the
program and the biller, and from nothing else. Where nothing of these kinds is recorded of a patient, every such patient
of the practice has the same answer, and it is asked once, of a patient of whom nothing is recorded.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from msgspec import Struct

from app.determination.consents import ConsentReading
from app.determination.doubts import Doubting
from app.determination.facts import Fact
from app.determination.findings import Finding, Rule, blocks
from app.determination.law import Law, Pathway
from app.determination.patient_month import PatientMonth
from app.determination.program_month import ProgramMonth
from app.determination.timekeeping import Closing, TimeRule

R = TypeVar("R")


class Blocking(Struct, frozen=True, gc=False):
    """The rules that stop every pathway of a program, and the findings that stop some."""

    everywhere: frozenset[str] = frozenset()
    somewhere: tuple[Finding, ...] = ()

    def of(self, pathway: Pathway) -> frozenset[str]:
        """The rules that stop a pathway."""
        if not self.somewhere:
            return self.everywhere
        named = [finding.rule for finding in self.somewhere if pathway.name in finding.pathways]
        return self.everywhere.union(named) if named else self.everywhere

    def beside(self, other: "Blocking") -> "Blocking":
        """What either stops."""
        return Blocking(self.everywhere | other.everywhere, (*self.somewhere, *other.somewhere))


NOTHING_STOPPED: Final = Blocking()


class Questions(Struct, frozen=True):
    """What is known of a program-month's rules before the patient's facts are read, and the rules that read them.

    A closing may hold the month it was asked of, which holds the practice's month that keeps this: a circle only the garbage
    collector undoes, so it is not left out of its sight as other structs are.

    `time` holds the program's time rules in their order: a closing where it is known, else the rule to be asked.
    """

    findings: tuple[Finding, ...]
    blocking: Blocking
    gates: tuple[Rule, ...]
    time: tuple[tuple[Closing | None, TimeRule | None], ...]
    doubting: tuple[Doubting, ...]

    def closings(self, month: ProgramMonth) -> list[Closing]:
        """What the program's time rules close for this month's entries, in their order."""
        found = []
        for known, rule in self.time:
            closing = known if rule is None else rule.closing(month)
            if closing is not None:
                found.append(closing)
        return found


def questions(month: ProgramMonth, law: Law) -> Questions:
    """What this month's rules must be asked."""
    recorded = month.patient_month.recorded
    key = (Questions, law.digests.law, month.program, month.biller, recorded)
    return month.patient_month.practice.once(key, lambda: _parted(month, law, recorded))


def _parted(month: ProgramMonth, law: Law, recorded: frozenset[type[Fact]]) -> Questions:
    nothing = PatientMonth(month.patient_month.practice, ())
    silent = ProgramMonth(nothing, month.program, month.biller, ConsentReading(), law.cover)
    gates = law.gates.get(month.program, ())
    findings = [finding for rule in gates if not reads(rule, recorded) for finding in rule.check(silent)]
    time: list[tuple[Closing | None, TimeRule | None]] = []
    for rule in law.time_rules[month.program]:
        if reads(rule, recorded):
            time.append((None, rule))
        elif (closing := rule.closing(silent)) is not None:
            time.append((closing, None))
    # A practice whose own facts contradict each other is rare: then every rule is asked, in its order.
    in_doubt = any(True for rule in law.doubting if not reads(rule, recorded) for _ in rule.doubts(silent))
    return Questions(
        findings=tuple(findings),
        blocking=blocking(findings, law),
        gates=_asked(gates, recorded),
        time=tuple(time),
        doubting=law.doubting if in_doubt else _asked(law.doubting, recorded),
    )


def blocking(findings: Iterable[Finding], law: Law, known: Blocking = NOTHING_STOPPED) -> Blocking:
    """What the findings stop, beside what is known to be stopped."""
    stopping = [
        finding
        for finding in findings
        if finding.outcome in ("not_met", "missing") and blocks(law.effect(finding.rule), finding.outcome)
    ]
    if not stopping:
        return known
    return Blocking(
        known.everywhere.union([finding.rule for finding in stopping if not finding.pathways]),
        (*known.somewhere, *(finding for finding in stopping if finding.pathways)),
    )


def _asked(rules: Sequence[R], recorded: frozenset[type[Fact]]) -> tuple[R, ...]:
    return tuple(rule for rule in rules if reads(rule, recorded))


def reads(rule: object, recorded: frozenset[type[Fact]]) -> bool:
    """Whether a rule's answer may follow from facts of those kinds."""
    kinds: frozenset[type[Fact]] | None = getattr(rule, "reads", None)
    return kinds is None or not recorded.isdisjoint(kinds)
