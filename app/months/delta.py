"""What later facts or another law change of a month that was closed: each line kept, added or void, in money, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.determination.answer import Answer, ClaimLine, Finding, Rulebook, Verdict
from app.months.choosing import Lines, possible_sets


class Given(Struct, frozen=True, gc=False):
    """A frozen answer, as far as a later one is compared with it."""

    claim_lines: Lines
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    rulebook: Rulebook


class LineChange(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What becomes of one line of a closed month. A line that is billed otherwise is void, and added as it is now."""

    change: Literal["keep", "add", "void"]
    claim_line: ClaimLine
    amount_change_cents: Annotated[
        int | None, Meta(description="What it changes in money; absent where an amount is unknown.")
    ] = None
    rules: Annotated[
        tuple[str, ...],
        Meta(description="The rules that stand against the code now, or did when the month was closed."),
    ]
    why: str


def stands(closed: ClaimLine, line: ClaimLine) -> bool:
    """Whether a closed line may stay as it was billed, where this one is what may be billed now.

    Seconds more or less do not matter where they give the same units, nor diagnoses more; the date billed may lie after
    the earliest, unless it follows from what was done.
    """
    same = (closed.program, closed.code, closed.practitioner, closed.units) == (
        line.program, line.code, line.practitioner, line.units
    )  # fmt: skip
    if not same or not set(closed.diagnoses) <= set(line.diagnoses):
        return False
    if line.counted_seconds is None:
        return closed.service_date == line.service_date
    return closed.service_date >= line.earliest_service_date


def matched(closed: Sequence[ClaimLine], now: Lines) -> dict[int, int]:
    """Which closed lines stand, by their place, and the place of the line each stands as."""
    found: dict[int, int] = {}
    for place, line in enumerate(closed):
        free = (other for other, each in enumerate(now) if other not in found.values() and stands(line, each))
        if (other := next(free, None)) is not None:
            found[place] = other
    return found


def all_stand(closed: Sequence[ClaimLine], now: Lines) -> bool:
    """Whether there is nothing to add and nothing void."""
    return len(matched(closed, now)) == len(closed) == len(now)


def lines_now(closed: Sequence[ClaimLine], given: Given, answer: Answer) -> Lines:
    """The lines a closed month is compared with: those chosen now.

    Where a person named other lines than those preferred, these stay theirs for as long as they may be billed; so do they
    where a decision is needed now.
    """
    if answer.status == "needs_decision" or not all_stand(closed, given.claim_lines):
        for one in possible_sets(answer):
            if all_stand(closed, one):
                return one
    return answer.claim_lines


def changes(closed: Sequence[ClaimLine], now: Lines, given: Given, answer: Answer) -> tuple[LineChange, ...]:
    """Every closed line in order, each void one with what is added in its place; then what else is added."""
    kept = matched(closed, now)
    added = {place: line for place, line in enumerate(now) if place not in kept.values()}
    then_verdicts = {verdict.code: verdict for verdict in given.verdicts}
    verdicts = {verdict.code: verdict for verdict in answer.verdicts}
    found: list[LineChange] = []
    for place, line in enumerate(closed):
        if place in kept:
            found.append(_kept(line, now[kept[place]]))
            continue
        instead = next((other for other, each in added.items() if _bills_the_same(line, each)), None)
        replacement = None if instead is None else added.pop(instead)
        found.append(_void(line, replacement, verdicts, answer))
        if replacement is not None:
            found.append(_add(replacement, then_verdicts, in_place=True))
    found += [_add(line, then_verdicts, in_place=False) for line in added.values()]
    return tuple(found)


def amount_change(changed: Sequence[LineChange]) -> int | None:
    """What all changes together change in money, in cents; `None` where one of them is unknown."""
    total = 0
    for one in changed:
        if one.amount_change_cents is None:
            return None
        total += one.amount_change_cents
    return total


def findings_apart(given: Given, answer: Answer) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that are new, and those gone. Worded otherwise is not found otherwise."""
    worded_alike = given.rulebook.wording_digest == answer.rulebook.wording_digest

    def key(finding: Finding) -> tuple[object, ...]:
        said = finding.says if worded_alike else ""
        return finding.rule, finding.program, finding.outcome, finding.evidence, said

    then, now = {key(one) for one in given.findings}, {key(one) for one in answer.findings}
    return (
        tuple(one for one in answer.findings if key(one) not in then),
        tuple(one for one in given.findings if key(one) not in now),
    )


def _bills_the_same(line: ClaimLine, other: ClaimLine) -> bool:
    return (line.program, line.code, line.practitioner) == (other.program, other.code, other.practitioner)


def _kept(closed: ClaimLine, line: ClaimLine) -> LineChange:
    money = None
    if closed.amount_cents is not None and line.amount_cents is not None:
        money = line.amount_cents - closed.amount_cents
    why = "May be billed as it was closed."
    if money:
        why += " Its amount is another now."
    return LineChange(change="keep", claim_line=closed, amount_change_cents=money, rules=(), why=why)


def _void(closed: ClaimLine, instead: ClaimLine | None, verdicts: Mapping[str, Verdict], answer: Answer) -> LineChange:
    verdict = verdicts.get(closed.code)
    rules = () if verdict is None else verdict.blockers
    if instead is not None:
        why = " ".join(_differences(closed, instead))
    elif rules:
        why = f"Stopped now by {', '.join(rules)}.{_seconds(closed.counted_seconds, verdict)}"
    elif answer.status == "needs_decision":
        why = "The record contradicts itself now: a person must decide."
    else:
        why = "Other lines are to be billed in its place now."
    money = None if closed.amount_cents is None else -closed.amount_cents
    return LineChange(change="void", claim_line=closed, amount_change_cents=money, rules=rules, why=why)


def _add(line: ClaimLine, then: Mapping[str, Verdict], *, in_place: bool) -> LineChange:
    verdict = then.get(line.code)
    rules = () if verdict is None else verdict.blockers
    if in_place:
        why = "As it is to be billed now."
    elif rules:
        counted = None if verdict is None else verdict.counted_seconds
        why = f"Stopped when the month was closed by {', '.join(rules)}.{_counted(line.counted_seconds, counted)}"
    else:
        why = "Not among the lines the month was closed with."
    return LineChange(change="add", claim_line=line, amount_change_cents=line.amount_cents, rules=rules, why=why)


def _differences(closed: ClaimLine, line: ClaimLine) -> Iterator[str]:
    if line.units != closed.units:
        counted = _counted(line.counted_seconds, closed.counted_seconds)
        yield f"Units are {line.units} now and were {closed.units}.{counted}"
    if line.counted_seconds is None and line.service_date != closed.service_date:
        yield f"Its date of service is {line.service_date} now."
    elif line.earliest_service_date > closed.service_date:
        yield f"Its earliest date of service is {line.earliest_service_date} now."
    if lost := sorted(set(closed.diagnoses) - set(line.diagnoses)):
        yield f"No longer supported by {', '.join(lost)}."


def _seconds(closed: int | None, verdict: Verdict | None) -> str:
    return _counted(None if verdict is None else verdict.counted_seconds, closed)


def _counted(now: int | None, then: int | None) -> str:
    return "" if now is None or then is None or now == then else f" {now:,} seconds count now and {then:,} did."
