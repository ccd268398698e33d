"""A pathway assessed against a month: how far its time reaches, what blocks each code, and the lines it would bill."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from app.determination import facts
from app.determination.concurrency import concurrent_services
from app.determination.conditions import diagnoses
from app.determination.findings import Finding, in_rule_book_order
from app.determination.law import Exclusion, Law, Pathway
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

    `findings` are of its time and units, `beside` of the month's services, which several pathways may find alike. `stopped`
    holds the rules, other than those of its minutes, that block all its codes.
    """

    pathway: Pathway
    tally: Tally | None
    standings: tuple[CodeStanding, ...]
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    beside: tuple[Finding, ...]
    stopped: frozenset[str]

    @property
    def lacking_seconds(self) -> int:
        assert self.tally is not None, "only asked of a pathway with minutes"
        return max(0, self.pathway.base_seconds - self.tally.counted_seconds)


Tallies = Mapping[Whose, Tally]


def assess(month: ProgramMonth, law: Law, pathway: Pathway, tallies: Tallies, blocking: Collection[str]) -> Candidate:
    """Assesses one pathway. `blocking` are the rules whose findings block it before its own time and claims are read."""
    beside = services_beside(month, law, pathway, tallies)
    stopped = gates(pathway, blocking, beside)
    stand = standings(pathway, tallies, stopped)
    if pathway.whose is None:
        earned = _line_on_occasion(month, law, pathway, stand[0])
        return Candidate(pathway, None, stand, earned, (), beside, stopped)
    counted = tallies[pathway.whose]
    findings: list[Finding] = []
    if pathway.live_contact is not None:
        findings.append(_contact_finding(month, pathway, pathway.live_contact, counted))
    for standing in stand:
        findings += _time_findings(month, pathway, standing)
    lines = _lines(month, law, pathway, counted, stand)
    findings += [
        Finding(line.capped_by, month.program, "advisory", "capped", (), capped_values(line))
        for line in lines
        if line.capped_by is not None
    ]
    return Candidate(pathway, counted, stand, lines, tuple(findings), beside, stopped)


def services_beside(month: ProgramMonth, law: Law, pathway: Pathway, tallies: Tallies) -> tuple[Finding, ...]:
    """What the month's services mean for a pathway: claims that exclude it, and services it may not stand beside."""
    if not month.of(facts.Service):
        return ()
    rows = law.concurrent[pathway.key]
    return (*_claims_of_others(month, law, pathway), *concurrent_services(month, rows, tallies["everyone"]))


def gates(pathway: Pathway, blocking: Collection[str], beside: Iterable[Finding]) -> frozenset[str]:
    """The rules that block every code of a pathway."""
    return pathway.requires.intersection(blocking).union([f.rule for f in beside if f.outcome == "not_met"])


def standings(pathway: Pathway, tallies: Tallies, stopped: frozenset[str]) -> tuple[CodeStanding, ...]:
    """How the pathway's codes stand with the time counted; `stopped` holds the rules that block them all."""
    if pathway.whose is None:
        return (CodeStanding(pathway.base_code, int(not stopped), None, None, in_rule_book_order(stopped)),)
    counted = tallies[pathway.whose]
    seconds = counted.counted_seconds
    if pathway.live_contact is not None and counted.contact() != "had":
        stopped = stopped.union((pathway.live_contact,))
    if (above := pathway.above(seconds)) is not None:
        stopped = stopped.union((above,))
        return (CodeStanding(pathway.base_code, 0, seconds, pathway.base_seconds, in_rule_book_order(stopped)),)
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
    day = law.occasions[pathway.occasion].earned_on(month, pathway.name)
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


def _time_findings(month: ProgramMonth, pathway: Pathway, standing: CodeStanding) -> Iterable[Finding]:
    """TIME-02 for one code or, when minutes are short, every rule that says so; where there are too many, the one that does."""
    seconds, needed = standing.counted_seconds or 0, standing.needed_seconds or 0
    values = {"code": standing.code, "counted_seconds": seconds, "needed_seconds": needed}
    if standing.units:
        return [Finding("TIME-02", month.program, "met", "reached", (), values, (pathway.name,), standing.code)]
    if (above := pathway.above(seconds)) is not None:
        return [Finding(above, month.program, "not_met", "longer", (), values, (pathway.name,))]
    values["short_seconds"] = needed - seconds
    short, reason = _short(pathway, standing.code), short_reason(pathway)
    return [
        Finding(rule, month.program, "not_met", reason, (), values, (pathway.name,), standing.code) for rule in short
    ]


def short_reason(pathway: Pathway) -> str:
    """By which of TIME-02's sentences a pathway's time is short: anybody's, or the billing practitioner's own."""
    return "short_of_own" if pathway.whose == "biller" else "short"


def _contact_finding(month: ProgramMonth, pathway: Pathway, rule: str, counted: Tally) -> Finding:
    """Whether some counted time was a live contact with the patient or caregiver."""
    contact = counted.contact()
    if contact == "had":
        with_contact = tuple([entry for entry in counted.counted() if entry.live_contact])
        return Finding(rule, month.program, "met", "contact", with_contact, pathways=(pathway.name,))
    if contact == "denied":
        without = tuple(counted.counted())
        return Finding(rule, month.program, "not_met", "no_contact", without, pathways=(pathway.name,))
    return Finding(rule, month.program, "missing", "contact_unstated", (), pathways=(pathway.name,))


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
        program=law.codes[standing.code].program,
        pathway=pathway.name,
        practitioner=month.biller,
        earliest_service_date=earliest,
        service_date=service_date,
        counted_seconds=standing.counted_seconds,
        fixed=pathway.date_is_fixed,
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
    """Services that touch the month with a code of a pathway that excludes this one (PRAC-04 and its kin)."""
    for exclusion, codes in law.excluding(pathway):
        known = [service for service in month.of(facts.Service) if service.code in codes and _touches(service, month)]
        claimed = tuple([service for service in known if _binds(exclusion, service, month)])
        if claimed:
            values: dict[str, object] = {"code": pathway.base_code}
            yield Finding(exclusion.rule, month.program, "not_met", "claimed", claimed, values, (pathway.name,))
        elif known and exclusion.within == "practice":
            values = {"codes": tuple(sorted({service.code for service in known}))}
            yield Finding(exclusion.rule, month.program, "advisory", "elsewhere", tuple(known), values)


def _touches(service: facts.Service, month: ProgramMonth) -> bool:
    last = service.on if service.through is None else service.through
    return service.on <= month.month.last_day and last >= month.month.first_day


def _binds(exclusion: Exclusion, service: facts.Service, month: ProgramMonth) -> bool:
    if exclusion.within == "practice" and service.same_practice is not False:
        return True
    return month.is_same_practitioner(service)
