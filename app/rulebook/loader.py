"""Reads the rule book's files into typed rules and compiles them for a month. The only module here that reads files."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import Struct

from app.determination import policy
from app.determination.amounts import FeeSchedule, RelativeValue, Release
from app.determination.doubts import Doubting
from app.determination.facts import PROGRAMS, Program
from app.determination.findings import Rule
from app.determination.law import AddOn, Citation, CodeRow, Digests, Law, Pathway, RuleText
from app.determination.timekeeping import TimeRule
from app.rulebook import reasoning, rules, time_rules
from app.rulebook.editions import Edition, RulebookError, check_contiguous, read_editions, refuse_unknown

HERE: Final = Path(__file__).parent
CORE: Final = HERE.parent / "determination"

S = TypeVar("S", bound=Struct)


class Book(Struct, frozen=True, gc=False):
    """The whole rule book as read: every edition of every rule, the tables and their fingerprints."""

    version: str
    first_month: str
    last_month: str
    editions: tuple[Edition, ...]
    codes: tuple[CodeRow, ...]
    pathways: tuple[tuple[str, str | None, Pathway], ...]
    requirements: Mapping[Program, tuple[Mapping[str, Any], ...]]
    releases: tuple[Release, ...]
    payment: Mapping[str, Any]
    default_policy: policy.Policy
    sources: Mapping[str, Citation]
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
    head = _table(folder / "book.toml")
    sources = {raw["id"]: Citation(raw["id"], url=raw.get("url")) for raw in _table(folder / "sources.toml")["source"]}
    editions: list[Edition] = []
    for package, module in (("rules", rules), ("time_rules", time_rules)):
        for name in module.FILES:
            where = f"{package}/{name}.toml"
            editions += read_editions(where, _table(folder / package / f"{name}.toml"), module.KINDS, sources)
    editions += read_editions("reasoning.toml", _table(folder / "reasoning.toml"), reasoning.KINDS, sources)
    programs = _table(folder / "programs.toml")
    return Book(
        version=head["version"],
        first_month=head["first_month"],
        last_month=head["last_month"],
        editions=tuple(editions),
        codes=tuple(sorted(_codes(folder), key=lambda row: row.code)),
        pathways=tuple(_pathways(folder, programs)),
        requirements={program: tuple(programs[program]["requires"]) for program in PROGRAMS if program in programs},
        releases=tuple(_releases(folder)),
        payment=_table(folder / "payment.toml"),
        default_policy=_default_policy(folder),
        sources=sources,
        code_digest=_digest(path.read_bytes() for root in (CORE, HERE) for path in sorted(root.rglob("*.py"))),
    )


def compile_month(loaded: Book, month: str) -> Law:
    """The editions in force in one month, put together and checked against each other."""
    in_force = [edition for edition in loaded.editions if edition.in_force(month)]
    texts = _texts(in_force)
    pathways: dict[Program, tuple[Pathway, ...]] = {}
    for program in PROGRAMS:
        required = {one["rule"] for one in loaded.requirements.get(program, ()) if _holds(one, month)}
        if missing := required - texts.keys():
            raise RulebookError(f"{program} requires {sorted(missing)}, of which no edition is in force in {month}.")
        own = [p for from_, until, p in loaded.pathways if p.program == program and _within(month, from_, until)]
        if own:
            pathways[program] = tuple(
                msgspec.structs.replace(pathway, requires=pathway.requires | required) for pathway in own
            )
            _check_requirements(month, own, texts)
    by_kind = {edition.kind: edition for edition in in_force}
    consent = by_kind["consent_in_force"].rule
    coverage = by_kind["covered_days"].rule
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
        consent_terms={program: consent.terms(program) for program in PROGRAMS},  # type: ignore[attr-defined]
        payer_precedence=coverage.precedence,  # type: ignore[attr-defined]
        fees=_fees(loaded, month),
        default_policy=loaded.default_policy,
        digests=_digests(loaded, month, in_force, pathways, texts),
    )


def _texts(in_force: list[Edition]) -> dict[str, RuleText]:
    """Every id's text; an id that two rules answer says what both say."""
    texts: dict[str, RuleText] = {}
    for text in (text for edition in in_force for text in edition.texts):
        known = texts.get(text.id)
        if known is None:
            texts[text.id] = text
            continue
        if (known.title, known.effect, known.standing) != (text.title, text.effect, text.standing):
            raise RulebookError(f"{text.id} is stated twice, with another title, effect or standing.")
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


def _default_policy(folder: Path) -> policy.Policy:
    stated = _table(folder / "policy.toml")
    refuse_unknown("policy.toml", stated, set(policy.Policy.__struct_fields__))
    return _read("policy.toml", stated, policy.Policy)


