"""Reads the rule book's files into typed rules and compiles them for a month. The only module here that reads files."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import Struct

from app.determination import policy
from app.determination.amounts import FeeSchedule, Release
from app.determination.concurrency import ConcurrentService
from app.determination.coverage import CoverTerms
from app.determination.doubts import Doubting
from app.determination.facts import PROGRAMS, Program
from app.determination.findings import Effect, Outcome, Rule, blocks
from app.determination.law import CodeRow, Digests, Exclusion, Law, Occasion, Pathway, RuleText
from app.determination.timekeeping import TimeRule
from app.rulebook import reasoning, rules, tables, time_rules
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
    edits_in,
    read_edits,
    read_exclusions,
    read_notes,
    read_services,
    said_of_one_date,
)

HERE: Final = Path(__file__).parent
CORE: Final = HERE.parent / "determination"

BLOCKING: Final = {e for e in get_args(Effect) if e != "advises" and any(blocks(e, o) for o in get_args(Outcome))}
WORDING: Final = {"explanation.py", "answer.py"}
"""Modules of the core that decide nothing: they put into words what was decided."""


class Book(Struct, frozen=True, gc=False):
    """The whole rule book as read: every edition of every rule, the tables and their fingerprints."""

    version: str
    first_month: str
    last_month: str
    editions: tuple[Edition, ...]
    statements: tuple[Statement, ...]
    edits: tuple[DatedEdit, ...]
    denials: Mapping[str, str]
    ways_out: Mapping[str, str]
    codes: tuple[CodeRow, ...]
    pathways: tuple[tuple[Window, Pathway], ...]
    requirements: Mapping[Program, tuple[tables.Requirement, ...]]
    releases: tuple[Release, ...]
    payment: tables.Payment
    default_policy: policy.Policy
    sources: Mapping[str, Source]
    code_digest: str

    def covers(self, month: str) -> bool:
        return self.first_month <= month <= self.last_month


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
    statements = tuple(_statements(folder, sources, edits))
    known = {text.id for edition in editions for text in edition.texts} | {one.text.id for one in statements}
    for program, assessed in programs.items():
        if unknown := {requirement.rule for requirement in assessed.requires} - known:
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
        requirements={program: assessed.requires for program, assessed in programs.items()},
        releases=_releases(folder, codes),
        payment=typed("payment.toml", _table(folder / "payment.toml"), tables.Payment),
        default_policy=_default_policy(folder),
        sources=sources,
        code_digest=_digest(path.read_bytes() for path in deciding_modules()),
    )


def deciding_modules() -> list[Path]:
    """The modules an answer's decisions come from; those that only word it are left out."""
    modules = [path for root in (CORE, HERE) for path in sorted(root.rglob("*.py"))]
    return [path for path in modules if path.parent != CORE or path.name not in WORDING]


