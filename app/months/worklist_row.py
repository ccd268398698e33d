"""One patient's line of the worklist: how far the month is, what is the next code worth the effort, and what it is too late for.

Read off a determination and its gaps; no rule is applied here. Whether a code would bring anything is not guessed either:
the facts that would settle its gap are appended and the month is determined again.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

from app.determination import answer, facts
from app.determination.determine import Determination, Status, determine
from app.determination.explanation import gap_in_words
from app.determination.facts import PROGRAMS, Fact, Program
from app.determination.gaps import Gap, further_units, gaps
from app.determination.law import Law
from app.determination.lines import Line
from app.determination.patient_month import PatientMonth
from app.determination.pricing import cents
from app.determination.service_month import local_day

State = Literal["at_risk", "extendable", "complete", "lost", "needs_decision", "closed"]
STATES: Final[tuple[State, ...]] = get_args(State)

WORK_MINUTES: Final[dict[type[Fact], int]] = {
    facts.Visit: 30,
    facts.PlanningAssessment: 30,
    facts.CarePlan: 30,
    facts.Consent: 10,
}
"""How long it takes to have what a fact states happen, where it is more than looking it up. An assumption of ours, for the
order of the list alone: nothing lawful depends on it."""
RECORDING_MINUTES: Final = 5
"""And where it is not: the fact has only to be found out and recorded."""
LEAST_SECONDS: Final = 60
"""No work takes less: a second short would otherwise be worth more than everything else."""


class SoFar(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A line that may be billed as things stand."""

    code: str
    units: int
    program: Program
    practitioner: str
    counted_seconds: int | None = None
    amount_cents: int | None = None