def _codes(folder: Path) -> Iterator[CodeRow]:
    known = {*CodeRow.__struct_fields__, "from"} - {"from_"}
    seen: set[str] = set()
    for raw in _table(folder / "codes.toml")["code"]:
        where = f"codes.toml, {raw.get('code')}"
        refuse_unknown(where, raw, known)
        row = _read(where, {**raw, "from_": raw.get("from")}, CodeRow)
        if row.code in seen:
            raise RulebookError(f"{where}: the code stands twice.")
        seen.add(row.code)
        yield row


def _pathways(folder: Path, programs: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Pathway]]:
    """The editions of every pathway, in the order in which ties between pathways are broken."""
    for program, table in programs.items():
        for name in table["pathways"]:
            where = f"pathways/{name}.toml"
            editions = _table(folder / where)["edition"]
            for raw in editions:
                refuse_unknown(where, raw, {"from", "until", "counts", "base", "add_on", "requires"})
                refuse_unknown(f"{where}, base", raw["base"], {"code", "seconds", "short"})
                refuse_unknown(f"{where}, add_on", raw.get("add_on", {}), set(AddOn.__struct_fields__))
            check_contiguous(where, [(raw["from"], raw.get("until")) for raw in editions])
            for raw in editions:
                written = {
                    "name": name,
                    "program": program,
                    "whose": raw["counts"],
                    "base_code": raw["base"]["code"],
                    "base_seconds": raw["base"]["seconds"],
                    "short": raw["base"].get("short", ()),
                    "add_on": raw.get("add_on"),
                    "requires": raw.get("requires", ()),
                }
                yield raw["from"], raw.get("until"), _read(where, written, Pathway)


def _releases(folder: Path) -> Iterator[Release]:
    for path in sorted((folder / "amounts").glob("*.toml")):
        for raw in _table(path)["release"]:
            factor = _ten_thousandths(raw["conversion_factor"])
            yield Release(
                raw["effective"],
                factor,
                _ten_thousandths(raw["qualifying_apm_factor"]) if "qualifying_apm_factor" in raw else factor,
                {
                    code: RelativeValue(_hundredths(value.get("total")), _hundredths(value.get("facility_total")))
                    for code, value in raw["rvu"].items()
                },
            )


def _fees(loaded: Book, month: str) -> FeeSchedule:
    year = int(month[:4])
    return FeeSchedule(
        releases=tuple(release for release in loaded.releases if release.effective.year == year),
        newest=loaded.releases[-1] if loaded.releases else None,
        reduced_for=frozenset(loaded.payment["reduced"]["credentials"]),
        reduced_percent=loaded.payment["reduced"]["percent"],
    )


def _digests(
    loaded: Book, month: str, in_force: list[Edition], pathways: Mapping[Program, Any], texts: Mapping[str, Any]
) -> Digests:
    """Of what decides (numbers, effects, tables, code, time zones), and of its wording."""
    decides = [
        [
            (e.kind, sorted(e.gates), sorted(e.takes_time_of), e.decides, [(t.id, t.effect) for t in e.texts])
            for e in in_force
        ],
        {program: [(p, sorted(p.requires)) for p in own] for program, own in pathways.items()},
        [(row, row.exists_in(month)) for row in loaded.codes],
        [release for release in loaded.releases if release.effective.year == int(month[:4])],
        loaded.payment,
        loaded.code_digest,
        metadata.version("tzdata"),
    ]
    wording = [texts[rule] for rule in sorted(texts)]
    return Digests(
        loaded.version,
        "sha256:" + _digest([msgspec.json.encode(decides, order="sorted")]),
        "sha256:" + _digest([msgspec.json.encode(wording, order="sorted")]),
    )


def _holds(requirement: Mapping[str, Any], month: str) -> bool:
    return _within(month, requirement.get("from", "0000-00"), requirement.get("until"))


def _within(month: str, from_: str, until: str | None) -> bool:
    return from_ <= month and (until is None or month < until)


def _months(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        yield f"{year:04}-{month:02}"
        year, month = year + month // 12, month % 12 + 1


def _table(path: Path) -> Mapping[str, Any]:
    return _parsed(path.read_bytes())


@lru_cache(maxsize=256)
def _parsed(written: bytes) -> Mapping[str, Any]:
    """What a file says; a book read again after one file was edited parses that one."""
    return tomllib.loads(written.decode(), parse_float=Decimal)


def _read(where: str, written: Mapping[str, Any], kind: type[S]) -> S:
    try:
        return msgspec.convert(written, kind)
    except msgspec.ValidationError as error:
        raise RulebookError(f"{where}: {error}") from error


def _hundredths(value: Decimal | None) -> int | None:
    return None if value is None else _scaled(value, 100)


def _ten_thousandths(value: Decimal) -> int:
    return _scaled(value, 10_000)


def _scaled(value: Decimal, by: int) -> int:
    scaled = value * by
    if scaled != int(scaled):
        raise RulebookError(f"{value} has more decimals than a figure of its kind.")
    return int(scaled)


def _digest(parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
