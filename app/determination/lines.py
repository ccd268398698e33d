"""Claim lines: what the clerk bills."""

import datetime as dt

from msgspec import Struct

from app.determination.facts import Program


class Line(Struct, frozen=True, gc=False):
    """A claim line: what the clerk bills. `supported_units` is what the time supports before the claim's own limit.

    `counted_seconds` is `None` for a code without minutes. Where the date of service is `fixed` it follows from what was
    done, so that no other can be billed. `capped_by` is the rule of the limit, and `ranking_cents` ranks sets of lines where
    no amount can be stated.
    """

    code: str
    units: int
    supported_units: int
    capped_by: str | None
    program: Program
    pathway: str
    practitioner: str
    earliest_service_date: dt.date
    service_date: dt.date
    counted_seconds: int | None
    fixed: bool
    diagnoses: tuple[str, ...]
    amount_cents: int | None
    ranking_cents: int


def capped_values(line: Line) -> dict[str, object]:
    """What the sentence of a capped line needs."""
    return {
        "code": line.code,
        "supported": line.supported_units,
        "claimed": line.units,
        "above": line.supported_units - line.units,
    }
