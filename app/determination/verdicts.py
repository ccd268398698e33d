"""One row for every code the rule book knows in any month: chosen, billable, not billable and why, or not assessed."""

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from app.determination.candidates import Candidate, CodeStanding
from app.determination.facts import Program
from app.determination.law import CodeRow, Law

CodeVerdict = Literal["chosen", "billable", "not_billable", "not_assessed"]


class Verdict(Struct, frozen=True, gc=False):
    """How one code stands this month. Codes without minutes, or not assessed, have no seconds."""

    code: str
    program: Program
    pathway: str | None
    verdict: CodeVerdict
    counted_seconds: int | None
    needed_seconds: int | None
    blockers: tuple[str, ...]


def verdicts(
    law: Law,
    named: frozenset[Program],
    candidates: Sequence[Sequence[Candidate]],
    chosen: Collection[str],
) -> tuple[Verdict, ...]:
    """Every code's row, by code."""
    rows = dict(law.once(("rows", named), lambda: _rows_without_a_candidate(law, named)))
    for group in candidates:
        for candidate in group:
            for standing in candidate.standings:
                rows[standing.code] = _assessed(candidate, standing, chosen)
    return tuple(rows.values())


def _rows_without_a_candidate(law: Law, named: frozenset[Program]) -> dict[str, Verdict]:
    return {code: _unassessed(row, law, named) for code, row in law.codes.items()}


def _unassessed(row: CodeRow, law: Law, named: frozenset[Program]) -> Verdict:
    pathway = law.pathway_names.get(row.code)
    if not row.exists_in(law.month):
        closed = row.closed_by(law.month) if law.names(row.code, named) else ("VAL-01",)
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, closed)
    if not law.names(row.code, named):
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, ("PROG-00",))
    return Verdict(row.code, row.program, None, "not_assessed", None, None, ())


def _assessed(candidate: Candidate, standing: CodeStanding, chosen: Collection[str]) -> Verdict:
    verdict: CodeVerdict = "not_billable"
    if not standing.blockers:
        verdict = "chosen" if standing.code in chosen else "billable"
    return Verdict(
        standing.code,
        candidate.pathway.program,
        candidate.pathway.name,
        verdict,
        standing.counted_seconds,
        standing.needed_seconds,
        standing.blockers,
    )
