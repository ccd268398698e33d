"""Stays in facilities and under care episodes, as stretches of time."""

from collections.abc import Iterable

from app.determination.facts import Stay
from app.determination.service_month import ServiceMonth, start_of_day
from app.determination.spans import END, Span


def stretch(stay: Stay, month: ServiceMonth) -> Span:
    """From admission to discharge; where an instant is lacking, the whole of the day stated instead."""
    start = (
        int(stay.admitted_at.timestamp()) if stay.admitted_at is not None else start_of_day(stay.from_, month.time_zone)
    )
    if stay.discharged_at is not None:
        end = int(stay.discharged_at.timestamp())
    elif stay.until is not None:
        end = month.start_of_day_after(stay.until)
    else:
        end = END
    return start, max(start, end)


def days_touched(stays: Iterable[Stay], month: ServiceMonth) -> int:
    """The month's days on which any of the stays lies, edge days included, as bits from the first day up."""
    bits = 0
    for stay in stays:
        start, end = stretch(stay, month)
        for index in range(month.days):
            if month.day_starts[index] < end and month.day_starts[index + 1] > start:
                bits |= 1 << index
        for edge in (stay.from_, stay.until):
            if edge is not None and month.holds(edge):
                bits |= 1 << month.index(edge)
    return bits


def touches(stay: Stay, month: ServiceMonth) -> bool:
    """Whether some moment of the stay lies in the month, or a day stated as its edge: entries of that day are out."""
    start, end = stretch(stay, month)
    if start < month.end and end > month.start:
        return True
    return month.holds(stay.from_) or (stay.until is not None and month.holds(stay.until))
