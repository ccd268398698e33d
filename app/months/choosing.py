"""Which lines a month is closed with: those chosen, or the alternative a person names by its lines."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Annotated, Final

from msgspec import Meta, Struct

from app.determination.answer import Answer, ClaimLine
from app.determination.facts import Code, Program, Reference
from app.errors import Conflict, FieldError

Lines = tuple[ClaimLine, ...]

_POINTER: Final = "/claim_lines"


class NamedLine(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """A line of the month as a person names it. `practitioner` where two alternatives bill the same codes."""

    code: Code
    units: Annotated[int, Meta(ge=1, le=9_999)]
    practitioner: Reference | None = None


def lines_to_close(answer: Answer, named: Sequence[NamedLine] | None) -> Lines:
    """The lines to freeze. `Conflict` where a person must name them and did not, or names none that may be billed."""
    if named is None:
        if answer.status == "needs_decision":
            detail = "A person must decide: name the lines of one alternative."
            raise _refused("The month needs a decision.", detail)
        return answer.claim_lines
    meant = [one for one in possible_sets(answer) if _named(one, named)]
    if not meant:
        detail = "These are the lines of no set that may be billed for the month as it stands."
        raise _refused("The month cannot be closed with these lines.", detail)
    if len(meant) > 1:
        detail = "These are the lines of more than one alternative: name each line's practitioner."
        raise _refused("It is not clear which alternative is meant.", detail)
    return meant[0]


def possible_sets(answer: Answer) -> list[Lines]:
    """Every set of lines that may be billed for the whole month, each once: first the one chosen, if one was."""
    if answer.status == "needs_decision":
        found = list(_decidable(answer))
    else:
        found = [answer.claim_lines, *(one.claim_lines for one in answer.alternatives)]
    return list({_identity(one): one for one in reversed(found)}.values())[::-1]


def same_set(one: Lines, other: Lines) -> bool:
    """Whether both bill the same."""
    return _identity(one) == _identity(other)


def _decidable(answer: Answer) -> Iterator[Lines]:
    """The lines not in doubt with those of one possibility; where several programs are in doubt, of one for each."""
    settled = {_key(line) for line in answer.claim_lines}
    in_doubt = [tuple(line for line in one.claim_lines if _key(line) not in settled) for one in answer.alternatives]
    if any(len({line.program for line in lines}) > 1 for lines in in_doubt):
        yield from (answer.claim_lines + lines for lines in in_doubt)
        return
    by_program: dict[Program, list[Lines]] = {}
    for lines in in_doubt:
        if lines:
            by_program.setdefault(lines[0].program, []).append(lines)
    if not all(in_doubt):  # in some possibility there is nothing to bill
        for possible in by_program.values():
            possible.append(())
    for chosen in product(*by_program.values()):
        yield answer.claim_lines + tuple(line for lines in chosen for line in lines)


def _named(lines: Lines, named: Sequence[NamedLine]) -> bool:
    """Whether these are the lines named, each once."""
    left = list(lines)
    # Those with a practitioner first: what they leave is for those without.
    for one in sorted(named, key=lambda each: each.practitioner is None):
        fits = [
            line
            for line in left
            if (line.code, line.units) == (one.code, one.units) and one.practitioner in {None, line.practitioner}
        ]
        if not fits:
            return False
        left.remove(fits[0])
    return not left


def _identity(lines: Lines) -> frozenset[tuple[object, ...]]:
    return frozenset(map(_key, lines))


def _key(line: ClaimLine) -> tuple[object, ...]:
    # What is billed; warnings are told of chosen lines only.
    return line.program, line.code, line.units, line.practitioner, line.service_date, line.diagnoses


def _refused(detail: str, why: str) -> Conflict:
    return Conflict(detail, errors=[FieldError(why, pointer=_POINTER)])