class Lacking(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code not reached, or a further unit of one that is: the rules that stop it, and what would help."""

    code: str
    program: Program
    needs_seconds: int | None = None
    amount_cents: Annotated[int, Meta(description="What one unit is allowed.")] | None = None
    rules: tuple[str, ...]
    remedy: str


class NextCode(Lacking, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The code that takes least effort of those that can still be had and would bring more than there is."""

    effort_seconds: Annotated[
        int,
        Meta(
            description="The work that is lacking, and for each other fact to be had an assumed time: 30 minutes for a "
            "visit, a planning assessment or a care plan, 10 for a consent, 5 where it has only to be recorded; no less than 60."
        ),
    ]
    adds_cents: (
        Annotated[int, Meta(description="What the month's lines come to with it, less what they come to now.")] | None
    ) = None
    until: Annotated[dt.date, Meta(description="The last day on which what it lacks can still happen.")]


class LastContact(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The last live contact or visit that is recorded, up to the day the list is of."""

    on: dt.date
    kind: Literal["time_entry", "visit"]
    id: str
    source: str | None = None


class WorklistRow(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where one patient's month stands, and what to do about it.

    `at_risk`: nothing may be billed so far, and something can still be had. `extendable`: there are lines, and more can be
    had. `complete`: there are lines, and no more can be had. `lost`: nothing may be billed, and nothing can be had any more.
    """

    patient: str
    state: State
    status: Status
    provisional: bool
    programs: tuple[Program, ...]
    practitioners: tuple[str, ...]
    claim_lines: Annotated[tuple[SoFar, ...], Meta(description="What may be billed as things stand.")]
    amount_cents: Annotated[int, Meta(description="Of the lines together; absent where one has no amount.")] | None = (
        None
    )
    value_cents_per_minute: (
        Annotated[int, Meta(description="What the next code adds for each minute of its effort.")] | None
    ) = None
    next_code: NextCode | None = None
    missing: Annotated[
        tuple[Lacking, ...], Meta(description="The other codes that can still be had, the least effort first.")
    ]
    out_of_reach: Annotated[tuple[Lacking, ...], Meta(description="The codes that can no longer be had.")]
    days_left: Annotated[
        int,
        Meta(ge=0, description="Days of the month in the practice's time zone, with today; 0 when it is over."),
    ]
    last_contact: LastContact | None = None
    positions: Annotated[answer.Positions, Meta(description="How far the ledgers were read.")]
    behind: Annotated[
        bool,
        Meta(
            description="Something was recorded since, or the day, the law or the practice is another: it will be worked out again."
        ),
    ] = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that may be billed, and the one that comes next."""
        following = [] if self.next_code is None else [self.next_code.code]
        return tuple(sorted({*(line.code for line in self.claim_lines), *following}))


def worklist_row(
    month: PatientMonth, law: Law, *, patient: str, positions: answer.Positions, closed: bool
) -> WorklistRow:
    """The row of a patient's month. `closed`: a person has closed it, so that nothing is left to be done."""
    determination = determine(month, law)
    found = [] if closed else [*gaps(determination, law), *further_units(determination, law)]
    open_gaps = sorted(
        (_Open(gap, determination, law) for gap in found if gap.still_possible),
        key=lambda each: (each.effort_seconds, each.gap.verdict.code),
    )
    following = next((one for each in open_gaps if (one := each.next_code()) is not None), None)
    others = [each.gap for each in open_gaps if following is None or each.gap.verdict.code != following.code]
    lines = determination.lines
    return WorklistRow(
        patient=patient,
        state=_state(determination, closed=closed, reachable=following is not None),
        status=determination.status,
        provisional=month.provisional,
        programs=tuple(program for program in PROGRAMS if program in month.named_programs()),
        practitioners=_practitioners(determination),
        claim_lines=tuple(_so_far(line) for line in lines),
        amount_cents=_amount(lines),
        value_cents_per_minute=_value(following),
        next_code=following,
        missing=tuple(_lacking(gap, determination, law) for gap in others),
        out_of_reach=tuple(_lacking(gap, determination, law) for gap in found if not gap.still_possible),
        days_left=_days_left(month),
        last_contact=_last_contact(month),
        positions=positions,
    )


class _Open:
    """A gap that can still be closed, and what closing it takes and brings."""

    def __init__(self, gap: Gap, determination: Determination, law: Law) -> None:
        self.gap = gap
        self._determination = determination
        self._law = law
        # Where no facts can be named nobody knows how much work it is: after all others.
        self.effort_seconds = (
            _NOBODY_KNOWS if gap.settles is None else max(LEAST_SECONDS, sum(map(_effort, gap.settles)))
        )

    def next_code(self) -> NextCode | None:
        """None where no facts can be named for it, or the month would come to no more with them."""
        if self.gap.settles is None:
            return None
        now = self._determination.lines
        then = determine(self._determination.month.beside(self.gap.settles), self._law).lines
        if _ranking(then) <= _ranking(now):
            return None
        before, after = _amount(now), _amount(then)
        lacking = _lacking(self.gap, self._determination, self._law)
        return NextCode(
            code=lacking.code,
            program=lacking.program,
            needs_seconds=lacking.needs_seconds,
            amount_cents=lacking.amount_cents,
            rules=lacking.rules,
            remedy=lacking.remedy,
            effort_seconds=self.effort_seconds,
            adds_cents=None if before is None or after is None else after - before,
            until=_until(self.gap.settles, self._determination.month),
        )


_NOBODY_KNOWS: Final = 1 << 31


def _effort(fact: Fact) -> int:
    """Seconds of work until a fact can be stated."""
    if isinstance(fact, facts.TimeEntry):
        assert fact.seconds is not None, "what would settle a gap names its day and seconds"
        return fact.seconds
    return 60 * WORK_MINUTES.get(type(fact), RECORDING_MINUTES)


def _until(settles: Sequence[Fact], month: PatientMonth) -> dt.date:
    """The facts that settle a gap stand on the last day still open."""
    stated = [on for fact in settles if (on := getattr(fact, "on", None)) is not None and on >= month.known_on]
    return max(stated, default=month.month.last_day)


def _value(following: NextCode | None) -> int | None:
    if following is None or following.adds_cents is None:
        return None
    return following.adds_cents * 60 // following.effort_seconds


def _ranking(lines: Iterable[Line]) -> int:
    return sum(line.ranking_cents for line in lines)


def _amount(lines: Iterable[Line]) -> int | None:
    amounts = [line.amount_cents for line in lines]
    return None if None in amounts else sum(amount for amount in amounts if amount is not None)


def _state(determination: Determination, *, closed: bool, reachable: bool) -> State:
    if closed:
        return "closed"
    if determination.status == "needs_decision":
        return "needs_decision"
    if determination.lines:
        return "extendable" if reachable else "complete"
    return "at_risk" if reachable else "lost"


def _practitioners(determination: Determination) -> tuple[str, ...]:
    """Who bills, would bill, or could."""
    possible = [line for one in determination.alternatives for line in one.lines]
    of_lines = {line.practitioner for line in (*determination.lines, *possible)}
    billing = {one.month.biller for one in determination.assessments if one.month.biller is not None}
    return tuple(sorted(of_lines | billing))


def _so_far(line: Line) -> SoFar:
    return SoFar(
        code=line.code,
        units=line.units,
        program=line.program,
        practitioner=line.practitioner,
        counted_seconds=line.counted_seconds,
        amount_cents=line.amount_cents,
    )


def _lacking(gap: Gap, determination: Determination, law: Law) -> Lacking:
    told = gap_in_words(gap, determination, law)
    return Lacking(
        code=told.code,
        program=gap.verdict.judged_in or gap.verdict.program,
        needs_seconds=told.needs_seconds,
        amount_cents=_unit_cents(gap, determination, law),
        rules=told.rules,
        remedy=told.remedy,
    )


def _unit_cents(gap: Gap, determination: Determination, law: Law) -> int | None:
    """What a unit of the code is allowed on the month's last day, by who would bill it."""
    program = gap.verdict.judged_in
    assessed = next((one.month for one in determination.assessments if one.month.program == program), None)
    if assessed is None or assessed.biller is None:
        return None
    amount, _ = cents(assessed, law, gap.verdict.code, assessed.month.last_day)
    return amount


def _days_left(month: PatientMonth) -> int:
    first = max(month.known_on, month.month.first_day)
    return max(0, (month.month.day_after - first).days)


def _last_contact(month: PatientMonth) -> LastContact | None:
    """The latest day on which somebody spoke with the patient or caregiver, or saw the patient, as far as that is stated."""
    found: list[tuple[dt.date, str, str, LastContact]] = []
    for entry in (*month.of(facts.TimeEntry), *month.past):
        if _is_contact(entry):
            on = entry.on if entry.started_at is None else local_day(entry.started_at, month.month.time_zone)
            assert on is not None, "an entry has a start or a day"
            found.append(_contact(on, "time_entry", entry))
    found += [_contact(visit.on, "visit", visit) for visit in month.of(facts.Visit)]
    known = [each for each in found if each[0] <= month.known_on]
    return max(known, key=lambda each: each[:3])[3] if known else None


def _is_contact(entry: facts.TimeEntry) -> bool:
    """A live contact, or what calls itself one and denies none."""
    return not entry.automated and (entry.live_contact or (entry.live_contact is None and entry.activity == "contact"))


def _contact(on: dt.date, kind: Literal["time_entry", "visit"], fact: Fact) -> tuple[dt.date, str, str, LastContact]:
    return on, fact.source or "", fact.id, LastContact(on=on, kind=kind, id=fact.id, source=fact.source)
