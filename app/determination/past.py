"""Work of long ago: what a month still asks of it, and when it asks nothing.

Of an entry that ended well before the month only two things can be asked: which program it names (PROG-00), and whether it
was the first after the consent, with which care began (section 0, S). An enrolment in force answers both, so where each
program has one, entries of long ago are left out of the month: they change nothing, and need not be read.
"""

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
    programs: Collection[str], standing: Iterable[Fact], month: ServiceMonth, billing_practitioner: str | None = None
) -> bool:
    """Whether a month may ask of entries of long ago, for those programs, beside the facts that stand."""
    if not programs:
        return False
    enrolled = {
        fact.program
        for fact in standing
        if isinstance(fact, Enrollment)
        and billing_practitioner in (None, fact.practitioner)
        and in_force(fact, month.first_day, month.day_after)
    }
    return not enrolled.issuperset(programs)


def left_out(own: ByKind, month: ServiceMonth, billing_practitioner: str | None) -> list[TimeEntry]:
    """The entries of long ago, taken out of the patient's facts where the month asks nothing of them."""
    entries: list[TimeEntry] = own.get(TimeEntry, [])  # type: ignore[assignment]
    past = [entry for entry in entries if is_long_ago(entry, month)]
    if not past or is_asked({entry.program for entry in past}, own.get(Enrollment, ()), month, billing_practitioner):
        return []
    own[TimeEntry] = [entry for entry in entries if not is_long_ago(entry, month)]
    if not own[TimeEntry]:
        del own[TimeEntry]
    return past