def compile_month(loaded: Book, month: str) -> Law:
    """The editions in force in one month, put together and checked against each other."""
    in_force = [edition for edition in loaded.editions if edition.in_force(month)]
    stated = [one for one in loaded.statements if one.window.in_force(month)]
    texts = _texts([*(text for edition in in_force for text in edition.texts), *(one.text for one in stated)])
    pathways: dict[Program, tuple[Pathway, ...]] = {}
    for program in PROGRAMS:
        required = {one.rule for one in loaded.requirements.get(program, ()) if one.holds(month)}
        if missing := required - texts.keys():
            raise RulebookError(f"{program} requires {sorted(missing)}, of which no edition is in force in {month}.")
        own = [p for window, p in loaded.pathways if p.program == program and window.in_force(month)]
        if own:
            pathways[program] = tuple(
                pathway if pathway.apart else msgspec.structs.replace(pathway, requires=pathway.requires | required)
                for pathway in own
            )
            _check_requirements(month, own, texts)
            _check_gates(month, program, pathways[program], in_force)
    by_kind = {edition.kind: edition for edition in in_force}
    consent = _only(month, in_force, "terms")
    coverage = _only(month, in_force, "plan_rules")
    return Law(
        month=month,
        codes={row.code: row for row in loaded.codes},
        closed_codes=tuple(row.code for row in loaded.codes if not row.exists_in(month)),
        gates={program: tuple(cast("Rule", e.rule) for e in in_force if program in e.gates) for program in pathways},
        time_rules={
            program: tuple(
                cast("TimeRule", by_kind[kind].rule)
                for kind in time_rules.ORDER
                if kind in by_kind and program in by_kind[kind].takes_time_of
            )
            for program in PROGRAMS
        },
        doubting=tuple(cast("Doubting", e.rule) for e in in_force if hasattr(e.rule, "doubts")),
        pathways=pathways,
        pathway_names={code: pathway.name for own in pathways.values() for pathway in own for code in pathway.codes},
        texts=texts,
        consent_terms={program: consent.terms(program) for program in PROGRAMS},
        cover=CoverTerms(coverage.accepted, coverage.precedence),
        exclusions=tuple(one.decides for one in stated if isinstance(one.decides, Exclusion)),
        concurrent=_concurrent(stated, pathways),
        edits=edits_in(loaded.edits, month, texts),
        occasions={
            edition.kind: cast("Occasion", edition.rule) for edition in in_force if hasattr(edition.rule, "earned_on")
        },
        denials=loaded.denials,
        ways_out=loaded.ways_out,
        fees=_fees(loaded, month),
        default_policy=loaded.default_policy,
        digests=_digests(loaded, month, in_force, stated, pathways, texts),
    )


def _concurrent(
    stated: Iterable[Statement], pathways: Mapping[Program, tuple[Pathway, ...]]
) -> dict[str, tuple[ConcurrentService, ...]]:
    """By pathway, the services that bear on it."""
    rows = [one.decides for one in stated if isinstance(one.decides, ConcurrentService)]
    return {
        pathway.name: tuple(row for row in rows if pathway.name in row.pathways)
        for own in pathways.values()
        for pathway in own
    }


def _statements(folder: Path, sources: Mapping[str, Source], edits: Iterable[DatedEdit]) -> Iterator[Statement]:
    """Every rule written as a table. Of one rule no two rows of a file are in force at once."""
    for file, read in (
        ("exclusions.toml", read_exclusions),
        ("concurrency.toml", partial(read_services, on_one_date=said_of_one_date(edits))),
        ("notes.toml", read_notes),
    ):
        rows = list(read(file, _table(folder / file), sources))
        for rule in dict.fromkeys(row.text.id for row in rows):
            windows = [row.window for row in rows if row.text.id == rule]
            check_chain(f"{file}, {rule}", windows, min(w.from_ for w in windows), windows[-1].from_)
        yield from rows


def _denials(folder: Path, texts: Iterable[RuleText]) -> dict[str, str]:
    """By reason, or by rule and reason, the code a payer denies a line with."""
    denials = typed("denials.toml", _table(folder / "denials.toml"), dict[str, str])
    known = {name for text in texts for reason in text.says for name in (reason, f"{text.id}.{reason}")}
    if unknown := denials.keys() - known:
        raise RulebookError(f"denials.toml: no rule gives {sorted(unknown)}.")
    return denials


def _only(month: str, in_force: Iterable[Edition], part: str) -> Any:
    """The one rule in force that answers for a part of the law: what a consent must hold, which payer prevails."""
    answering = [edition.rule for edition in in_force if hasattr(edition.rule, part)]
    if len(answering) != 1:
        raise RulebookError(f"{len(answering)} rules answer for the {part} in {month}.")
    return answering[0]


