"""Reads the rule book's files into typed rules, and keeps the laws compiled from them. The only module here that reads files."""

import csv
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from app.determination import policy
from app.determination.amounts import Place, Release
from app.determination.facts import Program
from app.determination.law import CodeRow, Law, Pathway, RuleText
from app.rulebook import reasoning, rules, tables, time_rules
from app.rulebook.book import Book
from app.rulebook.compiling import compile_month, digest
from app.rulebook.editions import (
    Edition,
    RulebookError,
    Window,
    check_chain,
    read_editions,
    refuse_unknown,
    typed,
)
from app.rulebook.sources import Source, read_sources
from app.rulebook.statements import (
    DatedEdit,
    Statement,
    read_edits,
    read_exclusions,
    read_notes,
    read_services,
    said_of_one_date,
)

HERE: Final = Path(__file__).parent
CORE: Final = HERE.parent / "determination"

WORDING: Final = {"explanation.py", "answer.py"}
"""Modules of the core that decide nothing: they put into words what was decided."""


@cache
def book() -> Book:
    """The rule book beside this file. `RulebookError` when it does not hold together in every month it covers."""
    loaded = read_book(HERE)
    for month in _months(loaded.first_month, loaded.last_month):
        compile_month(loaded, month)
    return loaded


@cache
def law(month: str) -> Law:
    """The law of a covered service month."""
    return compile_month(book(), month)


def read_book(folder: Path) -> Book:
    """Reads every table of the rule book in a folder."""
    head = typed("book.toml", _table(folder / "book.toml"), tables.Head)
    sources = read_sources(_table(folder / "sources.toml"))
    codes = tables.read_codes(_table(folder / "codes.toml"))
    programs = typed("programs.toml", _table(folder / "programs.toml"), dict[Program, tables.Assessed])
    editions = tuple(_editions(folder, head, sources))
    edits, ways_out = read_edits("claim_edits.toml", _table(folder / "claim_edits.toml"))
    statements = tuple(_statements(folder, sources, edits, {row.code for row in codes}))
    known = {text.id for edition in editions for text in edition.texts} | {one.text.id for one in statements}
    for program, assessed in programs.items():
        if unknown := {requirement.rule for requirement in assessed.requirements()} - known:
            raise RulebookError(f"programs.toml: {program} requires {sorted(unknown)}, of which there is no edition.")
    return Book(
        version=head.version,
        first_month=head.first_month,
        last_month=head.last_month,
        editions=editions,
        statements=statements,
        edits=tuple(edits),
        ways_out=ways_out,
        denials=_denials(folder, [*(text for e in editions for text in e.texts), *(one.text for one in statements)]),
        codes=codes,
        pathways=tuple(_pathways(folder, head, programs, codes)),
        requirements={program: assessed.requirements() for program, assessed in programs.items()},
        releases=_releases(folder, codes),
        places=_places(folder),
        payment=typed("payment.toml", _table(folder / "payment.toml"), tables.Payment),
        default_policy=_default_policy(folder),
        sources=sources,
        code_digest=digest(path.read_bytes() for path in deciding_modules()),
    )


def deciding_modules() -> list[Path]:
    """The modules an answer's decisions come from; those that only word it are left out."""
    modules = [path for root in (CORE, HERE) for path in sorted(root.rglob("*.py"))]
    return [path for path in modules if path.parent != CORE or path.name not in WORDING]


def wording_modules() -> list[Path]:
    """The modules that put into words what was decided."""
    return [CORE / name for name in sorted(WORDING)]


