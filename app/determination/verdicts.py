"""One row for every code the rule book knows in any month: chosen, billable, not billable and why, or not assessed."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from msgspec import Struct

from app.determination.candidates import Candidate, CodeStanding
from app.determination.facts import Program
from app.determination.findings import Finding
from app.determination.law import CodeRow, Law

CodeVerdict = Literal["chosen", "billable", "not_billable", "not_assessed"]


class Verdict(Struct, frozen=True, gc=False):
    """How one code stands this month. Codes without minutes, or not assessed, have no seconds.

    It is `judged_in` the program whose facts were read: of a code that several programs share, the one that comes nearest.
    """

    code: str
    program: Program
    pathway: str | None
    verdict: CodeVerdict
    counted_seconds: int | None
    needed_seconds: int | None
    blockers: tuple[str, ...]
    judged_in: Program | None = None


def verdicts(
    law: Law,
    named: frozenset[Program],
    candidates: Sequence[Sequence[Candidate]],
    chosen: Collection[str],
) -> tuple[Verdict, ...]:
    """Every code's row, by code."""
    rows = dict(law.once_for(named, "rows", lambda: _rows_without_a_candidate(law, named)))
    nearest: dict[str, tuple[bool, bool, int, int, int]] = {}
    shared = law.shared_codes
    for group in candidates:
        for candidate in group:
            for standing in candidate.standings:
                code = standing.code
                if code in shared:
                    distance = _distance(candidate, standing, group)
                    if code in nearest and nearest[code] <= distance:
                        continue
                    nearest[code] = distance
                rows[code] = _assessed(candidate, standing, law.codes[code], chosen)
    return tuple(rows.values())


def _distance(
    candidate: Candidate, standing: CodeStanding, group: Sequence[Candidate]
) -> tuple[bool, bool, int, int, int]:
    """How far a pathway is from a code that another one bills as well.

    Of one program's pathways that one is nearest which fewest rules single out: what stops all of them tells none apart.
    """
    lacking = (standing.needed_seconds or 0) - (standing.counted_seconds or 0)
    alike = [c.stopped for c in group if any(one.code == standing.code for one in c.standings)]
    apart = len(candidate.stopped.difference(frozenset.intersection(*alike)))
    return bool(standing.blockers), bool(candidate.stopped), apart, len(standing.blockers), lacking


def unmade(verdicts: Iterable[Verdict], law: Law) -> tuple[Finding, ...]:
    """Why a code that several programs share is not billed, where none of those named makes it."""
    return tuple(
        Finding(rule, None, "not_met", "unmade", (), {"codes": (verdict.code,)})
        for verdict in verdicts
        if verdict.judged_in is None
        and (rule := law.codes[verdict.code].unmade) is not None
        and verdict.blockers == (rule,)
    )


def _rows_without_a_candidate(law: Law, named: frozenset[Program]) -> dict[str, Verdict]:
    return {code: _unassessed(row, law, named) for code, row in law.codes.items()}


def _unassessed(row: CodeRow, law: Law, named: frozenset[Program]) -> Verdict:
    pathway = law.pathway_names.get(row.code)
    if not row.exists_in(law.month):
        closed = row.closed_by(law.month) if law.names(row.code, named) else ("VAL-01",)
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, closed)
    if not law.names(row.code, named):
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, ("PROG-00",))
    if row.unmade is not None:  # it is named, and nothing named makes it
        return Verdict(row.code, row.program, pathway, "not_billable", None, None, (row.unmade,))
    return Verdict(row.code, row.program, None, "not_assessed", None, None, ())


def _assessed(candidate: Candidate, standing: CodeStanding, row: CodeRow, chosen: Collection[str]) -> Verdict:
    verdict: CodeVerdict = "not_billable"
    if not standing.blockers:
        verdict = "chosen" if standing.code in chosen else "billable"
    return Verdict(
        standing.code,
        row.program,
        candidate.pathway.name,
        verdict,
        standing.counted_seconds,
        standing.needed_seconds,
        standing.blockers,
        candidate.pathway.program,
    )
