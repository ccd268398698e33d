"""Results as rows of plain columns, for tables: a row a claim line, and one for a month that has none, with the reasons."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.determination.answer import ClaimLine
from app.months.runs.found import MonthResult
from app.months.runs.telling import MonthChange, SideOfChange

Cell = str | int | bool | None
Row = Mapping[str, Cell]

MOST_DIAGNOSES: Final = 4
"""That a claim line points to."""
RESULT_COLUMNS: Final[Mapping[str, type]] = {
    "patient": str, "service_month": str, "status": str, "provisional": bool, "program": str, "code": str, "units": int,
    "service_date": str, "earliest_service_date": str, "practitioner": str, "pathway": str, "counted_seconds": int,
    **{f"dx{number}": str for number in range(1, MOST_DIAGNOSES + 1)}, "amount_cents": int, "warnings": str,
    "hold_reason": str, "problem": str,
}  # fmt: skip
CHANGE_COLUMNS: Final[Mapping[str, type]] = {
    "patient": str, "service_month": str, "change": str, "status_before": str, "status_after": str, "codes_before": str,
    "codes_after": str, "amount_change_cents": int, "problem_before": str, "problem_after": str,
}  # fmt: skip


def result_rows(results: Sequence[MonthResult]) -> Iterator[Row]:
    """Every line of every month."""
    for result in results:
        month: Row = {
            "patient": result.patient,
            "service_month": result.service_month,
            "status": result.status,
            "provisional": result.provisional,
            "problem": result.problem,
        }
        if result.status == "needs_decision":  # what is in no doubt may have lines
            month = {**month, "hold_reason": "A person must decide between the alternatives."}
        elif not result.claim_lines:
            month = {**month, "hold_reason": _held(result)}
        lines = [_line(line) for line in result.claim_lines or ()]
        yield from ({**month, **line} for line in lines or ({},))


def _held(result: MonthResult) -> str | None:
    """What stands against each code that could have been billed, by rule."""
    held = [f"{row.code}: {' '.join(row.blockers)}" for row in result.verdicts or () if row.blockers]
    return "; ".join(held) or None


def change_rows(changes: Sequence[MonthChange]) -> Iterator[Row]:
    """A row a month."""
    for change in changes:
        yield {
            "patient": change.patient,
            "service_month": change.service_month,
            "change": change.change,
            "status_before": _status(change.before),
            "status_after": _status(change.after),
            "codes_before": _codes(change.before),
            "codes_after": _codes(change.after),
            "amount_change_cents": change.amount_change_cents,
            "problem_before": change.before_problem,
            "problem_after": change.after_problem,
        }


def _line(line: ClaimLine) -> Row:
    diagnoses = {f"dx{number}": code for number, code in enumerate(line.diagnoses[:MOST_DIAGNOSES], start=1)}
    return {
        "program": line.program,
        "code": line.code,
        "units": line.units,
        "service_date": line.service_date.isoformat(),
        "earliest_service_date": line.earliest_service_date.isoformat(),
        "practitioner": line.practitioner,
        "pathway": line.pathway,
        "counted_seconds": line.counted_seconds,
        "amount_cents": line.amount_cents,
        "warnings": " ".join(line.warnings) or None,
        **diagnoses,
    }


def _status(side: SideOfChange | None) -> str | None:
    return None if side is None else side.status


def _codes(side: SideOfChange | None) -> str | None:
    return None if side is None else " ".join(f"{line.code}x{line.units}" for line in side.claim_lines)