def _texts(in_force: Iterable[RuleText]) -> dict[str, RuleText]:
    """Every id's text; an id that two rules answer says what both say."""
    texts: dict[str, RuleText] = {}
    for text in in_force:
        known = texts.get(text.id)
        if known is None:
            texts[text.id] = text
            continue
        if any(getattr(known, part) != getattr(text, part) for part in ("title", "effect", "standing", "cites")):
            raise RulebookError(f"{text.id} is stated twice, with another title, effect, standing or authority.")
        if twice := known.says.keys() & text.says.keys():
            raise RulebookError(f"{text.id} says {sorted(twice)} twice.")
        texts[text.id] = msgspec.structs.replace(
            known,
            check=f"{known.check} {text.check}",
            says={**known.says, **text.says},
            remedies={**known.remedies, **text.remedies},
        )
    return texts


def _check_requirements(month: str, pathways: list[Pathway], texts: Mapping[str, Any]) -> None:
    for pathway in pathways:
        named = pathway.requires | set(pathway.short) | set(pathway.add_on.short if pathway.add_on else ())
        if missing := named - texts.keys():
            raise RulebookError(f"{pathway.name} names {sorted(missing)}, of which no edition is in force in {month}.")


def _check_gates(month: str, program: Program, own: Iterable[Pathway], in_force: Iterable[Edition]) -> None:
    """A rule that can block a program and that no pathway requires would block nothing; nor would one never checked."""
    texts = [text for edition in in_force if program in edition.gates for text in edition.texts]
    required = frozenset[str]().union(*(pathway.requires for pathway in own))
    if idle := {text.id for text in texts if text.effect in BLOCKING} - required:
        raise RulebookError(f"No pathway of {program} requires {sorted(idle)}, which may block it in {month}.")
    if unchecked := required - {text.id for text in texts}:
        raise RulebookError(f"{program} requires {sorted(unchecked)}, which nothing checks for it in {month}.")


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
            yield from editions


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


def _default_policy(folder: Path) -> policy.Policy:
    stated = _table(folder / "policy.toml")
    refuse_unknown("policy.toml", stated, set(policy.Policy.__struct_fields__))
    return typed("policy.toml", stated, policy.Policy)


def _fees(loaded: Book, month: str) -> FeeSchedule:
    year = int(month[:4])
    return FeeSchedule(
        releases=tuple(release for release in loaded.releases if release.effective.year == year),
        newest=loaded.releases[-1] if loaded.releases else None,
        reduced_for=loaded.payment.reduced.credentials,
        reduced_percent=loaded.payment.reduced.percent,
    )


def _digests(
    loaded: Book,
    month: str,
    in_force: Sequence[Edition],
    stated: Sequence[Statement],
    pathways: Mapping[Program, Any],
    texts: Mapping[str, Any],
) -> Digests:
    """Of what decides (numbers, effects, tables, figures as used, code, time zones), and of its wording."""
    reasoned = [edition for edition in in_force if isinstance(edition.rule, reasoning.Reasoned)]
    decides = [
        [
            (
                e.kind,
                sorted(e.gates),
                sorted(e.takes_time_of),
                {} if e in reasoned else e.decides,
                [(t.id, t.effect) for t in e.texts],
            )
            for e in in_force
        ],
        {program: [(p, sorted(p.requires)) for p in own] for program, own in pathways.items()},
        [(row, row.exists_in(month)) for row in loaded.codes],
        _fees(loaded, month),
        [(one.text.id, one.text.effect, one.decides) for one in stated if one.decides is not None],
        [(edit.rule, sorted(edit.codes), edit.indicators) for edit in loaded.edits if edit.in_force(month)],
        loaded.code_digest,
        metadata.version("tzdata"),
    ]
    wording = [
        [texts[rule] for rule in sorted(texts)],
        sorted(loaded.denials.items()),
        [(e.kind, e.rule) for e in reasoned],
    ]
    return Digests(
        loaded.version,
        "sha256:" + _digest([msgspec.json.encode(decides, order="sorted")]),
        "sha256:" + _digest([msgspec.json.encode(wording, order="sorted")]),
    )


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


def _digest(parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
