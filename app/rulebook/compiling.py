"""The law of one month: the editions in force, put together and checked against each other."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any, Final, cast, get_args

import msgspec

from app.determination.amounts import FeeSchedule
from app.determination.concurrency import ConcurrentService
from app.determination.coverage import CoverTerms
from app.determination.doubts import Doubting
from app.determination.facts import PROGRAMS, Program
from app.determination.findings import Effect, Outcome, Rule, blocks
from app.determination.law import Digests, Exclusion, Law, Occasion, Pathway, RuleText
from app.determination.timekeeping import TimeRule
from app.rulebook import reasoning, time_rules
from app.rulebook.book import Book
from app.rulebook.editions import Edition, RulebookError
from app.rulebook.statements import Statement, edits_in

BLOCKING: Final = {e for e in get_args(Effect) if e != "advises" and any(blocks(e, o) for o in get_args(Outcome))}


def compile_month(loaded: Book, month: str) -> Law:
    """The editions in force in one month, put together and checked against each other."""
    in_force = [edition for edition in loaded.editions if edition.in_force(month)]
    stated = [one for one in loaded.statements if one.window.in_force(month)]
    texts = _texts([*(text for edition in in_force for text in edition.texts), *(one.text for one in stated)])
    pathways = _pathways(loaded, month, in_force, texts)
    exclusions = tuple(one.decides for one in stated if isinstance(one.decides, Exclusion))
    _check_exclusions(month, exclusions, pathways, texts)
    by_kind = {edition.kind: edition for edition in in_force}
    consent = _only(month, in_force, "terms")
    coverage = _only(month, in_force, "plan_rules")
    return Law(
        month=month,
        codes={row.code: row for row in loaded.codes},
        closed_codes=tuple(row.code for row in loaded.codes if not row.exists_in(month)),
        gates={program: tuple(cast("Rule", e.rule) for e in in_force if program in e.gates) for program in pathways},
        time_rules={program: _time_rules(program, by_kind) for program in PROGRAMS},
        doubting=tuple(cast("Doubting", e.rule) for e in in_force if hasattr(e.rule, "doubts")),
        pathways=pathways,
        pathway_names={code: pathway.name for own in pathways.values() for pathway in own for code in pathway.codes},
        claims=_claims(loaded),
        texts=texts,
        consent_terms={program: consent.terms(program) for program in PROGRAMS},
        cover=CoverTerms(coverage.accepted, coverage.precedence),
        exclusions=exclusions,
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


def _pathways(
    loaded: Book, month: str, in_force: Sequence[Edition], texts: Mapping[str, RuleText]
) -> dict[Program, tuple[Pathway, ...]]:
    """By program, its pathways of the month, with what the program requires of each that does not stand apart."""
    pathways: dict[Program, tuple[Pathway, ...]] = {}
    for program in PROGRAMS:
        own = [p for window, p in loaded.pathways if p.program == program and window.in_force(month)]
        if own:
            required = {one.rule for one in loaded.requirements.get(program, ()) if one.holds(month)}
            if missing := required - texts.keys():
                raise RulebookError(
                    f"{program} requires {sorted(missing)}, of which no edition is in force in {month}."
                )
            pathways[program] = tuple(
                pathway if pathway.apart else msgspec.structs.replace(pathway, requires=pathway.requires | required)
                for pathway in own
            )
            _check_requirements(month, own, texts)
            _check_gates(month, program, pathways[program], in_force)
    return pathways


def _claims(loaded: Book) -> dict[str, frozenset[str]]:
    """By pathway, its codes of any month."""
    found: dict[str, frozenset[str]] = {}
    for _, pathway in loaded.pathways:
        found[pathway.key] = found.get(pathway.key, frozenset()).union(pathway.codes)
    return found


def _concurrent(
    stated: Iterable[Statement], pathways: Mapping[Program, tuple[Pathway, ...]]
) -> dict[str, tuple[ConcurrentService, ...]]:
    """By pathway, the services that bear on it."""
    rows = [one.decides for one in stated if isinstance(one.decides, ConcurrentService)]
    return {
        pathway.key: tuple(row for row in rows if not row.pathways.isdisjoint((pathway.name, pathway.key)))
        for own in pathways.values()
        for pathway in own
    }


def _time_rules(program: Program, by_kind: Mapping[str, Edition]) -> tuple[TimeRule, ...]:
    """What takes the program's seconds, in the order in which the rules are asked."""
    asked = [by_kind[kind] for kind in time_rules.ORDER if kind in by_kind]
    return tuple(cast("TimeRule", edition.rule) for edition in asked if program in edition.takes_time_of)


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
        if twice := {one for one in known.says.keys() & text.says.keys() if known.says[one] != text.says[one]}:
            raise RulebookError(f"{text.id} says {sorted(twice)} twice, in other words.")
        texts[text.id] = msgspec.structs.replace(
            known,
            check=f"{known.check} {text.check}",
            says={**known.says, **text.says},
            remedies={**known.remedies, **text.remedies},
        )
    return texts


