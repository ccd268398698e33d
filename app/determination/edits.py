"""Claim edits: pairs of codes that a payer does not pay on one date of service. They act on dates, never on the month."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from app.determination.facts import Fact, Program, Service, Visit
from app.determination.law import ClaimEdit, Law
from app.determination.lines import Line
from app.determination.patient_month import PatientMonth


class Conflict(Struct, frozen=True, gc=False):
    """A line of ours and another code on one date of service, the edit between them and the way out.

    `indicator`: 0 never together, 1 with a modifier. `movable` is the code whose line may take another date, `free_on` the
    first later day of the month on which nothing conflicts with it; `None` where there is none.
    """

    program: Program
    pair: tuple[str, str]
    on: dt.date
    edit: ClaimEdit
    evidence: tuple[Fact, ...]
    movable: str | None
    free_on: dt.date | None


def conflicts(month: PatientMonth, law: Law, lines: Sequence[Line]) -> tuple[Conflict, ...]:
    """Every edit between a line and what the same practitioner did, or we would bill, on its date of service."""
    found: dict[tuple[str, str], Conflict] = {}
    for line in lines:
        edits = law.edits.get(line.code)
        if not edits:
            continue
        own = law.pathway_codes(line.program, line.pathway)
        beside = {code: (edits[code], evidence) for code, evidence in _beside(month, line, edits, own)}
        for other in lines:
            if other.code in edits and other.pathway != line.pathway and other.service_date == line.service_date:
                beside.setdefault(other.code, (edits[other.code], ()))
        for code, (edit, evidence) in beside.items():
            pair = _pair(line.code, code)
            # Lines that may move come before those that may not: of two lines of ours the one that can tells the way out.
            if pair not in found:
                free_on = _free_day(month, line, edits, own, lines)
                movable = None if line.fixed else line.code
                found[pair] = Conflict(line.program, pair, line.service_date, edit, evidence, movable, free_on)
    return tuple(found[pair] for pair in sorted(found))


def _beside(
    month: PatientMonth, line: Line, edits: Mapping[str, ClaimEdit], own: frozenset[str]
) -> Iterator[tuple[str, tuple[Fact, ...]]]:
    """The codes on the line's date of service that an edit pairs with it, each with the facts that show it."""
    by_code: dict[str, list[Fact]] = {}
    for code, fact in _codes_on(month, line, line.service_date):
        if code in edits and code not in own:
            by_code.setdefault(code, []).append(fact)
    for code in sorted(by_code):
        yield code, tuple(by_code[code])


def _codes_on(month: PatientMonth, line: Line, day: dt.date) -> Iterable[tuple[str, Fact]]:
    """What the line's practitioner did on a day, services and visits."""
    for service in month.of(Service):
        same = service.practitioner == line.practitioner or (
            service.practitioner is None and service.same_practice is not False
        )
        if same and service.on == day:
            yield service.code, service
    for visit in month.of(Visit):
        if visit.code is not None and visit.practitioner == line.practitioner and visit.on == day:
            yield visit.code, visit


def _free_day(
    month: PatientMonth, line: Line, edits: Mapping[str, ClaimEdit], own: frozenset[str], lines: Sequence[Line]
) -> dt.date | None:
    """The first day after the line's date, to the end of the month, on which no edit is met, with our own lines neither."""
    if line.fixed:
        return None
    span = month.month
    for index in range(span.index(line.service_date) + 1, span.days):
        day = span.day(index)
        taken = [code for code, _ in _codes_on(month, line, day)]
        taken += [other.code for other in lines if other.service_date == day]
        if not any(code in edits and code not in own for code in taken):
            return day
    return None


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
