"""A pathway assessed against a month: how far its time reaches, what blocks each code, and the lines it would bill."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from app.determination import facts
from app.determination.concurrency import concurrent_services
from app.determination.conditions import diagnoses
from app.determination.findings import Finding, in_rule_book_order
from app.determination.law import Law, Pathway
from app.determination.lines import Line, capped_values
from app.determination.pricing import cents
from app.determination.program_month import ProgramMonth
from app.determination.timekeeping import Tally, Whose


class CodeStanding(Struct, frozen=True, gc=False):
    """How one code of a pathway stands: units reached, seconds counted and needed for the next unit, what blocks it."""

    code: str
    units: int
    counted_seconds: int | None
    needed_seconds: int | None
    blockers: tuple[str, ...]


class Candidate(Struct, frozen=True, gc=False):
    """A pathway assessed against a program-month. It is lawful when it has lines. Without minutes it has no tally.

    `findings` are of its time and units, `beside` of the month's services, which several pathways may find alike.
    """

    pathway: Pathway
    tally: Tally | None
    standings: tuple[CodeStanding, ...]
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    beside: tuple[Finding, ...]

    @property
    def lacking_seconds(self) -> int:
        assert self.tally is not None, "only asked of a pathway with minutes"
        return max(0, self.pathway.base_seconds - self.tally.counted_seconds)


Tallies = Mapping[Whose, Tally]


def assess(month: ProgramMonth, law: Law, pathway: Pathway, tallies: Tallies, blocking: Collection[str]) -> Candidate:
    """Assesses one pathway. `blocking` are the rules whose findings block it before its own time and claims are read."""
    beside = services_beside(month, law, pathway, tallies)
    stand = standings(pathway, tallies, gates(pathway, blocking, beside))
    if pathway.whose is None:
        return Candidate(pathway, None, stand, _line_on_occasion(month, law, pathway, stand[0]), (), beside)
    counted = tallies[pathway.whose]
    findings: list[Finding] = []
    for standing in stand:
        findings += _time_findings(month, standing, _short(pathway, standing.code), whose=pathway.whose)
    lines = _lines(month, law, pathway, counted, stand)
    findings += [
        Finding(line.capped_by, month.program, "advisory", "capped", (), capped_values(line))
        for line in lines
        if line.capped_by is not None
    ]
    return Candidate(pathway, counted, stand, lines, tuple(findings), beside)


def services_beside(month: ProgramMonth, law: Law, pathway: Pathway, tallies: Tallies) -> tuple[Finding, ...]:
    """What the month's services mean for a pathway: claims that exclude it, and services it may not stand beside."""
    if not month.of(facts.Service):
        return ()
    rows = law.concurrent[pathway.name]
    return (*_claims_of_others(month, law, pathway), *concurrent_services(month, rows, tallies["everyone"]))


def gates(pathway: Pathway, blocking: Collection[str], beside: Iterable[Finding]) -> frozenset[str]:
    """The rules that block every code of a pathway."""
    return pathway.requires.intersection(blocking).union([f.rule for f in beside if f.outcome == "not_met"])


def standings(pathway: Pathway, tallies: Tallies, stopped: frozenset[str]) -> tuple[CodeStanding, ...]:
    """How the pathway's codes stand with the time counted; `stopped` holds the rules that block them all."""
    if pathway.whose is None:
        return (CodeStanding(pathway.base_code, int(not stopped), None, None, in_rule_book_order(stopped)),)
    seconds = tallies[pathway.whose].counted_seconds
    units = [(pathway.base_code, int(seconds >= pathway.base_seconds), pathway.base_seconds)]
    if pathway.add_on is not None:
        units.append((pathway.add_on.code, *_increments(pathway, seconds)))
    found = []
    for code, reached, needed in units:
        blockers = stopped if reached else stopped.union(_short(pathway, code))
        found.append(CodeStanding(code, reached, seconds, needed, in_rule_book_order(blockers)))
    return tuple(found)


def _line_on_occasion(month: ProgramMonth, law: Law, pathway: Pathway, standing: CodeStanding) -> tuple[Line, ...]:
    """A pathway without minutes: one unit, on the day its rule tells."""
    if standing.blockers or month.biller is None:
        return ()
    assert pathway.occasion is not None, "a pathway without minutes names its occasion"
    day = law.occasions[pathway.occasion].earned_on(month)
    assert day is not None, "what was not earned is blocked by the rule that tells the day"
    return (_line(month, law, pathway, standing, 1, day, day),)


