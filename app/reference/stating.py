"""Where the rule book states a rule: in editions of its class, and in rows of its tables."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from app.determination.concurrency import ConcurrentService
from app.determination.facts import Program
from app.determination.law import Exclusion, RuleText
from app.reference.code_ranges import ranges
from app.rulebook import loader
from app.rulebook.editions import Edition, Window
from app.rulebook.reasoning import Reasoned
from app.rulebook.statements import Statement

EXCLUDES_IN: Final = ("app/determination/candidates.py", "app/determination/choice.py")
CONCURS_IN: Final = "app/determination/concurrency.py"
PAIRS_IN: Final = "app/determination/edits.py"
WINDOWS_IN: Final = "app/determination/verdicts.py"


class Stating(Struct, frozen=True, gc=False, kw_only=True):
    """An edition or a row, as far as it concerns one rule. `refuses` are the pathways whose codes a row may refuse."""

    window: Window
    text: RuleText
    programs: frozenset[Program]
    refuses: frozenset[str] = frozenset()
    checked_in: tuple[str, ...]
    numbers: Mapping[str, Any]

    def in_force(self, month: str) -> bool:
        return self.window.in_force(month)


@lru_cache(maxsize=1024)
def statings_of(rule: str) -> tuple[Stating, ...]:
    """Everything that states a rule, earliest first. Two may state one id side by side."""
    return tuple(sorted(_statings(rule), key=lambda stating: stating.window.from_))


@lru_cache(maxsize=1)
def stated_rules() -> frozenset[str]:
    """Every rule id of the book, whether a covered month has it or not."""
    book = loader.book()
    return frozenset(text.id for edition in book.editions for text in edition.texts) | frozenset(
        row.text.id for row in book.statements
    )


def _statings(rule: str) -> Iterator[Stating]:
    book = loader.book()
    for edition in sorted(book.editions, key=lambda edition: edition.kind):
        yield from (_of_edition(edition, text) for text in edition.texts if text.id == rule)
    yield from (_of_row(row) for row in book.statements if row.text.id == rule)


def _of_edition(edition: Edition, text: RuleText) -> Stating:
    reasoned = isinstance(edition.rule, Reasoned)
    return Stating(
        window=edition.window,
        text=text,
        programs=edition.gates | edition.takes_time_of,
        checked_in=_modules(edition),
        numbers={} if reasoned else edition.decides,
    )


def _of_row(row: Statement) -> Stating:
    decides = row.decides
    bears_on = _bears_on(decides)
    return Stating(
        window=row.window,
        text=row.text,
        programs=frozenset(pathway.program for _, pathway in loader.book().pathways if pathway.name in bears_on),
        refuses=bears_on if isinstance(decides, Exclusion) or "blocks" in _bearings(decides).values() else frozenset(),
        checked_in=tuple(_checking(row)),
        numbers=_numbers(decides),
    )


def _checking(row: Statement) -> Iterator[str]:
    """The files of the program that decide by a row. A row that only says something has none."""
    if isinstance(row.decides, Exclusion):
        yield from EXCLUDES_IN
    elif _bearings(row.decides):
        yield CONCURS_IN
    if any(edit.rule == row.text.id for edit in loader.book().edits):
        yield PAIRS_IN
    if any(row.text.id in (code.before, code.after) for code in loader.book().codes):
        yield WINDOWS_IN


def _bears_on(decides: Exclusion | ConcurrentService | None) -> frozenset[str]:
    if isinstance(decides, Exclusion):
        return frozenset[str]().union(*decides.groups)
    return frozenset() if decides is None else decides.pathways


def _bearings(decides: Exclusion | ConcurrentService | None) -> dict[str, str]:
    """What a service means by who billed it; nothing for whom the row is silent."""
    if not isinstance(decides, ConcurrentService):
        return {}
    stated = {
        "same_practitioner": decides.same_practitioner,
        "same_practice": decides.same_practice,
        "elsewhere": decides.elsewhere,
    }
    return {who: bearing for who, bearing in stated.items() if bearing is not None}


def _numbers(decides: Exclusion | ConcurrentService | None) -> dict[str, Any]:
    """What a row decides, as an edition's numbers are shown: what is absent is left out."""
    if decides is None:
        return {}
    if isinstance(decides, Exclusion):
        return {"groups": [sorted(group) for group in decides.groups]}
    stated = {
        "codes": list(ranges(decides.codes)),
        "pathways": sorted(decides.pathways) if _bearings(decides) else [],
        **_bearings(decides),
        "settings": sorted(decides.settings),
        "except_settings": sorted(decides.except_settings),
        "episode_days": decides.episode_days,
        "free_seconds": decides.free_seconds,
    }
    return {name: value for name, value in stated.items() if value not in ([], None)}


def _modules(edition: Edition) -> tuple[str, ...]:
    """The files of the program that check a rule, as a developer finds them."""
    if isinstance(edition.rule, Reasoned):
        return tuple(f"app/{module.strip()}" for module in edition.rule.checked_in.split(","))
    return (type(edition.rule).__module__.replace(".", "/") + ".py",)
