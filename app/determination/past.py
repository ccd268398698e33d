"""Work of long ago: what a month still asks of it, and when it asks nothing.

Of an entry that ended well before the month three things can be asked: which program it names (PROG-00); whether it was the
first after the consent, with which care began (section 0, S); and whether it is dated after the question, where that came
weeks before the month (CLAIM-02). An enrolment in force answers the first two, so where each program has one, entries of long
ago are left out of the month: they change nothing, and need not be read.
"""

import datetime as dt
from collections.abc import Collection, Iterable

from app.determination.facts import Enrollment, Fact, TimeEntry
from app.determination.practice_month import ByKind, in_force
from app.determination.service_month import ServiceMonth


def is_long_ago(entry: TimeEntry, month: ServiceMonth) -> bool:
    """Whether it ended before the days on which a month's own rules look for work."""
    if entry.ended_at is not None:
        return entry.ended_at < month.work_from_at
    assert entry.on is not None, "an entry has instants or a day"
    return entry.on < month.work_from


def is_asked(
    programs: Collection[str] | None,
    standing: Iterable[Fact],
    month: ServiceMonth,
    *,
    known_on: dt.date,
    billing_practitioner: str | None = None,
) -> bool:
    """Whether a month, asked about on a day, may ask of entries of long ago, beside the facts that stand.

    `programs`: those they name, or more; None where nobody knows. Without any there is nothing to ask of.
    """
    if programs is None or (programs and known_on < month.work_from):
        return True
    enrolled = {
        fact.program
        for fact in standing
        if isinstance(fact, Enrollment)
        and billing_practitioner in (None, fact.practitioner)
        and in_force(fact, month.first_day, month.day_after)
    }
    return not enrolled.issuperset(programs)


def left_out(
    own: ByKind, month: ServiceMonth, *, known_on: dt.date, billing_practitioner: str | None
) -> list[TimeEntry]:
    """The entries of long ago, taken out of the patient's facts where the month asks nothing of them."""
    entries: list[TimeEntry] = own.get(TimeEntry, [])  # type: ignore[assignment]
    past = [entry for entry in entries if is_long_ago(entry, month)]
    programs = {entry.program for entry in past}
    enrolments = own.get(Enrollment, ())
    if not past or is_asked(programs, enrolments, month, known_on=known_on, billing_practitioner=billing_practitioner):
        return []
    own[TimeEntry] = [entry for entry in entries if not is_long_ago(entry, month)]
    if not own[TimeEntry]:
        del own[TimeEntry]
    return past