def _short(pathway: Pathway, code: str) -> tuple[str, ...]:
    """The rules named where a code's minutes are short: TIME-02 and the pathway's own that say the same."""
    beside = pathway.add_on.short if pathway.add_on is not None and code != pathway.base_code else pathway.short
    return ("TIME-02", *beside)


def _increments(pathway: Pathway, seconds: int) -> tuple[int, int]:
    """Whole increments reached beyond the base, and the seconds the next one not yet reached needs in all."""
    add_on = pathway.add_on
    assert add_on is not None, "only asked of a pathway with an add-on"
    beyond = seconds - pathway.base_seconds
    reached = max(0, beyond // add_on.each_seconds)
    following = reached + 1
    if add_on.max_units is not None:
        following = min(following, add_on.max_units)
    return reached, pathway.base_seconds + following * add_on.each_seconds


def _time_findings(
    month: ProgramMonth, standing: CodeStanding, short: tuple[str, ...], *, whose: Whose
) -> Iterable[Finding]:
    """TIME-02 for one code or, when minutes are short, every rule that says so."""
    seconds, needed = standing.counted_seconds or 0, standing.needed_seconds or 0
    values = {"code": standing.code, "counted_seconds": seconds, "needed_seconds": needed}
    if standing.units:
        return [Finding("TIME-02", month.program, "met", "reached", (), values)]
    values["short_seconds"] = needed - seconds
    reasons = {"TIME-02": "short_of_own"} if whose == "biller" else {}
    return [Finding(rule, month.program, "not_met", reasons.get(rule, "short"), (), values) for rule in short]


def _lines(
    month: ProgramMonth, law: Law, pathway: Pathway, counted: Tally, standings: Sequence[CodeStanding]
) -> tuple[Line, ...]:
    if month.biller is None or standings[0].blockers:
        return ()
    reached: list[tuple[CodeStanding, int, dt.date]] = []
    for standing in standings:
        if standing.blockers or not standing.units:
            continue
        units = _claimable(law, pathway, standing)
        last_unit_seconds = pathway.base_seconds
        if pathway.add_on is not None and standing.code == pathway.add_on.code:
            last_unit_seconds += units * pathway.add_on.each_seconds
        day = counted.day_reaching(last_unit_seconds)
        assert day is not None, "a unit counted as reached is reached on a day"
        reached.append((standing, units, month.month.day(day)))
    service_date = max(day for *_, day in reached)
    return tuple(_line(month, law, pathway, standing, units, day, service_date) for standing, units, day in reached)


def _line(
    month: ProgramMonth,
    law: Law,
    pathway: Pathway,
    standing: CodeStanding,
    units: int,
    earliest: dt.date,
    service_date: dt.date,
) -> Line:
    assert month.biller is not None, "only a known practitioner has lines"
    amount, ranking = cents(month, law, standing.code, service_date)
    return Line(
        code=standing.code,
        units=units,
        supported_units=standing.units,
        capped_by=_capped_by(pathway, standing.code, units, standing.units),
        program=month.program,
        pathway=pathway.name,
        practitioner=month.biller,
        earliest_service_date=earliest,
        service_date=service_date,
        counted_seconds=standing.counted_seconds,
        diagnoses=diagnoses(month.patient_month),
        amount_cents=None if amount is None else amount * units,
        ranking_cents=ranking * units,
    )


def _claimable(law: Law, pathway: Pathway, standing: CodeStanding) -> int:
    """Units a claim may carry: what the time supports, within the coding cap and the medically unlikely edit."""
    limits = [standing.units]
    if pathway.add_on is not None and standing.code == pathway.add_on.code and pathway.add_on.max_units is not None:
        limits.append(pathway.add_on.max_units)
    mue_units = law.codes[standing.code].mue_units
    if mue_units is not None:
        limits.append(mue_units)
    return min(limits)


def _capped_by(pathway: Pathway, code: str, units: int, supported: int) -> str | None:
    """The coding rule's cap, or the medically unlikely edit, where time supports more than a claim may carry."""
    if supported <= units:
        return None
    add_on = pathway.add_on
    return "UNIT-04" if add_on is not None and code == add_on.code and add_on.max_units == units else "UNIT-05"


def _claims_of_others(month: ProgramMonth, law: Law, pathway: Pathway) -> Iterable[Finding]:
    """Services of the month by this practitioner with a code of a pathway that excludes this one (PRAC-04 and its kin)."""
    for rule, codes in law.excluding(pathway):
        claimed = tuple([service for service in month.services(codes) if month.is_same_practitioner(service)])
        if claimed:
            yield Finding(rule, month.program, "not_met", "claimed", claimed, {"code": pathway.base_code})