def _check_exclusions(
    month: str,
    exclusions: Iterable[Exclusion],
    pathways: Mapping[Program, tuple[Pathway, ...]],
    texts: Mapping[str, RuleText],
) -> None:
    """What keeps pathways of different programs apart says so of the one that is not billed."""
    for exclusion in exclusions:
        named = frozenset[str]().union(*exclusion.groups)
        programs = {program for program, own in pathways.items() if any({p.name, p.key} & named for p in own)}
        if len(programs) > 1 and "instead" not in texts[exclusion.rule].says:
            raise RulebookError(
                f"{exclusion.rule} keeps {sorted(programs)} apart in {month} and does not say `instead`."
            )


def _check_requirements(month: str, pathways: list[Pathway], texts: Mapping[str, Any]) -> None:
    for pathway in pathways:
        of_minutes = (*pathway.short, *(pathway.add_on.short if pathway.add_on else ()))
        elsewhere = (pathway.live_contact, pathway.ceiling.rule if pathway.ceiling else None)
        named = pathway.requires | {*of_minutes, *(rule for rule in elsewhere if rule is not None)}
        if missing := named - texts.keys():
            raise RulebookError(f"{pathway.name} names {sorted(missing)}, of which no edition is in force in {month}.")
        for rule, reason in _said_of_minutes(pathway):
            if reason not in texts[rule].says:
                raise RulebookError(f"{pathway.name} names {rule}, which does not say `{reason}` in {month}.")


def _said_of_minutes(pathway: Pathway) -> Iterator[tuple[str, str]]:
    """The sentences a pathway's minutes may need, by rule."""
    for rule in (*pathway.short, *(pathway.add_on.short if pathway.add_on else ())):
        yield rule, "short_of_own" if pathway.whose == "biller" else "short"
    if pathway.ceiling is not None:
        yield pathway.ceiling.rule, "longer"
    if pathway.live_contact is not None:
        yield from ((pathway.live_contact, reason) for reason in ("contact", "no_contact", "contact_unstated"))


def _check_gates(month: str, program: Program, own: Iterable[Pathway], in_force: Iterable[Edition]) -> None:
    """A rule that can block a program and that no pathway requires would block nothing; nor would one never checked."""
    texts = [text for edition in in_force for text in edition.gating(program)]
    required = frozenset[str]().union(*(pathway.requires for pathway in own))
    if idle := {text.id for text in texts if text.effect in BLOCKING} - required:
        raise RulebookError(f"No pathway of {program} requires {sorted(idle)}, which may block it in {month}.")
    if unchecked := required - {text.id for text in texts}:
        raise RulebookError(f"{program} requires {sorted(unchecked)}, which nothing checks for it in {month}.")


def _fees(loaded: Book, month: str) -> FeeSchedule:
    year = int(month[:4])
    return FeeSchedule(
        releases=tuple(release for release in loaded.releases if release.effective.year == year),
        newest=loaded.releases[-1] if loaded.releases else None,
        reduced_for=loaded.payment.reduced.credentials,
        reduced_percent=loaded.payment.reduced.percent,
        places=loaded.places.get(month[:4], {}),
        coinsurance_percent=loaded.payment.coinsurance_percent,
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
        _claims(loaded),
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
        "sha256:" + digest([msgspec.json.encode(decides, order="sorted")]),
        "sha256:" + digest([msgspec.json.encode(wording, order="sorted")]),
    )


def digest(parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