def _statements(
    folder: Path, sources: Mapping[str, Source], edits: Iterable[DatedEdit], ours: Collection[str]
) -> Iterator[Statement]:
    """Every rule written as a table. Of one rule no two rows of a file about the same pathways are in force at once."""
    for file, read in (
        ("exclusions.toml", read_exclusions),
        ("concurrency.toml", partial(read_services, on_one_date=said_of_one_date(edits), ours=ours)),
        ("notes.toml", read_notes),
    ):
        rows = list(read(file, _table(folder / file), sources))
        for rule, about in dict.fromkeys((row.text.id, row.about) for row in rows):
            windows = [row.window for row in rows if (row.text.id, row.about) == (rule, about)]
            check_chain(f"{file}, {rule}", windows, min(w.from_ for w in windows), windows[-1].from_)
        yield from rows


def _denials(folder: Path, texts: Iterable[RuleText]) -> dict[str, str]:
    """By reason, or by rule and reason, the code a payer denies a line with."""
    denials = typed("denials.toml", _table(folder / "denials.toml"), dict[str, str])
    known = {name for text in texts for reason in text.says for name in (reason, f"{text.id}.{reason}")}
    if unknown := denials.keys() - known:
        raise RulebookError(f"denials.toml: no rule gives {sorted(unknown)}.")
    return denials


def _editions(folder: Path, head: tables.Head, sources: Mapping[str, Source]) -> Iterator[Edition]:
    """The editions of every kind of rule; each kind has one in every month, or says where it begins and ends."""
    files = [(f"rules/{name}.toml", rules.KINDS) for name in rules.FILES]
    files += [(f"time_rules/{name}.toml", time_rules.KINDS) for name in time_rules.FILES]
    files += [("reasoning.toml", reasoning.KINDS)]
    chains: dict[str, list[Window]] = {kind: [] for _, kinds in files for kind in kinds}
    for where, kinds in files:
        for edition in read_editions(where, _table(folder / where), kinds, sources):
            chains[edition.kind].append(edition.window)
            yield edition
    for kind, windows in chains.items():
        check_chain(kind, windows, head.first_month, head.last_month)


def _pathways(
    folder: Path, head: tables.Head, programs: Mapping[Program, tables.Assessed], codes: tuple[CodeRow, ...]
) -> Iterator[tuple[Window, Pathway]]:
    """The editions of every pathway, in the order in which ties between pathways are broken."""
    for program, assessed in programs.items():
        for name in assessed.pathways:
            where = f"pathways/{name}.toml"
            editions = list(tables.read_pathway(name, program, _table(folder / where), codes))
            check_chain(where, [window for window, _ in editions], head.first_month, head.last_month)
            yield from ((window, pathway) for window, pathway in editions if pathway is not None)


def _releases(folder: Path, codes: tuple[CodeRow, ...]) -> tuple[Release, ...]:
    """Every release of the fee schedule, earliest first."""
    releases = [
        release
        for path in sorted((folder / "amounts").glob("*.toml"))
        for release in tables.read_releases(f"amounts/{path.name}", _table(path), codes)
    ]
    for earlier, later in pairwise(releases):
        if earlier.effective >= later.effective:
            raise RulebookError(f"amounts: the release of {later.effective} follows that of {earlier.effective}.")
    return tuple(releases)


def _places(folder: Path) -> dict[str, dict[str, Place]]:
    """By year, the payment localities with their geographic indices."""
    found = {}
    for path in sorted((folder / "gpci").glob("*.csv")):
        rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        found[path.stem] = tables.read_places(f"gpci/{path.name}", rows)
    return found


def _default_policy(folder: Path) -> policy.Policy:
    stated = _table(folder / "policy.toml")
    refuse_unknown("policy.toml", stated, set(policy.Policy.__struct_fields__))
    return typed("policy.toml", stated, policy.Policy)


def _months(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        yield f"{year:04}-{month:02}"
        year, month = year + month // 12, month % 12 + 1


def _table(path: Path) -> Mapping[str, Any]:
    try:
        return _parsed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RulebookError(f"{path.name} cannot be read: {error}") from error


@lru_cache(maxsize=256)
def _parsed(written: bytes) -> Mapping[str, Any]:
    """What a file says; a book read again after one file was edited parses that one."""
    return tomllib.loads(written.decode(), parse_float=Decimal)
