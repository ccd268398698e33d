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
    named: Collection[Program],
    candidates: Sequence[Sequence[Candidate]],
    chosen: Collection[str],
) -> tuple[Verdict, ...]:
    """Every code's row, by code."""
    assessed = {
        standing.code: (candidate, standing)
        for group in candidates
        for candidate in group
        for standing in candidate.standings
    }
    return tuple(_verdict(row, law, named, assessed.get(row.code), chosen) for row in law.codes.values())


def _verdict(
    row: CodeRow,
    law: Law,
    named: Collection[Program],
    assessed: tuple[Candidate, CodeStanding] | None,
    chosen: Collection[str],
) -> Verdict:
    pathway = law.pathway_names.get(row.code)
    if not row.exists_in(law.month):
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, ("VAL-01",))
    if not law.names(row.code, named):
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, ("PROG-00",))
    if assessed is None:
        return Verdict(row.code, row.program, None, "not_assessed", None, None, ())
    candidate, standing = assessed
    verdict: CodeVerdict = "not_billable"
    if not standing.blockers:
        verdict = "chosen" if row.code in chosen else "billable"
    return Verdict(
        row.code,
        row.program,
        pathway,
        verdict,
        candidate.tally.counted_seconds,
        standing.needed_seconds,
        standing.blockers,
    )
